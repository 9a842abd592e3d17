"""The files of a trained network: parameters, card, training curves, and the range of its answers."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from safetensors.numpy import save as arrays_as_safetensors
from safetensors.torch import save as as_safetensors
from torch import Tensor

from resnet_viz.errors import ConfigError
from resnet_viz.images import Preprocessing
from resnet_viz.model.resnet import ResNet
from resnet_viz.training.card import Facts, card
from resnet_viz.training.card_page import MARKER, as_markdown
from resnet_viz.training.checkpoint import rounded
from resnet_viz.training.dataset import Dataset, some_of
from resnet_viz.training.evaluation import evaluate, statistics_and_logits
from resnet_viz.training.gradients import BlockGradients, block_paths
from resnet_viz.training.lesion_study import lesion_table
from resnet_viz.training.loss_surface import loss_surface
from resnet_viz.training.train import EpochRecord, Report, Training
from resnet_viz.weights import curves
from resnet_viz.weights import lesion_table as lesions
from resnet_viz.weights import loss_surface as surfaces
from resnet_viz.weights.bundled import read_cards
from resnet_viz.weights.training_range import RANGE_SUFFIX, TrainingRange
from resnet_viz.whole_file import write_whole

FOLDER: Final = curves.FOLDER
LICENCE: Final = "MIT"  # of the parameters that come with the package
RANGE_IMAGES: Final = (100, 10_000)  # training images, at least and at most, that make a range


@dataclass(frozen=True, slots=True)
class Extras:
    """What the files hold beyond the training itself.

    Attributes:
        command: how to make them again.
        half: keep the weights of convolutions and classifier in two bytes instead of four.
        samples: slugs of the sample images that suit the network, the best first.
        licence: of the parameters; empty where nobody said one.
    """

    command: str
    half: bool = False
    samples: tuple[str, ...] = ()
    licence: str = ""


def make(
    training: Training, dataset: Dataset, folder: Path, extras: Extras, report: Report
) -> None:
    """Train to the end, test, and write all files of the network and the page to a folder.

    An interruption leaves `<network>.resume.safetensors`, from which `Training.resume` goes on.
    """
    name = training.plan.config.name
    folder.mkdir(parents=True, exist_ok=True)
    progress = progress_file(folder, name)
    if training.unfinished:
        training.run(dataset, progress, report)
    write_network(training, dataset, folder, extras)
    write_page(folder)
    progress.unlink(missing_ok=True)


def write_network(training: Training, dataset: Dataset, folder: Path, extras: Extras) -> None:
    """Write parameters, card, curves and range; everything is measured on what is written."""
    plan, name = training.plan, training.plan.config.name
    network = training.network.cpu().eval()
    tensors = stored(network, half=extras.half)
    network.load_state_dict(tensors, strict=False)  # as whoever reads the file has them
    content = as_safetensors(tensors)
    known, away = training_range(network, dataset, plan.preparation) or (None, None)
    facts = Facts(
        train=evaluate(network, dataset.train, plan.preparation),
        test=evaluate(network, dataset.test, plan.preparation),
        out_of_range=away,
        hours=sum(point.seconds for point in training.curve) / 3600,
        sha256=hashlib.sha256(content).hexdigest(),
    )
    record = card(training, dataset, facts, asdict(extras))
    write_whole(folder / f"{name}.safetensors", content)
    write_whole(folder / f"{name}{curves.SUFFIX}", _json(curve_record(training, dataset)))
    if known:
        arrays = {key: np.ascontiguousarray(value) for key, value in range_arrays(known).items()}
        write_whole(folder / f"{name}{RANGE_SUFFIX}", arrays_as_safetensors(arrays))
    write_whole(folder / f"{name}.json", _json(record))


def write_lesions(
    network: ResNet, dataset: Dataset, folder: Path, progress: Callable[[int, int], None]
) -> None:
    """Measure a network without each of its blocks on the test images; write the study."""
    preparation = Preprocessing.whole(network.config.input_size)
    table = lesion_table(network, dataset.test, preparation, progress)
    file = folder / f"{network.config.name}{lesions.SUFFIX}"
    write_whole(file, lesions.as_json(table).encode())


def write_surface(
    network: ResNet, dataset: Dataset, folder: Path, progress: Callable[[int, int], None]
) -> None:
    """Measure the loss on training images around a network's parameters; write the slice."""
    preparation = Preprocessing.whole(network.config.input_size)
    surface = loss_surface(network, dataset.train, preparation, "training", progress)
    file = folder / f"{network.config.name}{surfaces.SUFFIX}"
    write_whole(file, surfaces.as_json(surface).encode())


