"""A process that serves calls of one function, and this end of the connection to it."""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Final

from resnet_viz import errors
from resnet_viz.isolation.child import MAX_RECORD, READY
from resnet_viz.isolation.records import Answer, Function, Limits, Stopped, Why, answer

if sys.platform != "win32":
    from multiprocessing import Pipe
    from multiprocessing.connection import wait

_START_S: Final = 30.0  # for Python and the imports of the module, on a busy machine
_GRACE_S: Final = 5.0  # more than a call gives itself: then its process is ended from here
_MAX_ANSWER: Final = 2**30  # bytes beside the record
_START: Final = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1])\n"
    "from resnet_viz.isolation.child import serve; serve(*sys.argv[2:])"
)
# One thread and one heap, and large blocks that go back to the system at once.
_ENVIRONMENT: Final = {
    **{f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL")},
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(2**20),
}


def is_supported() -> bool:
    """Whether this system can limit a process; if not, isolated functions run in this one."""
    return sys.platform != "win32" and bool(sys.executable)


class Process:
    """A process that serves calls of one function, and this end of the connection to it."""

    def __init__(self, function: Function, limits: Limits) -> None:
        self._limits = limits
        self._connection, theirs = Pipe()
        # Nobody writes into it: it ends with the process, while a call's child may still hold the other.
        self._lifeline, lives = Pipe(duplex=False)
        with theirs, lives:
            try:
                self._process = subprocess.Popen(
                    [
                        sys.executable,
                        *("-c", _START, json.dumps(sys.path)),
                        *(function.__module__, function.__qualname__),
                        *(str(theirs.fileno()), str(lives.fileno())),
                        *(str(limits.memory), str(limits.cpu_s), str(limits.wall_s)),
                    ],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    pass_fds=(theirs.fileno(), lives.fileno()),
                    env=os.environ | _ENVIRONMENT,
                    start_new_session=True,  # Ctrl-C is for this process, which then ends that one
                )
            except OSError as error:
                raise Stopped("fault", errors.reason(error)) from None
        atexit.register(self.end)
        try:
            with self._watched(_START_S):
                self._connection.recv_bytes(len(READY))
        except (EOFError, OSError):
            self.end()
            raise Stopped("fault", "no process could be started") from None

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def call(self, content: bytes, options: Mapping[str, Any]) -> Answer:
        """Ask for an answer; raises as `Isolated.__call__`."""
        try:
            # A call ends itself at its limits; this is for a process that cannot say so any more.
            with self._watched(self._limits.wall_s + _GRACE_S):
                self._connection.send_bytes(json.dumps(dict(options)).encode())
                self._connection.send_bytes(content)
                if self._connection not in wait([self._connection, self._lifeline]):
                    raise EOFError
                told = json.loads(self._connection.recv_bytes(MAX_RECORD))
                beside = self._connection.recv_bytes(_MAX_ANSWER)
            if "died" in told:
                raise Stopped(_why(told["died"]))
            return answer(told, beside)
        except (EOFError, OSError, ValueError, LookupError, TypeError):
            self.kill()  # an answer that cannot be read is as good as a crash
            self._process.wait()
            raise Stopped("crash") from None

    @contextmanager
    def _watched(self, seconds: float) -> Iterator[None]:
        """End the process after so many seconds, which ends all waiting for it."""
        watch = threading.Timer(seconds, self.kill)
        watch.daemon = True
        watch.start()
        try:
            yield
        finally:
            watch.cancel()

    def stop_call(self) -> None:
        """End the call that runs, which then raises; the process is kept."""
        self._process.terminate()

    def kill(self) -> None:
        """End it and the call that runs, at once, whatever they do."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError, PermissionError):  # macOS says the latter of zombies
                os.killpg(self._process.pid, signal.SIGKILL)

    def end(self) -> None:
        """End it; it has nothing to do."""
        atexit.unregister(self.end)
        self._connection.close()
        self._lifeline.close()
        self.kill()
        self._process.wait()


def _why(status: int) -> Why:
    return "time" if -status in (signal.SIGPROF, signal.SIGALRM) else "crash"
