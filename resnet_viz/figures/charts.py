"""What all charts share. One layout for the constructor: each later update costs milliseconds."""

from __future__ import annotations

from resnet_viz.figures.palette import Theme


def layout(theme: Theme) -> dict[str, object]:
    """A chart without a ground of its own, on the page's; to be extended with `|`."""
    return {
        "margin": {"l": 0, "r": 8, "t": 8, "b": 0},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": theme.text, "size": 13},
        "showlegend": False,
    }


def legend_above() -> dict[str, object]:
    """A legend over the chart, which no click can empty."""
    return {
        "orientation": "h",
        "x": 0,
        "y": 1,
        "yanchor": "bottom",
        "itemclick": False,
        "itemdoubleclick": False,
    }


def axis(theme: Theme, title: str, **more: object) -> dict[str, object]:
    """An axis with quiet lines and room for its names."""
    return {
        "title": {"text": title},
        "gridcolor": theme.surface,
        "zerolinecolor": theme.line,
        "automargin": True,
        **more,
    }
