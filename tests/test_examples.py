"""The examples in docs/api.md and in the notebooks run, and do what is written beside them.

The notebooks' cells are run here one after the other in one namespace. A Jupyter kernel would do the same
and bring some thirty packages, its own process and its ports.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import graphviz
import plotly.graph_objects as go
import pytest

import resnet_viz

ROOT = Path(__file__).parents[1]
API = (ROOT / "docs/api.md").read_text("utf-8")
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))
MAY_IMPORT = {"resnet_viz", "numpy", "plotly.express", "plotly.graph_objects", "shutil"}


def code_cells(notebook: Path) -> list[str]:
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def run_cell(source: str, names: dict[str, Any]) -> object:
    """Run a cell; returns what a notebook would show below it, the value of a last expression."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "<cell>", "exec"), names)
    if not isinstance(last, ast.Expr):
        return None
    return eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)


def test_the_examples_of_the_api_print_what_is_written_beside_them(capsys):
    names: dict[str, Any] = {}
    blocks = re.findall(r"^```python\n(.*?)^```$", API, re.M | re.S)
    assert len(blocks) > 10
    compared = 0
    for block in blocks:
        exec(compile(block, "docs/api.md", "exec"), names)
        printed = capsys.readouterr().out.splitlines()
        for wanted in re.findall(r"# → (.+)$", block, re.M):
            compared += 1
            start, dots, _ = wanted.partition("…")
            assert any(line.startswith(start) if dots else line == wanted for line in printed)
    assert compared >= 6


def test_the_page_of_the_api_has_every_public_name_and_its_links_lead_somewhere():
    table = API.split("\n| name |")[1].split("\n## ")[0]
    rows = [re.match(r"\| (.*?) \|", line) for line in table.splitlines()]
    named = {name for row in rows if row for name in re.findall(r"`(\w+)`", row[1])}
    assert named == set(resnet_viz.__all__)
    links = re.findall(r"\]\(([^)#:]+)\)", API)
    assert sum(link.endswith(".ipynb") for link in links) == len(NOTEBOOKS)
    for link in links:
        assert (ROOT / "docs" / link).exists(), link


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_top_to_bottom(notebook, capsys):
    names: dict[str, Any] = {"__name__": "__main__"}
    figures = 0
    for source in code_cells(notebook):
        shown = run_cell(source, names)
        if isinstance(shown, go.Figure):
            figures += 1
            assert all(trace.to_plotly_json() for trace in shown.data)
            assert shown.data
        elif isinstance(shown, graphviz.Digraph):
            assert shown.pipe("svg")
    assert figures >= 2
    printed = capsys.readouterr().out
    assert len(printed) > 100
    assert "nan" not in printed


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_saved_without_outputs(notebook):
    content = json.loads(notebook.read_text("utf-8"))
    assert (content["nbformat"], content["nbformat_minor"]) == (4, 5)
    assert content["metadata"]["kernelspec"]["name"] == "python3"
    cells = content["cells"]
    assert cells[0]["cell_type"] == "markdown"
    assert len({cell["id"] for cell in cells}) == len(cells)
    for cell in cells:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_uses_the_public_api_alone(notebook):
    used = set()
    for node in ast.walk(ast.parse("\n".join(code_cells(notebook)))):
        assert not isinstance(node, ast.ImportFrom)
        if isinstance(node, ast.Import):
            assert {alias.name for alias in node.names} <= MAY_IMPORT
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            used |= {node.attr} if node.value.id == "resnet_viz" else set()
    assert used
    assert used <= set(resnet_viz.__all__)
