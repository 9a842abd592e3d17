"""What a link can say: one table, one name each, and nobody who reads the URL beside it."""

import ast
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import TypeVar

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.components.feature_wall import Options
from resnet_viz.ui.layers.table_panel import DEFAULT_COLUMNS
from resnet_viz.ui.state import session, url
from resnet_viz.ui.state.pages import PAGES
from resnet_viz.ui.state.selection import DEFAULT_LAYER, DEFAULT_MODEL
from tests.ui.test_controls import warnings
from tests.ui.test_pages import problems

ROOT = Path(__file__).parents[2]
FILES = [*(ROOT / "resnet_viz").rglob("*.py"), *(ROOT / "pages").glob("*.py")]
SLUGS = {page.slug for page in PAGES}


N = TypeVar("N", bound=ast.AST)


def nodes(kind: type[N]) -> list[tuple[str, N]]:
    return [
        (str(file.relative_to(ROOT)), node)
        for file in FILES
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, kind)
    ]


def on_the_same_page(one: url.Parameter, other: url.Parameter) -> bool:
    return not one.pages or not other.pages or bool({*one.pages} & {*other.pages})


def test_a_name_means_one_thing() -> None:
    names = [parameter.name for parameter in url.PARAMETERS]
    assert len(names) == len(set(names)) >= 40
    for parameter in url.PARAMETERS:
        assert set(parameter.pages) <= SLUGS
        assert parameter.meaning
        assert parameter.default


def test_a_former_name_is_no_other_name_of_the_same_page() -> None:
    for one, other in combinations(url.PARAMETERS, 2):
        if on_the_same_page(one, other):
            assert {one.former, one.name} & {other.former, other.name} <= {""}


def test_a_prefix_makes_other_names_for_a_second_network() -> None:
    keys = {parameter.key for parameter in url.PARAMETERS}
    assert url.LAYER.under("left_").key == "left_layer"
    assert not keys & {parameter.under("left_").key for parameter in url.PARAMETERS}


def test_the_table_tells_the_defaults_that_are_used() -> None:
    options = Options()
    for parameter in (url.SORT, url.SCALE, url.SHOW):
        assert parameter.default == getattr(options, parameter.name)
    for parameter in (url.LOW, url.HIGH):
        assert float(parameter.default) == getattr(options, parameter.name)
    assert url.MODEL.default == DEFAULT_MODEL
    assert url.LAYER.default == DEFAULT_LAYER
    assert url.COLUMNS.default == f"{_in_words(len(DEFAULT_COLUMNS))} of them"


def _in_words(count: int) -> str:
    return ("none", "one", "two", "three", "four", "five", "six", "seven", "eight")[count]


def test_one_module_reads_and_writes_the_url() -> None:
    homes = {
        file
        for file, node in nodes(ast.Attribute)
        if node.attr == "query_params" and ast.unparse(node.value) == "st"
    }
    assert homes == {"resnet_viz/ui/state/url.py"}


def test_one_module_binds_widgets_to_the_url() -> None:
    homes = {
        file
        for file, node in nodes(ast.Call)
        if file.startswith("resnet_viz/ui/") and any(word.arg == "bind" for word in node.keywords)
    }
    assert homes == {"resnet_viz/ui/shared/widgets.py"}


def test_every_parameter_is_used_and_every_session_key_too() -> None:
    sources = {file: file.read_text("utf-8") for file in FILES}
    for module, table in (("url", url), ("session", session)):
        home = ROOT / f"resnet_viz/ui/state/{module}.py"
        text = "\n".join(source for file, source in sources.items() if file != home)
        fields = {*url.FIELDS}
        kind = url.Parameter if module == "url" else session.Slot
        for name, value in vars(table).items():
            if isinstance(value, kind) and value not in fields:
                assert f"{module}.{name}" in text, name


def test_session_keys_stand_in_one_table() -> None:
    keys = [slot.key for slot in session.SLOTS]
    assert len(keys) == len(set(keys)) >= 15
    for file, node in nodes(ast.Subscript):
        if isinstance(node.value, ast.Attribute) and node.value.attr == "session_state":
            assert not isinstance(node.slice, ast.Constant), file
    for file, read in nodes(ast.Attribute):
        if isinstance(read.value, ast.Attribute) and read.value.attr == "session_state":
            assert read.attr in ("get", "pop", "setdefault"), (file, read.attr)


@pytest.mark.parametrize("scope", ["layer2", "layer1.0"])
def test_an_old_link_to_a_part_of_the_diagram_opens_and_becomes_a_new_one(
    open_page: Callable[..., AppTest], scope: str
) -> None:
    app = open_page("diagram", of=scope)
    assert problems(app) == []
    assert warnings(app) == ""
    assert app.selectbox(key="scope").value == scope
    assert "of" not in app.query_params
    assert scope in app.get("graphviz_chart")[0].proto.spec


def test_a_scope_that_is_not_there_is_said(open_page: Callable[..., AppTest]) -> None:
    app = open_page("diagram", of="layer9")
    assert "layer9" in warnings(app)
    assert app.selectbox(key="scope").value == "network"
