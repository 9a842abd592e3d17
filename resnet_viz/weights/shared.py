"""One copy of a network's parameters for all processes of a server: a file of theirs that each of them maps.

Whichever process builds a network first writes it there, in float32, whatever it came from: a file in half
precision, a pickle, a seed. All read it through a map of memory, which takes the same pages for all of
them. Nobody writes to a file once it has its name, so that none is cut short under a reader.

The files hold the numbers alone, each tensor from a multiple of 64 bytes on, where torch puts its own too:
elsewhere some of its sums differ in the last bit. `.safetensors` packs them end to end.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import torch
from filelock import FileLock, Timeout

from resnet_viz import jobs
from resnet_viz.budget import SHARED_VARIABLE
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.resnet import ResNet, build_meta
from resnet_viz.store import give_back
from resnet_viz.weights.tensor_file import COUNTER
from resnet_viz.whole_file import whole_file

MAX_BYTES: Final = 2 * 10**9  # of all files together
LOG: Final = logging.getLogger("resnet_viz")
_SUFFIX: Final = ".float32"
_ITEM: Final = 4  # bytes of a number
_ALIGNED: Final = 64 // _ITEM
_LOOK_S: Final = 0.1  # between two looks at whether one who waits for a network is still wanted


def shared(config: ResNetConfig, source: str, build: Callable[[], ResNet]) -> ResNet:
    """The network that `build` makes, on the CPU; with several processes one builds it and all map it.

    Args:
        config: what the network is.
        source: where its parameters come from, with a hash where that is a file.
        build: called where no process has built it yet, or where nothing is shared.
    """
    folder = os.environ.get(SHARED_VARIABLE, "")
    if not os.path.isdir(folder):
        return build()
    name = hashlib.sha256(repr((config, source)).encode()).hexdigest()[:32]
    path = Path(folder, f"{name}{_SUFFIX}")
    if found := _mapped(config, path):
        return found
    with _alone(path.with_suffix(".lock")):
        return _mapped(config, path) or _written(config, path, build)


def _mapped(config: ResNetConfig, path: Path) -> ResNet | None:
    """The network with the parameters where they lie in the file; `None` where there is none yet."""
    network = build_meta(config)
    offsets, size = _layout(network)
    try:
        os.utime(path)  # of what was used last most stays
        values = torch.from_file(str(path), shared=False, size=size, dtype=torch.float32)
    except (OSError, RuntimeError):  # torch's word for a file that has just gone
        return None
    tensors = {
        name: values[place : place + shape.numel()].view(shape) if place >= 0 else torch.tensor(0)
        for name, (place, shape) in offsets.items()
    }
    network.load_state_dict(tensors, assign=True)
    return network


def _layout(network: ResNet) -> tuple[dict[str, tuple[int, torch.Size]], int]:
    """Where each tensor begins in a file, with its shape; and how long the file is, both in numbers.

    A counter, of which nothing depends, is in no file: its offset is -1.
    """
    offsets, size = {}, 0
    for name, tensor in network.state_dict().items():
        if name.endswith(COUNTER):
            offsets[name] = -1, tensor.shape
        else:
            offsets[name] = size, tensor.shape
            size += -(-tensor.numel() // _ALIGNED) * _ALIGNED
    return offsets, size


def _written(config: ResNetConfig, path: Path, build: Callable[[], ResNet]) -> ResNet:
    """Build the network, and keep it for all; where that fails it is this process's own."""
    network = build()
    offsets, size = _layout(network)
    try:
        _make_room(path.parent, _ITEM * size)
        with whole_file(path) as file:
            for name, tensor in network.state_dict().items():
                if offsets[name][0] >= 0:
                    file.seek(_ITEM * offsets[name][0])
                    file.write(tensor.numpy())
            file.truncate(_ITEM * size)
    except OSError as error:
        LOG.warning("A network is not shared between processes: %s", error)
    found = _mapped(config, path)
    if found is None:
        return network
    del network
    give_back()
    return found


def _make_room(folder: Path, size: int) -> None:
    """Remove what was unused longest; who has it mapped keeps it.

    Raises:
        OSError: so much is more than there may be.
    """
    if size > MAX_BYTES:
        raise OSError(f"it has {size:,} bytes, and {MAX_BYTES:,} are shared at most")
    files = sorted(folder.glob(f"*{_SUFFIX}"), key=lambda path: path.stat().st_mtime)
    held = sum(path.stat().st_size for path in files)
    while files and held + size > MAX_BYTES:
        held -= files[0].stat().st_size
        files.pop(0).unlink(missing_ok=True)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold a lock that all processes know; raises `Cancelled` when nobody waits any more."""
    lock = FileLock(path)
    while True:
        with suppress(Timeout):
            lock.acquire(timeout=_LOOK_S)
            break
        jobs.check()
    try:
        yield
    finally:
        lock.release()
