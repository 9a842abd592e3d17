import json

import pytest

from resnet_viz.analysis.trace import trace
from resnet_viz.figures import formatting, tables
from resnet_viz.model.presets import PRESETS

TRACE = trace(PRESETS["resnet18"])


@pytest.mark.parametrize(
    ("value", "written"),
    [(64, "64"), (9408, "9.41 k"), (269_722, "269.7 k"), (11_689_512, "11.69 M"),
     (1_814_073_344, "1.814 G"), (11_513_626_624, "11.51 G"), (0, "0")],
)  # fmt: skip
def test_short_numbers(value, written):
    assert formatting.short(value) == written


def test_shapes_counts_and_bytes():
    assert formatting.shape((64, 56, 56)) == "64 × 56 × 56"
    assert formatting.count(11_689_512) == "11,689,512"
    assert formatting.bytes_(64 * 112 * 112 * 4) == "3.2 MB"
    assert formatting.value(-2.62245) == "−2.622"


def test_markdown_has_one_line_a_row_and_the_same_cells_everywhere():
    columns = list(tables.COLUMNS)
    lines = tables.to_markdown(TRACE.layers, columns).splitlines()
    assert len(lines) == len(TRACE.layers) + 2
    assert {line.count("|") for line in lines} == {len(columns) + 1}


def test_latex_escapes_what_latex_would_read():
    latex = tables.to_latex(trace(PRESETS["wide_resnet50_2"]).layers, ["path", "out", "params"])
    assert latex.startswith(r"\begin{tabular}{lrr}")
    assert r"64 $\times$ 112 $\times$ 112" in latex
    assert "×" not in latex
    body = latex.splitlines()[3:-2]
    assert all(line.endswith(r"\\") for line in body if "rule" not in line)


def test_json_survives_a_round_trip():
    found = json.loads(tables.to_json(TRACE))
    assert found["layers"] == tables.as_dict(TRACE)["layers"]
    assert found["config"]["repeats"] == [2, 2, 2, 2]
    assert found["layers"][-1]["output_shape"] == [1000]


def test_columns_of_a_convolution_by_hand():
    row = TRACE["layer2.0.downsample.0"]
    cells = {slug: column.cell(row) for slug, column in tables.COLUMNS.items()}
    assert cells == {
        "path": "layer2.0.downsample.0",
        "kind": "Conv2d",
        "kernel": "1 × 1",
        "stride": "2",
        "padding": "0",
        "groups": "1",
        "in": "64 × 56 × 56",
        "out": "128 × 28 × 28",
        "params": "8,192",
        "macs": f"{8192 * 28 * 28:,}",
        "activations": f"{128 * 28 * 28:,}",
        "bytes": "401.4 kB",
        "field": "43",  # that of layer1, seen through a single cell
    }
