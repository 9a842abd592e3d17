"""What others install: the wheel is built, put into an empty environment, and used from another folder."""

from __future__ import annotations

import json
import re
import subprocess
import tarfile
import tomllib
import urllib.request
import zipfile
from pathlib import Path

import pytest
from mypy import api as mypy

from resnet_viz import __version__
from resnet_viz.analysis.trace import trace
from resnet_viz.figures import tables
from resnet_viz.model.presets import PRESETS, TITLES
from tests.packaging import ROOT, Installed, built, installed_from

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    home, folder = tmp_path_factory.mktemp("environment"), tmp_path_factory.mktemp("elsewhere")
    return installed_from(wheel, home, folder)


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
    assert found["titles"] == ["Layers", f"{TITLES['shapes']}: feature maps of “Star”"]
    assert found["faults"] == []


def test_the_command_starts_the_app_anywhere(installed):
    with installed.serving() as address:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=10) as answer:
            assert answer.read() == b"ok"
        with urllib.request.urlopen(f"{address}/layers", timeout=10) as answer:
            assert b"<html" in answer.read()


# torch's own types are left out: they take mypy minutes, and no public signature needs them here.
MYPY_SETTINGS = """
[mypy]
strict = true
[mypy-torch.*]
follow_imports = skip
"""
USERS_FILE = """
import resnet_viz
from resnet_viz import ImageInput, LoadedModel, ResNetConfig, Trace

config: ResNetConfig = resnet_viz.PRESETS["resnet50"]
traced: Trace = resnet_viz.trace(config, size=331)
image: ImageInput = resnet_viz.sample("cat")
model: LoadedModel = resnet_viz.load(config, "random:1")
markdown: str = resnet_viz.table(traced, "markdown")
params: int = sum(row["params"] for row in resnet_viz.table(traced, "records"))
label: str = resnet_viz.predict(model, image).top[0].label
resnet_viz.nonsense  # wrong: no such name
resnet_viz.trace(3)  # wrong: no network
total: int = resnet_viz.receptive_field(traced, "layer1").box  # wrong: four numbers
"""


def test_mypy_knows_the_types_of_the_installed_package(installed, tmp_path):
    """Strictly, in a file of somebody who uses it: what is wrong is found, and nothing else."""
    settings, file = tmp_path / "mypy.ini", tmp_path / "user.py"
    settings.write_text(MYPY_SETTINGS, "utf-8")
    file.write_text(USERS_FILE, "utf-8")
    options = ["--config-file", str(settings), "--cache-dir", str(tmp_path / "cache")]
    found, fault, _ = mypy.run([*options, "--python-executable", str(installed.python), str(file)])
    assert fault == ""
    wrong = [n for n, line in enumerate(USERS_FILE.splitlines(), 1) if "# wrong" in line]
    assert [int(n) for n in re.findall(r"user\.py:(\d+): error", found)] == wrong, found
