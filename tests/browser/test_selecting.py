"""A click that selects a layer runs the page alone; what it does not run is right all the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocket, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.browser.serving import settled
from tests.browser.test_app import choose, query, visit
from tests.browser.test_way_back import back, sidebar

pytestmark = pytest.mark.browser

LAYER = "layer2.0"


class Runs:
    """The server's runs since the last look: for each, the fragments that it ran; none is everything.

    No slots: Playwright notes on the object that it calls its method.
    """

    def __init__(self, page: Page) -> None:
        self._seen: list[list[str]] = []
        page.on("websocket", self._listen)

    def take(self) -> list[list[str]]:
        taken, self._seen = self._seen, []
        return taken

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: self._hear(frame))

    def _hear(self, frame: Any) -> None:
        message = ForwardMsg()
        message.ParseFromString(frame)
        if message.WhichOneof("type") == "new_session":
            self._seen.append(list(message.metadata.run.fragment_ids))


def pill(page: Page) -> None:
    page.get_by_role("radiogroup", name="Blocks").get_by_role("radio", name=LAYER).click()


def row(page: Page) -> None:
    page.get_by_role("treegrid").locator(f'tr[data-path="{LAYER}"]').click()


def block(page: Page) -> None:
    box = page.get_by_test_id("stMain").get_by_role("combobox", name="Block")
    box.click()
    box.fill(LAYER)
    page.get_by_role("option", name=LAYER, exact=True).click()


def node(page: Page) -> None:
    page.locator(f'.st-key-network_map .node[data-path="{LAYER}"]').click()


def box(page: Page) -> None:
    choose(page, "Selected layer", LAYER)


@pytest.mark.parametrize(
    ("slug", "select", "told"),
    [
        ("feature_maps", pill, f"{LAYER} · BasicBlock"),
        ("feature_maps", box, f"{LAYER} · BasicBlock"),
        ("layers", row, f"{LAYER} · BasicBlock"),
        ("diagram", pill, f"{LAYER} · BasicBlock"),
        ("filters", pill, f"{LAYER}.conv1 · Conv2d"),
        ("residual", block, f"Ablation of {LAYER}"),
        ("", node, f"{LAYER} · BasicBlock"),
    ],
)
def test_a_layer_is_selected_by_a_run_of_the_page_alone(
    page: Page, app: str, slug: str, select: Callable[[Page], None], told: str
) -> None:
    runs = Runs(page)
    # Of the pills only the blocks of the selected layer's own stage are there.
    visit(page, app, f"{slug}?model=resnet18&layer=layer2.1")
    settled(page)
    steps = page.evaluate("history.length")
    runs.take()
    select(page)
    expect(page.get_by_test_id("stMain")).to_contain_text(told)
    settled(page)
    assert query(page)["layer"] == [LAYER]
    assert sidebar(page)["Selected layer"] == LAYER
    assert page.evaluate("history.length") == steps + 1
    taken = runs.take()
    assert taken
    assert [] not in taken
    back(page)
    assert query(page)["layer"] == ["layer2.1"]
    assert sidebar(page)["Selected layer"] == "layer2.1"
    expect(page.get_by_test_id("stMain")).not_to_contain_text(told)


def test_a_click_on_the_page_that_changes_the_network_changes_the_sidebar_too(
    page: Page, app: str
) -> None:
    runs = Runs(page)
    visit(page, app, "feature_maps?model=resnet18&weights=random&size=32&layer=layer4.1")
    settled(page)
    runs.take()
    page.get_by_role("button", name="Use the CIFAR stem, which halves nothing").click()
    caption = page.get_by_test_id("stMain").get_by_test_id("stCaptionContainer").first
    expect(caption).to_contain_text("512 × 4 × 4")
    settled(page)
    assert query(page)["stem"] == ["cifar"]
    expect(page.get_by_test_id("stSidebar")).to_contain_text("Weights")
    assert [] in runs.take()


def test_wherever_the_cursor_rests_a_click_is_prepared(page: Page, app: str) -> None:
    """From node to node of one component too; nothing is run again meanwhile."""
    visit(page, app, "overview?model=shapes")
    runs = Runs(page)
    for layer in (LAYER, "layer3.0", "layer3.1"):
        with page.expect_response(f"**/*&layer={layer}") as told:
            page.locator(f'[data-path="{layer}"]').first.hover()
        assert told.value.status == 204
    assert runs.take() == []
