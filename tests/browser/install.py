"""Find a Chromium, or install one: the system's package first, Playwright's own build last."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str | None:
    """Where a Chromium is on this machine; None when there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def install() -> None:
    """Make sure that there is one; exits with a sentence when that is not possible."""
    if chromium():
        return
    if shutil.which("apt-get"):
        root = [] if os.geteuid() == 0 else ["sudo"]
        subprocess.run([*root, "apt-get", "update", "-qq"], check=False)
        subprocess.run([*root, "apt-get", "install", "-y", "-qq", "chromium"], check=False)
    if not chromium():
        done = subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"])
        if done.returncode:
            sys.exit(
                "No Chromium was found and none could be installed; install one and try again."
            )


if __name__ == "__main__":
    install()
