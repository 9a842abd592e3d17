"""A click that selects a layer runs the page alone; what it does not run is right all the same."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, WebSocket, WebSocketRoute, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from resnet_viz.ui.state.pages import WALL
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


class Server:
    """What the server says on the page's WebSocket, and whether the page gets to hear it."""

    def __init__(self, page: Page) -> None:
        self._held: list[Any] | None = None
        self._page: WebSocketRoute | None = None
        page.route_web_socket("**/_stcore/stream*", self._between)

    def hold(self) -> None:
        self._held = []

    def let_go(self) -> None:
        held, self._held = self._held or [], None
        for message in held:
            assert self._page
            self._page.send(message)

    @property
    def sent_for_the_wall(self) -> list[int]:
        """How many bytes the wall is given by each of the held messages that mount it."""
        messages = [ForwardMsg.FromString(held) for held in self._held or []]
        walls = [message.delta.new_element.bidi_component for message in messages]
        return [len(wall.bytes) for wall in walls if "feature_wall" in wall.component_name]

    def _between(self, page: WebSocketRoute) -> None:
        self._page = page
        page.connect_to_server().on_message(self._hear)

    def _hear(self, message: Any) -> None:
        if self._held is None and self._page:
            self._page.send(message)
        elif self._held is not None:
            self._held.append(message)


def wall(page: Page, layer: str) -> Locator:
    return page.locator(f'.st-key-feature_wall .root[data-shown="{layer}"]')


def choose_block(page: Page, layer: str) -> None:
    page.get_by_role("radiogroup", name="Blocks").get_by_role("radio", name=layer).click()


def choose_ahead(page: Page, server: Server, layer: str) -> None:
    """Choose a block that the wall shows, although Streamlit says nothing any more."""
    server.hold()
    choose_block(page, layer)
    expect(wall(page, layer)).to_be_visible()


def arrived(page: Page, layer: str) -> None:
    """Wait until the whole page shows a block; before, the answer to a click may not have begun."""
    expect(page.get_by_test_id("stMain")).to_contain_text(f"{layer} · BasicBlock")
    settled(page)


def requests_for_walls(page: Page) -> list[str]:
    asked: list[str] = []
    page.on(
        "request", lambda request: asked.append(request.url) if f"/{WALL}" in request.url else None
    )
    return asked


def test_a_chosen_layer_is_drawn_before_the_page_is_and_its_maps_come_once(
    page: Page, app: str
) -> None:
    server, asked = Server(page), requests_for_walls(page)
    visit(page, app, "feature_maps?model=resnet20&layer=layer2.0")
    expect(wall(page, "layer2.0")).to_be_visible()
    choose_ahead(page, server, "layer2.1")
    expect(page.get_by_test_id("stMain")).to_contain_text("layer2.0 · BasicBlock")
    while not server.sent_for_the_wall:
        page.wait_for_timeout(20)
    assert max(server.sent_for_the_wall) < 1_000
    server.let_go()
    arrived(page, "layer2.1")
    expect(wall(page, "layer2.1")).to_be_visible()
    choose_ahead(page, server, "layer2.0")  # seen before: nobody is asked
    server.let_go()
    arrived(page, "layer2.0")
    assert [url.partition("&layer=")[2] for url in asked] == ["layer2.1"]


def read_wall(page: Page) -> tuple[str, str]:
    """All texts of the wall, and what it says with the cursor in the middle of the large map."""
    root = page.locator(".st-key-feature_wall .root")
    page.mouse.move(0, 0)
    text = root.inner_text()
    root.locator(".map .board").hover()
    return text, root.inner_text()


def test_what_is_drawn_early_is_what_the_page_draws(page: Page, app: str) -> None:
    server = Server(page)
    link = "feature_maps?model=resnet20&layer=layer2.1&sort=variance&scale=channel"
    visit(page, app, link)
    expect(wall(page, "layer2.1")).to_be_visible()
    expected = read_wall(page)
    visit(page, app, link.replace("layer2.1", "layer2.0"))
    choose_ahead(page, server, "layer2.1")
    assert read_wall(page) == expected
    server.let_go()
    arrived(page, "layer2.1")
    assert read_wall(page) == expected


