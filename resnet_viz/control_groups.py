"""How much a container or a service may use at most, which Linux writes down in control groups.

Both versions of their files are read: https://docs.kernel.org/admin-guide/cgroup-v2.html and, in
`cgroup-v1/memory.html` and `scheduler/sched-bwc.html` of the same guide, those before.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Final

ROOT: Final = Path("/sys/fs/cgroup")
OWN: Final = Path("/proc/self/cgroup")  # the groups that this process is in


def processors(root: Path = ROOT, own: Path = OWN) -> float:
    """Processor cores' worth of time that this process may use, as 1.5; infinite without a limit."""
    return _least("cpu", _processors_in, root, own)


def memory(root: Path = ROOT, own: Path = OWN) -> float:
    """Bytes that this process and those in its group may use; infinite without a limit."""
    return _least("memory", _memory_in, root, own)


def _least(controller: str, limit: Callable[[Path], float], root: Path, own: Path) -> float:
    """The least limit of the groups that a process is in: a group's holds for all below it too."""
    least = math.inf
    for folder in _groups(controller, root, own):
        with suppress(OSError, ValueError):  # no such limit here, or none that this version writes
            least = min(least, limit(folder))
    return least


def _groups(controller: str, root: Path, own: Path) -> Iterator[Path]:
    """The folders of the groups, from a process's own up; in a container the root is often its own."""
    try:
        lines = own.read_text("utf-8").splitlines()
    except OSError:  # not Linux, or without control groups
        return
    for line in lines:  # "0::/a/b" of version 2, "4:cpu,cpuacct:/a/b" of version 1
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        group = PurePosixPath(path)
        for each in (group, *group.parents):
            yield root / (controller if controllers else "") / each.relative_to("/")


def _processors_in(folder: Path) -> float:
    """The limit of one group: microseconds of processor time in each period, by the period."""
    if (file := folder / "cpu.max").exists():
        quota, period = file.read_text("utf-8").split()  # "150000 100000", or "max 100000"
    else:
        quota = (folder / "cpu.cfs_quota_us").read_text("utf-8").strip()  # -1: no limit
        period = (folder / "cpu.cfs_period_us").read_text("utf-8")
    return math.inf if quota in ("max", "-1") else int(quota) / int(period)


def _memory_in(folder: Path) -> float:
    """The limit of one group; version 1 writes a number beyond any machine where there is none."""
    file = folder / "memory.max"
    if not file.exists():
        file = folder / "memory.limit_in_bytes"
    text = file.read_text("utf-8").strip()
    return math.inf if text == "max" else int(text)
