"""The glossary: every term that a text or page marks is in it, and each says one thing in a sentence."""

import ast
import re

import pytest

from resnet_viz.texts.glossary import glossary, term
from resnet_viz.ui.state import url
from resnet_viz.ui.state.pages import PAGES
from tests.test_architecture import FILES, PACKAGE, ROOT

TEXTS = sorted((PACKAGE / "texts").glob("*.md"))
TERMS = pytest.mark.parametrize("known", glossary().values(), ids=lambda known: known.slug)


def marked(written: str) -> list[str]:
    """The terms that a text marks."""
    return re.findall(r"\]\(#term-([^)]*)\)", written)


def marked_in_code() -> list[str]:
    """The terms that are marked with `term("…")`."""
    return [
        str(node.args[0].value) if isinstance(node.args[0], ast.Constant) else ""
        for file in [*FILES, *(ROOT / "pages").glob("*.py")]
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "term"
    ]


@pytest.mark.parametrize("file", TEXTS, ids=lambda file: file.stem)
def test_a_text_marks_terms_that_there_are_and_each_once(file):
    found = marked(file.read_text("utf-8"))
    assert set(found) <= set(glossary())
    assert len(found) == len(set(found))
    assert "#term" not in re.sub(r"\]\(#term-[\w-]+\)", "", file.read_text("utf-8"))


def test_pages_mark_terms_that_there_are():
    found = marked_in_code()
    assert len(found) >= 12
    assert set(found) <= set(glossary())


def test_a_marked_word_is_a_link_to_its_term_and_others_are_refused():
    assert term("feature-map", "maps") == "[maps](#term-feature-map)"
    assert marked(term("stride")) == ["stride"]
    with pytest.raises(KeyError):
        term("no-such-term", "word")


@TERMS
def test_a_term_has_one_sentence(known):
    assert known.sentence.endswith(".")
    assert known.sentence[0].isupper() or known.sentence[0].isdigit()
    inner = known.sentence.removesuffix(".").replace("et al.", "").replace("v1.5", "")
    assert not re.search(r"\.(?!\d)|[!?]", inner)
    assert 40 < len(known.sentence) < 260


def test_no_word_stands_for_two_things_and_groups_hold_together():
    names = [name for known in glossary().values() for name in known.name.split(", ")]
    assert len(names) == len(set(names)) >= 60
    groups = [known.group for known in glossary().values()]
    runs = [group for group, before in zip(groups, ["", *groups], strict=False) if group != before]
    assert len(runs) == len(set(runs))


@TERMS
def test_a_term_leads_to_a_page_and_says_there_what_its_link_can_say(known):
    assert known.page in {page.slug for page in PAGES} - {"glossary"}
    for name in known.query:
        (parameter,) = (p for p in url.PARAMETERS if p.name == name)
        assert not parameter.pages or known.page in parameter.pages


@pytest.mark.parametrize(
    "question", ["degradation", "shortcut", "feature map", "FLOPs", "skip", "1 × 1", "logit"]
)
def test_what_a_newcomer_asks_for_is_found(question):
    found = [known for known in glossary().values() if known.has(question)]
    assert found
    assert any(question.casefold() in known.name.casefold() for known in found) or len(found) <= 2
