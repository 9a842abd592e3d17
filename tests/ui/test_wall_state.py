"""What the wall opens with, and what the URL says of it, without a browser."""

from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.analysis.records import Trace
from resnet_viz.analysis.trace import trace
from resnet_viz.components.feature_wall import InitialView, Options, Pin
from resnet_viz.model.presets import PRESETS
from resnet_viz.ui.feature_maps import wall_state

# Maps of 16 × 32 × 32, 32 × 16 × 16, 64 × 8 × 8, 128 × 4 × 4 and 128 × 1 × 1.
LAYERS = ("layer1.0", "layer2.0", "layer3.0", "layer4.0", "avgpool")
TRACE = trace(PRESETS["shapes"], 128)


def page() -> None:
    """A wall of whatever the test has put into the session; the button runs a callback of the test."""
    import streamlit as st

    from resnet_viz.ui.feature_maps import wall_state

    session = st.session_state
    subject = (session.layer, session.maps.shape)
    session.opening = wall_state.initial_view(subject, session.maps, session.layer, session.trace)
    session.told = session.pop("_notices", [])
    session[wall_state.KEY] = None  # as the mounted component leaves it
    st.button("event", on_click=lambda: session.callback())


class Wall:
    """A visit of that page."""

    def __init__(self, layer: str = "layer2.0", **link: str) -> None:
        self.app = AppTest.from_function(page)
        for name, value in link.items():
            self.app.query_params[name] = value
        self.show(layer)

    def show(self, layer: str, network: Trace = TRACE) -> None:
        shape = (*network[layer].output_shape, 1, 1)[:3]
        self.app.session_state["layer"] = layer
        self.app.session_state["trace"] = network
        self.app.session_state["maps"] = np.ones(shape, np.float32)
        self.app.run()
        assert not self.app.exception

    def event(self, callback: Callable[..., None], *values: object) -> None:
        """The browser reports something, or a button of the page was clicked."""
        self.app.session_state["callback"] = lambda: callback(*values)
        self.app.button[0].click().run()
        assert not self.app.exception

    @property
    def opening(self) -> InitialView:
        opening: InitialView = self.app.session_state["opening"]
        return opening

    @property
    def place(self) -> tuple[int, int, int]:
        return (self.opening.channel, self.opening.row, self.opening.column)

    @property
    def link(self) -> dict[str, str]:
        texts = {
            name: value if isinstance(value, str) else "".join(value)  # one of each
            for name, value in self.app.query_params.items()
        }
        return {name: text for name, text in texts.items() if text}

    @property
    def told(self) -> list[str]:
        told: list[str] = self.app.session_state["told"]
        return told


def test_the_layers_have_the_shapes_that_these_tests_speak_of() -> None:
    assert [TRACE[layer].output_shape for layer in LAYERS] == [
        (16, 32, 32),
        (32, 16, 16),
        (64, 8, 8),
        (128, 4, 4),
        (128, 1, 1),
    ]


def test_a_link_says_what_the_wall_opens_with() -> None:
    wall = Wall(channel="3", cell="5-6", sort="mean", scale="fixed", low="-2", high="2.5")
    assert wall.place == (3, 5, 6)
    assert wall.opening.pinned
    assert wall.opening.options == Options("mean", "fixed", "all", -2, 2.5)
    assert not Wall().opening.pinned


def test_what_the_wall_reports_goes_into_the_link_and_opens_nothing_anew() -> None:
    wall = Wall()
    before = wall.opening
    wall.event(wall_state.write_pin, Pin(2, 3, 4), "layer2.0")
    wall.event(wall_state.write_options, Options(sort="alike", high=2), 1)
    assert wall.opening is before
    pin = {"channel": "2", "cell": "3-4", "of": "layer2.0"}
    assert wall.link == pin | {"sort": "alike", "high": "2"}
    wall.event(wall_state.write_options, Options(), 2)
    assert wall.link == pin
    wall.event(wall_state.write_pin, None, "layer2.0")
    assert wall.opening is before
    assert wall.link == {}


def test_another_layer_opens_where_the_wall_has_come_to() -> None:
    wall = Wall()
    wall.event(wall_state.write_pin, Pin(2, 3, 4), "layer2.0")
    wall.event(wall_state.write_options, Options(sort="mean"), 7)
    wall.show("layer2.1")
    assert wall.place == (2, 3, 4)
    assert (wall.opening.options.sort, wall.opening.options_version) == ("mean", 7)


def test_what_somebody_else_changes_in_the_link_opens_the_wall_anew() -> None:
    wall = Wall()
    wall.event(wall_state.write_pin, Pin(2, 3, 4), "layer2.0")
    wall.event(wall_state.ask_for, Pin(5, 6, 7), "layer2.0")
    assert wall.place == (5, 6, 7)


