"""What a rerun of each page takes of the server's processor when every answer is known already."""

from __future__ import annotations

import asyncio
import itertools
import json
import urllib.request
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from benchmarks import servers
from benchmarks.clocked import ENTRIES, PATH
from benchmarks.results import Result
from benchmarks.visitor import Visitor
from resnet_viz.ui.state.pages import PAGES

ROUNDS: Final = 20  # reruns that are counted, of either kind
WARM: Final = 3  # and some before them
NETWORK: Final = "model=resnet18"
LAYERS: Final = ("layer2.0", "layer2.1")  # chosen in turn
_NOTE = (
    "ResNet-18 at 224 pixels, random weights, everything known already: the processor's time of the whole "
    "server, sending included, per rerun with nothing changed. The peer is a page of a title and a line on "
    "a server with the same imports and the same frozen heap."
)
_CLICK_NOTE = (
    "The same for the choice of another layer in the sidebar, two layers in turn, both seen before."
)


@dataclass(frozen=True, slots=True)
class Spent:
    """Milliseconds of the server's processor per rerun, in all and by entry."""

    all: float
    entries: dict[str, float]


def measure() -> list[Result]:
    """Every page in turn; prints which part of a rerun is whose."""
    with servers.clocked(hello=True) as address:
        hello, _ = asyncio.run(_visit(Visitor(address)))
    whole, clicks = {}, {}
    with servers.clocked() as address:
        for page in PAGES:
            query = f"{NETWORK}&weights=random&layer={LAYERS[0]}"
            visitor = Visitor(address, "" if page is PAGES[0] else page.slug, query)
            whole[page.title], clicks[page.title] = asyncio.run(_visit(visitor))
    print(_shares(whole), end="\n\n")
    return [
        *(Result(f"rerun of {n}", s.all, "ms", hello.all, note=_NOTE) for n, s in whole.items()),
        *(
            Result(f"another layer on {n}", s.all, "ms", hello.all, note=_CLICK_NOTE)
            for n, s in clicks.items()
        ),
    ]


async def _visit(visitor: Visitor) -> tuple[Spent, Spent]:
    """Per rerun with nothing changed, and per choice of another layer, where there are layers."""
    await visitor.open()
    try:
        whole = await _per_rerun(visitor.address, visitor.run)
        if "layer" not in visitor.choices:
            return whole, whole
        return whole, await _per_rerun(visitor.address, _in_turn(visitor))
    finally:
        await visitor.close()


def _in_turn(visitor: Visitor) -> Callable[[], Awaitable[float]]:
    """A step that chooses the layer that is not chosen."""
    layers = itertools.cycle(reversed(LAYERS))
    return lambda: visitor.choose("layer", next(layers))


async def _per_rerun(address: str, step: Callable[[], Awaitable[float]]) -> Spent:
    for _ in range(WARM):
        await step()
    before = _clock(address)
    for _ in range(ROUNDS):
        await step()
    after = _clock(address)
    spent = {name: 1000 * (after[name] - before[name]) / ROUNDS for name in after}
    return Spent(spent.pop("all"), spent)


def _clock(address: str) -> dict[str, float]:
    """Seconds that the server has taken so far."""
    with urllib.request.urlopen(address + PATH) as answer:
        read: dict[str, float] = json.load(answer)
    return read


def _shares(whole: dict[str, Spent]) -> str:
    """Which part of a rerun each entry takes, as a Markdown table."""
    rows = [
        f"| {name} | {spent.all:.1f} ms | "
        + " | ".join(f"{spent.entries[entry] / spent.all:.0%}" for entry in ENTRIES)
        + " |"
        for name, spent in whole.items()
    ]
    head = ["| page | rerun |" + "".join(f" {entry} |" for entry in ENTRIES)]
    return "\n".join([*head, "|:--|--:|" + "--:|" * len(ENTRIES), *rows])
