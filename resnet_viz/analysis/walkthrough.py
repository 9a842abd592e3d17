"""A network told in steps, from the picture to the class scores: nine for one of four stages."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_viz.analysis.records import LayerRecord, Shape, Trace

TITLES = {
    "conv1": "Convolution",
    "bn1": "BatchNorm and ReLU",
    "maxpool": "Max-pooling",
    "avgpool": "Global average pooling",
    "fc": "Fully connected",
}


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
    groups = [[trace["conv1"]], [trace["bn1"], trace["relu"]]]
    if "maxpool" in trace:
        groups.append([trace["maxpool"]])
    groups += [[stage] for stage in trace.stages()]
    groups += [[trace["avgpool"]], [trace["fc"]]]
    return tuple(
        Step(number, _title(trace, group[0]), tuple(group))
        for number, group in enumerate(groups, start=1)
    )


def _title(trace: Trace, row: LayerRecord) -> str:
    if row.kind != "Stage":
        return TITLES[row.path]
    blocks = trace.blocks(row.path)
    return f"Stage {row.stage}: {blocks[0].kind} × {len(blocks)}"
