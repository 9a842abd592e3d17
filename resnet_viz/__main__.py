"""The same answers without a browser: `python -m resnet_viz trace resnet50 --format json`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from resnet_viz.analysis.capture import capture, check_runnable, predict
from resnet_viz.analysis.range_check import features_path, range_check
from resnet_viz.analysis.trace import trace
from resnet_viz.errors import ExplorerError, ImageError, WeightsError
from resnet_viz.figures import formatting, tables
from resnet_viz.images import MAX_BYTES, read_image
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.presets import PRESETS, preset
from resnet_viz.weights.commands import add_parser as add_weights
from resnet_viz.weights.loaded import LoadedModel, Weights
from resnet_viz.weights.sources import default_weights, load, training_range
from resnet_viz.weights.suggestion import suggest
from resnet_viz.weights.uploads import UploadSource, accept

COLUMNS = ("path", "kind", "kernel", "stride", "out", "params", "macs", "field")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status: 0, or 2 for a user's mistake, said on stderr."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.command(options)
    except ExplorerError as error:
        print(error, file=sys.stderr)
        return 2
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m resnet_viz", description="Look into a residual network without a browser."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    tracing = commands.add_parser("trace", help="every layer with its shapes and costs")
    tracing.add_argument("name", metavar="NAME", help=f"one of {', '.join(PRESETS)}")
    tracing.add_argument("--size", type=int, help="side of the square input, pixels")
    tracing.add_argument("--format", choices=("table", "json", "csv"), default="table")
    tracing.set_defaults(command=_trace)
    predicting = commands.add_parser("predict", help="the most probable classes of pictures")
    predicting.add_argument("images", nargs="+", metavar="IMAGE", type=Path)
    predicting.add_argument("--model", default="shapes", metavar="NAME")
    predicting.add_argument(
        "--weights",
        metavar="SOURCE",
        help="bundled, imagenet, imagenet:v1, random:7 or a .safetensors file; else the best at hand",
    )
    predicting.add_argument("--labels", type=Path, metavar="FILE", help="class names, one a line")
    predicting.add_argument("--device", default="cpu")
    predicting.add_argument("--top", type=int, default=5)
    predicting.add_argument("--format", choices=("table", "json"), default="table")
    predicting.set_defaults(command=_predict)
    add_weights(commands)
    return parser


def _trace(options: argparse.Namespace) -> int:
    traced = trace(preset(options.name), options.size)
    if options.format == "json":
        print(tables.to_json(traced))
    elif options.format == "csv":
        print(tables.to_csv(traced.layers), end="")
    else:
        print(tables.to_text(traced.layers, COLUMNS))
        print(
            f"\n{formatting.count(traced.params)} parameters, {formatting.count(traced.macs)} "
            f"multiply-adds for one picture of {formatting.shape(traced.input_shape)}"
        )
    return 0


def _predict(options: argparse.Namespace) -> int:
    config = preset(options.model)
    config, weights = _weights(config, options.weights, options.labels)
    top = options.top
    if not 1 <= top <= config.num_classes:
        raise ExplorerError(f"--top {top} is not accepted; choose 1 to {config.num_classes:,}.")
    check_runnable(trace(config))
    loaded = load(config, weights, config.input_size, options.device)
    answers = [_answer(loaded, path, top) for path in options.images]
    if options.format == "json":
        print(json.dumps(answers, indent=2, ensure_ascii=False))
    else:
        print("\n\n".join(_as_table(answer) for answer in answers))
    if loaded.weights.note:
        print(loaded.weights.note, file=sys.stderr)
    return 2 if any("error" in answer for answer in answers) else 0


def _weights(
    config: ResNetConfig, asked: str | None, labels: Path | None
) -> tuple[ResNetConfig, str]:
    """What was asked for as `load` wants it; a file of one's own goes the way of an upload.

    Such a file decides how many classes the network has.
    """
    own = asked is not None and asked.endswith(".safetensors") and not asked.startswith("folder:")
    if labels and not own:
        raise ExplorerError("--labels goes with --weights FILE.safetensors; all others have names.")
    if asked is None or not own:
        return config, asked or default_weights(config)
    path = Path(asked)
    try:
        names = labels.read_bytes() if labels else None
        with path.open("rb") as file:
            upload = accept(file, path.name, names)
        suggestion = suggest(upload.shapes)
        classes = suggestion.config.num_classes if suggestion else config.num_classes
        return replace(config, num_classes=classes), f"{UploadSource.slug}:{upload.id}"
    except OSError as error:
        reason = (error.strerror or "unknown error").lower()
        raise WeightsError(f"“{error.filename}” cannot be read: {reason}.") from None


def _named(weights: Weights) -> str:
    """The source as it can be asked for again; a file of one's own by its name."""
    own = weights.source.startswith(f"{UploadSource.slug}:")
    return weights.label if own else weights.source


def _answer(loaded: LoadedModel, path: Path, top: int) -> dict[str, Any]:
    """One picture's entry; one that cannot be read says why instead of `top`."""
    answer: dict[str, Any] = {
        "path": str(path),
        "model": loaded.config.name,
        "weights": _named(loaded.weights),
    }
    try:
        image = read_image(_read(path), path.name)
    except ImageError as error:
        return {**answer, "error": str(error)}
    names = [loaded.weights.class_name(index) for index in range(loaded.config.num_classes)]
    traced = trace(loaded.config)
    known = training_range(loaded.config, loaded.weights.source, loaded.config.input_size)
    seen = capture(loaded, image, (features_path(traced),) if known else ())
    prediction = predict(seen, names, top)
    check = range_check(known, traced, seen) if known else None
    return {
        **answer,
        "width": image.original_size[0],
        "height": image.original_size[1],
        "notes": list(image.notes),
        "top": [
            {"index": score.index, "label": score.label, "probability": score.probability}
            for score in prediction.top
        ],
        **({"range": asdict(check) | {"in_range": check.in_range}} if check else {}),
    }


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)  # one more than is accepted is enough to refuse it
    except OSError as error:
        reason = (error.strerror or "unknown error").lower()
        raise ImageError(f"“{path.name}” cannot be read: {reason}.") from None


def _as_table(answer: dict[str, Any]) -> str:
    if "error" in answer:
        return f"{answer['path']}\n  {answer['error']}"
    lines = [f"{answer['path']}  ({answer['width']} × {answer['height']}, {answer['model']})"]
    lines += [f"  {100 * s['probability']:6.2f} %  {s['label']}" for s in answer["top"]]
    check = answer.get("range")
    if check and not check["in_range"]:
        lines.append(
            f"  unlike the training images: top logit higher than on {check['logit_percentile']:.1f} %, "
            f"features farther from every class than on {check['distance_percentile']:.1f} % of them"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
