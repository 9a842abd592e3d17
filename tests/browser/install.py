"""Find a Chromium and HAProxy, or install them: the system's packages first, Playwright's own build last."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from resnet_viz import serve_many
from resnet_viz.errors import ExplorerError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str | None:
    """Where a Chromium is on this machine; None when there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def haproxy() -> str | None:
    """Where HAProxy is on this machine; None when there is none."""
    try:
        return serve_many.haproxy()
    except ExplorerError:
        return None


def install() -> None:
    """Make sure that both are there; exits with a sentence when that is not possible."""
    missing = [name for name, find in PROGRAMS.items() if not find()]
    if missing and shutil.which("apt-get"):
        root = [] if os.geteuid() == 0 else ["sudo"]
        subprocess.run([*root, "apt-get", "update", "-qq"], check=False)
        subprocess.run([*root, "apt-get", "install", "-y", "-qq", *missing], check=False)
    if not haproxy():
        sys.exit("No HAProxy was found and none could be installed; install one and try again.")
    if not chromium():
        done = subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"])
        if done.returncode:
            sys.exit(
                "No Chromium was found and none could be installed; install one and try again."
            )


PROGRAMS = {"chromium": chromium, "haproxy": haproxy}  # by the names of Debian's packages


if __name__ == "__main__":
    install()
