"""What the wall opens with, and what the URL says of it, without a browser."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.components.feature_wall import Options, Pin
from resnet_viz.ui import wall_state

SHAPE = (8, 14, 14)


def page() -> None:
    """A wall of whatever the test has put into the session; the button runs a callback of the test."""
    import streamlit as st

    from resnet_viz.ui import wall_state

    session = st.session_state
    session.opening = wall_state.opening(session.subject, session.layer)
    session.told = session.pop("_notices", [])
    session[wall_state.KEY] = None  # as the mounted component leaves it
    st.button("event", on_click=lambda: session.callback())


class Wall:
    """A visit of that page."""

    def __init__(self, shape: tuple[int, ...] = SHAPE, **link: str) -> None:
        self.app = AppTest.from_function(page)
        for name, value in link.items():
            self.app.query_params[name] = value
        self.show("conv1", shape)

    def show(self, subject: str, shape: tuple[int, ...] = SHAPE) -> None:
        self.app.session_state["subject"] = subject
        self.app.session_state["layer"] = np.ones(shape, np.float32)
        self.app.run()
        assert not self.app.exception

    def event(self, callback, *values: object) -> None:
        """The browser reports something, or a button of the page was clicked."""
        self.app.session_state["callback"] = lambda: callback(*values)
        self.app.button[0].click().run()
        assert not self.app.exception

    @property
    def opening(self):
        return self.app.session_state["opening"]

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
        return self.app.session_state["told"]


def test_a_link_says_what_the_wall_opens_with() -> None:
    wall = Wall(channel="3", cell="5-6", sort="mean", scale="fixed", low="-2", high="2.5")
    assert wall.place == (3, 5, 6)
    assert wall.opening.pinned
    assert wall.opening.options == Options("mean", "fixed", "all", -2, 2.5)
    assert not Wall().opening.pinned


def test_what_the_wall_reports_goes_into_the_link_and_opens_nothing_anew() -> None:
    wall = Wall()
    before = wall.opening
    wall.event(wall_state.write_pin, Pin(2, 3, 4))
    wall.event(wall_state.write_options, Options(sort="alike", high=2), 1)
    assert wall.opening is before
    assert wall.link == {"channel": "2", "cell": "3-4", "sort": "alike", "high": "2"}
    wall.event(wall_state.write_options, Options(), 2)
    wall.event(wall_state.write_pin, None)
    assert wall.opening is before
    assert wall.link == {}


def test_another_layer_opens_where_the_wall_has_come_to() -> None:
    wall = Wall()
    wall.event(wall_state.write_pin, Pin(2, 3, 4))
    wall.event(wall_state.write_options, Options(sort="mean"), 7)
    wall.show("relu")
    assert wall.place == (2, 3, 4)
    assert (wall.opening.options.sort, wall.opening.heard) == ("mean", 7)


def test_what_somebody_else_changes_in_the_link_opens_the_wall_anew() -> None:
    wall = Wall()
    wall.event(wall_state.write_pin, Pin(2, 3, 4))
    wall.event(wall_state.ask_for, Pin(5, 6, 7))
    assert wall.place == (5, 6, 7)


@pytest.mark.parametrize(
    ("shape", "cell"),
    [
        ((8, 14, 14), (5, 13)),
        ((8, 7, 7), (2, 6)),  # of 14 rows the sixth is the third of 7
        ((4, 28, 28), (11, 27)),  # rows 10 and 11 lie where row 5 did: the lower of the two
        ((16, 1, 1), (0, 0)),
    ],
)
def test_the_pin_keeps_its_place_in_the_picture(shape, cell) -> None:
    wall = Wall(channel="6", cell="5-13")
    wall.show("another", shape)
    assert wall.place == (min(6, shape[0] - 1), *cell)
    assert wall.told == []


def test_a_step_back_to_the_pin_of_another_layer_keeps_its_place_too() -> None:
    """The browser has replaced the layer's name in the step that it goes back to."""
    wall = Wall((64, 32, 32), channel="40", cell="30-30")
    wall.show("deeper", (16, 8, 8))
    assert wall.link == {"channel": "15", "cell": "7-7"}
    wall.app.query_params["channel"], wall.app.query_params["cell"] = "40", "30-30"
    wall.app.run()
    assert wall.told == []
    assert wall.place == (15, 7, 7)
    assert wall.link == {"channel": "15", "cell": "7-7"}
    wall.event(wall_state.write_pin, Pin(15, 0, 0))
    wall.app.query_params["cell"] = "30-31"  # by hand: that is a mistake
    wall.app.run()
    assert "from 0-0 to 7-7" in " ".join(wall.told)


def test_a_cell_asked_for_by_its_numbers_is_not_moved() -> None:
    wall = Wall(channel="6", cell="5-13")
    wall.app.session_state["layer"] = np.ones((4, 28, 28), np.float32)
    wall.event(wall_state.leave_for, Pin(1, 20, 21))
    assert wall.place == (1, 20, 21)


def test_coming_back_to_the_page_brings_the_wall_back() -> None:
    wall = Wall()
    wall.event(wall_state.write_pin, Pin(2, 3, 4))
    wall.event(wall_state.write_options, Options(show="alive"), 1)
    del wall.app.session_state[wall_state.KEY]  # another page was shown in between
    wall.app.query_params.clear()
    wall.app.run()
    assert wall.link == {"channel": "2", "cell": "3-4", "show": "alive"}
    assert (wall.place, wall.opening.options.show) == ((2, 3, 4), "alive")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("channel", "8", "0 to 7 is accepted"),
        ("channel", "-1", "0 to 7 is accepted"),
        ("channel", "9" * 5000, "0 to 7 is accepted"),
        ("channel", "٣", "0 to 7 is accepted"),
        ("cell", "14-0", "from 0-0 to 13-13"),
        ("cell", "3", "from 0-0 to 13-13"),
        ("cell", "3-4-5", "from 0-0 to 13-13"),
        ("sort", "by <b>size</b>", "does not exist"),
        ("low", "nan", "no number"),
        ("high", "1e999", "no number"),
        ("high", "-1", "must be larger"),
    ],
)
def test_what_cannot_be_shown_is_said_once_and_leaves_the_link(name, value, says) -> None:
    wall = Wall(**{name: value}, show="alive")
    assert says in " ".join(wall.told)
    assert wall.link == {"show": "alive"}
    wall.app.run()
    assert wall.told == []


def test_without_a_pin_the_wall_opens_on_the_cell_nearest_the_middle_that_is_not_off() -> None:
    wall = Wall()
    values = np.zeros((3, 5, 5), np.float32)
    values[1, 2, 3] = 9
    values[1, 0, 2] = 1
    wall.app.session_state["layer"] = values
    wall.app.session_state["subject"] = "sparse"
    wall.app.run()
    assert wall.place == (1, 2, 3)
    assert wall.opening.home == Pin(1, 2, 3)
    wall.app.session_state["layer"] = values * 0
    wall.app.session_state["subject"] = "dead"
    wall.app.run()
    assert wall.place[1:] == (2, 2)
