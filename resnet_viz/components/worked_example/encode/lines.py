"""Lines and numbers, as every working writes them."""

from __future__ import annotations

from resnet_viz.analysis.worked_example.records import WorkedExample
from resnet_viz.components.worked_example.encode.records import Names, Step
from resnet_viz.figures import formatting


def value_of(worked: WorkedExample, names: Names, how: str, value: str = "out0") -> Step:
    """What a layer puts out; marked where it is the layer whose map is shown."""
    return Step(worked.path, how, value, marked=worked.path == names.shown)


def rest(channels: int) -> tuple[Step, ...]:
    """The input channels that are not shown one by one, as one number; no line without any."""
    if not channels:
        return ()
    noun = "channel" if channels == 1 else "channels"
    return (Step(f"The other {channels:,} {noun}", "", "rest"),)


def factor(number: float) -> str:
    """A number that follows a sign: in brackets where it brings its own."""
    written = formatting.value(number)
    return f"({written})" if number < 0 else written
