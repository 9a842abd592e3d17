"""Train a network, or make the bundled files again: `python -m resnet_viz.training`."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import torch

from resnet_viz.errors import ConfigError, DatasetError, ExplorerError, reason
from resnet_viz.images import DRAWINGS, PHOTOGRAPHS
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.customise import add_changes, customised
from resnet_viz.model.devices import check_device
from resnet_viz.model.presets import PRESETS, preset
from resnet_viz.model.resnet import ResNet
from resnet_viz.one_line import quoted
from resnet_viz.training import bundle, drawings
from resnet_viz.training.dataset import Dataset
from resnet_viz.training.progress import (
    report_classifying,
    report_points,
    report_reading,
    report_step,
)
from resnet_viz.training.recipe import RECIPES, Recipe
from resnet_viz.training.sources import (
    CIFAR10_VARIABLE,
    RENDERED,
    RENDERED_IMAGES,
    described,
    open_dataset,
)
from resnet_viz.training.train import Plan, Training
from resnet_viz.weights.bundled import read_cards
from resnet_viz.weights.matching import network_from
from resnet_viz.weights.random import MAX_SEED
from resnet_viz.weights.tensor_file import read_tensors

_BUNDLED: Final = "mixed"  # recipe of the bundled networks for photographs


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it worked, 2 after a mistake of the user."""
    options = _parser().parse_args(arguments)
    try:
        if options.samples:
            drawings.write(drawings.FOLDER)
        elif options.card:
            bundle.write_page(options.out)
        elif options.lesions:
            bundle.write_lesions(*_trained(options), options.out, report_classifying)
        elif options.surface:
            bundle.write_surface(*_trained(options), options.out, report_points)
        else:
            _train(options)
    except ExplorerError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(
            f"“{error.filename or options.out}” cannot be used: {reason(error)}.", file=sys.stderr
        )
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m resnet_viz.training",
        description="Train any ResNet on rendered shapes, CIFAR-10 or a folder of images.",
    )
    parser.add_argument("network", nargs="?", default="shapes", help="a preset")
    add_changes(parser)
    parser.add_argument("--name", help="what the files are called; else as the network")
    parser.add_argument(
        "--data",
        metavar="shapes|FOLDER",
        help="rendered shapes, or a folder: CIFAR-10's binary files, or a subfolder of images for "
        "each class, perhaps in train/ and test/; else shapes for the networks made for them, and "
        f"the folder in {CIFAR10_VARIABLE} for others",
    )
    parser.add_argument("--about", default="", help="a sentence for the card: where it comes from")
    parser.add_argument("--images", type=_count, default=RENDERED_IMAGES, help="shapes to render")
    parser.add_argument("--size", type=_count, help="side of the images, pixels")
    parser.add_argument("--recipe", choices=tuple(RECIPES), help="else by the data")
    parser.add_argument("--epochs", type=_count, help="else as the recipe says; likewise --batch")
    parser.add_argument("--batch", type=_count)
    parser.add_argument("--seed", type=_count, default=0)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--half", action="store_true", help="store weights in two bytes, not four")
    parser.add_argument("--out", type=Path, default=bundle.FOLDER, metavar="FOLDER")
    parser.add_argument("--resume", action="store_true", help="go on after an interruption")
    parser.add_argument("--licence", help="of the parameters, for the card")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--card", action="store_true", help="only write README.md from the cards")
    only.add_argument(
        "--lesions",
        action="store_true",
        help="only measure a trained network in --out without each of its blocks",
    )
    only.add_argument(
        "--surface",
        action="store_true",
        help="only measure the loss around a trained network in --out, on its training images",
    )
    only.add_argument("--samples", action="store_true", help="only draw the sample images")
    return parser


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{quoted(text, 20)} is not a whole number")
    return int(text)


