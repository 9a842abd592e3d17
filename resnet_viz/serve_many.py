"""Keeps several processes of the app running behind HAProxy, until it is told to end: `--processes N`.

Started by `resnet_viz.serve`, which has checked what it is told, as a program of its own: this one imports
nothing large, and stays when processes go.
"""

from __future__ import annotations

import csv
import http.client
import json
import os
import shutil
import signal
import socket
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import chdir, contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from string import Template
from types import FrameType
from typing import Final, NoReturn

from resnet_viz.budget import SHARED_VARIABLE
from resnet_viz.errors import ExplorerError
from resnet_viz.program import LOOK_S, Program, end, is_up
from resnet_viz.weights.own_folder import OwnFolder

COOKIE: Final = "explorer_process"
# The socket by which HAProxy takes orders, in the launcher's folder: always named from there, since a
# socket's whole path has at most some hundred characters, and TMPDIR may be longer.
_SOCKET: Final = "admin"
TEMPLATE: Final = Path(__file__).with_name("haproxy.cfg")
# Debian puts it where only root looks.
_PLACES: Final = os.pathsep.join(
    (os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin")
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to run; all of it has been checked."""

    command: list[str]  # one process of the app, but for its port
    ports: list[int]  # of this host alone, one for each process
    bind: str  # where visitors come in, as HAProxy writes it: "ipv4@127.0.0.1:8501"
    health: str  # path that a process answers when it is well
    drain: float  # seconds that visitors have left when it is told to end
    welcome: str


def haproxy() -> str:
    """Where HAProxy is; raises `ExplorerError` where it is not installed."""
    found = shutil.which("haproxy", path=_PLACES)
    if found is None:
        raise ExplorerError(
            "Several processes need HAProxy, which is not installed; install it (on Debian "
            "“apt-get install haproxy”), or leave --processes out."
        )
    return found


def become(plan: Plan) -> NoReturn:
    """Carry out a plan in the place of this process, which has imported much to check it."""
    sys.stdout.flush()
    os.execv(
        sys.executable, [sys.executable, "-m", "resnet_viz.serve_many", json.dumps(asdict(plan))]
    )


def configuration(plan: Plan) -> str:
    """HAProxy's configuration."""
    servers = (
        f"    server {_name(number)} 127.0.0.1:{port} cookie {_name(number)}"
        for number, port in enumerate(plan.ports, 1)
    )
    return Template(TEMPLATE.read_text("utf-8")).substitute(
        bind=plan.bind,
        cookie=COOKIE,
        health=plan.health,
        servers="\n".join(servers),
        socket=_SOCKET,
    )


def run(plan: Plan) -> int:
    """Run the processes and HAProxy until a signal comes; returns the exit status.

    SIGTERM gives visitors `plan.drain` seconds; SIGINT, a closed terminal's SIGHUP and a second SIGTERM
    none. A program that ends by itself is started again.
    """
    with _told_to_end() as told:
        folder = OwnFolder()
        programs = _programs(plan, Path(folder.name))
        *processes, front = programs
        try:
            for process in processes:
                process.start()
            if not all(is_up(each, told) for each in processes):
                return 0
            front.start()
            if not is_up(front, told):
                return 0
            print(plan.welcome, flush=True)
            while not told:
                for program in programs:
                    program.tend()
                time.sleep(LOOK_S)
            if told == [signal.SIGTERM]:
                _drain(plan, Path(folder.name), told)
        finally:
            end(processes)
            end([front])
            folder.remove()
    return 0


def _programs(plan: Plan, folder: Path) -> list[Program]:
    """The processes of the app, and HAProxy last."""
    file = folder / "haproxy.cfg"
    file.write_text(configuration(plan), "utf-8")
    weights = folder / "weights"
    weights.mkdir()
    environment = os.environ | {SHARED_VARIABLE: str(weights)}
    processes = [
        Program(
            f"Process {number}",
            _with_port(plan.command, port),
            environment,
            partial(_answers, port, plan.health),
        )
        for number, port in enumerate(plan.ports, 1)
    ]
    return [
        *processes,
        Program(
            "HAProxy",
            [haproxy(), "-db", "-C", str(folder), "-f", file.name],
            os.environ,
            partial(_order, folder, "show info"),
        ),
    ]


def _with_port(command: Sequence[str], port: int) -> list[str]:
    """The call of Streamlit, `… streamlit run app.py …`, on a port; before the app's own options."""
    script = command.index("run") + 1
    return [*command[: script + 1], f"--server.port={port}", *command[script + 1 :]]


def _answers(port: int, health: str) -> bool:
    """Whether a process of the app is well."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}{health}", timeout=5):
            return True
    except (OSError, http.client.HTTPException):  # nobody is there, or somebody who speaks no HTTP
        return False


def _drain(plan: Plan, folder: Path, told: Sequence[int]) -> None:
    """Let nobody new in, and wait until all have gone, the time is over or a second signal comes."""
    deadline = time.monotonic() + plan.drain
    for number in range(1, len(plan.ports) + 1):
        _order(folder, f"set server explorer/{_name(number)} state drain")
    while time.monotonic() < deadline and len(told) < 2 and _visitors(folder):
        time.sleep(LOOK_S)


def _visitors(folder: Path) -> int:
    """How many connections the processes have; one that is open keeps its WebSocket."""
    table = csv.DictReader(_order(folder, "show stat").lstrip("# ").splitlines())
    return sum(
        int(row["scur"])
        for row in table
        if row["pxname"] == "explorer" and row["svname"] not in ("FRONTEND", "BACKEND")
    )


def _order(folder: Path, order: str) -> str:
    """What HAProxy, whose socket lies in a folder, says to an order; nothing when it is not there."""
    said = b""
    with suppress(OSError), socket.socket(socket.AF_UNIX) as line:
        line.settimeout(5)
        with chdir(folder):  # this program has no other thread
            line.connect(_SOCKET)
        line.sendall(f"{order}\n".encode())
        while part := line.recv(65_536):
            said += part
    return said.decode("utf-8", "replace")


@contextmanager
def _told_to_end() -> Iterator[list[int]]:
    """The signals to end that have come so far."""
    told: list[int] = []

    def hear(number: int, frame: FrameType | None) -> None:
        told.append(number)

    heard = [signal.SIGTERM, signal.SIGINT]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup has it go on
        heard.append(signal.SIGHUP)
    before = {each: signal.signal(each, hear) for each in heard}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _name(number: int) -> str:
    """What HAProxy and the cookie call a process."""
    return f"p{number}"


def main() -> int:
    """Carry out the plan that `become` has written down."""
    try:
        return run(Plan(**json.loads(sys.argv[1])))
    except ExplorerError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
