"""requirements.lock pins what the requirements ask for, and everything that those need."""

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
ASKED = sorted(ROOT.glob("requirements*.txt"))
OF_CUDA = re.compile(r"nvidia|cuda|triton")


def requirements_of(file: Path) -> list[Requirement]:
    """The requirements of a file, without comments and what it includes with -r."""
    lines = (line.partition("#")[0].strip() for line in file.read_text("utf-8").splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("-r ")]


LOCKED = requirements_of(ROOT / "requirements.lock")


def pin(name: str) -> Version | None:
    """The version that the lock has for this Python and system."""
    for locked in LOCKED:
        if canonicalize_name(locked.name) == canonicalize_name(name) and applies(locked.marker):
            return Version(str(locked.specifier).removeprefix("=="))
    return None


def applies(marker: Marker | None) -> bool:
    return marker is None or marker.evaluate({"extra": ""})


def needed_by(name: str) -> list[Requirement]:
    """What an installed package needs here; not what only CUDA's build of torch needs."""
    every = [Requirement(text) for text in metadata.requires(name) or ()]
    return [each for each in every if applies(each.marker) and not OF_CUDA.match(each.name)]


@pytest.mark.parametrize("file", ASKED, ids=lambda file: file.name)
def test_the_pin_of_a_requirement_is_a_version_that_it_accepts(file):
    asked = requirements_of(file)
    assert len(asked) >= 6
    for requirement in asked:
        pinned = pin(requirement.name)
        assert pinned, f"{requirement} has no pin: make lock"
        assert pinned in requirement.specifier, f"{requirement} is pinned to {pinned}: make lock"


def test_whatever_a_pinned_package_needs_is_pinned_too():
    here = [locked.name for locked in LOCKED if applies(locked.marker)]
    assert len(here) >= 50
    for name in here:
        for requirement in needed_by(name):
            pinned = pin(requirement.name)
            assert pinned, f"{name} needs {requirement}: make lock"
            assert pinned in requirement.specifier, f"{name} needs {requirement}, not {pinned}"


def test_every_line_is_one_exact_version_for_the_cpu_and_the_cuda_build_of_torch():
    for locked in LOCKED:
        assert re.fullmatch(r"==[\w.]+", str(locked.specifier)), locked
        assert not locked.url, locked
        assert not OF_CUDA.match(locked.name), locked
    assert "torch==2.13.0" in {str(locked) for locked in LOCKED}


def test_the_lock_names_no_place_that_it_was_made_from():
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    assert not re.findall(r"://|--|(?<![\w.])/", lock)


def test_the_lock_was_made_with_what_torch_needs():
    """`[tool.uv]` says it instead of torch's own metadata, which may be those of a CUDA build."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    (told,) = settings["tool"]["uv"]["dependency-metadata"]
    assert told["name"] == "torch"
    assert set(map(str, map(Requirement, told["requires-dist"]))) == {
        str(requirement) for requirement in needed_by("torch")
    }
