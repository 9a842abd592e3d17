"""Words with a dotted line and the glossary behind them, by pointer, keys and finger."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from resnet_viz.texts.glossary import glossary
from tests.browser.serving import repainted, settled
from tests.browser.test_app import query, visit

pytestmark = pytest.mark.browser

MACS = glossary()["multiply-adds"]


def word(page: Page, slug: str) -> Locator:
    """The one word of the page that says this term."""
    return page.locator(f'a[href="#term-{slug}"]')


def visit_marked(page: Page, app: str, path: str) -> None:
    """Open a page and wait until its words are marked: the script for them comes last."""
    visit(page, app, path)
    page.locator("a[data-term]").first.wait_for(state="attached")


def tip(page: Page) -> Locator:
    return page.locator(".st-key-terms .tip")


def test_the_first_word_of_each_term_says_its_sentence(page: Page, app: str) -> None:
    sent: list[object] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    visit_marked(page, app, "?model=resnet18")
    page.wait_for_timeout(500)
    shown = page.locator("a[data-term]")
    slugs = shown.evaluate_all("all => all.map((a) => [a.dataset.term, a.hasAttribute('href')])")
    seen: set[str] = set()
    for slug, is_link in slugs:
        assert slug in glossary()
        assert is_link == (slug not in seen), slug
        seen.add(slug)
    assert len(seen) >= 10
    before = len(sent)
    for slug in ("multiply-adds", "block"):
        word(page, slug).hover()
        expect(tip(page)).to_contain_text(glossary()[slug].sentence)
        assert word(page, slug).get_attribute("aria-description") == glossary()[slug].sentence
    page.mouse.move(5, 5)
    expect(tip(page)).to_be_hidden()
    assert len(sent) == before


def test_the_keyboard_reaches_a_word_and_the_place_where_it_is_seen(page: Page, app: str) -> None:
    visit_marked(page, app, "?model=resnet34&layer=layer2.1&picture=coffee")
    word(page, "parameters").focus()
    page.keyboard.press("Tab")  # a focus that the keyboard has set
    expect(word(page, "multiply-adds")).to_be_focused()
    expect(tip(page)).to_contain_text(MACS.sentence)
    page.keyboard.press("Escape")
    expect(tip(page)).to_be_hidden()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    opened = page.get_by_role("dialog")
    expect(opened).to_contain_text(glossary()["parameters"].sentence)
    settled(page)
    opened.get_by_role("link", name="Layers").first.click()
    expect(page.get_by_role("heading", level=1, name="Layers")).to_be_visible()
    settled(page)
    expect(opened).to_have_count(0)
    page.wait_for_url(lambda url: "model" in url)
    kept = {"model": ["resnet34"], "layer": ["layer2.1"], "picture": ["coffee"]}
    assert query(page) == kept | {"measure": ["params"]}  # which whoever is sent the link sees too
    measure = page.get_by_role("radio", name="params", exact=True)
    expect(measure).to_be_checked()


def test_a_question_mark_brings_the_glossary_but_not_while_typing(page: Page, app: str) -> None:
    visit_marked(page, app, "walkthrough?model=resnet20&step=4")
    page.keyboard.press("?")
    opened = page.get_by_role("dialog")
    expect(opened).to_contain_text(glossary()["degradation"].sentence)
    settled(page)
    find = opened.get_by_label("Find a term")
    find.fill("what is ?")
    expect(opened).to_contain_text("No term has")
    find.fill("bottleneck b")
    expect(opened).to_contain_text(glossary()["bottleneck"].sentence)
    expect(opened).not_to_contain_text(glossary()["degradation"].sentence)
    page.keyboard.press("Escape")
    expect(opened).to_have_count(0)
    settled(page)
    assert query(page) == {"model": ["resnet20"], "step": ["4"]}
    visit_marked(page, app, "layers")
    search = page.get_by_label("Search path or kind")
    search.focus()
    page.keyboard.press("?")
    expect(search).to_have_value("?")
    repainted(page)
    expect(opened).to_have_count(0)


@pytest.mark.parametrize(
    ("slug", "button", "link"),
    [
        ("effective-receptive-field", "Feature maps", {"erf": ["true"]}),
        ("contribution", "Feature maps", {"adds": ["true"]}),
    ],
)
def test_a_switch_that_a_term_turns_on_is_on_and_in_the_link(
    page: Page, app: str, slug: str, button: str, link: dict[str, list[str]]
) -> None:
    term = glossary()[slug]
    visit(page, app, f"glossary?term={term.name.replace(' ', '+')}")
    page.get_by_role("button", name=button).first.click()
    expect(page.get_by_role("heading", level=1, name=button)).to_be_visible()
    settled(page)
    expect(page.get_by_role("switch", checked=True)).to_have_count(1)
    assert link.items() <= query(page).items()


def test_another_network_opens_where_this_one_has_none(page: Page, app: str) -> None:
    visit(page, app, "glossary?term=bottleneck+b")
    page.get_by_role("button", name="Diagram: layer1.0 of ResNet-50").click()
    expect(page.get_by_role("heading", level=1, name="Diagram")).to_be_visible()
    expect(page.get_by_role("heading", name="layer1.0 · Bottleneck")).to_be_visible()
    settled(page)
    assert query(page) == {"model": ["resnet50"]}


def test_a_finger_reads_first_and_then_goes_there(browser: Browser, app: str) -> None:
    """On a phone the sidebar, which holds the sentence, is folded away."""
    context = browser.new_context(viewport={"width": 390, "height": 800}, has_touch=True)
    page = context.new_page()
    visit_marked(page, app, "?model=resnet18")
    word(page, "multiply-adds").tap()
    expect(tip(page)).to_contain_text(MACS.sentence)
    box = tip(page).bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    expect(page.get_by_role("dialog")).to_have_count(0)
    word(page, "multiply-adds").tap()
    expect(page.get_by_role("dialog")).to_contain_text(MACS.sentence)
    context.close()
