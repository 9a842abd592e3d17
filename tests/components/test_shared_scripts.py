"""What several components build on, against the Python that it answers to."""

from __future__ import annotations

import numpy as np
import pytest

from resnet_viz.components.blob import pack
from resnet_viz.figures import maps
from tests.components.node import evaluated
from tests.figures.test_blob import ARRAYS


@pytest.mark.parametrize("name", ["", "a", "ab", "abc", "Größe “×” 层"])
@pytest.mark.parametrize("before", [0, 3])
def test_what_python_packs_is_read(name: str, before: int) -> None:
    """Wherever in a larger message the bytes begin, as they do when Streamlit hands them over."""
    blob = b"x" * before + pack({"name": name, "list": [1, None]}, ARRAYS)
    read = evaluated(f"readBlob(bytes.subarray({before}))", "shared/blob.js", blob=blob)
    assert read.keys() == {"name", "list", *ARRAYS}
    assert (read["name"], read["list"]) == (name, [1, None])
    for key, values in ARRAYS.items():
        whole = np.frombuffer(values, np.uint8) if isinstance(values, bytes) else values
        np.testing.assert_array_equal(read[key], whole.ravel())


@pytest.mark.parametrize("signed", [False, True])
def test_colours_are_those_of_the_palette(signed: bool) -> None:
    """As pixels and as CSS, for every one of the 256."""
    table = maps.colour_table(signed)
    pixels, css = evaluated(
        "[new Uint8Array(pixelTable(bytes).buffer), "
        "Array.from({ length: 256 }, (_, index) => css(bytes, index))]",
        "shared/colours.js",
        blob=table.tobytes(),
    )
    expected = np.column_stack([table, np.full(256, 255)])  # opaque
    np.testing.assert_array_equal(np.reshape(pixels, (256, 4)), expected)
    assert css == [f"rgb({red} {green} {blue})" for red, green, blue in table.tolist()]
