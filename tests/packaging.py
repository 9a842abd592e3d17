"""The distributions of this repository, and an environment with nothing of the repository but those."""

from __future__ import annotations

import os
import site
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.browser.serving import free_port, started

ROOT: Final = Path(__file__).parents[1]

# What would show if Streamlit took the settings of the folder in which the command is called.
FOREIGN_SETTINGS: Final = """
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


def installed_from(wheel: Path, home: Path, folder: Path) -> Installed:
    """An environment in `home` with the wheel, beside the packages of the one that runs the tests.

    `folder` gets settings of its own, which the app must not take.
    """
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
