"""What goes in comes out: read here by hand, and by `readBlob` in components/test_shared_scripts.py."""

import numpy as np
import pytest

from resnet_viz.components.blob import pack
from tests.figures.blobs import unpack

ARRAYS: dict[str, np.ndarray | bytes] = {
    "odd": np.arange(5, dtype=np.uint8),
    "fine": np.array([[1.5, -np.inf], [np.nan, 1e-30]], np.float32),
    "levels": np.array([[[0, 65535, 7]]], np.uint16),
    "empty": np.zeros((0, 4, 4), np.float32),
    "image": b"\xff\xd8\xff",
}


@pytest.mark.parametrize("name", ["", "a", "ab", "abc", "Größe “×” 层"])
def test_facts_and_arrays_come_back(name):
    header, arrays = unpack(pack({"name": name, "list": [1, None, 2.5]}, ARRAYS))
    assert header == {"name": name, "list": [1, None, 2.5]}
    assert list(arrays) == list(ARRAYS)
    for key, values in ARRAYS.items():
        if isinstance(values, bytes):
            assert arrays[key].tobytes() == values
        else:
            np.testing.assert_array_equal(arrays[key], values)
            assert arrays[key].dtype == values.dtype


def test_numbers_of_the_other_byte_order_are_turned():
    swapped = np.array([1.5, 2.5], np.dtype("f4").newbyteorder())
    _, arrays = unpack(pack({}, {"x": swapped}))
    assert arrays["x"].tolist() == [1.5, 2.5]


def test_what_a_browser_has_no_array_for_is_refused():
    with pytest.raises(TypeError, match="float64"):
        pack({}, {"x": np.zeros(3)})
