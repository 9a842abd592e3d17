"""A visitor without a browser: he speaks Streamlit's own WebSocket protocol, and draws nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

_DONE = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)
_UNUSED = 2  # runs after which a browser forgets a message that it was not shown again
_WAIT_S = 60.0


class Visitor:
    """One open tab: what it was sent, and what its selectboxes hold."""

    def __init__(self, socket: ClientConnection, page: str, query: str) -> None:
        self._socket, self._page, self._query = socket, page, query
        self._script = ""  # the page's hash, once the server has named it
        self._ids: dict[str, str] = {}  # of widgets, by their keys
        self._fragments: dict[
            str, str
        ] = {}  # what each of them runs when it changes; "" everything
        self._chosen: dict[str, str] = {}  # by the widgets' ids
        self._known: dict[str, int] = {}  # messages that need not travel again, by runs unused

    def rerun(self) -> None:
        """Run the whole script again with nothing changed; returns when it has come to its end."""
        self._ask("")

    def choose(self, key: str, option: str) -> None:
        """Choose an option of a selectbox; what follows is run as a browser would ask for it."""
        self._chosen[self._ids[key]] = option
        self._ask(self._fragments[key])

    def _ask(self, fragment: str) -> None:
        asked = BackMsg()
        state = asked.rerun_script
        state.query_string, state.fragment_id = self._query, fragment
        if self._script:
            state.page_script_hash = self._script
        else:
            state.page_name = self._page
        for widget, option in self._chosen.items():
            state.widget_states.widgets.add(id=widget, string_value=option)
        state.cached_message_hashes.extend(self._known)
        self._socket.send(asked.SerializeToString())
        while not self._has_ended(self._next()):
            pass

    def _next(self) -> ForwardMsg:
        received = self._socket.recv(_WAIT_S)
        assert isinstance(received, bytes)
        message = ForwardMsg()
        message.ParseFromString(received)
        return message

    def _has_ended(self, message: ForwardMsg) -> bool:
        """Whether that was the last message of a run; what it says is remembered."""
        kind = message.WhichOneof("type")
        if kind == "new_session" and not message.metadata.run.fragment_ids:
            self._script = message.new_session.page_script_hash
        elif kind == "navigation":
            self._script = message.navigation.page_script_hash
        elif kind == "page_info_changed":
            self._query = message.page_info_changed.query_string
        elif kind == "ref_hash":
            self._known[message.ref_hash] = 0
        elif kind == "delta":
            self._remember(message)
        elif kind == "script_finished":
            self._known = {key: n + 1 for key, n in self._known.items() if n < _UNUSED}
            return message.script_finished in _DONE
        return False

    def _remember(self, message: ForwardMsg) -> None:
        if message.metadata.cacheable:
            self._known[message.hash] = 0
        element = message.delta.new_element
        if element.WhichOneof("type") == "exception":
            raise RuntimeError(element.exception.message)
        if element.WhichOneof("type") == "selectbox":
            *_, key = element.selectbox.id.split("-", 2)  # $$ID-<hash>-<key>
            self._ids[key], self._fragments[key] = element.selectbox.id, message.delta.fragment_id


@contextmanager
def visiting(address: str, page: str = "", query: str = "") -> Iterator[Visitor]:
    """Open a page; it has been drawn once when the visitor is yielded."""
    url = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
    protocol = Subprotocol("streamlit")
    with connect(url, subprotocols=[protocol], max_size=None, compression=None) as socket:
        visitor = Visitor(socket, page, query)
        visitor.rerun()
        yield visitor
