"""`python -m resnet_viz explain IMAGE`: what speaks for a class, as numbers or as an image."""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from resnet_viz import api
from resnet_viz.analysis.attribution import METHODS, make_method
from resnet_viz.analysis.attribution.compute import attribute
from resnet_viz.analysis.attribution.records import Heatmap
from resnet_viz.analysis.attribution.target_layer import PARTS
from resnet_viz.commands.network import add_network, chosen, named, ready, say_notes
from resnet_viz.errors import ExplorerError, reason
from resnet_viz.figures.heatmaps import heatmap_png
from resnet_viz.images import ImageInput, as_seen
from resnet_viz.weights.loaded import LoadedModel

# All options that any method has, with a value of theirs: `--steps`, `--patch` and so on.
_OPTIONS: Final = {
    name: value for method in METHODS.values() for name, value in method().options.items()
}


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `explain`, which returns an exit status and may raise an `ExplorerError`."""
    parser = commands.add_parser("explain", help="what in an image speaks for a class")
    parser.add_argument("image", metavar="IMAGE", type=Path)
    add_network(parser)
    parser.add_argument(
        "--method", default="grad_cam", metavar="NAME", help=f"one of {', '.join(METHODS)}"
    )
    parser.add_argument(
        "--layer", default="", metavar="PATH", help="a layer, block or stage; else the last stage"
    )
    parser.add_argument(
        "--part", default="", metavar="PART", help=f"of a block: {', '.join(PARTS)}; else output"
    )
    parser.add_argument(
        "--class",
        dest="target",
        metavar="CLASS",
        help="name or number, from 0; else the most probable one",
    )
    parser.add_argument("--precise", action="store_true", help="compute in float64")
    parser.add_argument("--format", choices=tuple(_WRITERS), default="json")
    parser.add_argument("--output", type=Path, metavar="FILE", help="else standard output")
    group = parser.add_argument_group("options of a method")
    for name, value in _OPTIONS.items():
        group.add_argument(f"--{name}", type=type(value), help=_used_by(name))
    parser.set_defaults(command=_explain)


def _explain(options: argparse.Namespace) -> int:
    """Ask one method, write what it found, and say on stderr what there is to know about it."""
    if not options.output and options.format != "json" and sys.stdout.isatty():
        raise ExplorerError(
            f"--format {options.format} writes bytes; name a file with --output, or redirect them."
        )
    given = {name: getattr(options, name) for name in _OPTIONS}
    method = make_method(options.method, {k: v for k, v in given.items() if v is not None})
    image = api.read_image(options.image)
    loaded = ready(*chosen(options), options.device)
    found = attribute(
        *(loaded, image, method, options.layer, options.part, options.target),
        precise=options.precise,
    )
    _write(_WRITERS[options.format](found, loaded, image, options), options.output)
    if found.note:
        print(found.note, file=sys.stderr)
    say_notes(loaded)
    return 0


def _json(
    found: Heatmap, loaded: LoadedModel, image: ImageInput, options: argparse.Namespace
) -> bytes:
    """The answer with its raw values; what only some methods have stands at the end."""
    answer: dict[str, Any] = {
        "model": loaded.config.name,
        "weights": named(loaded.weights),
        "image": str(options.image),
        "method": found.method,
        "layer": found.layer,
        "class": {
            "index": found.target.index,
            "label": found.target.label,
            "logit": found.target.logit,
            "probability": found.target.probability,
        },
        "values": found.values.tolist(),
        "size": list(found.size),
    }
    if options.part:
        answer["part"] = found.part
    if found.options:
        answer["options"] = dict(found.options)
    if found.completeness:
        answer["completeness"] = {
            "total": found.completeness.total,
            "expected": found.completeness.expected,
            "gap": found.completeness.gap,
        }
    return f"{json.dumps(answer, ensure_ascii=False)}\n".encode()


def _npy(
    found: Heatmap, loaded: LoadedModel, image: ImageInput, options: argparse.Namespace
) -> bytes:
    """The raw values as numpy's own file."""
    buffer = io.BytesIO()
    np.save(buffer, found.values)
    return buffer.getvalue()


def _png(
    found: Heatmap, loaded: LoadedModel, image: ImageInput, options: argparse.Namespace
) -> bytes:
    """The positive values in colour over the image as the network sees it."""
    return heatmap_png(as_seen(image, loaded.weights.preprocessing), found)


_Writer = Callable[[Heatmap, LoadedModel, ImageInput, argparse.Namespace], bytes]
_WRITERS: Final[Mapping[str, _Writer]] = {"json": _json, "npy": _npy, "png": _png}


def _write(content: bytes, output: Path | None) -> None:
    if output is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
        return
    try:
        output.write_bytes(content)
    except OSError as error:
        raise ExplorerError(f"“{output.name}” cannot be written: {reason(error)}.") from None


def _used_by(name: str) -> str:
    """The methods that have an option."""
    users = [slug for slug, method in METHODS.items() if name in method().options]
    return f"of {', '.join(users)}"
