"""One answer from a server within seconds, or one sentence on why there is none."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, wait
from typing import Final
from urllib.parse import urljoin, urlsplit

import requests
from requests import Response
from requests.exceptions import InvalidSchema, ProxyError, SSLError, TooManyRedirects

from resnet_viz.errors import WeightsError
from resnet_viz.jobs import Cancelled

CONNECT_S: Final = 5.0  # for each address of the server
READ_S: Final = 10.0  # without a single byte
PATIENCE_S: Final = 9.0  # until the header is there, whatever hangs: name service, addresses, proxy
MAX_REDIRECTS: Final = 5

# What a request can end with, also before there is a connection: a malformed URL is a ValueError,
# and so is reading from a connection that was shut down.
NO_ANSWER: Final = (OSError, ValueError)  # all of requests' own errors are OSErrors

_REASONS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (ProxyError, "the proxy does not answer; check HTTPS_PROXY"),
    (
        SSLError,
        "{host} shows no certificate that this machine trusts; set REQUESTS_CA_BUNDLE to yours",
    ),
    (InvalidSchema, "{host} leads to an address that is not encrypted; try another network"),
    (TooManyRedirects, "{host} leads in circles; try again later"),
    (
        Exception,
        "{host} cannot be reached; check the network, or copy the file into the weights folder",
    ),
)


def ask(url: str, headers: dict[str, str], cancelled: threading.Event) -> Response:
    """The answer with its header read and its body still to come.

    The request runs in a thread of its own, since nothing else bounds a name service that hangs, or
    a server with ten addresses of which none answers. Proxies are those of the environment.

    Raises:
        Cancelled: the event was set meanwhile.
        OSError, ValueError: no answer within `PATIENCE_S`; `no_answer` says it in words.
    """
    answer: Future[Response] = Future()
    threading.Thread(target=_answer, args=(answer, url, headers), daemon=True).start()
    end = time.monotonic() + PATIENCE_S
    while not answer.done() and time.monotonic() < end and not cancelled.is_set():
        wait((answer,), timeout=0.05)
    if answer.cancel():  # too late from now on
        raise Cancelled if cancelled.is_set() else requests.ConnectTimeout(url)
    return answer.result()


def no_answer(error: Exception, url: str, file: str) -> WeightsError:
    """The sentence for a request that had no answer."""
    words = next(words for kind, words in _REASONS if isinstance(error, kind))
    return WeightsError(f"{file} was not fetched, since {words.format(host=host(url))}.")


def host(url: str) -> str:
    """The server's name."""
    return urlsplit(url).hostname or "the server"


def _answer(answer: Future[Response], url: str, headers: dict[str, str]) -> None:
    try:
        response = _follow(url, headers)
    except NO_ANSWER as error:
        if answer.set_running_or_notify_cancel():
            answer.set_exception(error)
        return
    if answer.set_running_or_notify_cancel():
        answer.set_result(response)
    else:
        response.close()


def _follow(url: str, headers: dict[str, str]) -> Response:
    """Follow redirects to https only, or to http where the table itself says http."""
    schemes = {"https", urlsplit(url).scheme}
    for _ in range(MAX_REDIRECTS):
        response = requests.get(
            url, headers=headers, stream=True, allow_redirects=False, timeout=(CONNECT_S, READ_S)
        )
        if not response.is_redirect:
            return response
        response.close()
        url = urljoin(url, response.headers["location"])
        if urlsplit(url).scheme not in schemes:
            raise InvalidSchema(url)
    raise TooManyRedirects(url)
