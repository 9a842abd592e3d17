"""Make the bundled weights, their card or the sample drawings: `python -m resnet_viz.training`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from resnet_viz.errors import ConfigError, ExplorerError
from resnet_viz.model.devices import check_device
from resnet_viz.model.presets import PRESETS
from resnet_viz.training import bundle, drawings
from resnet_viz.training.fit import Plan, Training
from resnet_viz.training.recipe import Recipe

_BAR: Final = 30  # characters


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it worked, 2 after a mistake of the user."""
    options = _parser().parse_args(arguments)
    try:
        if options.samples:
            drawings.write(drawings.FOLDER)
        elif options.card:
            bundle.write_page(options.out)
        else:
            _train(options)
    except ExplorerError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"“{options.out}” cannot be written: {error.strerror}.", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    recipe = Recipe()
    parser = argparse.ArgumentParser(
        prog="python -m resnet_viz.training",
        description="Train the network that tells shapes apart: ten minutes on two cores.",
    )
    parser.add_argument("--plain", action="store_true", help="without shortcuts")
    parser.add_argument("--epochs", type=_count, default=recipe.epochs)
    parser.add_argument("--pictures", type=_count, default=recipe.pictures, help="to learn from")
    parser.add_argument("--seed", type=_count, default=0)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--out", type=Path, default=bundle.FOLDER, metavar="FOLDER")
    parser.add_argument("--resume", action="store_true", help="go on after an interruption")
    parser.add_argument("--card", action="store_true", help="only write README.md from the cards")
    parser.add_argument("--samples", action="store_true", help="only draw the sample pictures")
    return parser


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"“{text[:20]}” is not a whole number")
    return int(text)


def _train(options: argparse.Namespace) -> None:
    config = PRESETS["shapes_plain" if options.plain else "shapes"]
    recipe = Recipe(epochs=options.epochs, pictures=options.pictures)
    if options.out.resolve() == bundle.FOLDER and (recipe, options.seed) != (Recipe(), 0):
        raise ConfigError(
            "The weights that come with the package are made with the usual options; choose another "
            "folder with --out for these."
        )
    training = Training(Plan(config, recipe, options.seed), check_device(options.device))
    progress = bundle.progress_file(options.out, config.name)
    if progress.exists():
        if not options.resume:
            raise ConfigError(
                f"“{progress}” is of an unfinished training: go on with --resume, or remove it."
            )
        training.resume(progress)
    bundle.make(training, options.out, _report)


def _report(epoch: int, share: float, loss: float) -> None:
    """One line that fills up; on a terminal it is drawn over and over, in a log once an epoch."""
    if not (sys.stderr.isatty() or share == 1):
        return
    bar = "━" * round(share * _BAR)
    end = "\n" if share == 1 else ""
    print(f"\repoch {epoch:3} {bar:<{_BAR}} loss {loss:.3f}", end=end, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
