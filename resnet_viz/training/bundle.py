"""The folder of trained networks that comes with the package: parameters, cards, and their page."""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import Final

from safetensors.torch import save as as_safetensors

from resnet_viz.errors import ConfigError
from resnet_viz.training.card import as_markdown, card
from resnet_viz.training.checkpoint import write_whole
from resnet_viz.training.evaluation import evaluate
from resnet_viz.training.fit import Report, Training
from resnet_viz.training.sets import Split, rendered

FOLDER: Final = Path(__file__).parents[1] / "weights" / "bundled"
TEST_PICTURES: Final = 5_000


def make(training: Training, folder: Path, report: Report) -> None:
    """Train to the end, test, and write parameters, card and page to a folder.

    An interruption leaves `<network>.resume.safetensors`, from which `Training.resume` goes on.
    Raises `OSError` before anything is learned when the folder cannot be written to.
    """
    plan, recipe = training.plan, training.plan.recipe
    name, seed, size = plan.config.name, plan.seed, plan.config.input_size
    folder.mkdir(parents=True, exist_ok=True)
    tempfile.TemporaryFile(dir=folder).close()
    progress = progress_file(folder, name)
    if training.unfinished:
        pictures = rendered(Split.TRAINING, seed, recipe.pictures, size)
        validation = rendered(Split.VALIDATION, seed, recipe.validation_pictures, size)
        training.run(pictures, validation, progress, report)
    network = training.network.cpu()
    test = evaluate(network, rendered(Split.TEST, seed, TEST_PICTURES, size), plan.preparation)
    tensors = {
        parameter: tensor.contiguous()
        for parameter, tensor in network.state_dict().items()
        if not parameter.endswith("num_batches_tracked")  # of no use after training
    }
    content = as_safetensors(tensors)
    sha256 = hashlib.sha256(content).hexdigest()
    written = json.dumps(card(plan, training.curve, test, seed, sha256), indent=1)
    write_whole(folder / f"{name}.safetensors", content)
    write_whole(folder / f"{name}.json", f"{written}\n".encode())
    write_page(folder)
    progress.unlink(missing_ok=True)


def write_page(folder: Path) -> None:
    """Write the folder's README.md from the cards in it; `ConfigError` where there are none."""
    cards = {
        file.stem: json.loads(file.read_text("utf-8")) for file in sorted(folder.glob("*.json"))
    }
    if not cards:
        raise ConfigError(f"“{folder}” holds no cards of trained networks.")
    write_whole(folder / "README.md", as_markdown(cards).encode())


def progress_file(folder: Path, name: str) -> Path:
    """Where an unfinished training is kept."""
    return folder / f"{name}.resume.safetensors"
