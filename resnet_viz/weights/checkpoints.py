"""The checkpoints that torchvision publishes: where each lies, how large it is, how well it does.

Every number is a fact from torchvision 0.29.2, `torchvision/models/resnet.py`; none was measured here.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch

from resnet_viz.errors import WeightsError
from resnet_viz.one_line import quoted

MB: Final = 2**20  # bytes: what torchvision calls one; pages write sizes with `sizes.megabytes`

LICENCE: Final = (
    "Published by torchvision, whose code is BSD-3-Clause. torchvision adds that its models may have "
    "terms of their own, derived from the dataset they were trained on, and that it is up to you to "
    "determine whether you may use them; ImageNet gives its images for non-commercial research and "
    "education only."
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One published file of parameters for one preset, and what its publisher says of it."""

    network: str  # name of the preset
    version: str  # "v1": the first recipe, near the paper's results; "v2": the improved one
    url: str
    size_mb: float  # units of 2^20 bytes, as published
    sha256_prefix: str  # the first eight hexadecimal digits
    resize: int  # shorter side before the crop, pixels
    crop: int  # side of the centre square, pixels
    acc1: float  # right at once, per cent of the 50,000 validation images
    acc5: float  # right among the first five, per cent
    recipe: str  # where the training is described

    @property
    def file(self) -> str:
        """The file's name, the same on the server and in the folder."""
        return self.url.rpartition("/")[2]

    @property
    def size(self) -> int:
        """Bytes, as near as the published size says."""
        return round(self.size_mb * MB)


def _published(
    network: str,
    version: str,
    sha256_prefix: str,
    size_mb: float,
    resize: int,
    acc1: float,
    acc5: float,
    recipe: str,
) -> Checkpoint:
    return Checkpoint(
        network,
        version,
        f"https://download.pytorch.org/models/{network}-{sha256_prefix}.pth",
        size_mb,
        sha256_prefix,
        resize,
        224,
        acc1,
        acc5,
        f"https://github.com/pytorch/vision/{recipe}",
    )


_RESNET: Final = "tree/main/references/classification#resnet"
_RESNEXT: Final = "tree/main/references/classification#resnext"
_RESNEXT_64: Final = "pull/5935"
_WIDE: Final = "pull/912#issue-445437439"
_NEW: Final = "issues/3995#new-recipe"
_NEW_50: Final = "issues/3995#issuecomment-1013906621"
_NEW_FIXRES: Final = "issues/3995#new-recipe-with-fixres"

CHECKPOINTS: Final[tuple[Checkpoint, ...]] = (
    _published("resnet18", "v1", "f37072fd", 44.661, 256, 69.758, 89.078, _RESNET),
    _published("resnet34", "v1", "b627a593", 83.275, 256, 73.314, 91.420, _RESNET),
    _published("resnet50", "v1", "0676ba61", 97.781, 256, 76.130, 92.862, _RESNET),
    _published("resnet50", "v2", "11ad3fa6", 97.790, 232, 80.858, 95.434, _NEW_50),
    _published("resnet101", "v1", "63fe2227", 170.511, 256, 77.374, 93.546, _RESNET),
    _published("resnet101", "v2", "cd907fc2", 170.530, 232, 81.886, 95.780, _NEW),
    _published("resnet152", "v1", "394f9c45", 230.434, 256, 78.312, 94.046, _RESNET),
    _published("resnet152", "v2", "f82ba261", 230.474, 232, 82.284, 96.002, _NEW),
    _published("resnext50_32x4d", "v1", "7cdf4587", 95.789, 256, 77.618, 93.698, _RESNEXT),
    _published("resnext50_32x4d", "v2", "1a0047aa", 95.833, 232, 81.198, 95.340, _NEW),
    _published("resnext101_32x8d", "v1", "8ba56ff5", 339.586, 256, 79.312, 94.526, _RESNEXT),
    _published("resnext101_32x8d", "v2", "110c445d", 339.673, 232, 82.834, 96.228, _NEW_FIXRES),
    _published("resnext101_64x4d", "v1", "173b62eb", 319.318, 232, 83.246, 96.454, _RESNEXT_64),
    _published("wide_resnet50_2", "v1", "95faca4d", 131.820, 256, 78.468, 94.086, _WIDE),
    _published("wide_resnet50_2", "v2", "9ba9bcbe", 263.124, 232, 81.602, 95.758, _NEW_FIXRES),
    _published("wide_resnet101_2", "v1", "32ee1156", 242.896, 256, 78.848, 94.284, _WIDE),
    _published("wide_resnet101_2", "v2", "d733dc28", 484.747, 232, 82.510, 96.020, _NEW),
)


def networks() -> tuple[str, ...]:
    """The presets that have a checkpoint."""
    return tuple(dict.fromkeys(checkpoint.network for checkpoint in CHECKPOINTS))


def published(network: str) -> tuple[Checkpoint, ...]:
    """A preset's checkpoints, the most accurate first; raises `WeightsError` where there is none."""
    found = [checkpoint for checkpoint in CHECKPOINTS if checkpoint.network == network]
    if not found:
        raise WeightsError(
            f"There are no ImageNet weights for {quoted(network)}; choose one of "
            f"{', '.join(networks())}."
        )
    return tuple(sorted(found, key=lambda checkpoint: -checkpoint.acc1))


def folder() -> Path:
    """Where checkpoints are kept: torch.hub's folder, so that what a user already has is found.

    It follows `TORCH_HOME`, then `XDG_CACHE_HOME`, then `~/.cache`.
    """
    return Path(torch.hub.get_dir()) / "checkpoints"


def is_intact(path: Path, checkpoint: Checkpoint) -> bool:
    """Whether the file's SHA-256 begins as published; raises `OSError` when it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest().startswith(checkpoint.sha256_prefix)
