"""The bytes of the feature wall: few enough, and true to half a level. Chromium reads them in browser/."""

from typing import Any

import numpy as np
import pytest

from resnet_viz.analysis.receptive_field import Field
from resnet_viz.components.feature_wall import encode
from resnet_viz.figures import maps
from tests.figures.blobs import unpack


def photograph(side: int = 224) -> np.ndarray:
    """Smooth shapes with grain, about as hard for JPEG as a photograph."""
    y, x = np.mgrid[:side, :side] / side
    grain = np.random.default_rng(0).normal(0, 6, (side, side, 3))
    waves = np.stack([np.sin(7 * x + y), np.cos(9 * y), np.sin(5 * x * y)], axis=-1)
    return np.clip(128 + 90 * waves + grain, 0, 255).astype(np.uint8)


def parts(blob: bytes) -> tuple[dict[str, Any], np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Header, statistics, values and the other arrays, read as the module's docstring says."""
    header, arrays = unpack(blob)
    quantised, statistics = arrays.pop("quantised"), arrays.pop("statistics")
    assert quantised.shape == (header["channels"], header["rows"], header["columns"])
    assert quantised.dtype == np.dtype(header["code"])
    if quantised.dtype.kind == "f":
        return header, statistics, quantised, arrays
    low, high = statistics[:2, :, None, None]
    read = low + quantised * ((high - low) / np.iinfo(quantised.dtype).max)
    return header, statistics, read, arrays


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        ((64, 112, 112), "uint8"),
        ((256, 56, 56), "uint8"),
        ((64, 56, 56), "uint16"),
        ((2048, 7, 7), "float32"),
        ((1000, 1, 1), "float32"),
        ((1, 5, 9), "float32"),
    ],
)
def test_a_layer_takes_less_than_a_megabyte_and_loses_half_a_level(shape, code):
    values = np.random.default_rng(1).normal(0, 2, shape).astype(np.float32)
    blob = encode.encode(values, photograph(), Field(), {"name": "noise"})
    assert len(blob) < 1_000_000
    header, statistics, read, rest = parts(blob)
    assert header["code"] == code
    assert header["signed"] is True
    assert header["pool_size"] == 1
    step = np.ptp(values, axis=(1, 2)) / {"uint8": 255, "uint16": 65535, "float32": np.inf}[code]
    assert (np.abs(read - values) <= step[:, None, None] / 2 + 2e-6).all()
    np.testing.assert_allclose(statistics[2], values.mean(axis=(1, 2)), atol=1e-5)
    np.testing.assert_array_equal(rest["colours"], maps.colour_table(True))
    assert rest["image"][:2].tobytes() == b"\xff\xd8"


@pytest.mark.parametrize(
    "shape", [(64, 512, 512), (2048, 32, 32), (256, 256, 256), (3, 2000, 700), (64, 116, 116)]
)
def test_a_larger_layer_is_averaged_and_says_so(shape):
    values = np.random.default_rng(2).random(shape, np.float32)
    blob = encode.encode(values, photograph(1024), Field(), {})
    assert len(blob) < 1_000_000
    header, statistics, read, _ = parts(blob)
    side = header["pool_size"]
    assert side > 1
    assert header["shape"] == list(shape)
    assert statistics[1] == pytest.approx(values.max(axis=(1, 2)))  # of the cells, not of the means
    assert read[1, 2, 3] == pytest.approx(
        values[1, 2 * side : 3 * side, 3 * side : 4 * side].mean(), abs=0.003
    )
    last = [side * (count - 1) for count in (header["rows"], header["columns"])]
    assert read[0, -1, -1] == pytest.approx(values[0, last[0] :, last[1] :].mean(), abs=0.003)


@pytest.mark.parametrize("level", [0.0, 2.5, -1.0])
def test_a_constant_layer_stays_constant(level):
    values = np.full((64, 112, 112), level, np.float32)
    header, statistics, read, _ = parts(encode.encode(values, photograph(), Field(), {}))
    assert (read == level).all()
    assert header["signed"] is (level < 0)
    assert (statistics[4] == (level == 0)).all()


def test_zero_stays_zero_after_a_relu():
    values = np.maximum(np.random.default_rng(3).normal(0, 1, (64, 112, 112)), 0)
    _, _, read, _ = parts(encode.encode(values.astype(np.float32), photograph(), Field(), {}))
    assert (read[values == 0] == 0).all()


def test_the_same_layer_makes_the_same_bytes():
    values = np.random.default_rng(4).random((64, 56, 56), np.float32)
    one, other = (encode.encode(values.copy(), photograph(), Field(3, 2), {}) for _ in range(2))
    assert one == other  # what is the same is not sent a second time
