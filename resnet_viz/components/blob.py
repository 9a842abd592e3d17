"""Text and numbers as one run of bytes: what a component gets, and `readBlob` reads back.

The bytes, little-endian:

    uint32        n, the length of the header
    n bytes       the header: JSON, filled up with blanks so that what follows starts at a multiple of 4;
                  its "arrays" say name, type and shape of what follows
    the arrays    one after another, each filled up to a multiple of 4

`readBlob` stands in components/shared/blob.js.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

_STEP: Final = 4  # so that every number stands where a browser's arrays may begin
_TYPES: Final = ("uint8", "uint16", "float32")


def pack(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray | bytes]) -> bytes:
    """JSON-like facts and named arrays; bytes are an array of uint8."""
    whole = {name: _as_array(values) for name, values in arrays.items()}
    index = [
        {"name": name, "type": values.dtype.name, "shape": values.shape}
        for name, values in whole.items()
    ]
    text = json.dumps({**header, "arrays": index}, ensure_ascii=False, separators=(",", ":"))
    head = _filled(text.encode("utf-8"), b" ")
    body = (_filled(values.tobytes(), b"\0") for values in whole.values())
    return b"".join((len(head).to_bytes(_STEP, "little"), head, *body))


def _as_array(values: np.ndarray | bytes) -> np.ndarray:
    array = np.frombuffer(values, np.uint8) if isinstance(values, bytes) else values
    if array.dtype.name not in _TYPES:
        raise TypeError(f"{array.dtype} is not among {_TYPES}")
    return array.astype(array.dtype.newbyteorder("<"), copy=False)


def _filled(data: bytes, blank: bytes) -> bytes:
    return data + blank * (-len(data) % _STEP)
