"""Write the style sheet of the page itself: what Streamlit's theme has no option for, and paper."""

from __future__ import annotations

from pathlib import Path

from resnet_viz.figures.palette import DARK, LIGHT

_SHEET = Path(__file__).with_name("page.css")


def page_style() -> str:
    """`page.css`, after the palette's colours that it uses, each for a light and a dark page."""
    colours = {
        "--muted": (LIGHT.muted, DARK.muted),
        "--text": (LIGHT.text, DARK.text),
        "--ground": (LIGHT.background, DARK.background),
    }
    lines = (f"  {name}: light-dark({light}, {dark});" for name, (light, dark) in colours.items())
    return "\n".join([":root {", *lines, "}", _SHEET.read_text("utf-8")])
