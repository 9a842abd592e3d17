"""Drawings by value: the same values are drawn once, and what is kept cannot be changed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import plotly.io
import pytest

from resnet_viz.analysis.residual_records import BlockRatio
from resnet_viz.figures import residual
from resnet_viz.figures.palette import DARK, LIGHT
from resnet_viz.store import STORE
from resnet_viz.ui.shared.drawn import SentChart, by_value, drawn

RATIO = BlockRatio("layer1.0", "identity", 1.0, 2.0, 0.5)


@pytest.fixture(autouse=True)
def _nothing_kept():
    STORE.clear()
    yield
    STORE.clear()


def test_equal_values_are_drawn_once_whatever_holds_them():
    calls = []

    def draw(values: np.ndarray, *, signed: bool) -> bytes:
        calls.append(signed)
        return values.tobytes()

    values = np.arange(6, dtype=np.float32)
    first = drawn(draw, values, signed=True)
    assert drawn(draw, values.copy(), signed=True) is first
    assert calls == [True]
    drawn(draw, values, signed=False)
    drawn(draw, values + 1, signed=True)
    drawn(draw, values.reshape(2, 3), signed=True)
    assert len(calls) == 4


def test_what_is_unlike_has_another_key():
    values = np.arange(4, dtype=np.int32)
    unlike = [
        *(1, 1.5, "1", b"1", True, None, (1,), (1, 2), (2, 1), ((1,), 2)),
        *(RATIO, replace(RATIO, path="layer1.1"), LIGHT, DARK, {"a": 1}, {"b": 1}),
        *(values, values.reshape(2, 2), values.view(np.float32), values + 1, range(3)),
    ]
    keys = [by_value(each) for each in unlike]
    assert len(set(keys)) == len(unlike)
    assert by_value([1, 2]) == by_value((1, 2))
    with pytest.raises(TypeError, match="object"):
        by_value(object())


def test_a_chart_is_sent_as_plotly_writes_it():
    figure = residual.ratio_chart((RATIO,), "layer1.0", LIGHT)
    sent = drawn(residual.ratio_chart, (RATIO,), "layer1.0", LIGHT)
    assert isinstance(sent, SentChart)
    assert plotly.io.to_json(sent.to_dict(), validate=False) == figure.to_json()
    assert drawn(residual.ratio_chart, (RATIO,), "layer1.0", LIGHT) is sent
    assert drawn(residual.ratio_chart, (RATIO,), "layer1.0", DARK) is not sent


def test_a_chart_that_is_kept_cannot_be_changed():
    sent = drawn(go.Figure, {"data": []})
    with pytest.raises(AttributeError, match="cannot be changed"):
        sent.layout = {"title": "other"}
    with pytest.raises(AttributeError):
        sent.add_scatter(x=[1], y=[1])


def test_pages_take_their_drawings_from_the_store(open_page):
    open_page("residual", picture="star")
    before = [key for key in STORE._entries if isinstance(key, tuple) and key[0] == "drawn"]
    open_page("residual", picture="star")  # another visitor
    after = [key for key in STORE._entries if isinstance(key, tuple) and key[0] == "drawn"]
    assert len(before) >= 6
    assert set(after) == set(before)
