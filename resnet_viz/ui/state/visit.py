"""Where a visit cannot bring anything, or has brought it in vain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

import streamlit as st

from resnet_viz.one_line import quoted
from resnet_viz.ui.state.notices import notice

_XSRF_COOKIE: Final = "_streamlit_xsrf"  # without it every upload is refused
_SHOWN: Final = 3  # names of files


def say_what_was_missed(files: Sequence[str]) -> None:
    """Say which files were chosen while the connection was cut, and therefore never came."""
    for name in files[:_SHOWN]:
        notice(f"{quoted(name)} was chosen while the connection was cut: choose it again.")


def uploads_are_refused() -> bool:
    """Whether the browser keeps our cookie back, as it does in a frame in another site's page."""
    return bool(
        st.get_option("server.enableXsrfProtection")
        and st.context.headers.get("Origin")  # a browser
        and _XSRF_COOKIE not in st.context.cookies
    )


def camera_is_closed() -> bool:
    """Whether the browser gives this page no camera: it came neither by https nor from localhost."""
    url = urlsplit(st.context.url or "https://")
    host = url.hostname or ""
    is_local = (
        host in ("localhost", "::1") or host.endswith(".localhost") or host.startswith("127.")
    )
    return url.scheme == "http" and not is_local
