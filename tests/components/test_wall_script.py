"""The feature wall's bytes: what `encode.py` of its folder writes is what `wall.js` reads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from resnet_viz.analysis.receptive_field import Field, field_box
from resnet_viz.components.feature_wall import encode
from tests.components.node import evaluated
from tests.components.walls import SHAPES, image, made

# Of ResNet-18: conv1, maxpool, the ends of stages 2 and 4, the average pool.
FIELDS = (
    (Field(7, 2, 0.0), 112),
    (Field(11, 4, 0.0), 56),
    (Field(99, 8, 0.0), 28),
    (Field(435, 32, 0.0), 7),
    (Field(627, 32, 96.0), 1),
)


def of_wall(expression: str, values: np.ndarray, field: Field | None = None, **header: Any) -> Any:
    """The value of an expression over a wall that has been read, `wall`."""
    return evaluated(
        f"(({{ wall }}) => ({expression}))(readWall(bytes))",
        "feature_wall/wall.js",
        "feature_wall/paint.js",
        "shared/colours.js",
        blob=encode.encode(values, image(), field or Field(), {"initial_view": {}, **header}),
    )


@pytest.mark.parametrize("kind", SHAPES)
def test_what_python_writes_is_read(kind: str) -> None:
    values = made(kind)
    # An odd name: what follows the header must stand at a multiple of 4 all the same.
    read = of_wall(
        "{ ...wall, image: wall.image.slice(0, 2) }", values, Field(7, 2, 0.5), name=f"ü×{kind}"
    )
    sent = encode.average_pool(values, encode.pool_size(values.shape))
    code = encode.code_for(sent.size)
    steps = np.inf if code.kind == "f" else 2 ** (8 * code.itemsize) - 1
    step = np.ptp(values, axis=(1, 2))[:, None, None] / steps
    found = read["values"].reshape(sent.shape)
    assert (np.abs(found - sent) <= step / 2 + 1e-5 * np.abs(values).max()).all()
    for name, expected in (
        ("minima", values.min(axis=(1, 2))),
        ("maxima", values.max(axis=(1, 2))),
        ("means", values.mean(axis=(1, 2))),
        ("deviations", values.std(axis=(1, 2))),
        ("zeros", (values == 0).mean(axis=(1, 2))),
    ):
        np.testing.assert_allclose(read[name], expected, 1e-5, 1e-6)
    assert (read["vmin"], read["vmax"]) == pytest.approx((values.min(), values.max()))
    assert read["name"] == f"ü×{kind}"
    assert read["field"] == {"size": 7, "jump": 2, "start": 0.5}
    assert read["image"] == [0xFF, 0xD8]  # how a JPEG begins


@pytest.mark.parametrize(("field", "side"), FIELDS, ids=lambda x: str(x))
def test_the_frame_on_the_image_is_the_receptive_field(field: Field, side: int) -> None:
    values = np.zeros((2, side, side), np.float32)
    for row, column in {(0, 0), (side // 2, side // 3), (side - 1, side - 1)}:
        # The other way round: the middle of the position's field leads back to the position.
        x, y = (field.start + at * field.jump + 0.5 for at in (column, row))
        box, seen = of_wall(
            f"[fieldBox(wall, {{ row: {row}, column: {column} }}), "
            f"positionSeeing(wall, {x / 224}, {y / 224})]",
            values,
            field,
        )
        assert box == pytest.approx(field_box(field, row, column, 224))
        assert seen == {"row": row, "column": column}


def test_a_position_that_stands_for_a_square_is_its_middle() -> None:
    values = made("large")  # 300 × 300, sent as means over squares of 3 × 3
    field = Field(7, 2, 0.0)
    sent, middles, box = of_wall(
        "[[wall.pool_size, wall.rows, wall.columns], "
        "[layerIndex(wall, 0, 1), layerIndex(wall, 99, 2)], "
        "fieldBox(wall, { row: 10, column: 20 })]",
        values,
        field,
    )
    assert sent == [3, 100, 100]
    assert middles == [1, 298]
    assert box == pytest.approx(field_box(field, 31, 61, 224))


def test_orders_and_filters() -> None:
    values = made("signed")

    def order(sort: str, show: str = "all") -> list[int]:
        found: list[int] = of_wall(
            f"ordered(wall, {{ sort: '{sort}', show: '{show}' }}, 3)", values
        )
        return found

    flat = values.reshape(len(values), -1)
    keys = {
        "mean": flat.mean(1),
        "variance": flat.std(1),
        "strongest": np.abs(flat).max(1),
    }
    assert order("index") == list(range(24))
    for sort, key in keys.items():
        found = key[order(sort)]
        assert (np.diff(found) <= 1e-6).all()
    alike = [c for c in order("alike") if flat[c].std() > 0]
    correlations = np.corrcoef(flat[alike])[0]
    assert alike[0] == 3
    assert (np.diff(correlations) <= 1e-5).all()
    assert order("index", "dead") == [0, 7, 14, 21]
    assert order("index", "alive") == [c for c in range(24) if c % 7]


def test_colours_are_the_tables() -> None:
    values = np.array([[[-1.0, 0.0, 3.0]], [[-0.5, 0.0, 1.0]]], np.float32)

    def indices(numbers: list[float], options: str) -> Any:
        return of_wall(
            f"{numbers}.map(colorIndex(wall.signed, limits(wall, {options}, 1)))", values
        )

    # Zero is the middle of a signed scale, and equal magnitudes are equally strong.
    assert indices([-1, 0, 3], "{ scale: 'layer' }") == [85, 128, 255]
    assert indices([-0.5, 0, 1], "{ scale: 'channel' }") == [64, 128, 255]
    assert indices([-9, 0, 1, 9], "{ scale: 'fixed', low: -2, high: 1 }") == [0, 128, 191, 191]
