"""A visitor without a browser: Streamlit's own messages over its WebSocket, uploads and media over http.

Streamlit sends protocol buffers: `ForwardMsg` to the browser, `BackMsg` from it. One run of the script
begins with a `rerun_script` and ends with a `script_finished`.
"""

from __future__ import annotations

import asyncio
import time
import urllib.request
import uuid
from dataclasses import dataclass, field
from http.client import HTTPMessage
from http.cookies import SimpleCookie
from typing import Any, Final
from urllib.parse import urljoin

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

_XSRF: Final = "_streamlit_xsrf"
_DONE: Final = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)
_KEPT_RUNS: Final = 2  # for which a browser keeps a large message that is not sent again


class VisitError(Exception):
    """Something that a visitor would have seen: an exception, an error, a cut connection."""


@dataclass
class Visitor:
    """One tab on a server; `open` it first, `close` it last."""

    address: str  # http://127.0.0.1:8501
    page: str = ""  # slug
    query: str = ""  # model=resnet50&weights=random
    timeout: float = 60.0  # seconds for one run
    cookies: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)  # of each select box, by its key
    pages: dict[str, str] = field(default_factory=dict)  # Streamlit's hash of each, by its slug
    media: list[str] = field(default_factory=list)  # paths of the images of the last run
    texts: list[str] = field(default_factory=list)  # plain texts of the last run
    received: int = 0  # bytes over the WebSocket
    _ids: dict[str, str] = field(default_factory=dict)  # of widgets, by their keys
    _fragments: dict[str, str] = field(default_factory=dict)  # that each is in; empty: in none
    _states: dict[str, WidgetState] = field(default_factory=dict)  # by their ids
    _messages: dict[str, int] = field(default_factory=dict)  # runs since each was needed, by hash
    _faults: list[str] = field(default_factory=list)
    _session: str = ""
    _hash: str = ""  # of the page
    _line: ClientConnection | None = None

    async def open(self) -> float:
        """Fetch the page, connect and run the script; returns seconds until it is drawn."""
        start = time.perf_counter()
        await asyncio.to_thread(self.get, f"/{self.page}?{self.query}")
        await asyncio.to_thread(self.get, "/_stcore/health")  # which brings the XSRF cookie
        await self.connect()
        await self.run()
        return time.perf_counter() - start

    async def connect(self) -> None:
        """Open the WebSocket, for the visit that there is or a new one."""
        protocols = ["streamlit", self.cookies.get(_XSRF, "")]
        self._line = await connect(
            self.address.replace("http", "ws", 1) + "/_stcore/stream",
            subprotocols=[*protocols, *([self._session] if self._session else [])],  # type: ignore[list-item]
            additional_headers={"Cookie": self._cookie()},
            origin=urljoin(self.address, "/")[:-1],  # type: ignore[arg-type]
            max_size=None,
            ping_interval=None,
            open_timeout=self.timeout,
            proxy=None,
        )
        if answer := self._line.response:
            self._keep_cookies(answer.headers.get_all("Set-Cookie"))

    async def close(self) -> None:
        """Close the tab."""
        if self._line:
            await self._line.close()

    async def go(self, slug: str) -> float:
        """Change to another page."""
        self.page, self._hash = slug, self.pages[slug]
        return await self.run()

    async def choose(self, key: str, option: str) -> float:
        """Choose an option of a select box; its fragment is run, or the script where it has none."""
        self._set(key, string_value=option)
        return await self.run(self._fragments[key])

    async def run(self, fragment: str = "") -> float:
        """Run the script with what is chosen, or one fragment of it; returns seconds until its end.

        Raises:
            VisitError: the page shows an exception or an error.
            TimeoutError: it takes too long.
        """
        start = time.perf_counter()
        self.media.clear()
        self.texts.clear()
        self._faults.clear()
        await self._send(BackMsg(rerun_script=self._client_state(fragment)))
        async with asyncio.timeout(self.timeout):
            while not self._is_end(await self._receive()):
                pass
        seconds = time.perf_counter() - start
        if self._faults:
            raise VisitError(self._faults[0])
        return seconds

    async def upload(self, key: str, name: str, content: bytes) -> None:
        """Put a file into a file uploader, without running the script."""
        asked = BackMsg()
        asked.file_urls_request.request_id = str(uuid.uuid4())
        asked.file_urls_request.session_id = self._session
        asked.file_urls_request.file_names.append(name)
        await self._send(asked)
        async with asyncio.timeout(self.timeout):
            while (said := await self._receive()).WhichOneof("type") != "file_urls_response":
                pass
        (place,) = said.file_urls_response.file_urls
        await asyncio.to_thread(self._put, place, name, content)
        state = WidgetState(id=self._ids[key])
        kept = state.file_uploader_state_value.uploaded_file_info.add()
        kept.name, kept.size, kept.file_id = name, len(content), place.file_id
        kept.file_urls.CopyFrom(place)
        self._states[state.id] = state

    def get(self, path: str) -> bytes:
        """What the server answers to a path; raises `HTTPError`."""
        return self._fetch(urllib.request.Request(self.address + path))

    def _put(self, place: FileURLs, name: str, content: bytes) -> None:
        edge = uuid.uuid4().hex
        head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        request = urllib.request.Request(
            self.address + place.upload_url,
            head.encode() + content + f"\r\n--{edge}--\r\n".encode(),
            {
                "Content-Type": f"multipart/form-data; boundary={edge}",
                "X-Xsrftoken": self.cookies[_XSRF],
            },
            method="PUT",
        )
        self._fetch(request)

    def _fetch(self, request: urllib.request.Request) -> bytes:
        if self.cookies:
            request.add_header("Cookie", self._cookie())
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=self.timeout) as answer:
            headers: HTTPMessage = answer.headers
            self._keep_cookies(headers.get_all("Set-Cookie") or [])
            content: bytes = answer.read()
        return content

    def _keep_cookies(self, lines: list[str]) -> None:
        for line in lines:
            self.cookies |= {name: each.value for name, each in SimpleCookie(line).items()}

    def _cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def _client_state(self, fragment: str) -> ClientState:
        state = ClientState(
            query_string=self.query, page_script_hash=self._hash, fragment_id=fragment
        )
        if not self._hash:
            state.page_name = self.page
        state.context_info.url = f"{self.address}/{self.page}"
        state.context_info.timezone, state.context_info.locale = "UTC", "en-US"
        state.widget_states.widgets.extend(self._states.values())
        state.cached_message_hashes.extend(self._messages)
        return state

    def _set(self, key: str, **value: Any) -> None:
        state = WidgetState(id=self._ids[key], **value)
        self._states[state.id] = state

    async def _send(self, message: BackMsg) -> None:
        assert self._line
        await self._line.send(message.SerializeToString())

    async def _receive(self) -> ForwardMsg:
        assert self._line
        content = await self._line.recv(decode=False)
        self.received += len(content)
        message = ForwardMsg()
        message.ParseFromString(content)
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._session = message.new_session.initialize.session_id or self._session
            if not message.metadata.run.fragment_ids:
                self._hash = message.new_session.page_script_hash
        elif kind == "navigation":
            self.pages = {
                each.url_pathname: each.page_script_hash for each in message.navigation.app_pages
            }
            self._hash = message.navigation.page_script_hash
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "ref_hash":
            self._messages[message.ref_hash] = 0
        elif kind == "delta":
            if message.metadata.cacheable:
                self._messages[message.hash] = 0
            if message.delta.WhichOneof("type") == "new_element":
                self._see(message.delta.new_element, message.delta.fragment_id)
        return message

    def _is_end(self, message: ForwardMsg) -> bool:
        """Whether a run has ended, and not only to begin anew."""
        if message.WhichOneof("type") != "script_finished":
            return False
        self._messages = {
            name: runs + 1 for name, runs in self._messages.items() if runs < _KEPT_RUNS
        }
        if message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
            self._faults.append("the script does not compile")
            return True
        return message.script_finished in _DONE

    def _see(self, element: Any, fragment: str) -> None:
        """Take in what is drawn, as far as a visitor here needs it."""
        kind = element.WhichOneof("type")
        drawn = getattr(element, kind)
        if kind == "exception":
            self._faults.append(f"{drawn.type}: {drawn.message}")
        elif kind == "alert" and drawn.format == type(drawn).ERROR:
            self._faults.append(drawn.body)
        elif kind == "imgs":
            self.media += [image.url for image in drawn.imgs]
        elif kind == "text":
            self.texts.append(drawn.body)
        name = getattr(drawn, "id", "")
        if isinstance(name, str) and name.startswith("$$ID-"):
            key = name.split("-", 2)[2]  # $$ID-<hash>-<key>
            self._ids[key], self._fragments[key] = name, fragment
            if kind == "selectbox":
                self.choices[key] = list(drawn.options)
                if drawn.set_value:
                    self._set(key, string_value=drawn.raw_value)
