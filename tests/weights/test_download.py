"""Downloads as sessions and processes share them, from a server on this machine."""

import subprocess
import sys
from pathlib import Path

from resnet_viz.weights import download, request
from resnet_viz.weights.download import start
from tests.weights.shelf import BODY, BOUND, HALF, Shelf, fetched, halves, names, until, whole

ROOT = Path(__file__).parents[2]


def test_a_file_arrives_whole_and_alone(shelf, folder):
    end = fetched(shelf, folder)
    assert end.state == "done"
    assert end.done == end.total == len(BODY)
    assert names(folder) == ["tiny.pth"]
    assert (folder / "tiny.pth").read_bytes() == BODY


def test_without_a_folder_it_goes_where_torch_hub_looks(shelf, folder):
    assert fetched(shelf, None).state == "done"
    assert names(folder) == ["tiny.pth"]


def test_a_file_that_is_there_is_verified_and_not_fetched_again(shelf, folder):
    folder.mkdir(parents=True)
    (folder / "tiny.pth").write_bytes(BODY)
    end = fetched(shelf, folder)
    assert end.state == "done"
    assert "already" in end.sentence
    assert shelf.asked == []


def test_a_damaged_file_is_fetched_again(shelf, folder):
    folder.mkdir(parents=True)
    (folder / "tiny.pth").write_bytes(BODY[:-1])
    assert fetched(shelf, folder).state == "done"
    assert (folder / "tiny.pth").read_bytes() == BODY


def test_size_and_progress_are_told_while_it_runs(shelf, folder):
    shelf.behave = halves
    running = start(shelf.checkpoint(), folder)
    until(lambda: running.progress.done > 0)
    now = running.progress
    assert now.state == "running"
    assert now.done <= HALF
    assert now.total == len(BODY)
    assert "0.4 MB" in now.sentence
    assert download.running(shelf.checkpoint(), folder) is running
    shelf.gate.set()
    assert running.wait(BOUND).state == "done"
    assert download.running(shelf.checkpoint(), folder) is None


# --- who wants it, and who no longer does -------------------------------------------------------


def test_a_cancelled_download_leaves_nothing_also_while_the_line_is_silent(
    shelf, folder, monkeypatch
):
    monkeypatch.setattr(request, "READ_S", 2 * BOUND)  # so that only the cancellation can end it
    shelf.behave = halves
    running = start(shelf.checkpoint(), folder)
    until(lambda: running.progress.done > 0)
    running.cancel()
    assert running.wait(BOUND).state == "cancelled"
    assert not shelf.answered.is_set()  # the line is silent still
    assert names(folder) == []
    assert len(shelf.asked) == 1


def test_cancelled_before_the_server_has_answered(shelf, folder):
    shelf.behave = lambda r: r.shelf.gate.wait(BOUND)
    running = start(shelf.checkpoint(), folder)
    until(lambda: shelf.asked)
    running.cancel()
    assert running.wait(BOUND).state == "cancelled"
    assert names(folder) == []


def test_many_who_want_it_share_one_download(shelf, folder):
    shelf.behave = halves
    all_of_them = [start(shelf.checkpoint(), folder) for _ in range(5)]
    assert len(set(map(id, all_of_them))) == 1
    shelf.gate.set()
    assert all_of_them[0].wait(BOUND).state == "done"
    assert len(shelf.asked) == 1


def test_one_who_leaves_does_not_take_it_from_the_others(shelf, folder):
    shelf.behave = halves
    first, second = (start(shelf.checkpoint(), folder) for _ in range(2))
    until(lambda: first.progress.done > 0)
    first.leave()
    shelf.gate.set()
    assert second.wait(BOUND).state == "done"


def test_when_the_last_one_leaves_it_is_cancelled_and_can_be_started_again(shelf, folder):
    shelf.behave = halves
    first, second = (start(shelf.checkpoint(), folder) for _ in range(2))
    until(lambda: first.progress.done > 0)
    first.leave()
    second.leave()
    third = start(shelf.checkpoint(), folder)
    assert third is not first
    shelf.gate.set()
    assert first.wait(BOUND).state == "cancelled"
    assert third.wait(BOUND).state == "done"
    assert names(folder) == ["tiny.pth"]


# --- other processes ----------------------------------------------------------------------------

ELSEWHERE = """
import sys
from pathlib import Path
from resnet_viz.weights.checkpoints import Checkpoint
from resnet_viz.weights.download import start
url, size, prefix, folder = sys.argv[1:]
wanted = Checkpoint("resnet18", "v1", url, float(size), prefix, 256, 224, 50.0, 80.0, "")
print(start(wanted, Path(folder)).wait(60).state)
"""


def elsewhere(shelf: Shelf, folder: Path) -> subprocess.Popen[str]:
    """The same download in a process of its own, which has begun when this returns."""
    wanted = shelf.checkpoint()
    facts = (wanted.url, str(wanted.size_mb), wanted.sha256_prefix, str(folder))
    process = subprocess.Popen(
        [sys.executable, "-c", ELSEWHERE, *facts], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    part = folder / "tiny.pth.part"
    until(lambda: part.exists() and part.stat().st_size > 0)
    return process


def test_two_processes_share_one_download(shelf, folder):
    shelf.behave = halves
    with elsewhere(shelf, folder) as process:
        here = start(shelf.checkpoint(), folder)
        until(lambda: here.progress.done > 0)
        assert here.progress.state == "waiting"
        assert "another process" in here.progress.sentence
        shelf.gate.set()
        assert here.wait(BOUND).state == "done"
        assert process.communicate(timeout=BOUND)[0] == "done\n"
    assert len(shelf.asked) == 1
    assert names(folder) == ["tiny.pth"]


def test_what_a_killed_process_left_is_no_obstacle(shelf, folder):
    shelf.behave = halves
    with elsewhere(shelf, folder) as process:
        process.kill()
    assert names(folder) == ["tiny.pth.part"]
    shelf.behave = whole
    assert fetched(shelf, folder).state == "done"
    assert names(folder) == ["tiny.pth"]
    assert (folder / "tiny.pth").read_bytes() == BODY


def test_waiting_for_another_process_can_be_cancelled(shelf, folder):
    shelf.behave = halves
    with elsewhere(shelf, folder) as process:
        here = start(shelf.checkpoint(), folder)
        until(lambda: here.progress.done > 0)
        here.leave()
        assert here.wait(BOUND).state == "cancelled"
        shelf.gate.set()
        assert process.communicate(timeout=BOUND)[0] == "done\n"
    assert names(folder) == ["tiny.pth"]