@pytest.mark.parametrize(
    ("layer", "place"),
    [
        ("layer2.1", (20, 5, 13)),
        ("layer3.0", (20, 2, 6)),  # of 16 rows the sixth is the third of 8
        ("layer1.0", (15, 11, 27)),  # rows 10 and 11 lie where row 5 does: the lower of the two
        ("avgpool", (20, 0, 0)),
    ],
)
def test_the_pin_keeps_its_place_in_the_image_and_the_link_its_pin(
    layer: str, place: tuple[int, int, int]
) -> None:
    wall = Wall()
    wall.event(wall_state.write_pin, Pin(20, 5, 13), "layer2.0")
    link = wall.link
    wall.show(layer)
    assert wall.place == place
    assert wall.link == link  # nothing for the browser's way back, and true for whoever gets it
    assert Wall(layer, **link).place == place
    wall.show("avgpool")
    wall.show("layer2.0")
    assert wall.place == (20, 5, 13)  # not even a layer of single numbers makes it forget


def test_a_link_need_not_say_of_which_layer_its_pin_is() -> None:
    wall = Wall("layer1.0", channel="8", cell="30-30")
    wall.show("layer1.1")
    assert wall.link == {"channel": "8", "cell": "30-30"}
    wall.show("layer3.0")
    assert wall.place == (8, 7, 7)
    assert wall.link == {"channel": "8", "cell": "7-7", "of": "layer3.0"}
    # A step back, in which the browser has replaced the layer's name.
    wall.app.query_params["cell"] = "30-30"
    del wall.app.query_params["of"]
    wall.show("layer3.0")
    assert wall.told == []
    assert wall.place == (8, 7, 7)


def test_a_pin_keeps_its_place_in_another_network_and_in_a_smaller_image() -> None:
    wall = Wall("layer1.0")
    wall.event(wall_state.write_pin, Pin(8, 30, 30), "layer1.0")
    smaller = trace(PRESETS["shapes"], 64)
    wall.show("layer1.0", smaller)
    assert wall.place == (8, 15, 15)
    assert wall.link == {"channel": "8", "cell": "15-15", "of": "layer1.0"}
    wall.show("layer3.0", smaller)
    assert wall.place == (8, 3, 3)
    assert wall.told == []


def test_a_pin_of_a_layer_that_is_not_there_is_one_of_the_selected_layer() -> None:
    wall = Wall(channel="3", cell="5-6", of="layer9.0")
    assert "layer “layer9.0”" in " ".join(wall.told)
    assert wall.place == (3, 5, 6)
    assert wall.link == {"channel": "3", "cell": "5-6"}


def test_what_lies_behind_a_cell_is_asked_for_by_its_own_numbers() -> None:
    wall = Wall("layer3.0", channel="6", cell="5-7")
    wall.app.session_state["maps"] = np.ones((32, 16, 16), np.float32)
    wall.event(wall_state.ask_for, Pin(30, 9, 15), "layer2.0")
    assert wall.place == (30, 9, 15)


def test_coming_back_to_the_page_brings_the_wall_back() -> None:
    wall = Wall()
    wall.event(wall_state.write_pin, Pin(2, 3, 4), "layer2.0")
    wall.event(wall_state.write_options, Options(show="alive"), 1)
    del wall.app.session_state[wall_state.KEY]  # another page was shown in between
    wall.app.query_params.clear()
    wall.show("layer1.0")
    assert wall.link == {"channel": "2", "cell": "3-4", "of": "layer2.0", "show": "alive"}
    assert (wall.place, wall.opening.options.show) == ((2, 7, 9), "alive")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("channel", "32", "0 to 31 is accepted"),
        ("channel", "-1", "0 to 31 is accepted"),
        ("channel", "9" * 5000, "0 to 31 is accepted"),
        ("channel", "٣", "0 to 31 is accepted"),
        ("cell", "16-0", "from 0-0 to 15-15"),
        ("cell", "3", "from 0-0 to 15-15"),
        ("cell", "3-4-5", "from 0-0 to 15-15"),
        ("sort", "by <b>size</b>", "does not exist"),
        ("low", "nan", "a number is accepted"),
        ("high", "1e999", "a number is accepted"),
        ("high", "-1", "more than the lower end"),
    ],
)
def test_what_cannot_be_shown_is_said_once_and_leaves_the_link(
    name: str, value: str, says: str
) -> None:
    wall = Wall(**{name: value}, show="alive")
    assert says in " ".join(wall.told)
    assert wall.link == {"show": "alive"}
    wall.app.run()
    assert wall.told == []


def test_without_a_pin_the_wall_opens_on_the_cell_nearest_the_middle_that_is_not_off() -> None:
    wall = Wall("layer3.0")
    values = np.zeros((64, 8, 8), np.float32)
    values[1, 3, 4] = 9
    values[1, 0, 2] = 1
    wall.app.session_state["maps"] = values
    wall.app.run()
    assert wall.place == (1, 3, 4)
    assert wall.opening.default_position == Pin(1, 3, 4)
    wall.app.session_state["maps"] = values * 0
    wall.app.session_state["layer"] = "layer3.1"
    wall.app.run()
    assert wall.place[1:] == (4, 4)
