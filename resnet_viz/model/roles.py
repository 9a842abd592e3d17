"""What each part of a residual network is for: the words of the paper, once for all who ask.

The network says the role of every module (`ResNet.roles`); nobody above `model/` knows a layer by its
name.
"""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """The part that a layer, block or stage plays."""

    STEM = "stem"
    STAGE = "stage"  # holds blocks
    BLOCK = "block"  # holds branch, shortcut and sum
    BRANCH = "branch"  # F(x)
    SHORTCUT = "shortcut"  # x, or what makes it fit
    SUM = "sum"  # F(x) + x
    ACTIVATION = "activation"  # the block's last one, after the sum
    HEAD = "head"  # between the last stage and the classifier
    CLASSIFIER = "classifier"


CONTAINERS = frozenset({Role.STAGE, Role.BLOCK})

STAGE_NAME = "layer{}"  # torchvision's name of a stage, counted from 1


def stage_number(path: str) -> int:
    """The stage that a path lies in, from 1: 2 for `layer2.0.conv1`; 0 outside the stages."""
    first, number = path.partition(".")[0], STAGE_NAME.format("")
    digits = first.removeprefix(number)
    return int(digits) if first.startswith(number) and digits.isdigit() else 0
