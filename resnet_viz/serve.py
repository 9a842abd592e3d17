"""Start the app: `streamlit run` on its `app.py`, wherever the package lies."""

from __future__ import annotations

import errno
import re
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from resnet_viz.budget import budget
from resnet_viz.errors import ExplorerError, reason

FIRST_PORT: Final = 8501
_PORTS: Final = range(FIRST_PORT, FIRST_PORT + 100)  # tried one after the other where none is named
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
) -> int:
    """Serve the app until it is ended; returns the exit status, 0.

    `options` are Streamlit's own, each `--section.option=value`. `embed_in` names origins whose pages
    may hold the app in a frame; `metrics` serves Streamlit's own numbers at `/_stcore/metrics`.

    Raises:
        ExplorerError: the port is taken, the address is not this machine's, the folder is not there, an
            origin is none, Streamlit does not know an option, or a budget in the environment is no number.
    """
    script = app_file()
    budget()  # a variable that cannot be read is said before anything starts
    for option in options:
        if not _OPTION.fullmatch(option):
            raise ExplorerError(
                f"There is no option “{option[:60]}”; --help lists them, and Streamlit's own are "
                "written --section.option=value."
            )
    arguments = [f"--embed-in={_origin(each)}" for each in embed_in]
    arguments += ["--metrics"] * metrics
    if weights_dir is not None:
        if not weights_dir.is_dir():
            raise ExplorerError(f"There is no folder “{weights_dir}” for --weights-dir.")
        arguments += ["--weights-dir", str(weights_dir.resolve())]
    port = _free_port(address) if port is None else _check_port(address, port)
    flags = [f"--server.address={address}", f"--server.port={port}"]
    # Streamlit's own welcome asks a server on the internet for this machine's address.
    flags += ["--logger.hideWelcomeMessage=true", *options]
    _run(
        ["run", str(script), *flags, *(["--", *arguments] if arguments else [])],
        f"ResNet Explorer: http://{_shown(address)}:{port} (Ctrl-C ends it)",
    )
    return 0


def _origin(text: str) -> str:
    from resnet_viz.ui.frame import web

    if not web.is_origin(text):
        raise ExplorerError(
            f"“{text[:60]}” is no origin; write it as https://course.example.org, without a path."
        )
    return text


def _run(arguments: list[str], welcome: str) -> None:
    """Call `streamlit` with these arguments, and say so once they have been found good."""
    import click
    from streamlit.web import cli

    try:
        cli.main_run.make_context("run", arguments[1:])
        print(welcome, flush=True)
        cli.main(arguments, prog_name="streamlit", standalone_mode=False)
    except click.exceptions.Abort:  # Ctrl-C, which is how it ends
        return
    except click.ClickException as error:
        raise ExplorerError(" ".join(error.format_message().split())) from None


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
        f"“{address[:60]}” is no address of this machine; choose localhost, or 0.0.0.0 for all."
    )


def _shown(address: str) -> str:
    """The address as a browser on this machine wants it."""
    if address in ("0.0.0.0", "::", ""):
        return "localhost"
    return f"[{address}]" if ":" in address else address
