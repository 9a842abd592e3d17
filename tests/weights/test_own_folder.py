"""What a process leaves in the temporary folder: nothing, however it ends, once the next has begun."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from filelock import FileLock

from resnet_viz.weights.own_folder import OwnFolder, remove_leftovers

KILLED = """
import os, sys, time
from pathlib import Path
from resnet_viz.weights.own_folder import OwnFolder
folder = OwnFolder()
Path(folder.name, "weights").write_bytes(b"x" * 1000)
print(folder.name, flush=True)
time.sleep(60)
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of the test's own, for this process and those that it starts."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_one_that_ends_takes_its_folder_along(temporary):
    folder = OwnFolder()
    Path(folder.name, "file").write_text("x")
    folder.remove()
    folder.remove()  # once is enough
    assert list(temporary.iterdir()) == []


def test_the_next_removes_what_one_that_was_killed_has_left(temporary):
    process = subprocess.Popen([sys.executable, "-c", KILLED], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        left = Path(process.stdout.readline().strip())
        mine = OwnFolder()
        remove_leftovers()
        assert (left / "weights").is_file()  # it is still in use
    finally:
        process.kill()
        process.wait(timeout=10)
        process.stdout.close()
    remove_leftovers()
    assert not left.exists()
    assert Path(mine.name).is_dir()
    mine.remove()
    assert list(temporary.iterdir()) == []


def test_what_is_none_of_ours_stays(temporary):
    for name in ("other-files", "resnet-explorer.txt"):
        (temporary / name).mkdir()
    (temporary / "resnet-explorer-torch.lock").write_text("")  # of a download that has just begun
    (temporary / "resnet-explorer-link").symlink_to(temporary / "other-files")
    young = temporary / "resnet-explorer-young"
    young.mkdir()
    old = temporary / "resnet-explorer-old"
    old.mkdir()
    os.utime(old, (0, 0))
    remove_leftovers()
    assert not old.exists()
    assert len(list(temporary.iterdir())) == 5


def test_locks_of_what_is_over_go_and_those_in_use_stay(temporary):
    over, used = (temporary / f"resnet-explorer-{name}.lock" for name in ("over", "used"))
    mine = OwnFolder()
    with FileLock(used):
        for lock in (over, used, Path(f"{mine.name}.lock")):
            lock.touch()
            os.utime(lock, (0, 0))
        remove_leftovers()
        assert not over.exists()
        assert used.exists()
    assert Path(f"{mine.name}.lock").exists()
    mine.remove()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM that can be handled")
def test_a_server_that_is_told_to_end_leaves_nothing(temporary):
    script = (
        "import asyncio, os, signal\n"
        "from resnet_viz.ui.frame import runtime\n"
        "from resnet_viz.weights import uploads\n"
        "runtime.warm_up = lambda: None\n"
        "async def main():\n"
        "    async with runtime.lifespan(None):\n"
        "        uploads._STORE._folder = uploads.OwnFolder()\n"
        "        print('up', flush=True)\n"
        "asyncio.run(main())\n"
        "os.kill(os.getpid(), signal.SIGTERM)\n"  # as uvicorn does when it has ended its lifespan
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout == "up\n"
    assert done.returncode == -signal.SIGTERM
    assert list(temporary.iterdir()) == []
