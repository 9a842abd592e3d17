"""The command line: `resnet-explorer` starts the app, `resnet-explorer trace resnet50` needs no browser.

`python -m resnet_viz` is the same command.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

import resnet_viz.ui  # noqa: F401  # how the app waits, which torch reads as it is imported
from resnet_viz import __version__, api
from resnet_viz.analysis.capture import capture, predict
from resnet_viz.analysis.range_check import compared_path, range_check
from resnet_viz.analysis.trace import trace
from resnet_viz.commands.explain import add_parser as add_explain
from resnet_viz.commands.network import add_network, chosen, named, ready, say_notes
from resnet_viz.errors import ExplorerError, ImageError
from resnet_viz.figures import formatting, tables
from resnet_viz.model.customise import add_changes, customised
from resnet_viz.model.presets import PRESETS, preset
from resnet_viz.one_line import quoted
from resnet_viz.serve import DRAIN_S, FIRST_PORT, serve
from resnet_viz.weights.commands import add_parser as add_weights
from resnet_viz.weights.loaded import LoadedModel
from resnet_viz.weights.sources import training_range

COMMANDS = ("trace", "predict", "explain", "weights")


class _Parser(argparse.ArgumentParser):
    """Says a mistake as the commands do: one sentence, without the usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help.\n")


def console() -> int:
    """What the installed command `resnet-explorer` runs."""
    return main(prog="resnet-explorer")


def main(arguments: Sequence[str] | None = None, prog: str = "python -m resnet_viz") -> int:
    """Run one command; returns the exit status: 0, or 2 for a user's mistake, said on stderr."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options, others = _app_parser(prog).parse_known_args(given)
    if others and others[0] in (*COMMANDS, "-h", "--help", "--version"):
        options = _parser(prog).parse_args(given)
    elif others and not others[0].startswith("-"):
        print(
            f"There is no command {quoted(others[0], 40)}; choose one of {', '.join(COMMANDS)}, or none to "
            "start the app.",
            file=sys.stderr,
        )
        return 2
    else:
        options.command, options.others = _serve, others
    try:
        status: int = options.command(options)
    except ExplorerError as error:
        print(error, file=sys.stderr)
        return 2
    return status


def _app_parser(prog: str) -> argparse.ArgumentParser:
    """The options of the app alone; all others are left over."""
    parser = _Parser(prog=prog, add_help=False, allow_abbrev=False)
    app = parser.add_argument_group("the app")
    app.add_argument(
        "--port",
        "--server.port",
        type=int,
        help=f"where browsers find it; else the first free one from {FIRST_PORT} on",
    )
    app.add_argument(
        "--address",
        "--server.address",
        default="localhost",
        help="who can reach it: localhost (this machine alone, the default), 0.0.0.0 (everybody)",
    )
    app.add_argument(
        "--weights-dir",
        type=Path,
        metavar="FOLDER",
        help="a folder with .safetensors or .pth files for everybody",
    )
    app.add_argument(
        "--embed-in",
        action="append",
        default=[],
        metavar="ORIGIN",
        help="pages that may hold the app in a frame, as https://course.example.org; can be repeated",
    )
    app.add_argument(
        "--metrics", action="store_true", help="serve Streamlit's numbers at /_stcore/metrics"
    )
    app.add_argument(
        "--processes",
        default="1",
        metavar="N",
        help="how many share the visitors, behind HAProxy: a number, or cores; by default 1",
    )
    app.add_argument(
        "--drain",
        type=float,
        default=DRAIN_S,
        metavar="SECONDS",
        help="of several processes, how long their visitors may go on after SIGTERM",
    )
    return parser


def _parser(prog: str) -> argparse.ArgumentParser:
    """All there is, for `--help` and for the commands."""
    parser: argparse.ArgumentParser = _Parser(
        prog=prog,
        description="See what happens inside a residual network. Without a command the app is started "
        "and served to browsers.",
        epilog="Streamlit's own options are passed on when written --section.option=value.",
        parents=[_app_parser(prog)],
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"ResNet Explorer {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    tracing = commands.add_parser("trace", help="every layer with its shapes and costs")
    tracing.add_argument("name", metavar="NAME", help=f"one of {', '.join(PRESETS)}")
    add_changes(tracing)
    tracing.add_argument("--size", type=int, help="side of the square input, pixels")
    tracing.add_argument("--format", choices=("table", "json", "csv"), default="table")
    tracing.set_defaults(command=_trace)
    predicting = commands.add_parser("predict", help="the most probable classes of images")
    predicting.add_argument("images", nargs="+", metavar="IMAGE", type=Path)
    add_network(predicting)
    predicting.add_argument("--top", type=int, help="classes named; else 5, or all of fewer")
    predicting.add_argument("--format", choices=("table", "json"), default="table")
    predicting.set_defaults(command=_predict)
    add_explain(commands)
    add_weights(commands)
    return parser


def _serve(options: argparse.Namespace) -> int:
    return serve(
        options.address,
        options.port,
        options.weights_dir,
        options.others,
        embed_in=options.embed_in,
        metrics=options.metrics,
        processes=options.processes,
        drain=options.drain,
    )


def _trace(options: argparse.Namespace) -> int:
    traced = trace(customised(preset(options.name), options.set), options.size)
    if options.format == "json":
        print(tables.to_json(traced))
    elif options.format == "csv":
        print(tables.to_csv(traced.layers), end="")
    else:
        print(tables.to_text(traced.layers, tables.STANDARD))
        print(
            f"\n{formatting.count(traced.params)} parameters, {formatting.count(traced.macs)} "
            f"multiply-adds for one image of {formatting.shape(traced.input_shape)}"
        )
    return 0


def _predict(options: argparse.Namespace) -> int:
    config, weights = chosen(options)
    top = min(5, config.num_classes) if options.top is None else options.top
    if not 1 <= top <= config.num_classes:
        raise ExplorerError(f"--top {top} is not accepted; choose 1 to {config.num_classes:,}.")
    loaded = ready(config, weights, options.device)
    answers = [_answer(loaded, path, top) for path in options.images]
    if options.format == "json":
        print(json.dumps(answers, indent=2, ensure_ascii=False))
    else:
        print("\n\n".join(_as_table(answer) for answer in answers))
    say_notes(loaded)
    return 2 if any("error" in answer for answer in answers) else 0


def _answer(loaded: LoadedModel, path: Path, top: int) -> dict[str, Any]:
    """One image's entry; one that cannot be read says why instead of `top`."""
    answer: dict[str, Any] = {
        "path": str(path),
        "model": loaded.config.name,
        "weights": named(loaded.weights),
    }
    try:
        image = api.read_image(path)
    except ImageError as error:
        return {**answer, "error": str(error)}
    names = loaded.weights.answers(loaded.config.num_classes)
    traced = trace(loaded.config)
    known = training_range(loaded.config, loaded.weights.source, loaded.config.input_size)
    seen = capture(loaded, image, (compared_path(traced),) if known else ())
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


def _as_table(answer: dict[str, Any]) -> str:
    if "error" in answer:
        return f"{answer['path']}\n  {answer['error']}"
    lines = [f"{answer['path']}  ({answer['width']} × {answer['height']}, {answer['model']})"]
    lines += [f"  {100 * s['probability']:6.2f} %  {s['label']}" for s in answer["top"]]
    check = answer.get("range")
    if check and not check["in_range"]:
        lines.append(
            f"  unlike the training images: top logit higher than on {check['logit_percentile']:.1f} %, "
            f"halfway through the network farther from them than {check['distance_percentile']:.1f} % are"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