def test_a_pin_stays_though_the_maps_are_not_sent_again(page: Page, app: str) -> None:
    """The page brings the wall whole; later it learns that the browser has asked for it too."""
    visit(page, app, "feature_maps?model=resnet20&layer=layer2.0")
    expect(wall(page, "layer2.0")).to_be_visible()
    asked = requests_for_walls(page)
    choose_block(page, "layer2.1")
    arrived(page, "layer2.1")
    choose_block(page, "layer2.0")
    arrived(page, "layer2.0")
    (url,) = asked
    page.evaluate("url => fetch(url)", url.replace("layer2.1", "layer2.0"))
    page.locator(".st-key-feature_wall .map .board").click()
    expect(page).to_have_url(re.compile("cell="))
    settled(page)
    expect(page.locator(".st-key-feature_wall .map .pin")).to_be_visible()


def test_another_image_while_a_layer_is_drawn_early_is_shown(page: Page, app: str) -> None:
    server = Server(page)
    visit(page, app, "feature_maps?model=resnet20&layer=layer2.0")
    choose_block(page, "layer2.1")
    arrived(page, "layer2.1")
    choose_block(page, "layer2.0")
    arrived(page, "layer2.0")
    choose_ahead(page, server, "layer2.1")
    before = page.locator(".st-key-feature_wall .facts").inner_text()
    choose(page, "Image", "coffee")
    server.let_go()
    expect(page.get_by_test_id("stMain")).to_contain_text("Cup of coffee")
    settled(page)
    expect(page.locator(".st-key-feature_wall .facts")).not_to_have_text(before)


def test_another_choice_while_a_layer_is_drawn_early_is_shown(page: Page, app: str) -> None:
    server = Server(page)
    visit(page, app, "feature_maps?model=resnet20&layer=layer2.0")
    choose_ahead(page, server, "layer2.1")
    choose(page, "Selected layer", "layer3.0")  # of which the wall hears from Python alone
    server.let_go()
    expect(page.get_by_test_id("stMain")).to_contain_text("layer3.0 · BasicBlock")
    expect(wall(page, "layer3.0")).to_be_visible(timeout=2_000)  # sooner than doubts come


def test_maps_that_do_not_come_are_brought_by_the_page(page: Page, app: str) -> None:
    def lose(route: Route) -> None:
        route.fetch()  # the server has answered
        route.fulfill(status=204)

    page.route(f"**/{WALL}*", lose)
    visit(page, app, "feature_maps?model=resnet20&layer=layer2.0")
    choose_block(page, "layer2.1")
    expect(wall(page, "layer2.1")).to_be_visible()
    expect(page.get_by_test_id("stMain")).to_contain_text("layer2.1 · BasicBlock")


def test_a_wall_whose_choice_was_never_heard_goes_back(page: Page, app: str) -> None:
    server = Server(page)
    visit(page, app, "feature_maps?model=resnet20&layer=layer2.0")
    choose_ahead(page, server, "layer2.1")
    expect(wall(page, "layer2.0")).to_be_visible()


def test_a_pin_goes_to_its_place_on_another_layer_which_python_knows(page: Page, app: str) -> None:
    asked = requests_for_walls(page)
    visit(page, app, "feature_maps?model=resnet20&layer=layer2.0&channel=3&cell=5-6")
    choose_block(page, "layer2.1")
    expect(wall(page, "layer2.1")).to_be_visible()
    expect(page.locator(".st-key-feature_wall .position")).to_contain_text("row 5, column 6")
    assert not asked


def test_wherever_the_cursor_rests_a_click_is_prepared(page: Page, app: str) -> None:
    """From node to node of one component too; nothing is run again meanwhile."""
    visit(page, app, "overview?model=shapes")
    runs = Runs(page)
    for layer in (LAYER, "layer3.0", "layer3.1"):
        with page.expect_response(f"**/*&layer={layer}") as told:
            page.locator(f'[data-path="{layer}"]').first.hover()
        assert told.value.status == 204
    assert runs.take() == []
