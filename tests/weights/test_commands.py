"""`python -m resnet_viz weights …`, as whoever prepares a classroom would call it."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from resnet_viz.__main__ import main
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.resnet import build_random
from resnet_viz.weights import checkpoints
from tests.weights.shelf import BODY, BOUND, halves, names, until

ROOT = Path(__file__).parents[2]


@pytest.fixture
def table(shelf, folder, monkeypatch):
    """A table of two networks, of which one has two versions; all are the server's file."""
    rows = tuple(
        shelf.checkpoint(network, version=version, acc1=acc1, url=f"{shelf.url}/{name}.pth")
        for network, version, acc1, name in (
            ("resnet18", "v1", 60.0, "one"),
            ("resnet50", "v1", 70.0, "two"),
            ("resnet50", "v2", 80.0, "three"),
        )
    )
    monkeypatch.setattr(checkpoints, "CHECKPOINTS", rows)
    return rows


def weights(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(("weights", *arguments))
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    return status, said.out, said.err


def test_list_is_a_table_of_what_is_published_and_what_is_here(capsys, folder):
    folder.mkdir(parents=True)
    (folder / "resnet34-b627a593.pth").write_bytes(b"")
    status, out, _ = weights(capsys, "list")
    assert status == 0
    rows = {tuple(line.split()[:2]): line for line in out.splitlines() if line}
    assert rows["resnet34", "v1"].split()[2:] == ["87.3", "MB", "73.3", "%", "91.4", "%", "yes"]
    assert rows["resnet50", "v2"].endswith("–")
    assert str(folder) in out
    assert "BSD-3-Clause" in out


def test_list_as_json(capsys, folder):
    status, out, _ = weights(capsys, "list", "--format", "json")
    found = json.loads(out)
    assert status == 0
    assert found["folder"] == str(folder)
    assert len(found["checkpoints"]) == 17
    assert found["checkpoints"][0]["url"].endswith("resnet18-f37072fd.pth")
    assert not any(row["here"] for row in found["checkpoints"])


def test_fetch_announces_the_size_and_takes_the_most_accurate(capsys, table, folder):
    status, out, error = weights(capsys, "fetch", "resnet50")
    assert status == 0
    assert "0.4 MB" in out.splitlines()[0]
    assert "resnet50 V2" in out.splitlines()[0]
    assert names(folder) == ["three.pth"]
    assert error == ""


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("resnet50", "--version", "v1"), ["two.pth"]),
        (("resnet50", "--version", "all"), ["three.pth", "two.pth"]),
        (("resnet18", "resnet50", "resnet18"), ["one.pth", "three.pth"]),
        (("--all",), ["one.pth", "three.pth"]),
        (("--all", "--version", "v2"), ["three.pth"]),
        (("--all", "--version", "all"), ["one.pth", "three.pth", "two.pth"]),
    ],
)
def test_fetch_takes_what_is_asked_for(capsys, table, folder, arguments, expected):
    status, _, _ = weights(capsys, "fetch", *arguments)
    assert status == 0
    assert names(folder) == expected


def test_fetch_of_what_is_here_verifies_it(capsys, table, folder, shelf):
    weights(capsys, "fetch", "resnet18")
    status, out, _ = weights(capsys, "fetch", "resnet18")
    assert status == 0
    assert "already" in out
    assert len(shelf.asked) == 1


def test_fetch_counts_up_where_somebody_can_see_it(capsys, table, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    status, _, error = weights(capsys, "fetch", "resnet18")
    assert status == 0
    assert error.endswith("\r")


def test_fetch_tries_all_and_tells_which_failed(capsys, table, folder, shelf):
    shelf.behave = lambda r: r.head(503, 0) if r.path == "/one.pth" else r.wfile.write(b"")
    status, _, error = weights(capsys, "fetch", "--all")
    assert status == 2
    assert "one.pth (HTTP 503)" in error
    assert "three.pth" in error
    assert len(error.splitlines()) == 2
    assert names(folder) == []


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("fetch", "resnet19"), "resnet19"),
        (("fetch",), "--all"),
        (("fetch", "resnet18", "--version", "v2"), "v2"),
        (("verify", "resnet19"), "resnet19"),
    ],
)
def test_a_mistake_is_one_sentence_and_status_2(capsys, folder, arguments, named):
    status, out, error = weights(capsys, *arguments)
    assert status == 2
    assert out == ""
    assert named in error
    assert len(error.splitlines()) == 1


def test_verify_hashes_all_that_is_here(capsys, table, folder):
    assert weights(capsys, "verify")[:2] == (
        0,
        "No ImageNet parameters are on this machine; fetch some with `weights fetch NAME`.\n",
    )
    folder.mkdir(parents=True)
    (folder / "one.pth").write_bytes(BODY)
    assert weights(capsys, "verify")[:2] == (0, "ok       resnet18 V1: one.pth\n")
    (folder / "two.pth").write_bytes(BODY[1:])
    status, out, _ = weights(capsys, "verify")
    assert status == 2
    assert out.splitlines()[1] == "damaged  resnet50 V1: two.pth"
    assert weights(capsys, "verify", "resnet18")[0] == 0


def test_verify_misses_what_is_named_and_not_here(capsys, table, folder):
    assert weights(capsys, "verify", "resnet18")[:2] == (2, "missing  resnet18\n")


def test_convert_prints_what_was_written(capsys, tmp_path):
    network = build_random(ResNetConfig("t", repeats=(1, 1, 1, 1), width=16), seed=0)
    source, target = tmp_path / "mine.pth", tmp_path / "mine.safetensors"
    torch.save({f"module.{name}": tensor for name, tensor in network.state_dict().items()}, source)
    status, out, error = weights(capsys, "convert", str(source), str(target))
    assert (status, error) == (0, "")
    assert hashlib.sha256(target.read_bytes()).hexdigest() in out
    assert target.name in out
    assert "module." in out
    status, out, error = weights(capsys, "convert", str(source), str(target))
    assert (status, out) == (2, "")
    assert "exists" in error
    assert weights(capsys, "convert", str(source), str(target), "--overwrite")[0] == 0


INTERRUPTED = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
from resnet_viz.weights import checkpoints
url, size, prefix = sys.argv[1:]
checkpoints.CHECKPOINTS = (
    checkpoints.Checkpoint("resnet18", "v1", url, float(size), prefix, 256, 224, 50, 80, ""),
)
from resnet_viz.__main__ import main
sys.exit(main(("weights", "fetch", "resnet18")))
"""


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is no signal there")
def test_ctrl_c_leaves_nothing(shelf, folder):
    shelf.behave = halves
    wanted = shelf.checkpoint()
    facts = (wanted.url, str(wanted.size_mb), wanted.sha256_prefix)
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, *facts], cwd=ROOT, stderr=subprocess.PIPE, text=True
    ) as process:
        part = folder / "tiny.pth.part"
        until(lambda: process.poll() is not None or (part.exists() and part.stat().st_size > 0))
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=BOUND)
    assert process.returncode == 130
    assert "cancelled" in error
    assert "Traceback" not in error
    assert names(folder) == []
