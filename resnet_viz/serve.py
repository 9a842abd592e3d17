"""Start the app: `streamlit run` on its `app.py`, wherever the package lies, once or several times."""

from __future__ import annotations

import errno
import re
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from resnet_viz import serve_many
from resnet_viz.budget import MEMORY_VARIABLE, budget, cores, memory
from resnet_viz.errors import ExplorerError, reason
from resnet_viz.one_line import quoted

FIRST_PORT: Final = 8501
_PORTS: Final = range(FIRST_PORT, FIRST_PORT + 100)  # tried one after the other where none is named
CORES: Final = "cores"  # for --processes: as many as there are
DRAIN_S: Final = 10.0
_MOST_PROCESSES: Final = 64
_IDLE_GB: Final = 0.5  # of a process that keeps nothing
_OPTION: Final = re.compile(r"--\w+\.\w+=.*", re.DOTALL)  # --server.maxUploadSize=500


def app_file() -> Path:
    """The script that Streamlit runs: in the installed package, or at the root of the repository.

    Its pages and `.streamlit/config.toml` lie beside it, where Streamlit looks for them, whatever the
    working directory. Raises `ExplorerError` when it is in neither place.
    """
    package = Path(__file__).parent
    for folder in (package / "_app", package.parent):
        if (folder / "app.py").is_file() and (folder / "pages").is_dir():
            return folder / "app.py"
    raise ExplorerError(f"The app's own files are missing in {package}; install it once more.")


def serve(
    address: str = "localhost",
    port: int | None = None,
    weights_dir: Path | None = None,
    options: Sequence[str] = (),
    *,
    embed_in: Sequence[str] = (),
    metrics: bool = False,
    processes: str = "1",
    drain: float = DRAIN_S,
) -> int:
    """Serve the app until it is ended; returns the exit status, 0.

    `options` are Streamlit's own, each `--section.option=value`. `embed_in` names origins whose pages
    may hold the app in a frame; `metrics` serves Streamlit's own numbers at `/_stcore/metrics`.
    `processes` is how many there are, behind HAProxy when they are several; `drain` how many seconds
    their visitors have left when they are told to end.

    Raises:
        ExplorerError: the port is taken, the address is not this machine's, the folder is not there, an
            origin is none, Streamlit does not know an option, a budget in the environment is no number,
            or several processes cannot be.
    """
    count = _count(processes)
    budget()  # a variable that cannot be read is said before anything starts
    _check_options(options)
    arguments = [f"--embed-in={_origin(each)}" for each in embed_in]
    arguments += ["--metrics"] * metrics + _weights_dir(weights_dir)
    port = _free_port(address) if port is None else _check_port(address, port)
    # Streamlit's own welcome asks a server on the internet for this machine's address.
    flags = [
        "--logger.hideWelcomeMessage=true",
        *options,
        *(["--", *arguments] if arguments else []),
    ]
    shown = f"ResNet Explorer: http://{_shown(address)}:{port}"
    if count == 1:
        here = [f"--server.address={address}", f"--server.port={port}"]
        call = ["run", str(app_file()), *here, *flags]
        _check_call(call)
        print(f"{shown} (Ctrl-C ends it)", flush=True)
        _run(call)
        return 0
    _check_many(drain)
    call = ["run", str(app_file()), "--server.address=127.0.0.1", *flags]
    health = f"{_base_path(call)}/_stcore/health"
    print(_memory(count))
    serve_many.become(
        serve_many.Plan(
            command=[sys.executable, "-m", "streamlit", *call],
            ports=_ports_behind(port, count),
            bind=_bound(address, port),
            health=health,
            drain=drain,
            welcome=f"{shown}, {count} processes (Ctrl-C ends it)",
        )
    )


def _check_options(options: Sequence[str]) -> None:
    for option in options:
        if not _OPTION.fullmatch(option):
            raise ExplorerError(
                f"There is no option {quoted(option)}; --help lists them, and Streamlit's own are "
                "written --section.option=value."
            )


def _weights_dir(folder: Path | None) -> list[str]:
    """The app's own option for the operator's folder of weights."""
    if folder is None:
        return []
    if not folder.is_dir():
        raise ExplorerError(f"There is no folder “{folder}” for --weights-dir.")
    return ["--weights-dir", str(folder.resolve())]


def _count(processes: str) -> int:
    """How many processes there are to be."""
    if processes == CORES:
        return min(cores(), _MOST_PROCESSES)
    if processes.isascii() and processes.isdigit() and 1 <= int(processes[:9]) <= _MOST_PROCESSES:
        return int(processes)
    raise ExplorerError(
        f"--processes {processes[:20]} is not accepted; choose 1 to {_MOST_PROCESSES}, or {CORES}."
    )


