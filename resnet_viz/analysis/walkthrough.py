"""A network told in steps, from the image to the class scores: nine for one of four stages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from resnet_viz.analysis.records import LayerRecord, Shape, Trace
from resnet_viz.model.roles import Role

# By the kinds of the layers of a step.
_TITLES: Final[Mapping[tuple[str, ...], str]] = MappingProxyType(
    {
        ("Conv2d",): "Convolution",
        ("BatchNorm2d", "ReLU"): "BatchNorm and ReLU",
        ("MaxPool2d",): "Max-pooling",
        ("AdaptiveAvgPool2d",): "Global average pooling",
        ("Linear",): "Fully connected",
    }
)


@dataclass(frozen=True, slots=True)
class Step:
    """One step: the rows that belong to it, the last of which makes its output."""

    number: int  # from 1
    title: str
    rows: tuple[LayerRecord, ...]

    @property
    def input_shape(self) -> Shape:
        return self.rows[0].input_shape

    @property
    def output_shape(self) -> Shape:
        return self.rows[-1].output_shape

    @property
    def shown(self) -> LayerRecord:
        """The row whose output is the step's."""
        return self.rows[-1]

    @property
    def params(self) -> int:
        return sum(row.params for row in self.rows)

    @property
    def macs(self) -> int:
        return sum(row.macs for row in self.rows)


def walkthrough(trace: Trace) -> tuple[Step, ...]:
    """The steps of a network: stem, one for each stage, head."""
    groups = [
        *(
            group
            for first, *after in trace.stem_parts
            for group in ((first,), tuple(after))
            if group
        ),
        *((stage,) for stage in trace.stages()),
        *((row,) for row in trace.head if row.kernel),  # flattening is no step of its own
        (trace.classifier,),
    ]
    return tuple(
        Step(number, _title(trace, group), group) for number, group in enumerate(groups, start=1)
    )


def _title(trace: Trace, group: tuple[LayerRecord, ...]) -> str:
    first = group[0]
    if first.role is not Role.STAGE:
        kinds = tuple(row.kind for row in group)
        return _TITLES.get(kinds, " and ".join(kinds))
    blocks = trace.blocks(first.path)
    return f"Stage {first.stage}: {blocks[0].kind} × {len(blocks)}"
