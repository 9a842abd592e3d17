"""Several processes behind HAProxy: who goes where, what happens when one dies, and that all of them end."""

from __future__ import annotations

import asyncio
import json
import math
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Awaitable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import pytest
from streamlit import config
from websockets.exceptions import InvalidStatus

from benchmarks.visitor import VisitError, Visitor
from resnet_viz import budget, control_groups, serve, serve_many
from resnet_viz.__main__ import main
from resnet_viz.budget import MEMORY_VARIABLE, cores
from resnet_viz.errors import ExplorerError
from resnet_viz.program import Program, is_up
from resnet_viz.serve_many import COOKIE, Plan
from tests.browser.serving import free_port, started
from tests.waiting import BOUND, until

ROOT = Path(__file__).parents[1]
# A page that says which process drew it, and what it was given.
SCRIPT = """
import os
import numpy
import streamlit as st

st.text(os.getpid())
st.image(numpy.full((8, 8, 3), os.getpid() % 256, numpy.uint8))
file = st.file_uploader("A file", key="file")
if file:
    st.text(file.getvalue().decode())
if "fail" in st.query_params:
    raise ValueError("as the link asked")
"""


@pytest.fixture(scope="module", autouse=True)
def haproxy() -> None:
    """`make test` installs it; a machine without it has not shown that any of this works."""
    try:
        serve_many.haproxy()
    except ExplorerError as error:
        pytest.fail(f"{error} These tests need it too.")


def plan(folder: Path, drain: float) -> Plan:
    """Two processes of the page above."""
    script = folder / "page.py"
    script.write_text(SCRIPT, "utf-8")
    front, *ports = (free_port() for _ in range(3))
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    command += ["--server.address=127.0.0.1", "--server.headless=true"]
    command += ["--browser.gatherUsageStats=false", "--server.fileWatcherType=none"]
    bind = f"ipv4@127.0.0.1:{front}"
    return Plan(command, ports, bind, "/_stcore/health", drain, f"http://127.0.0.1:{front}")


def launch(made: Plan) -> list[str]:
    return [sys.executable, "-m", "resnet_viz.serve_many", json.dumps(asdict(made))]


@contextmanager
def running(
    folder: Path, drain: float = 0.0, variables: Mapping[str, str] | None = None
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address of a plan that is carried out, and its launcher."""
    made = plan(folder, drain)
    command = launch(made)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **(variables or {})}
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True
    ) as launcher:
        try:
            assert launcher.stdout
            assert any(line.startswith(made.welcome) for line in launcher.stdout)
            yield made.welcome, launcher
        finally:
            if launcher.poll() is None:
                launcher.send_signal(signal.SIGINT)
                launcher.wait(BOUND)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    with running(tmp_path_factory.mktemp("served")) as found:
        yield found


def below(process: int) -> set[int]:
    """All processes that a process has started, and those that they have."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True)
    pairs = [tuple(map(int, line.split())) for line in listed.stdout.splitlines()]
    direct = {child for child, parent in pairs if parent == process}
    return direct.union(*map(below, direct))


def is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def status(address: str) -> int:
    """What somebody new is answered."""
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=BOUND) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def visits(*tasks: Awaitable[object]) -> list[object]:
    async def together() -> list[object]:
        return list(await asyncio.gather(*tasks))

    return asyncio.run(together())


async def process_of(visitor: Visitor) -> int:
    await visitor.run()
    return int(visitor.texts[0])


def test_two_visitors_from_one_address_get_different_processes(served):
    visitors = [Visitor(served[0]) for _ in range(2)]

    async def both() -> set[int]:
        for visitor in visitors:
            await visitor.open()
        found = {int(visitor.texts[0]) for visitor in visitors}
        for visitor in visitors:
            await visitor.close()
        return found

    assert len(asyncio.run(both())) == 2
    assert {visitor.cookies[COOKIE] for visitor in visitors} == {"p1", "p2"}


