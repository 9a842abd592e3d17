"""Which devices this machine has, and a plain sentence when the one asked for is not there."""

from __future__ import annotations

from typing import Final

import torch

from resnet_viz.errors import DeviceError
from resnet_viz.one_line import quoted

CPU: Final = "cpu"  # which every machine has

# What is worked out by hand must be what a GPU found: convolutions in float32, not in TF32's ten bits.
torch.backends.cudnn.allow_tf32 = False


def devices() -> tuple[str, ...]:
    """The devices that a network can run on here, the CPU first: `("cpu", "cuda:0")`."""
    cuda = tuple(f"cuda:{index}" for index in range(torch.cuda.device_count()))
    return (CPU, *cuda, *(("mps",) if torch.backends.mps.is_available() else ()))


def device_title(name: str) -> str:
    """What a page calls a device: its name and, for a GPU, the model of the card."""
    if name.startswith("cuda"):
        return f"GPU {name.removeprefix('cuda:')} · {torch.cuda.get_device_name(name)}"
    return {CPU: "CPU", "mps": "Apple GPU"}.get(name, name)


def check_device(name: str) -> str:
    """Return the full name of a device that is here; raise `DeviceError` naming those that are."""
    full = "cuda:0" if name == "cuda" else name
    if full not in devices():
        raise DeviceError(
            f"Device {quoted(name, 40)} is not available on this machine; it has {', '.join(devices())}."
        )
    return full