def stored(network: ResNet, *, half: bool) -> dict[str, Tensor]:
    """The tensors of a file: all but BatchNorm's counters, which only a training needs."""
    return {
        name: (tensor.half() if half and tensor.ndim > 1 else tensor).contiguous()
        for name, tensor in network.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }


def training_range(
    network: ResNet, dataset: Dataset, preparation: Preprocessing
) -> tuple[TrainingRange, float] | None:
    """How high and how near the answers on training images are; the share of test images beyond.

    `None` for fewer training images than there are percentiles: they would say nothing.
    """
    if len(dataset.train) < RANGE_IMAGES[0]:
        return None
    train, test = (some_of(images, RANGE_IMAGES[1]) for images in (dataset.train, dataset.test))
    known = TrainingRange.measure(*statistics_and_logits(network, train, preparation))
    checks = known.check_all(*statistics_and_logits(network, test, preparation))
    beyond = [not check.in_range for check in checks]
    return known, sum(beyond) / len(beyond)


def range_arrays(known: TrainingRange) -> dict[str, np.ndarray]:
    """A range's arrays by name, as its file has them."""
    names = ("top_logits", "distances", "directions")
    return {name: getattr(known, name) for name in names}


def curve_record(training: Training, dataset: Dataset) -> dict[str, Any]:
    """The curves in plain values, as `weights.curves` reads them."""
    which = "test" if dataset.held_out is dataset.test else "validation"
    first = training.initial_gradients
    assert first
    return {
        "network": training.plan.config.name,
        "held_out": {"kind": which, "images": len(dataset.held_out)},
        "blocks": list(block_paths(training.network)),
        "initial_output_gradients": _short(first.outputs),
        "initial_weight_gradients": _short(first.weights),
        "epochs": [_epoch(point, point.gradients) for point in training.curve],
    }


def write_page(folder: Path) -> None:
    """Write the folder's page from the cards in it; `ConfigError` where there are none.

    The page is README.md; where somebody else's README lies, it is CARDS.md.
    """
    cards = read_cards(folder)
    if not cards:
        raise ConfigError(f"“{folder}” holds no cards of trained networks.")
    known = {name: curves.read_curves(name, folder) for name in cards}
    page = folder / "README.md"
    if page.exists() and not page.read_text("utf-8", "replace").startswith(MARKER):
        page = folder / "CARDS.md"
    write_whole(page, as_markdown(cards, known).encode())


def check_writable(folder: Path) -> None:
    """Raise `OSError` when a folder cannot be made or written to; nothing is left behind."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    tempfile.TemporaryFile(dir=folder).close()


def progress_file(folder: Path, name: str) -> Path:
    """Where an unfinished training is kept."""
    return folder / f"{name}.resume.safetensors"


def _epoch(point: EpochRecord, gradients: BlockGradients) -> dict[str, Any]:
    return {
        "epoch": point.epoch,
        "train_loss": rounded(point.train_loss),
        "train_accuracy": rounded(point.train_accuracy),
        "held_out_loss": rounded(point.held_out_loss),
        "held_out_accuracy": rounded(point.held_out_accuracy),
        "output_gradients": _short(gradients.outputs),
        "weight_gradients": _short(gradients.weights),
    }


def _short(values: tuple[float, ...]) -> list[float]:
    return [rounded(value) for value in values]


def _json(record: dict[str, Any]) -> bytes:
    return f"{json.dumps(record, indent=1, ensure_ascii=False)}\n".encode()