def test_a_visitor_notices_what_goes_wrong(served):
    """Or no measurement with visitors would count an error."""
    visitor = Visitor(served[0], query="fail=1")

    async def visit() -> None:
        with pytest.raises(VisitError, match="as the link asked"):
            await visitor.open()
        await visitor.close()

    asyncio.run(visit())


def test_all_of_a_visit_goes_to_one_process(served):
    """Page, WebSocket, uploads and images; also after the connection was cut."""

    async def visit(visitor: Visitor, text: str) -> None:
        await visitor.open()
        first = int(visitor.texts[0])
        for number in range(4):
            await visitor.upload("file", "a.txt", f"{text} {number}".encode())
            assert await process_of(visitor) == first
            assert visitor.texts[1] == f"{text} {number}"  # it has the file
            (image,) = visitor.media
            assert await asyncio.to_thread(visitor.get, image)  # which only that process keeps
        await visitor.close()
        await visitor.connect()
        assert await process_of(visitor) == first
        assert visitor.texts[1] == f"{text} 3"
        await visitor.close()

    visits(*(visit(Visitor(served[0]), name) for name in ("one", "two", "three", "four")))


def test_the_cookie_is_out_of_reach_for_scripts_and_holds_in_a_frame_behind_https(served):
    def cookie(**headers: str) -> str:
        request = urllib.request.Request(f"{served[0]}/_stcore/health", headers=headers)
        with urllib.request.urlopen(request, timeout=BOUND) as answer:
            (found,) = (c for c in answer.headers.get_all("Set-Cookie") if c.startswith(COOKIE))
        return str(found)

    assert {"HttpOnly", "SameSite=Lax"} <= set(cookie().split("; "))
    behind = set(cookie(**{"X-Forwarded-Proto": "https"}).split("; "))
    assert {"HttpOnly", "SameSite=None", "Secure", "Partitioned"} <= behind


def test_a_process_that_dies_is_replaced_and_its_visitors_go_on(served):
    address, launcher = served
    visitor, other = Visitor(address), Visitor(address)

    async def visit() -> None:
        await visitor.open()
        await other.open()
        lost, kept = int(visitor.texts[0]), int(other.texts[0])
        assert lost != kept
        os.kill(lost, signal.SIGKILL)
        assert await process_of(other) == kept  # who was elsewhere notices nothing
        for _ in range(20):  # a browser tries again too
            try:
                await visitor.connect()
                assert await process_of(visitor) != lost
                break
            except (
                OSError,
                InvalidStatus,
            ):  # HAProxy says 502 while it still counts on the dead one
                await asyncio.sleep(0.5)
        else:
            pytest.fail("The visitor found no process.")
        for each in (visitor, other):
            await each.close()

    asyncio.run(visit())
    until(lambda: serves_two(address))
    assert launcher.poll() is None


def serves_two(address: str) -> bool:
    """Whether people who come one after the other get two processes."""
    names = set()
    for _ in range(4):
        visitor = Visitor(address)
        visitor.get("/_stcore/health")
        names.add(visitor.cookies[COOKIE])
    return len(names) == 2


def test_told_to_end_it_lets_nobody_new_in_until_the_last_has_gone(tmp_path):
    visitor = Visitor("")

    async def visit(address: str, launcher: subprocess.Popen[str]) -> None:
        visitor.address = address
        await visitor.open()
        first = int(visitor.texts[0])
        launcher.send_signal(signal.SIGTERM)
        for _ in range(100):
            if await asyncio.to_thread(status, address) == 503:
                break
            await asyncio.sleep(0.1)
        assert await asyncio.to_thread(status, address) == 503
        assert await process_of(visitor) == first  # who is there goes on
        (image,) = visitor.media
        assert await asyncio.to_thread(visitor.get, image)
        assert launcher.poll() is None
        await visitor.close()

    with running(tmp_path, drain=BOUND) as (address, launcher):
        processes = below(launcher.pid)
        assert len(processes) >= 3
        asyncio.run(visit(address, launcher))
        assert launcher.wait(BOUND) == 0
        until(lambda: not any(map(is_there, processes)))


