"""A network with some of its fields changed, as commands and trainings are told: `-s width=32`."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any, Final

from resnet_viz.errors import ConfigError
from resnet_viz.model.config import ResNetConfig, parse_repeats
from resnet_viz.one_line import one_line, quoted

CUSTOM: Final = "custom"  # the name of a network that is no preset
_TRUTHS: Final = {"true": True, "false": False}


def add_changes(parser: argparse.ArgumentParser) -> None:
    """Add `-s FIELD=VALUE`, which can be repeated; `customised` reads what it collects in `set`."""
    parser.add_argument(
        *("-s", "--set"),
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="change a part of the network, for instance -s repeats=4-4-4 -s shortcut=none; one of "
        f"{', '.join(_fields())}",
    )


def customised(config: ResNetConfig, changes: Iterable[str]) -> ResNetConfig:
    """The network with all changes at once; it is then called custom.

    Raises:
        ConfigError: there is no such field, it does not take that value, or they describe no network.
    """
    changed = replace(config, **dict(_change(config, text) for text in changes))
    return config if changed == config else replace(changed, name=CUSTOM)


def _change(config: ResNetConfig, text: str) -> tuple[str, Any]:
    """`"width=32"` as ("width", 32), of the type that the field has."""
    name, _, value = text.partition("=")
    if name not in _fields():
        raise ConfigError(
            f"There is no field {quoted(name, 40)}; choose one of {', '.join(_fields())}."
        )
    current = getattr(config, name)
    if isinstance(current, tuple):
        return name, parse_repeats(value)
    if isinstance(current, str):
        return name, value
    if isinstance(current, bool):
        if value not in _TRUTHS:
            raise ConfigError(f"{name}={one_line(value, 20)} is not accepted; write true or false.")
        return name, _TRUTHS[value]
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise ConfigError(f"{name}={one_line(value, 20)} is not accepted; write a whole number.")
    return name, int(value)


def _fields() -> list[str]:
    return [field.name for field in fields(ResNetConfig) if field.name != "name"]
