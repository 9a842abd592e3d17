"""Packed bytes read back as the docstring of components/blob.py says, and no other way."""

import json
import math
import struct
from typing import Any

import numpy as np


def unpack(blob: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The header without its index, and the arrays by name."""
    (length,) = struct.unpack_from("<I", blob)
    header = json.loads(blob[4 : 4 + length])
    at, arrays = 4 + length, {}
    for each in header.pop("arrays"):
        kind = np.dtype(each["type"]).newbyteorder("<")
        assert at % 4 == 0
        values = np.frombuffer(blob, kind, math.prod(each["shape"]), at)
        arrays[each["name"]] = values.reshape(each["shape"])
        at += -(-values.nbytes // 4) * 4
    assert at == len(blob)
    return header, arrays
