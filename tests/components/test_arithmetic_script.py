"""The arithmetic that the browser does for every position, against the network's own maps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from resnet_viz.analysis.capture import capture
from resnet_viz.analysis.forward import traced
from resnet_viz.analysis.worked_example import WorkedScore
from resnet_viz.analysis.worked_example.records import WorkedWindow
from resnet_viz.components.worked_example.encode import Names, WrittenExample, write_out
from resnet_viz.model.config import ResNetConfig
from tests.analysis.networks import ALL, CAT, network, worked_out
from tests.components.node import evaluated

NAMES = Names("source", "channel 1", "")
# A few positions of the area: its corners, where padding is, and its middle.
NUMBERS = """
((example) => {
  const [[top, left], [height, width]] = [example.corner ?? [0, 0], example.extent ?? [1, 1]];
  const rows = [0, height >> 1, height - 1], columns = [0, width >> 1, width - 1];
  return rows.flatMap((row) => columns.map((column) => {
    const position = [top + row, left + column];
    return { position, ...numbersAt(example, position) };
  }));
})(readBlob(bytes))
"""


def numbers(written: WrittenExample) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = evaluated(
        NUMBERS, "worked_example/arithmetic.js", "shared/blob.js", blob=written.encoded("here")
    )
    return found


def examples(config: ResNetConfig) -> Iterator[tuple[Any, WrittenExample]]:
    """One layer of every kind, of its input channels those three that count most."""
    loaded = network(config)
    seen = set()
    for row in traced(loaded).leaves():
        worked = worked_out(loaded, row.path, 1, strongest=3)
        classes = tuple(map(str, getattr(worked, "classes", ())))
        written = write_out(worked, replace(NAMES, shown=row.path, classes=classes))
        if (type(worked), written.kind) not in seen:
            seen.add((type(worked), written.kind))
            yield worked, written


def settle(terms: str) -> float:
    """The value of a sum that is written out."""
    parts = terms.replace("−", "-").split(" + ")
    return sum(float(part.strip("()")) for part in parts)


@pytest.mark.parametrize("config", ALL, ids=lambda c: c.name)
def test_every_number_follows_from_the_others_at_every_position(config: ResNetConfig) -> None:
    full = capture(network(config), CAT, traced(network(config)).paths)
    kinds = set()
    for worked, written in examples(config):
        values = full[worked.path].values[1]
        kinds.add(written.kind)
        for found in numbers(written):
            out = found["out0"]
            if isinstance(worked, WorkedWindow):
                row, column = found["position"]
                assert out == values[row, column], worked.path
            CHECKS.get(written.kind, nothing_more)(found, out, worked)
    assert {"convolution", "elementwise", "mean", "score"} <= kinds


def convolution(found: Mapping[str, Any], out: float, worked: Any) -> None:
    assert found["shown"] + found["rest"] == pytest.approx(out, rel=1e-4, abs=1e-4)
    assert settle(found["sums"]) == pytest.approx(found["shown"], rel=2e-3, abs=2e-3)


def pool(found: Mapping[str, Any], out: float, worked: Any) -> None:
    # Its winner's place in the whole input, which the area holds from its first window on.
    at = [int(found[name]) for name in ("winner_row", "winner_column")]
    first = [
        corner * stride - padding
        for corner, stride, padding in zip(
            worked.corner, worked.window.stride, worked.window.padding, strict=True
        )
    ]
    row, column = (a - b for a, b in zip(at, first, strict=True))
    assert worked.maps[0, row, column] == out


def place(found: Mapping[str, Any], out: float, worked: Any) -> None:
    inputs = [found[name] for name in ("in0", "in1") if name in found]
    kind = type(worked).__name__
    if kind == "WorkedReLU":
        assert out == max(0, *inputs)
    if kind == "WorkedSum":
        assert out == pytest.approx(sum(inputs), rel=1e-6)
    if kind == "WorkedNorm":
        scaled = (inputs[0] - worked.mean) / np.sqrt(worked.variance + worked.eps) * worked.weight
        assert found["out1"] == pytest.approx(scaled, rel=1e-4, abs=1e-5)
        assert out == pytest.approx(scaled + worked.bias, rel=1e-4, abs=1e-5)


def mean(found: Mapping[str, Any], out: float, worked: Any) -> None:
    assert found["sum"] / worked.count == pytest.approx(out, rel=1e-5, abs=1e-6)


def score(found: Mapping[str, Any], out: float, worked: WorkedScore) -> None:
    at = list(worked.classes).index(worked.channel)
    products = worked.activations * worked.weights[at]
    ranked = np.sort(products.astype(np.float64))
    assert found.get("positive", 0) == pytest.approx(ranked[-3:][ranked[-3:] > 0].sum(), abs=1e-6)
    assert found.get("negative", 0) == pytest.approx(ranked[:3][ranked[:3] < 0].sum(), abs=1e-6)
    parts = (found.get(name, 0) for name in ("positive", "negative", "rest", "bias"))
    assert sum(parts) == pytest.approx(out, rel=1e-4, abs=1e-5)
    assert found["class"] == str(worked.channel)


def nothing_more(found: Mapping[str, Any], out: float, worked: Any) -> None:
    raise AssertionError(f"No check for {type(worked)}.")


CHECKS = {
    **{"convolution": convolution, "pointwise": convolution},
    **{"pool": pool, "elementwise": place, "mean": mean, "score": score},
}
