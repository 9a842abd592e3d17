"""Made-up networks for the map: a ResNet-18, a folded deep one, a plain one and a tiny one.

Their thumbnails get coarser with depth.
"""

from __future__ import annotations

import io
import random
from collections.abc import Collection, Iterator
from typing import Final

from PIL import Image, ImageDraw

from resnet_viz.components.network_map import NetworkMap, NetworkNode, ReceptiveFieldBox

SIDE: Final = 48  # pixels of a thumbnail
LADDER: Final = ((68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37))
DEPTHS: Final[dict[str, tuple[int, ...]]] = {"deep": (3, 8, 36, 3), "tiny": (1, 1)}


def encoded(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def thumbnail(rng: random.Random, cells: int) -> Image.Image:
    image = Image.new("RGB", (cells, cells))
    bright = rng.random() * 2.5

    def level(x: int, y: int) -> int:
        near = 1 - ((x - cells / 2) ** 2 + (y - cells / 2) ** 2) / cells**2 * 3
        return min(4, max(0, int(near * bright + rng.random() * 2)))

    image.putdata([LADDER[level(i % cells, i // cells)] for i in range(cells * cells)])
    return image.resize((SIDE, SIDE), Image.Resampling.NEAREST)


def image() -> bytes:
    image = Image.new("RGB", (224, 224), "#86b817")
    star = [
        (112, 40),
        (130, 92),
        (184, 92),
        (140, 124),
        (158, 178),
        (112, 144),
        (66, 178),
        (84, 124),
        (40, 92),
        (94, 92),
    ]
    ImageDraw.Draw(image).polygon(star, fill="#f08020")
    return encoded(image)


def field_box(size: int) -> ReceptiveFieldBox:
    reach = min(0.5, size / 448)
    return ReceptiveFieldBox(size, (0.5 - reach, 0.5 - reach, 0.5 + reach, 0.5 + reach))


def nodes(kind: str, unfolded: Collection[str]) -> Iterator[NetworkNode]:
    yield NetworkNode(
        "conv1",
        "stem",
        0,
        "64 × 112 × 112",
        ("64 × 112 × 112", "9,408"),
        field_box(7),
        also=("bn1", "relu"),
        thumbnails=4,
        channels=(11, 5, 60, 2),
    )
    yield NetworkNode(
        "maxpool",
        "max-pool",
        0,
        "64 × 56 × 56",
        ("64 × 56 × 56", "0"),
        field_box(11),
        thumbnails=4,
        channels=(11, 5, 60, 2),
    )
    for stage, depth in enumerate(DEPTHS.get(kind, (2, 2, 2, 2)), start=1):
        side, width = 112 >> stage, 32 << stage
        for block in range(depth):
            projected = block == 0 and (stage > 1 or kind == "deep")
            shortcut = "projection" if projected else "identity"
            label = ("1×1, /2" if stage > 1 else "1×1") if projected else ""
            group = f"layer{stage}.1" if kind == "deep" and block else ""
            sent = block < 2 or not group or group in unfolded
            yield NetworkNode(
                f"layer{stage}.{block}",
                f"layer{stage}.{block}",
                stage,
                f"{width} × {side} × {side}",
                (f"{width} × {side} × {side}", f"{width * width * 18:,}"),
                field_box(40 * stage + 8 * block),
                group=group,
                shortcut="" if kind == "plain" else shortcut,
                shortcut_label="" if kind == "plain" else label,
                thumbnails=4,
                channels=(3, 11, 40, 7) if sent else (),
            )
    yield NetworkNode(
        "fc",
        "avgpool + fc",
        0,
        "1000",
        ("1000", "513,000"),
        field_box(448),
        also=("avgpool", "flatten"),
    )


def content(kind: str, unfolded: Collection[str]) -> NetworkMap:
    """What the map shows of a kind of network when these repeat groups are unfolded."""
    rng = random.Random(4)
    row = tuple(nodes(kind, unfolded))
    tiles = [node.stage for node in row for _ in node.channels]
    sprite = Image.new("RGB", (SIDE * len(tiles), SIDE))
    for i, stage in enumerate(tiles):
        sprite.paste(thumbnail(rng, (48, 28, 16, 14, 7)[stage]), (SIDE * i, 0))
    block = "Bottleneck" if kind == "deep" else "BasicBlock"
    return NetworkMap(
        row,
        tuple(
            f"Stage {i} · {block} × {n}"
            for i, n in enumerate(DEPTHS.get(kind, (2, 2, 2, 2)), start=1)
        ),
        ("Out", "Parameters"),
        image(),
        encoded(sprite),
        SIDE,
        "3 × 224 × 224",
        (
            ("star", 0.913),
            ("arrow", 0.052),
            ("a rather long name of a class", 0.02),
            ("checker", 0.011),
            ("square", 0.004),
        ),
        trained=kind != "plain",
    )
