"""What a button asks for: shown where it is kept, else computed in the background once it is pressed."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar

import streamlit as st

from resnet_viz.jobs import Job
from resnet_viz.ui.shared.asked_job import AskedJob
from resnet_viz.ui.state import cache

T = TypeVar("T")


def asked_for(
    kind: AskedJob[T],
    key: Hashable,
    label: str,
    icon: str,
    prepare: Callable[[], Callable[[], Job[T]]],
) -> T | None:
    """The answer of a key, for everybody who asks the same; a button while there is none."""
    found: T | None = cache.kept(key)
    if found is not None:
        return found
    place = st.container()
    found = kind.result(key, prepare)
    if found is None:
        with place:
            kind.button(label, key, icon)
        return None
    cache.keep(key, found)
    return found
