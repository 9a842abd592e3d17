"""The command that starts the app: which script, which port, and what it says of a mistake."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from resnet_viz import serve
from resnet_viz.__main__ import main
from resnet_viz.errors import ExplorerError
from tests.browser.serving import free_port

ROOT = Path(__file__).parents[1]


@pytest.fixture
def taken() -> Iterator[int]:
    """A port of this host on which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def streamlit_gets(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What Streamlit is called with; it does not start."""
    from streamlit.web import cli

    calls: list[list[str]] = []
    monkeypatch.setattr(cli, "main", lambda arguments, **_: calls.append(arguments))
    return calls


def test_in_the_repository_it_is_the_app_at_its_root():
    assert serve.app_file() == ROOT / "app.py"


def test_options_are_passed_on(streamlit_gets, capsys, tmp_path):
    port = str(free_port())
    options = ["--address", "127.0.0.1", "--port", port, "--weights-dir", str(tmp_path)]
    assert main([*options, "--server.maxUploadSize=50"]) == 0
    (got,) = streamlit_gets
    assert got[:2] == ["run", str(ROOT / "app.py")]
    assert {"--server.address=127.0.0.1", f"--server.port={port}"} <= set(got)
    assert "--server.maxUploadSize=50" in got
    assert got[-3:] == ["--", "--weights-dir", str(tmp_path)]
    assert f"http://127.0.0.1:{port} " in capsys.readouterr().out


def test_by_itself_it_serves_this_machine_alone_on_the_first_free_port(
    streamlit_gets, monkeypatch, taken
):
    monkeypatch.setattr(serve, "_PORTS", range(taken, taken + 50))
    assert main([]) == 0
    (got,) = streamlit_gets
    assert "--server.address=localhost" in got
    (port,) = (int(each.partition("=")[2]) for each in got if each.startswith("--server.port="))
    assert taken < port < taken + 50


def test_when_no_port_is_free_it_says_so(monkeypatch, taken):
    monkeypatch.setattr(serve, "_PORTS", range(taken, taken + 1))
    with pytest.raises(ExplorerError, match="--port"):
        serve.serve()


def test_streamlits_own_names_for_port_and_address_are_known(streamlit_gets, taken):
    with pytest.raises(ExplorerError, match=f"Port {taken} is in use"):
        serve.serve("127.0.0.1", taken)
    assert main(["--server.address=127.0.0.1", f"--server.port={taken}"]) == 2
    assert streamlit_gets == []


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--port", "99999"), "99999"),
        (("--port", "0"), "Port 0"),
        (("--address", "192.0.2.1"), "192.0.2.1"),  # TEST-NET-1, which no machine has
        (("--address", "no host"), "no host"),
        (("--weights-dir", "nowhere"), "nowhere"),
        (("--prot", "8600"), "--prot"),
        (("--server.prot=8600",), "--server.prot"),
        (("--server.maxUploadSize=much",), "much"),
        (("tarce", "shapes"), "tarce"),
        (("--port", "8600", "extra"), "extra"),
    ],
)
def test_a_mistake_is_one_sentence_before_anything_starts(streamlit_gets, capsys, options, named):
    assert main(options) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert named in said.err
    assert len(said.err.strip().splitlines()) == 1
    assert streamlit_gets == []


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--port", "many"), "many"),
        (("--port",), "--port"),
        (("trace",), "NAME"),
        (("trace", "shapes", "--bogus"), "--bogus"),
        (("trace", "shapes", "--format", "xml"), "xml"),
    ],
)
def test_so_is_one_that_the_parser_finds(capsys, options, named):
    with pytest.raises(SystemExit) as ended:
        main(options)
    said = capsys.readouterr()
    assert ended.value.code == 2
    assert named in said.err
    assert len(said.err.strip().splitlines()) == 1


def test_help_names_the_options_of_the_app_and_the_commands(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"], prog="resnet-explorer")
    said = capsys.readouterr().out
    assert ended.value.code == 0
    for name in ("resnet-explorer", "--port", "--address", "--weights-dir", "trace", "weights"):
        assert name in said