def test_a_visitor_who_stays_holds_it_up_only_so_long(tmp_path):
    async def visit(address: str, launcher: subprocess.Popen[str]) -> None:
        visitor = Visitor(address)
        await visitor.open()
        launcher.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(launcher.wait, BOUND) == 0
        await visitor.close()

    with running(tmp_path, drain=0.5) as (address, launcher):
        processes = below(launcher.pid)
        asyncio.run(visit(address, launcher))
        until(lambda: not any(map(is_there, processes)))


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone ends children with their parent")
def test_a_launcher_that_is_killed_leaves_no_process_behind(tmp_path):
    with running(tmp_path) as (_, launcher):
        processes = below(launcher.pid)
        launcher.kill()
        launcher.wait(BOUND)
        until(lambda: not any(map(is_there, processes)))


def test_a_closed_terminal_ends_it_and_leaves_nothing(tmp_path):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with running(tmp_path, BOUND, {"TMPDIR": str(temporary)}) as (_, launcher):
        processes = below(launcher.pid)
        assert list(temporary.glob("resnet-explorer-*"))
        launcher.send_signal(signal.SIGHUP)
        assert launcher.wait(BOUND) == 0
        until(lambda: not any(map(is_there, processes)))
        assert not list(temporary.glob("resnet-explorer-*"))


def test_what_nohup_has_started_does_not_hear_that_the_terminal_closes():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with serve_many._told_to_end() as told:
            os.kill(os.getpid(), signal.SIGHUP)
            os.kill(os.getpid(), signal.SIGTERM)
            until(lambda: told)
            assert told == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_temporary_folder_may_have_a_long_name_with_spaces(tmp_path):
    temporary = tmp_path / ("a folder " * 20).strip()
    temporary.mkdir()
    with running(tmp_path, BOUND, {"TMPDIR": str(temporary)}) as (address, launcher):
        assert status(address) == 200
        launcher.send_signal(
            signal.SIGTERM
        )  # it counts visitors over the socket, and there is none
        assert launcher.wait(BOUND / 2) == 0


def carried_out(made: Plan) -> subprocess.CompletedProcess[str]:
    """A plan that ends by itself, since it cannot be carried out."""
    return subprocess.run(
        launch(made),
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=BOUND,
    )


def test_a_port_that_somebody_took_in_between_is_said_in_haproxys_words(tmp_path):
    made = plan(tmp_path, 0.0)
    with socket.create_server(("127.0.0.1", int(made.bind.rpartition(":")[2]))):
        done = carried_out(made)
    assert done.returncode == 2
    assert "cannot bind" in done.stderr
    assert done.stderr.index("cannot bind") < done.stderr.index("HAProxy ended at its start")


