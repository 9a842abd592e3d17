"""Clears up behind visits: those whose time is over, files that nobody has read, weights on disk.

Streamlit forgets a visit whose connection was cut only when the next is cut, and keeps what it was sent.
"""

from __future__ import annotations

import time
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

from streamlit import runtime

from resnet_viz.ui.frame.timer import repeated
from resnet_viz.weights import uploads

EVERY_S: Final = 5.0
# A page reads a file as soon as it is there: what still lies there then was sent past it.
UNREAD_S: Final = 120.0


def cleared(every: float = EVERY_S) -> AbstractAsyncContextManager[None]:
    """Clear up every so many seconds, as long as this lasts."""
    clearing = Clearing()

    def look() -> None:
        if runtime.exists():
            clearing.up(runtime.get_instance())

    return repeated(look, every)


class Clearing:
    """What was there at the last look: visits, and files that nobody had read."""

    def __init__(self) -> None:
        self._visits: dict[str, Any] = {}  # Streamlit's sessions by their ids
        self._unread: dict[
            tuple[str, str], float
        ] = {}  # when each was seen first, by visit and file

    def up(self, server: Any) -> None:
        """End the visits whose time is over, and remove what none of the others will use.

        Called where Streamlit connects and ends visits, in the server's own thread.
        """
        visits = server._session_mgr
        visits._session_storage._cache.expire()
        there = {each.session.id: each.session for each in visits.list_sessions()}
        for ended in self._visits.keys() - there.keys():
            self._visits[ended].shutdown()
        self._visits = there
        uploads.keep_of(there.keys())
        self._remove_unread(server.uploaded_file_mgr)

    def _remove_unread(self, manager: Any) -> None:
        now = time.monotonic()
        lying = [
            (visit, file) for visit, files in [*manager.file_storage.items()] for file in [*files]
        ]
        self._unread = {each: self._unread.get(each, now) for each in lying}
        for visit, file in lying:
            if visit not in self._visits:  # it came when its visit had ended
                manager.remove_session_files(visit)
            elif now - self._unread[visit, file] > UNREAD_S:
                manager.remove_file(visit, file)
