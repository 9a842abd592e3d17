"""What others install: the wheel is built, put into an empty environment, and used from another folder."""

from __future__ import annotations

import json
import os
import re
import site
import subprocess
import sys
import tarfile
import tomllib
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from resnet_viz import __version__
from resnet_viz.analysis.trace import trace
from resnet_viz.figures import tables
from resnet_viz.model.presets import PRESETS, TITLES
from tests.browser.serving import free_port, settled, started

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

# What would show if Streamlit took the settings of the folder in which the command is called.
FOREIGN_SETTINGS = """
[server]
maxUploadSize = 1
[theme.light]
primaryColor = "#00ff00"
backgroundColor = "#ff0000"
"""


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel and nothing of the repository."""

    python: Path
    command: Path
    folder: Path  # a foreign working directory

    @property
    def environment(self) -> dict[str, str]:
        """Nothing that would lead to the repository."""
        return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def run(self, *command: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment in the foreign folder."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert not check or done.returncode == 0, done.stderr
        return done

    @contextmanager
    def serving(self, *options: str) -> Iterator[str]:
        """The address of the app as the installed command serves it."""
        port = free_port()
        command = [str(self.command), "--port", str(port), "--address", "127.0.0.1", *options]
        with started(command, port, self.folder, self.environment) as address:
            yield address


def built(target: str, source: Path, folder: Path) -> Path:
    """The distribution of a source tree; the build back end is here, so that no network is needed."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)],
        cwd=source,
        check=True,
        capture_output=True,
        timeout=120,
    )
    (made,) = folder.iterdir()
    return made


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    home, folder = tmp_path_factory.mktemp("environment"), tmp_path_factory.mktemp("elsewhere")
    venv.create(home, with_pip=False)
    binaries = home / ("Scripts" if os.name == "nt" else "bin")
    python = binaries / ("python.exe" if os.name == "nt" else "python")
    asked = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
    Path(packages, "beside.pth").write_text("\n".join(site.getsitepackages()), "utf-8")
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-index"]
    subprocess.run([*pip, "--no-deps", str(wheel)], check=True, timeout=120)
    (folder / ".streamlit").mkdir()
    (folder / ".streamlit" / "config.toml").write_text(FOREIGN_SETTINGS, "utf-8")
    return Installed(python, binaries / "resnet-explorer", folder)


def contents(wheel: Path) -> dict[str, int]:
    """The size of every file in a wheel, by name."""
    with zipfile.ZipFile(wheel) as archive:
        return {entry.filename: entry.file_size for entry in archive.infolist()}


def tracked(*folders: str) -> list[str]:
    """The files of the repository in these places."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", *folders], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [name for name in listed.stdout.split("\0") if name]


def test_dependencies_are_those_of_requirements_txt():
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    assert PROJECT["dependencies"] == [line for line in lines if line and line[0] != "#"]


def test_the_version_is_the_packages(wheel):
    assert wheel.name == f"resnet_explorer-{__version__}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = archive.read(name).decode("utf-8")
    assert f"\nVersion: {__version__}\n" in metadata
    assert "\nLicense-Expression: MIT\n" in metadata
    assert "\nLicense-File: LICENSE\n" in metadata
    assert (ROOT / "README.md").read_text("utf-8") in metadata


def test_every_file_of_the_package_is_in_the_wheel_and_whole(wheel):
    inside, package = contents(wheel), tracked("resnet_viz")
    assert sum(not name.endswith(".py") for name in package) > 100
    for name in package:
        assert inside.get(name) == (ROOT / name).stat().st_size, name


def test_the_app_is_in_the_wheel_and_no_test(wheel):
    inside = contents(wheel)
    app = tracked("app.py", "pages", ".streamlit")
    assert len(app) >= 10
    for name in app:
        assert inside.get(f"resnet_viz/_app/{name}") == (ROOT / name).stat().st_size, name
    known = {*tracked("resnet_viz"), *(f"resnet_viz/_app/{name}" for name in app)}
    more = [name for name in inside if name not in known]
    assert all(re.match(r"resnet_explorer-[^/]+\.dist-info/", name) for name in more), more


def test_the_source_distribution_gives_the_same_wheel(wheel, tmp_path):
    archive = built("sdist", ROOT, tmp_path / "sdist")
    with tarfile.open(archive) as files:
        names = {name.partition("/")[2] for name in files.getnames()}
        files.extractall(tmp_path, filter="data")
    assert {"LICENSE", "README.md", "docs/api.md", "pyproject.toml"} <= names
    assert not any(name.startswith("tests/") for name in names)
    again = built("wheel", tmp_path / archive.name.removesuffix(".tar.gz"), tmp_path / "again")
    assert contents(again) == contents(wheel)


def test_what_is_imported_is_the_wheels(installed):
    code = "import resnet_viz; print(resnet_viz.__file__, resnet_viz.__version__)"
    place, version = installed.run(installed.python, "-c", code).stdout.split()
    assert Path(place).is_relative_to(installed.python.parents[1])
    assert not Path(place).is_relative_to(ROOT)
    assert version == __version__


def test_the_command_answers(installed):
    done = installed.run(installed.command, "trace", "shapes", "--format", "json")
    assert done.stdout == tables.to_json(trace(PRESETS["shapes"])) + "\n"


def test_the_installed_app_draws_its_pages(installed):
    """In a process of the environment: a deep page first, then one with a sample and bundled weights."""
    code = """
import json
from streamlit.testing.v1 import AppTest
from resnet_viz.serve import app_file
app = AppTest.from_file(str(app_file()), default_timeout=200)
titles = [app.switch_page(f"pages/{slug}.py").run().title[0].value for slug in ("layers", "overview")]
faults = [fault.value for fault in (*app.exception, *app.error)]
print(json.dumps({"app": str(app_file()), "titles": titles, "faults": faults}))
"""
    found = json.loads(installed.run(installed.python, "-c", code).stdout.splitlines()[-1])
    assert Path(found["app"]).is_relative_to(installed.python.parents[1])
    assert found["titles"] == ["Layers", f"{TITLES['shapes']}: feature maps and prediction"]
    assert found["faults"] == []


def test_the_command_starts_the_app_anywhere(installed):
    with installed.serving() as address:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=10) as answer:
            assert answer.read() == b"ok"
        with urllib.request.urlopen(f"{address}/layers", timeout=10) as answer:
            assert b"<html" in answer.read()


@pytest.mark.browser
def test_the_first_visitor_of_the_installed_app_opens_a_deep_page(page: Page, installed):
    """With the colours that were shipped, and not those of the folder that it was started in."""
    with installed.serving() as address:
        page.goto(f"{address}/layers?model=resnet34&layer=layer2.1")
        settled(page)
        expect(page.get_by_role("heading", level=1)).to_have_text("Layers")
        expect(page.get_by_test_id("stMain")).to_contain_text("ResNet-34")
        expect(page.get_by_test_id("stSidebar").get_by_text("Selected layer")).to_be_visible()
        expect(page.get_by_test_id("stApp")).to_have_css("background-color", "rgb(255, 255, 255)")
        page.close()  # before the server goes: what still loads would complain