def test_who_speaks_no_http_on_a_port_is_no_process_that_is_well():
    def greet(server: socket.socket) -> None:
        line, _ = server.accept()
        with line:
            line.recv(1000)
            line.sendall(b"SSH-2.0 hello\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        greeter = threading.Thread(target=greet, args=(server,))
        greeter.start()
        assert not serve_many._answers(server.getsockname()[1], "/_stcore/health")
        greeter.join(BOUND)


def test_an_answer_in_the_place_of_a_process_that_has_ended_is_not_its_own():
    program = Program("It", [sys.executable, "-c", ""], os.environ, lambda: True)
    program.start()
    assert program.has_ended(BOUND)
    with pytest.raises(ExplorerError, match="It ended at its start"):
        is_up(program, ())


def test_a_page_that_cannot_start_is_said(tmp_path):
    made = plan(tmp_path, 0.0)
    broken = Plan([*made.command[:5], "--no-such-option"], *list(asdict(made).values())[1:])
    done = carried_out(broken)
    assert done.returncode == 2
    assert "ended at its start" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_explorer_itself_is_served_by_two_processes(tmp_path):
    port = free_port()
    command = [sys.executable, "-m", "resnet_viz", "--processes", "2", "--port", str(port)]
    command += ["--address", "127.0.0.1", "--drain", "0", "--server.baseUrlPath=resnet"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}

    async def visit(visitor: Visitor) -> None:
        await visitor.open()
        await visitor.choose("layer", visitor.choices["layer"][1])
        await visitor.go("feature_maps")
        await visitor.close()

    with started(command, port, tmp_path, environment, "/resnet") as address:
        visitors = [Visitor(address) for _ in range(2)]
        visits(*map(visit, visitors))
        assert {visitor.cookies[COOKIE] for visitor in visitors} == {"p1", "p2"}


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> list[Plan]:
    """What would be carried out; it is not. Streamlit's configuration is read anew, as in a new process."""
    plans: list[Plan] = []
    for name in ("_main_script_path", "_config_options"):
        monkeypatch.setattr(config, name, None)
    monkeypatch.setattr(serve_many, "become", plans.append)
    return plans


def test_processes_listen_on_this_host_alone_and_the_front_where_it_is_told_to(planned, capsys):
    port = free_port()
    main(["--processes", "3", "--address", "0.0.0.0", "--port", str(port), "--metrics"])
    (made,) = planned
    assert made.bind == f"ipv4@0.0.0.0:{port}"
    assert len(set(made.ports)) == 3
    assert port not in made.ports
    assert "--server.address=127.0.0.1" in made.command
    assert made.command[-2:] == ["--", "--metrics"]
    written = serve_many.configuration(made)
    assert "$" not in "".join(line.partition("#")[0] for line in written.splitlines())
    assert all(f" 127.0.0.1:{each} " in written for each in made.ports)
    assert "GB in all" in capsys.readouterr().out


def test_as_many_as_there_are_cores(planned):
    if cores() == 1:
        pytest.skip("one core is one process, without HAProxy")
    main(["--processes", "cores", "--port", str(free_port())])
    assert len(planned[0].ports) == cores()


@pytest.mark.skipif(
    sys.platform != "linux", reason="Linux alone lets a process be held to some cores"
)
def test_a_process_that_is_held_to_one_core_counts_one():
    code = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); "
    code += "from resnet_viz.budget import cores; print(cores())"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "1"


@pytest.mark.parametrize(
    ("version", "limits"),
    [
        ("0::/", {"cpu.max": "150000 100000", "memory.max": "4000000000"}),  # in a container
        (  # in a service, of which a group above has a lower limit
            "0::/a.slice/b.service",
            {
                "a.slice/cpu.max": "150000 100000",
                "a.slice/memory.max": "max",
                "a.slice/b.service/cpu.max": "max 100000",
                "a.slice/b.service/memory.max": "4000000000",
                "memory.max": "9000000000",
            },
        ),
        (  # version 1, where a container's group has a name that only the host knows
            "5:memory:/docker/0a\n4:cpu,cpuacct:/docker/0a\n0::/docker/0a",
            {
                "cpu/cpu.cfs_quota_us": "150000\n",
                "cpu/cpu.cfs_period_us": "100000\n",
                "memory/memory.limit_in_bytes": "4000000000\n",
            },
        ),
    ],
)
def test_a_container_may_use_less_than_the_machine_has(tmp_path, monkeypatch, version, limits):
    for name, text in limits.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    own = tmp_path / "own"
    own.write_text(f"{version}\n", "utf-8")
    processors = control_groups.processors(tmp_path, own)
    assert processors == 1.5
    assert control_groups.memory(tmp_path, own) == 4_000_000_000
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(48), raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 48)
    monkeypatch.setattr(control_groups, "processors", lambda: processors)
    assert cores() == 2


