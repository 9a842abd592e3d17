"""Commands in README and docs: each is read by the program that it calls."""

import argparse
import re
import shlex
from collections.abc import Callable
from dataclasses import fields

import pytest
import streamlit

import resnet_viz.__main__
import resnet_viz.training.__main__
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.presets import PRESETS
from resnet_viz.ui.frame import runtime
from resnet_viz.weights.checkpoints import networks
from resnet_viz.weights.folder import VARIABLE
from tests.markdown import DOCS, ROOT, WRITTEN, commands, page, part, shell_lines, spans

ACTIONS = {"list", "fetch", "verify", "convert"}  # of `resnet-explorer weights`
PLACEHOLDERS = {"NETWORK"}
MAKEFILE = page("Makefile")
each_page = pytest.mark.parametrize("name", WRITTEN)


class FoundError(Exception):
    """Carries the parser of a command."""


def parser_of(main: Callable[..., int]) -> argparse.ArgumentParser:
    """The parser that a command and its subcommands are read with."""

    def found(parser, *_):
        raise FoundError(parser)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(argparse.ArgumentParser, "parse_args", found)
        with pytest.raises(FoundError) as error:
            main(["--help"])
    parser = error.value.args[0]
    assert isinstance(parser, argparse.ArgumentParser)
    return parser


EXPLORER = parser_of(resnet_viz.__main__.main)
TRAINING = parser_of(resnet_viz.training.__main__.main)
PROGRAMS = {  # the longer name first
    "python -m resnet_viz.training": TRAINING,
    "python -m resnet_viz": EXPLORER,
    "resnet-explorer": EXPLORER,
}


def call(command: str) -> tuple[argparse.ArgumentParser, list[str]] | None:
    """The parser and the arguments when a command is one of ours."""
    for program, parser in PROGRAMS.items():
        if match := re.fullmatch(rf"(?:\S*/)?{re.escape(program)}( .*)?", command):
            return parser, shlex.split(match[1] or "")
    return None


def calls(text: str) -> list[tuple[argparse.ArgumentParser, list[str]]]:
    return [found for command in commands(text) if (found := call(command))]


def help_of(
    parser: argparse.ArgumentParser, words: list[str], capsys: pytest.CaptureFixture[str]
) -> str:
    """What a command, or a subcommand that is named, says of itself."""
    with pytest.raises(SystemExit) as end:
        parser.parse_args([*words, "--help"])
    assert end.value.code == 0
    return capsys.readouterr().out


def has_option(told: str, option: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", told) is not None


@each_page
def test_our_commands_can_be_called_as_they_are_written(name):
    for parser, words in calls(WRITTEN[name]):
        options = parser.parse_args(words)  # exits at an argument that is not known
        for network in (getattr(options, "name", None), getattr(options, "network", None)):
            assert network in {*PRESETS, *PLACEHOLDERS, None}, words
        assert set(getattr(options, "names", ())) <= set(networks()), words
        for change in getattr(options, "set", ()):
            assert change.split("=")[0] in {field.name for field in fields(ResNetConfig)}, words


def test_the_docs_show_every_command():
    shown = [words for text in DOCS.values() for parser, words in calls(text) if words]
    assert {words[0] for words in shown} >= {"trace", "predict", "explain", "weights"}
    assert {words[1] for words in shown if words[0] == "weights"} == ACTIONS
    assert sum(parser is TRAINING for text in DOCS.values() for parser, _ in calls(text)) >= 6


@each_page
def test_options_behind_a_command_are_its_own(name, capsys):
    for line, comment in shell_lines(WRITTEN[name]):
        if comment and (found := call(line)):
            told = help_of(*found, capsys)
            for option in re.findall(r"--\w[\w-]*", comment):
                assert has_option(told, option), (line, option)
            for form in re.findall(r"--format (\w+)(?: or (\w+))?", comment):
                assert all(each in part(r"--format \{(.*?)\}", told) for each in form)


@each_page
def test_options_in_the_text_are_known_to_some_command(name, capsys):
    subcommands = [
        ["trace"],
        ["predict"],
        ["explain"],
        *(["weights", action] for action in ACTIONS),
    ]
    told = [help_of(TRAINING, [], capsys)]
    told += [help_of(EXPLORER, words, capsys) for words in ([], *subcommands)]
    with pytest.raises(SystemExit):
        runtime.read_arguments(["--help"])
    told.append(capsys.readouterr().out)
    for span in spans(WRITTEN[name]):
        if span.startswith("-"):
            assert has_option("\n".join(told), span.split()[0]), span


@each_page
def test_make_has_the_targets_and_variables_that_are_named(name):
    targets = set(re.findall(r"^([a-z]+):", MAKEFILE, re.M))
    for command in commands(WRITTEN[name]):
        if match := re.fullmatch(r"((?:\w+=\S+ )*)make((?: \S+)*)", command):
            words = f"{match[1]} {match[2]}".split()
            assert {word for word in words if "=" not in word} <= targets, command
            for variable in (word.partition("=")[0] for word in words if "=" in word):
                assert f"$({variable})" in MAKEFILE, command


def test_readme_and_docs_say_how_to_start_test_and_measure():
    start = {"make app", "make test", "pip install .", "resnet-explorer"}
    assert start <= set(commands(DOCS["README.md"]))
    assert ".venv/bin/streamlit run app.py" in commands(DOCS["README.md"])
    assert any("make bench" in commands(text) for text in DOCS.values())


@each_page
def test_streamlit_can_be_called_as_it_is_written(name, tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, "")  # which the arguments set
    for command in commands(WRITTEN[name]):
        if match := re.search(r"streamlit run (\S+)(.*)", command):
            assert (ROOT / match[1]).is_file(), command
            theirs, _, ours = match[2].partition(" -- ")
            for option in re.findall(r"--(\S+)", theirs):
                streamlit.get_option(option)  # raises where there is none
            runtime.read_arguments(shlex.split(ours.replace("FOLDER", str(tmp_path))))


@each_page
def test_what_pip_is_told_to_install_is_what_the_requirements_say(name):
    wanted = page("requirements.txt").splitlines()
    for command in commands(WRITTEN[name]):
        if "pip install" in command:
            for file in re.findall(r"-[rc] (\S+)", command):
                assert (ROOT / file).is_file(), command
        for pinned in re.findall(r"\btorch==\S+", command):
            assert pinned in wanted, command
