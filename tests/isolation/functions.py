"""Functions that behave badly, to be called in a process of their own."""

import os
import signal
import time

from resnet_viz.errors import ImageError
from resnet_viz.isolation import Answer


def behave(content: bytes, how: str = "well", seconds: float = 0.0) -> Answer:
    """Answer with the content and the ids of the process and of the call's, or do what its name says."""
    BEHAVIOURS[how](seconds)
    return Answer({"pid": os.getppid(), "call": os.getpid(), "how": how}, content[::-1])


def _fill(seconds: float) -> None:
    kept = []
    while True:
        kept.append(bytearray(10_000_000))


def _spin(seconds: float) -> None:
    end = time.process_time() + (seconds or 1000)
    while time.process_time() < end:
        pass


def _refuse(seconds: float) -> None:
    raise ImageError("This one is refused.")


def _err(seconds: float) -> None:
    raise KeyError("not there")


BEHAVIOURS = {
    "well": lambda seconds: None,
    "hang": lambda seconds: time.sleep(1000),
    "spin": _spin,
    "fill": _fill,
    "crash": lambda seconds: os.kill(os.getpid(), signal.SIGSEGV),
    "be killed": lambda seconds: os.kill(os.getpid(), signal.SIGKILL),
    "leave": lambda seconds: os._exit(0),
    "refuse": _refuse,
    "err": _err,
}