@pytest.mark.parametrize(
    ("version", "limits"),
    [
        ("0::/", {"cpu.max": "max 100000", "memory.max": "max"}),
        ("0::/", {}),  # not in the root group of a machine
        ("0::/", {"cpu.max": "", "memory.max": "?"}),
        ("4:cpu,cpuacct:/", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}),
    ],
)
def test_where_no_limit_is_written_there_is_none(tmp_path, version, limits):
    for name, text in limits.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    own = tmp_path / "own"
    assert control_groups.processors(tmp_path, own) == math.inf  # nor where there are no groups
    own.write_text(f"{version}\n", "utf-8")
    assert control_groups.processors(tmp_path, own) == math.inf
    assert control_groups.memory(tmp_path, own) == math.inf


def test_a_part_of_a_core_counts_as_one(monkeypatch):
    monkeypatch.setattr(control_groups, "processors", lambda: 0.1)
    assert cores() == 1


def test_many_cores_have_as_many_processes_as_may_be_named(planned, monkeypatch):
    monkeypatch.setattr(serve, "cores", lambda: 200)
    main(["--processes", "cores", "--port", str(free_port())])
    assert len(planned[0].ports) == 64


def test_more_memory_than_a_container_has_is_said(planned, monkeypatch, capsys):
    monkeypatch.setattr(control_groups, "memory", lambda: 1_000_000_000.0)
    assert budget.memory() == 1_000_000_000
    main(["--processes", "2", "--port", str(free_port())])
    assert "more than the 1.0 GB" in capsys.readouterr().out


def configure(how: str, setting: str, value: str, folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Set one of Streamlit's server settings where somebody who serves the app may have set it."""
    patch.chdir(folder)
    if how == "variable":
        name = re.sub("([A-Z])", r"_\1", setting).upper()
        patch.setenv(f"STREAMLIT_SERVER_{name}", value)
    else:
        file = folder / ".streamlit" / "config.toml"
        file.parent.mkdir()
        file.write_text(f'[server]\n{setting} = "{value}"\n', "utf-8")


def test_below_a_path_health_is_asked_there(planned):
    main(["--processes", "2", "--server.baseUrlPath=/resnet/", "--metrics"])
    assert planned[0].health == "/resnet/_stcore/health"


@pytest.mark.parametrize("how", ["variable", "file"])
def test_so_it_is_where_streamlit_alone_was_told_the_path(planned, monkeypatch, tmp_path, how):
    configure(how, "baseUrlPath", "resnet", tmp_path, monkeypatch)
    main(["--processes", "2"])
    assert planned[0].health == "/resnet/_stcore/health"


@pytest.mark.parametrize("how", ["variable", "file"])
def test_https_of_streamlits_own_is_said_before_anything_starts(
    planned, monkeypatch, tmp_path, capsys, how
):
    configure(how, "sslCertFile", "a.pem", tmp_path, monkeypatch)
    assert main(["--processes", "2"]) == 2
    said = capsys.readouterr().err
    assert "https" in said
    assert len(said.strip().splitlines()) == 1
    assert planned == []


def test_more_memory_than_the_machine_has_is_said(planned, monkeypatch, capsys):
    monkeypatch.setenv(MEMORY_VARIABLE, "1000000")
    main(["--processes", "2"])
    assert MEMORY_VARIABLE in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--processes", "0"), "--processes 0"),
        (("--processes", "many"), "many"),
        (("--processes", "65"), "64"),
        (("--processes", "2", "--drain", "-1"), "--drain"),
        (("--processes", "2", "--server.sslCertFile=a.pem"), "https"),
        (("--processes", "2", "--server.maxUploadSize=much"), "much"),
    ],
)
def test_a_mistake_is_one_sentence(planned, capsys, options, named):
    assert main(options) == 2
    said = capsys.readouterr()
    assert named in said.err
    assert len(said.err.strip().splitlines()) == 1
    assert planned == []


def test_without_haproxy_it_says_what_to_install(planned, monkeypatch, capsys):
    monkeypatch.setattr(serve_many, "_PLACES", "")
    assert main(["--processes", "2"]) == 2
    assert "apt-get install haproxy" in capsys.readouterr().err
    assert planned == []
