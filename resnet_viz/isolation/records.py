"""What an isolated call may take, what it gives, and why it may give nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from resnet_viz import errors

Why = Literal["time", "memory", "crash", "busy", "fault"]


class Stopped(Exception):  # noqa: N818, whoever calls makes a sentence of it
    """A call that gave no answer: it passed a limit, its process died, none was free, or it raised.

    `why` is one of `time`, `memory`, `crash`, `busy` (no process was free for long) and `fault` (an error
    that is no `ExplorerError`; its text is the message).
    """

    def __init__(self, why: Why, text: str = "") -> None:
        super().__init__(text or why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Limits:
    """What one call may take: memory beyond what its process has at rest, processor and clock time."""

    memory: int  # bytes
    cpu_s: float
    wall_s: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What an isolated function returns: plain JSON values, and bytes beside them."""

    record: dict[str, Any]
    content: bytes = b""


Function = Callable[..., Answer]


def tell(
    function: Function, content: bytes, options: dict[str, Any]
) -> tuple[dict[str, Any], bytes]:
    """Call the function; return what `answer` makes an answer or an error of, wherever it is."""
    try:
        answer = function(content, **options)
    except Exception as error:
        kinds = (kind for kind in type(error).__mro__ if kind.__module__ == errors.__name__)
        kind = next(kinds, MemoryError if isinstance(error, MemoryError) else type(error))
        return {"error": kind.__name__, "text": str(error)[:1000]}, b""
    return {"record": answer.record}, answer.content


def answer(told: dict[str, Any], content: bytes) -> Answer:
    """The answer, or what the function raised: an error of its own kind where it is one of ours."""
    if "error" not in told:
        return Answer(dict(told["record"]), content)
    kind = getattr(errors, told["error"], None)
    if isinstance(kind, type) and issubclass(kind, errors.ExplorerError):
        raise kind(str(told["text"]))
    raise Stopped("memory" if told["error"] == MemoryError.__name__ else "fault", str(told["text"]))
