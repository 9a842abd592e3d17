"""The cards of all networks in a folder as one page for people, in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from resnet_viz.training.card import Card
from resnet_viz.weights.curves import CurvePoint, TrainingCurves

Cards = Mapping[str, Card]

MARKER: Final = "<!-- Written by `python -m resnet_viz.training"  # how every such page begins
_HEAD: Final = """\
<!-- Written by `python -m resnet_viz.training --card` from the JSON files: change those, not this. -->
# Trained networks: {names}

Each network is a `.safetensors` file with the parameters, a `.json` file with all that is said here, a \
`.curves.json` file with loss, accuracy and gradient norms of every epoch, and a `.range.safetensors` \
file with the range of its answers on training images."""

_ROWS: Final = 25  # about so many epochs of a long training are listed
_CURVES: Final = (
    "Cross-entropy in nats; every epoch is in the `.curves.json` files. Training: mean over the epoch's "
    "images, augmented, while the network learns from them. {held_out}: after the epoch, on images never "
    "learned from."
)

_LIMITS: Final = MappingProxyType(
    {
        "shapes": (
            "Nothing but these twelve shapes: whatever the image, one of the twelve is the answer. "
            "They were taught with one shape in an image, at least two fifths of the image wide; "
            "several or very small ones they have not seen. An empty circle is a ring to them, a "
            "rectangle or a rhombus a square, a plus or an X a cross."
        )
    }
)
_LIMITS_ELSE: Final = (
    "Nothing but these {count} classes: whatever the image, one of them is the answer. Each was taught "
    "with images of {size} × {size} pixels."
)


def as_markdown(cards: Cards, curves: Mapping[str, TrainingCurves]) -> str:
    """The page: a chapter for each data set, its networks side by side."""
    groups: dict[tuple[str, ...], dict[str, Card]] = {}
    for name, card in cards.items():
        groups.setdefault((card["data"], *card["classes"]), {})[name] = card
    parts = [_HEAD.format(names=_listed([f"`{name}`" for name in cards]))]
    for group in groups.values():
        parts += _chapter(group, curves)
    return "\n\n".join(parts) + "\n"


def _chapter(cards: Cards, curves: Mapping[str, TrainingCurves]) -> list[str]:
    first = next(iter(cards.values()))
    held_out = f"{curves[next(iter(cards))].held_out_kind.capitalize()} images"
    limits = _LIMITS.get(first["dataset"], _LIMITS_ELSE)
    return [
        f"## {_title(first)}: {_listed([f'`{name}`' for name in cards])}",
        f"**Data.** {first['data']} {' '.join(first['notes'])}".strip(),
        "### Accuracy\n\n" + _accuracy(cards),
        *(_confusion(name, card) for name, card in cards.items()),
        "### Training curves\n\n"
        + _CURVES.format(held_out=held_out)
        + "\n\n"
        + _curves({name: curves[name] for name in cards}),
        "### How to make them again\n\n" + _making(cards),
        "### What they do not know\n\n"
        + limits.format(count=len(first["classes"]), size=first["input_size"]),
    ]


def _title(card: Card) -> str:
    classes = card["classes"]
    if card["dataset"] == "shapes":
        return "Drawn shapes"
    return f"{len(classes)} classes, {_cell(classes[0])} to {_cell(classes[-1])}"


def _accuracy(cards: Cards) -> str:
    classes = next(iter(cards.values()))["classes"]
    head = ["test images", *(f"`{name}`" for name in cards)]
    rows = [
        [each, *(_percent(card["accuracy_by_class"][each]) for card in cards.values())]
        for each in classes
    ]
    rows.append(_row("**all test images**", cards, "accuracy", bold=True))
    rows.append(_row("training images, not augmented", cards, "train_accuracy"))
    rows.append(_row("test images called unlike the training", cards, "out_of_range"))
    counts = _listed([f"{card['test_images']:,} for `{name}`" for name, card in cards.items()])
    return f"Share of test images that are classified correctly ({counts}).\n\n" + _table(
        head, rows
    )


def _row(title: str, cards: Cards, key: str, *, bold: bool = False) -> list[str]:
    mark = "**" if bold else ""
    return [title, *(f"{mark}{_percent(card[key])}{mark}" for card in cards.values())]


def _confusion(name: str, card: Card) -> str:
    classes = card["classes"]
    rows = [[each, *map(str, row)] for each, row in zip(classes, card["confusion"], strict=True)]
    return f"#### `{name}`: true class (row) and answer (column)\n\n" + _table(["", *classes], rows)


def _curves(curves: Mapping[str, TrainingCurves]) -> str:
    kinds = ("training loss", "accuracy", "held-out loss", "accuracy")
    head = ["epoch", *(f"`{name}` {kind}" for name in curves for kind in kinds)]
    epochs = max(len(curve.points) for curve in curves.values())
    every = -(-epochs // _ROWS)
    rows = []
    for epoch in sorted({0, *range(every - 1, epochs, every), epochs - 1}):
        cells = [cell for curve in curves.values() for cell in _cells(curve.points, epoch)]
        rows.append([str(epoch + 1), *cells])
    return _table(head, rows)


def _cells(points: Sequence[CurvePoint], epoch: int) -> list[str]:
    if epoch >= len(points):
        return [""] * 4
    point = points[epoch]
    return [
        f"{point.train_loss:.3f}",
        _percent(point.train_accuracy),
        f"{point.held_out_loss:.3f}",
        _percent(point.held_out_accuracy),
    ]


def _making(cards: Cards) -> str:
    commands = "\n".join(card["command"] for card in cards.values())
    lines = []
    for name, card in cards.items():
        recipe = ", ".join(
            f"{key.replace('_', ' ')} {value}" for key, value in card["recipe"].items()
        )
        tools = ", ".join(f"{tool} {number}" for tool, number in card["versions"].items())
        took = (
            f"{card['hours']:g} hours by the clock on {_processor(card)}"
            if card["hours"] is not None
            else "About ten minutes on two cores"
        )
        lines.append(
            f"- `{name}`: seed {card['seed']}; {recipe}. {took}. {tools}. Stored as "
            f"{card['stored']}. SHA-256 {card['sha256']}.{_licence(card)}"
        )
    return (
        f"```sh\n{commands}\n```\n\n`--resume` goes on after an interruption. Another processor, number "
        "of threads or version of torch gives other last digits.\n\n" + "\n".join(lines)
    )


def _processor(card: Card) -> str:
    if card["device"] != "cpu":
        return f"a GPU ({card['device'].upper()})"
    return "one thread of a CPU" if card["threads"] == 1 else f"{card['threads']} threads of a CPU"


def _licence(card: Card) -> str:
    return f" Licence: {card['licence']}, parameters included." if card["licence"] else ""


def _table(head: list[str], rows: list[list[str]]) -> str:
    ruler = [":--", *["--:"] * (len(head) - 1)]
    lines = (
        [_cell(cell) for cell in head],
        ruler,
        *([_cell(cell) for cell in row] for row in rows),
    )
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cell(text: str) -> str:
    """A text that is no part of the table's own lines."""
    return text.replace("|", "\\|")


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}".replace("%", " %")


def _listed(names: list[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
