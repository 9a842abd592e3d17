"""A page that the browser translates: what changes is seen, and names of layers are left alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.serving import settled
from tests.browser.test_app import choose, visit

pytestmark = pytest.mark.browser

# As Chrome does: every text of the page gives way to two <font> elements with the translation.
TRANSLATE = """() => {
  const left = (node) => {
    const around = node.parentElement.closest('font, script, style, [translate=no], .notranslate');
    return !around && node.data.trim();
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) if (left(walker.currentNode)) texts.push(walker.currentNode);
  for (const text of texts) {
    const [outer, inner] = [0, 1].map(() => document.createElement('font'));
    outer.style.verticalAlign = inner.style.verticalAlign = 'inherit';
    inner.textContent = text.data;
    outer.append(inner);
    text.parentNode.insertBefore(outer, text);
    text.remove();
  }
  return texts.length;
}"""
REPLACE = TRANSLATE.replace(
    "text.parentNode.insertBefore(outer, text);\n    text.remove();", "text.replaceWith(outer);"
)


@pytest.mark.parametrize("script", [TRANSLATE, REPLACE], ids=["beside", "replaced"])
def test_headings_and_numbers_follow_a_change_of_network_and_of_page(
    page: Page, app: str, script: str
) -> None:
    visit(page, app, "?model=resnet18")
    main, title = page.get_by_test_id("stMain"), page.get_by_role("heading", level=1).first
    expect(main).to_contain_text("11,689,512 parameters")
    assert page.evaluate(script) > 20
    for name, spoken, parameters in (
        ("resnet34", "ResNet-34", "21,797,672 parameters"),
        ("resnet18", "ResNet-18", "11,689,512 parameters"),
    ):
        choose(page, "Network", name)
        expect(title).to_contain_text(spoken)
        expect(main).to_contain_text(parameters)
        page.evaluate(script)
    for label in ("Layers", "Residual", "Predict"):
        page.get_by_test_id("stSidebarNav").get_by_role("link", name=label).click()
        expect(title).to_contain_text(label)
        settled(page)
        page.evaluate(script)
    choose(page, "Selected layer", "layer3.1")
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Overview").click()
    expect(page.get_by_role("heading", name="layer3.1 · BasicBlock")).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_names_of_layers_and_code_are_kept_from_the_translation(page: Page, app: str) -> None:
    visit(page, app, "layers?model=resnet18&layer=layer2.1")
    expect(page.get_by_role("heading", name="layer2.1 · BasicBlock")).to_be_visible()
    name = page.locator("[data-heading-text]", has_text="layer2.1 · BasicBlock")
    assert name.get_attribute("translate") == "no"
    title = page.get_by_role("heading", level=1).locator("[data-heading-text]").first
    assert title.get_attribute("translate") == "yes"
    chips = page.get_by_test_id("stButtonGroup")
    expect(chips.first).to_be_visible()
    for kind in (chips, page.locator("main code")):
        assert {each.get_attribute("translate") for each in kind.all()} <= {"no"}