def _train(options: argparse.Namespace) -> None:
    if options.seed > MAX_SEED:
        raise ConfigError(f"Seed {options.seed:,} is not accepted; choose 0 to {MAX_SEED:,}.")
    config, where = _network(options), _where(options)
    recipe = _recipe(options, where)
    ours = options.out.resolve() == bundle.FOLDER.resolve()
    if ours and (config != PRESETS.get(config.name) or options.seed or _changed(options)):
        raise ConfigError(
            "The weights that come with the package are made of presets with the usual options; "
            "choose another folder with --out for these."
        )
    device = check_device(options.device)
    torch.backends.cudnn.benchmark = (
        True  # on a GPU the fastest kernels, tried once: all batches are alike
    )
    bundle.check_writable(options.out)
    progress = bundle.progress_file(options.out, config.name)
    if progress.exists() and not options.resume:
        raise ConfigError(
            f"“{progress}” is of an unfinished training: go on with --resume, or remove it."
        )
    dataset = open_dataset(where, config.input_size, options.seed, report_reading, options.images)
    for note in dataset.notes:
        print(note, file=sys.stderr)
    if len(dataset.classes) != config.num_classes:
        if ours:
            raise ConfigError(
                f"{config.name} has {config.num_classes} classes and these images "
                f"{len(dataset.classes)}; choose another folder with --out for such a network."
            )
        config = replace(config, num_classes=len(dataset.classes))
    training = Training(Plan(config, recipe, options.seed), device)
    if progress.exists():
        training.resume(progress, dataset)
    samples = DRAWINGS if where == RENDERED else PHOTOGRAPHS
    licence = options.licence or (bundle.LICENCE if ours else "")
    extras = bundle.Extras(_command(options), options.half, samples, licence)
    bundle.make(training, described(dataset, options.about), options.out, extras, report_step)


def _trained(options: argparse.Namespace) -> tuple[ResNet, Dataset]:
    """A trained network in the folder, and the images that it was trained and tested on."""
    name = _network(options).name
    card = read_cards(options.out).get(name)
    if card is None:
        raise ConfigError(f"“{options.out}” holds no trained {name}; train it first.")
    config = ResNetConfig(**card["config"] | {"repeats": tuple(card["config"]["repeats"])})
    bundle.check_writable(options.out)
    # The seed decides which images were held out; another one would bring training images along.
    dataset = open_dataset(_where(options), config.input_size, card["seed"], report_reading)
    if list(dataset.classes) != card["classes"]:
        raise DatasetError(
            f"These images are of {len(dataset.classes)} other classes than {name} was trained on; "
            "give the same --data."
        )
    file = options.out / f"{name}.safetensors"
    return network_from(config, read_tensors(file)).to(check_device(options.device)), dataset


def _network(options: argparse.Namespace) -> ResNetConfig:
    """The preset with what `--set` and `--size` change; its name then tells that it is custom."""
    config = preset(options.network)
    size = [] if options.size is None else [f"input_size={options.size}"]
    changed = customised(config, [*options.set, *size])
    name = options.name or (config.name if changed == config else f"{config.name}-custom")
    if not name.isascii() or not name.replace("-", "").replace("_", "").isalnum():
        raise ConfigError(f"The name {quoted(name)} is not accepted; use letters, digits, - and _.")
    return replace(changed, name=name)


def _where(options: argparse.Namespace) -> str:
    """Which data: what was asked for, or what the network was made for."""
    if options.data:
        return str(options.data)
    if options.network.startswith("shapes"):
        return RENDERED
    if folder := os.environ.get(CIFAR10_VARIABLE):
        return folder
    raise ConfigError(
        f"Say what to train on: --data shapes, --data FOLDER, or set {CIFAR10_VARIABLE} to a folder "
        "with CIFAR-10."
    )


def _recipe(options: argparse.Namespace, where: str) -> Recipe:
    recipe = RECIPES[options.recipe or ("shapes" if where == RENDERED else "short")]
    changes = {name: getattr(options, name) for name in ("epochs", "batch")}
    return replace(recipe, **{name: value for name, value in changes.items() if value is not None})


def _changed(options: argparse.Namespace) -> bool:
    """Whether recipe or amount of data are others than those of the bundled networks."""
    asked = (options.epochs, options.batch)
    return (
        any(each is not None for each in asked)
        or options.recipe not in (None, _BUNDLED)
        or options.images != RENDERED_IMAGES
    )


def _command(options: argparse.Namespace) -> str:
    """The command that makes the files again, without places of this machine."""
    words = ["python", "-m", "resnet_viz.training", options.network]
    for text in options.set:
        words += ["--set", text]
    for name in ("name", "size", "recipe", "epochs", "batch", "licence"):
        if getattr(options, name) is not None:
            words += [f"--{name}", str(getattr(options, name))]
    if options.images != RENDERED_IMAGES:
        words += ["--images", str(options.images)]
    if _where(options) != RENDERED:
        words += ["--data", "FOLDER"]
    elif not options.network.startswith("shapes"):
        words += ["--data", RENDERED]
    words += ["--half"] if options.half else []
    words += [] if options.device == "cpu" else ["--device", options.device]
    return shlex.join([*words, "--seed", str(options.seed)])


if __name__ == "__main__":
    sys.exit(main())
