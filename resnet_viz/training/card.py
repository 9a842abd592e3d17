"""The card that goes with trained parameters: JSON for programs, Markdown for people."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from typing import Any, Final

import torch

from resnet_viz.images import DRAWINGS
from resnet_viz.model.presets import title
from resnet_viz.training.evaluation import Evaluation
from resnet_viz.training.fit import EpochRecord, Plan
from resnet_viz.training.forms import SHAPES

Card = Mapping[str, Any]

FORMAT: Final = 1
_DATA: Final = (
    "Pictures of twelve shapes, filled or drawn as lines, which resnet_viz.training renders from a "
    "seed: random colour, size, place, rotation, background, noise, blur, and a bar in front of some."
)


def card(
    plan: Plan, curve: tuple[EpochRecord, ...], test: Evaluation, test_seed: int, sha256: str
) -> dict[str, Any]:
    """All that there is to say about trained parameters, in plain values.

    Args:
        plan: how they were trained.
        curve: how that went.
        test: the network's answers to pictures of the test split.
        test_seed: the seed of these pictures.
        sha256: of the file with the parameters, as hexadecimal digits.
    """
    return {
        "format": FORMAT,
        "title": title(plan.config),
        **plan.record(),
        "classes": list(SHAPES),
        "input_size": plan.config.input_size,
        "preprocessing": asdict(plan.preparation),
        "data": _DATA,
        "command": _command(plan),
        "versions": {
            "python": platform.python_version(),
            "torch": str(torch.__version__),
            **{name: version(name) for name in ("numpy", "pillow")},
        },
        "test_pictures": sum(map(sum, test.confusion)),
        "test_seed": test_seed,
        "accuracy": test.accuracy,
        "accuracy_by_class": dict(zip(SHAPES, test.accuracy_by_class, strict=True)),
        "confusion": [list(row) for row in test.confusion],
        "curves": [asdict(point) for point in curve],
        "sha256": sha256,
        "licence": "MIT",
        "samples": list(DRAWINGS),
    }


def as_markdown(cards: Mapping[str, Card]) -> str:
    """The cards of all networks, by preset, as one page."""
    first = next(iter(cards.values()))
    parts = [
        _OPENING.format(names=_listed([f"`{name}`" for name in cards]), data=first["data"]),
        "## Accuracy\n\n" + _accuracy(cards),
        *(_confusion(name, card) for name, card in cards.items()),
        "## Training curves\n\n" + _CURVES + "\n\n" + _curves(cards),
        "## How to make them again\n\n" + _making(cards),
        _LIMITS,
    ]
    return "\n\n".join(parts) + "\n"


_OPENING: Final = """\
<!-- Written by `python -m resnet_viz.training --card` from the JSON files: change those, not this. -->
# The networks in the box: {names}

Two networks with the layout of ResNet-18 at a quarter of its width, which tell twelve shapes apart, one \
with and one without shortcuts; same pictures, same recipe, same seed. Each is a `.safetensors` file \
with the parameters and a `.json` file with all that is said here. Licence: MIT, parameters included.

**Data.** {data} About three in ten are lines as a hand draws them with a mouse. Training, validation \
and test pictures have seeds that cannot coincide."""

_CURVES: Final = (
    "Cross-entropy in nats. Training: mean over the epoch's pictures, turned, mirrored and recoloured, "
    "while the network learns from them. Validation: after the epoch, on the same pictures for both "
    "networks, none of them ever learned from."
)

_LIMITS: Final = """\
## What they do not know

Nothing but these twelve shapes: whatever the picture, one of the twelve is the answer, and a photograph \
gets one with confidence too. They were taught with one shape in a picture, at least two fifths of the \
picture wide; several or very small ones they have not seen. An empty circle is a ring to them, a \
rectangle or a rhombus a square, a plus or an X a cross."""


def _accuracy(cards: Mapping[str, Card]) -> str:
    head = ["class", *(f"`{name}`" for name in cards)]
    rows = [
        [shape, *(_percent(card["accuracy_by_class"][shape]) for card in cards.values())]
        for shape in SHAPES
    ]
    total = ["**all**", *(f"**{_percent(card['accuracy'])}**" for card in cards.values())]
    tested = " and ".join(
        f"{card['test_pictures']:,} fresh pictures (test seed {card['test_seed']}) for `{name}`"
        for name, card in cards.items()
    )
    return f"Share of right answers to {tested}.\n\n" + _table(head, [*rows, total])


def _confusion(name: str, card: Card) -> str:
    rows = [[shape, *map(str, row)] for shape, row in zip(SHAPES, card["confusion"], strict=True)]
    return f"### `{name}`: true class (row) and answer (column)\n\n" + _table(["", *SHAPES], rows)


def _curves(cards: Mapping[str, Card]) -> str:
    kinds = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
    head = ["epoch", *(f"`{name}` {kind.replace('_', ' ')}" for name in cards for kind in kinds)]
    epochs = max(len(card["curves"]) for card in cards.values())
    rows = [
        [str(epoch + 1), *(cell for card in cards.values() for cell in _point(card, epoch, kinds))]
        for epoch in range(epochs)
    ]
    return _table(head, rows)


def _point(card: Card, epoch: int, kinds: tuple[str, ...]) -> list[str]:
    if epoch >= len(card["curves"]):
        return [""] * len(kinds)
    point = card["curves"][epoch]
    return [_percent(point[k]) if "accuracy" in k else f"{point[k]:.3f}" for k in kinds]


def _making(cards: Mapping[str, Card]) -> str:
    commands = "\n".join(card["command"] for card in cards.values())
    lines = []
    for name, card in cards.items():
        recipe = ", ".join(f"{key.replace('_', ' ')} {v:g}" for key, v in card["recipe"].items())
        tools = ", ".join(f"{tool} {number}" for tool, number in card["versions"].items())
        lines.append(
            f"- `{name}`: seed {card['seed']}; {recipe}. {tools}. SHA-256 {card['sha256']}"
        )
    return (
        f"```sh\n{commands}\n```\n\nAbout ten minutes each on two cores; `--resume` goes on after an "
        "interruption. Another processor or version of torch gives other last digits.\n\n"
        "SGD with Nesterov's momentum, warm-up and cosine:\n\n" + "\n".join(lines)
    )


def _command(plan: Plan) -> str:
    plain = " --plain" if plan.config.shortcut == "none" else ""
    return (
        f"python -m resnet_viz.training{plain} --seed {plan.seed} "
        f"--epochs {plan.recipe.epochs} --pictures {plan.recipe.pictures}"
    )


def _table(head: list[str], rows: list[list[str]]) -> str:
    ruler = [":--", *["--:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ruler, *rows))


def _percent(share: float) -> str:
    return f"{share:.1%}".replace("%", " %")


def _listed(names: list[str]) -> str:
    return " and ".join(names)
