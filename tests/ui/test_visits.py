"""What a visit leaves behind when it has ended: nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit import runtime
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.session_manager import ActiveSessionInfo, SessionInfo
from streamlit.runtime.uploaded_file_manager import UploadedFileRec
from streamlit.runtime.websocket_session_manager import WebsocketSessionManager

from resnet_viz.errors import WeightsError
from resnet_viz.ui.frame import visits
from resnet_viz.weights import uploads
from tests.weights.test_uploads import CONTENT, distinct, files


class Session:
    """As much of Streamlit's as is asked for."""

    def __init__(self, id: str) -> None:
        self.id, self.is_over = id, False

    def shutdown(self) -> None:
        self.is_over = True


class Server:
    """A server with visits, of which those that were cut live on for some seconds."""

    def __init__(self) -> None:
        self.uploaded_file_mgr = MemoryUploadedFileManager("/_stcore/upload_file")
        self.now = 0.0
        self.stored = MemorySessionStorage(ttl_seconds=10)
        self.stored._cache._timer = lambda: self.now  # type: ignore[attr-defined]
        unused: Any = None
        self._session_mgr = WebsocketSessionManager(
            self.stored, self.uploaded_file_mgr, unused, unused
        )

    def come(self, name: str) -> Session:
        one = Session(name)
        there: dict[str, Any] = self._session_mgr._active_session_info_by_id
        there[name] = ActiveSessionInfo(one, one)  # type: ignore[arg-type]
        return one

    def cut(self, one: Any) -> None:
        del self._session_mgr._active_session_info_by_id[one.id]
        self.stored.save(SessionInfo(None, one, 1))

    def send(self, visit: str, file: str) -> None:
        self.uploaded_file_mgr.add_file(visit, UploadedFileRec(file, "x", "x", b"x"))

    @property
    def lying(self) -> set[str]:
        return {file for each in self.uploaded_file_mgr.file_storage.values() for file in each}


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[uploads.Store]:
    store = uploads.Store()
    monkeypatch.setattr(uploads, "_STORE", store)
    yield store
    store.clear()


def test_weights_go_when_the_visit_has_ended_and_not_when_it_was_only_cut(store):
    server, clearing = Server(), visits.Clearing()
    me, other = server.come("me"), server.come("other")
    mine = uploads.accept(distinct(1), "mine", owner="me")
    uploads.accept(distinct(2), "theirs", owner="other")
    clearing.up(server)
    server.cut(me)
    server.now = 9.0
    clearing.up(server)
    assert store.get(mine.id).path.exists()
    server.now = 11.0
    clearing.up(server)  # and nobody else has come or gone
    assert (me.is_over, other.is_over) == (True, False)
    assert not mine.path.exists()
    assert len(files(store)) == 1
    with pytest.raises(WeightsError, match="upload them again"):
        store.get(mine.id)


def test_what_two_visits_brought_goes_with_the_second(store):
    for owner in ("a", "b"):
        upload = uploads.accept(CONTENT, "same", owner=owner)
    uploads.keep_of({"b"})
    assert upload.path.exists()
    uploads.keep_of(())
    assert files(store) == []


def test_a_visits_next_weights_take_the_place_of_its_last(store):
    first = uploads.accept(distinct(1), "first", owner="me")
    with pytest.raises(WeightsError):
        uploads.accept(b"none", "second", owner="me")
    assert first.path.exists()  # what was refused takes nothing's place
    named = uploads.accept(distinct(1), "first", "one\n", owner="me")
    assert named.path == first.path
    assert named.path.exists()
    second = uploads.accept(distinct(2), "second", owner="me")
    assert files(store) == [second.path.name]


def test_files_that_no_page_has_read_do_not_stay(monkeypatch):
    server, clearing = Server(), visits.Clearing()
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    server.come("me")
    server.send("me", "early")
    clearing.up(server)
    now = visits.UNREAD_S
    server.send("me", "late")
    server.send("nobody", "after its visit")
    clearing.up(server)
    assert server.lying == {"early", "late"}
    now = visits.UNREAD_S + 1
    clearing.up(server)
    assert server.lying == {"late"}


def test_a_look_that_fails_is_not_the_last(monkeypatch):
    looks: list[object] = []

    def up(clearing: visits.Clearing, server: object) -> None:
        looks.append(server)
        raise PermissionError

    async def long_enough() -> None:
        async with visits.cleared(0.01):
            while len(looks) < 3:
                await asyncio.sleep(0.01)

    monkeypatch.setattr(visits.Clearing, "up", up)
    monkeypatch.setattr(runtime, "exists", lambda: True)
    monkeypatch.setattr(runtime, "get_instance", object)
    asyncio.run(long_enough())
    assert len(looks) >= 3
