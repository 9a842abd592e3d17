"""Run a function on foreign bytes in a process of its own, with limits of its own.

    SCAN = Isolated(scan, Limits(memory=300_000_000, cpu_s=1, wall_s=10))
    answer = SCAN(content, {"width": 8}, owner=session)  # an Answer, or a sentence, or `Stopped`

`scan` is a function at the top of a module, `(content: bytes, **options) -> Answer`. A process imports
that module and nothing else, so a module that imports little (neither torch nor streamlit) makes one
that starts in a third of a second and stays small. It is kept, and each call is a fork of it: fresh, and
in milliseconds. Options and the record of an answer are plain JSON values, all else is bytes: nothing is
pickled, so what a decoder was talked into cannot reach this process.

A call that crashes, hangs or passes a limit costs its own answer and nothing else; a process that dies
is replaced. The system ends a call at its limits, not this process, and a process ends when its
connection closes: with this process, however that ends. Processes are started by `subprocess`, since a
fork among threads could hang; they have one thread. Those who wait are served in turn: whoever has taken
least goes first. Where the system has no such limits (Windows), the function runs in this process. macOS
limits time, not memory.
"""

from resnet_viz.isolation.calls import Isolated
from resnet_viz.isolation.records import Answer, Limits, Stopped

__all__ = ["Answer", "Isolated", "Limits", "Stopped"]
