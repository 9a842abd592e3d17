"""The one home of colour: what a hue means is the same in table, diagram, map, chart and text.

`.streamlit/config.toml` agrees with it (a test compares them). Hues are told apart by people with colour
blindness too: blue, green, amber and magenta differ in lightness, and each stands beside its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

STAGE_HUES: Final = ("#5b6678", "#2a6db3", "#2b8656", "#b5761a", "#96226b")  # stem and head, 1 to 4
STAGE_HUES_DARK: Final = ("#94a0b4", "#6cabe8", "#5cbf8b", "#e0a54a", "#dd7fb8")

ACTIVATION_SCALE: Final = "Viridis"  # perceptual, for values from zero up
SIGNED_SCALE: Final = "RdBu_r"  # diverging, white at zero


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of one appearance, light or dark."""

    name: str
    background: str
    surface: str
    text: str
    muted: str
    line: str
    shortcut: str  # identity: solid; projection: the same, dashed
    stages: tuple[str, ...]

    def stage(self, number: int) -> str:
        """The hue of a stage, 1 to 4; 0 is stem and head."""
        return self.stages[number]

    def tint(self, number: int) -> str:
        """A stage's hue as a quiet background."""
        return mixed(self.stages[number], self.background, 0.13)


LIGHT: Final = Theme(
    name="light",
    background="#ffffff",
    surface="#f5f6f8",
    text="#1f2933",
    muted="#52606d",
    line="#7b8794",
    shortcut="#b93c0a",
    stages=STAGE_HUES,
)
DARK: Final = Theme(
    name="dark",
    background="#12161c",
    surface="#1b212a",
    text="#e6e9ee",
    muted="#a3aebd",
    line="#8390a2",
    shortcut="#ff8a4c",
    stages=STAGE_HUES_DARK,
)


def theme(name: str | None) -> Theme:
    """The theme of that name; light when it is unknown."""
    return DARK if name == "dark" else LIGHT


def mixed(colour: str, ground: str, share: float) -> str:
    """`share` of one colour over another, both `#rrggbb`."""
    pairs = zip(_rgb(colour), _rgb(ground), strict=True)
    return "#" + "".join(f"{round(share * a + (1 - share) * b):02x}" for a, b in pairs)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
