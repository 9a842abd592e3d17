"""Networks that several processes hold in common: the same values, built once, in the same memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
import torch
from filelock import FileLock
from safetensors.torch import save_file

from resnet_viz import jobs
from resnet_viz.analysis.capture import capture
from resnet_viz.budget import SHARED_VARIABLE
from resnet_viz.images import read_sample
from resnet_viz.model.presets import PRESETS
from resnet_viz.weights import folder as weights_folder
from resnet_viz.weights import shared as sharing
from resnet_viz.weights.sources import load
from tests.test_jobs import Calling
from tests.waiting import BOUND
from tests.weights.files import SMALL, small_network

ROOT = Path(__file__).parents[2]
CAT = read_sample("cat")

# What a process says of the files of the folder that it has in memory, once the other one has them too.
READER = """
import json, os, sys, time
from pathlib import Path
from resnet_viz.analysis.capture import capture
from resnet_viz.images import read_sample
from resnet_viz.model.presets import PRESETS
from resnet_viz.weights.sources import load

me, other = Path(sys.argv[1]), Path(sys.argv[2])
loaded = load(PRESETS["resnet18"], "random:0", 64)
logits = capture(loaded, read_sample("cat"), ()).logits
me.touch()
while not other.exists():
    time.sleep(0.05)
sizes, inside = dict.fromkeys(("Rss", "Private_Clean", "Private_Dirty", "Anonymous"), 0), False
for line in open("/proc/self/smaps"):
    name, _, value = line.partition(":")
    if "-" in name:
        inside = line.rstrip().endswith(".float32")
    elif inside and name in sizes:
        sizes[name] += 1024 * int(value.split()[0])
print(json.dumps({"sizes": sizes, "logits": logits.tolist()}), flush=True)
time.sleep(1)  # the other one looks too
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that processes share networks by."""
    monkeypatch.setenv(SHARED_VARIABLE, str(tmp_path))
    return tmp_path


def kept(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.float32"))


@pytest.mark.parametrize(("name", "weights"), [("shapes", "bundled"), ("resnet18", "random:3")])
def test_a_shared_network_answers_as_one_that_is_not(name, weights, tmp_path, monkeypatch):
    monkeypatch.delenv(SHARED_VARIABLE, raising=False)
    alone = capture(load(PRESETS[name], weights, 64), CAT, ()).logits
    assert kept(tmp_path) == []
    monkeypatch.setenv(SHARED_VARIABLE, str(tmp_path))
    for _ in ("who builds it", "who finds it"):
        np.testing.assert_array_equal(
            capture(load(PRESETS[name], weights, 64), CAT, ()).logits, alone
        )
    assert len(kept(tmp_path)) == 1


def test_half_precision_is_made_whole_once_for_all(folder, tmp_path_factory, monkeypatch):
    files = tmp_path_factory.mktemp("weights")
    monkeypatch.setenv(weights_folder.VARIABLE, str(files))
    values = {name: value.half() for name, value in small_network().state_dict().items()}
    save_file(
        values | {n: v.long() for n, v in values.items() if v.dim() == 0}, files / "a.safetensors"
    )
    network = load(SMALL, "folder:a.safetensors", 64).module
    assert len(kept(folder)) == 1
    for name, value in network.named_parameters():
        assert value.dtype == torch.float32
        torch.testing.assert_close(value.data, values[name].float(), rtol=0, atol=0)


def test_it_is_built_once_and_what_differs_is_another(folder):
    built = []

    def build():
        built.append(1)
        return small_network()

    sharing.shared(SMALL, "random:1#", build)
    sharing.shared(SMALL, "random:1#", build)
    assert len(built) == 1
    sharing.shared(SMALL, "random:2#", build)
    sharing.shared(PRESETS["shapes"], "random:1#", lambda: small_network(1, PRESETS["shapes"]))
    assert len(built) == 2
    assert len(kept(folder)) == 3


def test_a_change_of_one_process_is_nobody_elses(folder):
    one, other = (sharing.shared(SMALL, "random:1#", small_network) for _ in range(2))
    with torch.no_grad():
        one.get_parameter("fc.weight").zero_()
    assert torch.equal(other.get_parameter("fc.weight"), small_network().get_parameter("fc.weight"))
    again = sharing.shared(SMALL, "random:1#", small_network)
    assert torch.equal(again.get_parameter("fc.weight"), other.get_parameter("fc.weight"))


@pytest.mark.skipif(sys.platform != "linux", reason="reads what Linux tells of memory")
def test_two_processes_hold_one_copy(folder):
    """As the system counts it: no page of the file is one process's alone, and all are there."""
    seen = [folder / "one", folder / "other"]
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, *map(str, order)],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
        )
        for order in (seen, seen[::-1])
    ]
    said = [json.loads(reader.communicate(timeout=BOUND)[0]) for reader in readers]
    (file,) = kept(folder)
    for each in said:
        sizes = each["sizes"]
        assert sizes["Anonymous"] == sizes["Private_Clean"] == sizes["Private_Dirty"] == 0
        assert sizes["Rss"] > 0.9 * file.stat().st_size > 40e6  # ResNet-18 has 46.8 MB
    assert said[0]["logits"] == said[1]["logits"]


def test_what_was_unused_longest_goes_and_who_has_it_keeps_it(folder, monkeypatch):
    one = sharing.shared(SMALL, "random:1#", small_network)
    (first,) = kept(folder)
    monkeypatch.setattr(sharing, "MAX_BYTES", int(2.5 * first.stat().st_size))
    os.utime(first, (time.time() - 60,) * 2)
    sharing.shared(SMALL, "random:2#", small_network)
    assert first in kept(folder)
    sharing.shared(SMALL, "random:1#", small_network)  # which is used, and so the other one goes
    os.utime(next(file for file in kept(folder) if file != first), (time.time() - 30,) * 2)
    sharing.shared(SMALL, "random:3#", small_network)
    assert first in kept(folder)
    assert len(kept(folder)) == 2
    for file in kept(folder):
        file.unlink()
    for name, value in small_network().state_dict().items():
        assert torch.equal(one.state_dict()[name], value)


@pytest.mark.parametrize("fault", ["too large", "disk full"])
def test_what_cannot_be_kept_is_ones_own(folder, monkeypatch, caplog, fault):
    def full(*_: object) -> NoReturn:
        raise OSError("No space left on device")

    if fault == "disk full":
        monkeypatch.setattr(Path, "open", full)
    else:
        monkeypatch.setattr(sharing, "MAX_BYTES", 1)
    network = sharing.shared(SMALL, "random:1#", small_network)
    assert torch.equal(
        network.get_parameter("fc.weight"), small_network().get_parameter("fc.weight")
    )
    assert [file.suffix for file in folder.iterdir() if file.suffix != ".lock"] == []
    assert "not shared" in caplog.text


def test_a_folder_that_is_gone_is_done_without(folder):
    folder.rmdir()
    assert sharing.shared(SMALL, "random:1#", small_network).config == SMALL


def test_whoever_is_no_longer_wanted_does_not_wait_for_anothers_building(folder):
    sharing.shared(SMALL, "random:1#", small_network)
    (file,) = kept(folder)
    file.unlink()
    with FileLock(file.with_suffix(".lock")):
        job = jobs.start(
            "shared", lambda: Calling(lambda: sharing.shared(SMALL, "random:1#", small_network))
        )
        assert not job.wait(0.3).has_ended
        job.leave()
        assert job.wait(BOUND).state == "cancelled"
