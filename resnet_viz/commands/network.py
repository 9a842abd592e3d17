"""The options by which a command is told a network and its weights, and what is said about them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from resnet_viz import api
from resnet_viz.analysis.capture import check_runnable
from resnet_viz.analysis.trace import trace
from resnet_viz.api.inputs import chosen_weights, is_file
from resnet_viz.errors import ExplorerError
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.customise import add_changes, customised
from resnet_viz.model.presets import preset
from resnet_viz.weights.assumptions import assumed
from resnet_viz.weights.commands import add_preprocessing, given_preprocessing
from resnet_viz.weights.loaded import LoadedModel, Weights
from resnet_viz.weights.sources import load, with_preparation
from resnet_viz.weights.uploads import UploadSource

DEFAULT_MODEL = "shapes"


def add_network(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which network answers; `chosen` and `ready` read them."""
    parser.add_argument(
        "--model", metavar="NAME", help="a preset; else the network of the file, or shapes"
    )
    add_changes(parser)
    parser.add_argument(
        "--weights",
        metavar="SOURCE",
        help="bundled, imagenet, imagenet:v1, random:7 or a .safetensors file; else the best at hand",
    )
    parser.add_argument("--labels", type=Path, metavar="FILE", help="class names, one a line")
    add_preprocessing(parser)
    parser.add_argument("--device", default="cpu")


def chosen(options: argparse.Namespace) -> tuple[ResNetConfig, str]:
    """The network and its weights as `load` wants them; a file decides where no network is named."""
    if options.labels and not (options.weights and is_file(options.weights)):
        raise ExplorerError("--labels goes with --weights FILE.safetensors; all others have names.")
    config = preset(options.model or DEFAULT_MODEL)
    named = options.weights and not options.model and is_file(options.weights)
    if named and Path(options.weights).is_file():
        config = api.match(options.weights).config
    config = customised(config, options.set)
    config, weights = chosen_weights(config, options.weights, options.labels)
    return config, with_preparation(weights, given_preprocessing(options))


def ready(config: ResNetConfig, weights: str, device: str) -> LoadedModel:
    """The network with its parameters; raises `ConfigError` where it is too large to run."""
    check_runnable(trace(config))
    return load(config, weights, config.input_size, device)


def named(weights: Weights) -> str:
    """The source as it can be asked for again; a file of one's own by its name."""
    own = weights.source.startswith(f"{UploadSource.slug}:")
    return weights.label if own else weights.source


def say_notes(loaded: LoadedModel) -> None:
    """Write on stderr what there is to know of the weights, and what had to be assumed."""
    if loaded.weights.note:
        print(loaded.weights.note, file=sys.stderr)
    for sentence in assumed(loaded.config, loaded.weights):
        print(sentence, file=sys.stderr)