def _check_many(drain: float) -> None:
    """Raise `ExplorerError` when there is no HAProxy, or it would not do what is asked for."""
    serve_many.haproxy()
    if not 0 <= drain <= 3600:
        raise ExplorerError(f"--drain {drain:g} is not accepted; choose 0 to 3,600 seconds.")


def _base_path(call: list[str]) -> str:
    """Below which path Streamlit will serve the app: "/resnet", or nothing.

    Options, variables and files of configuration may say so. Raises `ExplorerError` when one of them has
    Streamlit speak https, or it would not accept the call.
    """
    from streamlit import config
    from streamlit.web import bootstrap

    read = _check_call(call)
    config._main_script_path = read["target"]  # `streamlit run` too looks beside it
    bootstrap.load_config_options({name: read[name] for name in read.keys() - {"target", "args"}})
    if config.get_option("server.sslCertFile") or config.get_option("server.sslKeyFile"):
        raise ExplorerError(
            "Several processes serve http; leave Streamlit's server.sslCertFile and server.sslKeyFile "
            "out and take a proxy for https, as docs/deploy.md says."
        )
    path = str(config.get_option("server.baseUrlPath")).strip("/")
    return f"/{path}" if path else ""


def _ports_behind(front: int, count: int) -> list[int]:
    """Free ports of this host for the processes, the next after the one that visitors come in by."""
    ports = [
        port for port in range(front + 1, min(front + 400, 65_536)) if not _bind("127.0.0.1", port)
    ]
    if len(ports) < count:
        raise ExplorerError(f"Behind port {front} too few are free; name another with --port.")
    return ports[:count]


def _bound(address: str, port: int) -> str:
    """An address as HAProxy is told to listen on it."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    number = socket.getaddrinfo(address or "0.0.0.0", port, family)[0][4][0]
    return f"{'ipv6' if ':' in address else 'ipv4'}@{number}:{port}"


def _memory(count: int) -> str:
    """How much memory so many processes may take, and what to do where that is more than there is."""
    each = budget().server / 1e9 + _IDLE_GB
    sentence = f"{count} processes of at most {each:.1f} GB each, {count * each:.1f} GB in all"
    there = memory() / 1e9
    if count * each <= there:
        return f"{sentence}."
    return (
        f"{sentence}, are more than the {there:.1f} GB that may be used here; {MEMORY_VARIABLE} lowers "
        "what each may keep."
    )


def _origin(text: str) -> str:
    from resnet_viz.ui.frame import web

    if not web.is_origin(text):
        raise ExplorerError(
            f"{quoted(text)} is no origin; write it as https://course.example.org, without a path."
        )
    return text


def _check_call(arguments: list[str]) -> dict[str, Any]:
    """What `streamlit` reads in these arguments; raises `ExplorerError` when it would not accept them."""
    import click
    from streamlit.web import cli

    try:
        return cli.main_run.make_context("run", arguments[1:]).params
    except click.ClickException as error:
        raise ExplorerError(" ".join(error.format_message().split())) from None


def _run(arguments: list[str]) -> None:
    """Call `streamlit` with these arguments, which have been found good."""
    import click
    from streamlit.web import cli

    with suppress(click.exceptions.Abort):  # Ctrl-C, which is how it ends
        cli.main(arguments, prog_name="streamlit", standalone_mode=False)


def _free_port(address: str) -> int:
    """The first port from 8501 on that nobody listens on."""
    for port in _PORTS:
        if _bind(address, port) is None:
            return port
    raise ExplorerError(
        f"No port from {_PORTS[0]} to {_PORTS[-1]} is free; name another one with --port."
    )


def _check_port(address: str, port: int) -> int:
    if not 1 <= port <= 65_535:
        raise ExplorerError(f"Port {port} is not accepted; choose 1 to 65,535.")
    fault = _bind(address, port)
    if fault is None:
        return port
    if fault.errno == errno.EADDRINUSE:
        raise ExplorerError(f"Port {port} is in use on this machine; choose another with --port.")
    raise ExplorerError(
        f"Port {port} cannot be opened: {reason(fault)}; choose another with --port."
    )


def _bind(address: str, port: int) -> OSError | None:
    """What stands in the way of listening there, as Streamlit will; an address that is none is said."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as trial:
        if sys.platform != "win32":
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((address, port))
            trial.listen()
        except (socket.gaierror, UnicodeError):
            raise _not_here(address) from None
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise _not_here(address) from None
            return error
    return None


def _not_here(address: str) -> ExplorerError:
    return ExplorerError(
        f"{quoted(address)} is no address of this machine; choose localhost, or 0.0.0.0 for all."
    )


def _shown(address: str) -> str:
    """The address as a browser on this machine wants it."""
    if address in ("0.0.0.0", "::", ""):
        return "localhost"
    return f"[{address}]" if ":" in address else address
