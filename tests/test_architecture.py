"""Who may know whom: imports go down only, and each rule has one home."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "resnet_viz"

# From the ground up; a package may import those before it, and itself.
ORDER = (
    "errors",
    "one_line",
    "signatures",
    "whole_file",
    "isolation",
    "control_groups",
    "budget",
    "store",
    "jobs",
    "line",
    "texts",
    "model",
    "images",
    "weights",
    "training",
    "analysis",
    "figures",
    "components",
    "ui",
)
# What others import stands on all that computes, and nobody here but the command line imports it.
PUBLIC = {"api": "figures"}
OUTSIDE = {
    "__init__",
    "__main__",
    "commands",
    "program",
    "serve",
    "serve_many",
}  # what starts it all
NO_STREAMLIT = {*ORDER[: ORDER.index("components")], *PUBLIC, "__init__", "__main__", "commands"}
NO_TORCH = {"errors", "figures", "components"}
FILES = sorted(PACKAGE.rglob("*.py"))
# The rooms of ui/, from the ground up; beside `sidebar` one room for each page, and they do not know
# each other. Only the frame knows them all.
ROOMS = ("state", "shared", "sidebar", "frame")


def layer_of(file: Path) -> str:
    first = file.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imports(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_imports_go_down_only(file):
    layer = layer_of(file)
    if layer in OUTSIDE:
        return
    allowed = {layer, *ORDER[: ORDER.index(PUBLIC.get(layer, layer)) + 1]}
    for name in imports(file):
        if name.startswith("resnet_viz."):
            assert name.split(".")[1] in allowed, f"{layer} may not import {name}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_streamlit_and_torch_stay_where_they_belong(file):
    roots = {name.split(".")[0] for name in imports(file)}
    if layer_of(file) in NO_STREAMLIT:
        assert "streamlit" not in roots
    if layer_of(file) in NO_TORCH:
        assert not roots & {"torch", "torchinfo"}


@pytest.mark.parametrize("file", sorted((PACKAGE / "ui").rglob("*.py")), ids=lambda f: f.stem)
def test_a_room_of_the_ui_knows_those_below_it(file):
    room = file.relative_to(PACKAGE / "ui").parts[0].removesuffix(".py")
    if room in ("frame", "__init__"):
        return
    allowed = {*ROOMS[: ROOMS.index(room)]} if room in ROOMS else {"state", "shared"}
    for name in imports(file):
        if name.startswith("resnet_viz.ui."):
            assert name.split(".")[2] in {*allowed, room}, f"{room} may not import {name}"


def test_every_page_has_a_room_of_its_own():
    rooms = {folder.name for folder in (PACKAGE / "ui").iterdir() if folder.is_dir()}
    pages = {file.stem for file in (ROOT / "pages").glob("*.py")}
    assert rooms - {"__pycache__"} == {*ROOMS, *pages}


@pytest.mark.parametrize("file", sorted((ROOT / "pages").glob("*.py")), ids=lambda f: f.stem)
def test_a_page_only_composes(file):
    roots = {name.split(".")[0] for name in imports(file)}
    assert roots <= {"streamlit", "resnet_viz"}
    source = file.read_text("utf-8")
    assert f'shell.page("{file.stem}")' in source
    assert len(source.splitlines()) <= 80
    assert not any(isinstance(n, ast.FunctionDef) for n in ast.walk(ast.parse(source)))


def test_every_page_file_is_registered_and_the_other_way_round():
    from resnet_viz.ui.state.pages import PAGES

    assert {page.slug for page in PAGES} == {file.stem for file in (ROOT / "pages").glob("*.py")}


def test_one_place_catches_everything_on_a_page():
    """`except Exception` stands in the page frame, around what runs on foreign bytes, and in a loop of the
    server's own, which must go on.
    """
    homes = {
        str(file.relative_to(PACKAGE))
        for file in FILES
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or getattr(node.type, "id", "") in ("Exception", "BaseException"))
    }
    assert homes == {
        *("ui/frame/shell.py", "ui/frame/timer.py"),
        *("images/decode.py", "isolation/records.py"),
    }


def test_no_text_of_a_user_becomes_markup():
    for file in [*FILES, *(ROOT / "pages").glob("*.py")]:
        assert "unsafe_allow" not in file.read_text("utf-8"), file
    for script in PACKAGE.rglob("*.js"):
        source = script.read_text("utf-8")
        assert "innerHTML" not in source, script
        assert "http://" not in source.replace("http://www.w3.org", ""), script
        assert "https://" not in source, script


# Names that torchvision gave to layers: `model/` gives them, `weights/` and `training/` read files by
# them, and everybody else asks for roles (`resnet_viz.model.roles`).
LAYER_NAMES = {
    *("conv1", "conv2", "conv3", "bn1", "bn2", "bn3", "relu", "relu1", "relu2", "relu3"),
    *("maxpool", "avgpool", "flatten", "fc", "downsample", "add", ".add"),
}
# The layer that is selected at first: every network has it, and a link without a layer means it.
MAY_NAME = {("ui/state/selection.py", "layer1.0"), ("ui/state/url.py", "layer1.0")}


def test_layers_are_known_by_their_roles_and_not_by_their_names():
    found = set()
    for file in FILES:
        if layer_of(file) in ("model", "weights", "training"):
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            value = node.value if isinstance(node, ast.Constant) else None
            if isinstance(value, str) and (
                value in LAYER_NAMES or re.fullmatch(r"\.?layer\d(\.\S*)?", value)
            ):
                found.add((str(file.relative_to(PACKAGE)), value))
    assert found == MAY_NAME


def test_mypy_asks_for_the_types_of_all_that_tests_share():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["mypy"]
    (strict,) = (o for o in settings["overrides"] if o.get("disallow_untyped_defs"))
    shared = {
        ".".join(file.relative_to(ROOT).with_suffix("").parts)
        for file in (ROOT / "tests").rglob("*.py")
        if not file.name.startswith(("test_", "__init__")) and "node_modules" not in file.parts
    }
    assert set(strict["module"]) == shared


def test_what_needs_a_browser_stands_in_its_folder_and_is_marked():
    """`make test` runs what is not marked, and then the folder."""
    tests = set((ROOT / "tests").rglob("test_*.py"))
    marked = {file for file in tests if "pytest.mark.browser" in file.read_text("utf-8")}
    assert marked - {Path(__file__)} == {file for file in tests if file.parent.name == "browser"}
    whole = "\npytestmark = pytest.mark.browser\n"
    assert [
        file for file in marked - {Path(__file__)} if whole not in file.read_text("utf-8")
    ] == []
