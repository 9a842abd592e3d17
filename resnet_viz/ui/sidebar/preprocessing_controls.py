"""How images are prepared for weights of one's own: asked in the sidebar, since few files say it."""

from __future__ import annotations

from typing import Final

import streamlit as st

from resnet_viz.errors import WeightsError
from resnet_viz.images import Preprocessing
from resnet_viz.images.preprocessing import INTERPOLATIONS, ORDERS, WHITES
from resnet_viz.model.config import ResNetConfig
from resnet_viz.texts import plain, text
from resnet_viz.ui.shared import widgets
from resnet_viz.ui.state import url
from resnet_viz.weights import sources
from resnet_viz.weights.preparation import UNKNOWN, USUAL, Preparation, prepared_as

_AUTO: Final = "auto"
_LONGEST: Final = 80  # characters


def with_preprocessing(config: ResNetConfig, wanted: str, assumed: Preprocessing) -> str:
    """Weights of one's own as `load` wants them, with the preprocessing that the sidebar says.

    What cannot be used is said, and the images are prepared as without it.

    Args:
        config: the network.
        wanted: the weights; empty while there are none.
        assumed: the preprocessing without the sidebar's.
    """
    with st.expander("Preprocessing", icon=":material/photo_filter:"):
        st.caption(text("preprocessing"))
        with st.container(horizontal=True, gap="small"):
            for name, usual in USUAL.items():
                st.button(name, key=f"_prepared_{name}", on_click=_set, args=(usual,))
        texts = _fields(assumed)
        st.button("Back to what is assumed", on_click=_set, args=(UNKNOWN,), width="stretch")
    if not wanted:
        return ""
    try:
        asked = sources.with_preparation(wanted, prepared_as(texts))
        sources.describe(config, asked, assumed.crop)
    except WeightsError as error:
        st.error(plain(str(error)))  # in sight, although the fields may be folded away
        return wanted
    return asked


def _fields(assumed: Preprocessing) -> dict[str, str]:
    """What stands in each field; nothing in one that was left alone."""
    mean, std = (", ".join(f"{v:g}" for v in each) for each in (assumed.mean, assumed.std))
    texts = {
        "mean": widgets.line("Mean", url.MEAN, placeholder=mean, max_chars=_LONGEST),
        "std": widgets.line("Std", url.STD, placeholder=std, max_chars=_LONGEST),
        "range": _choice("White before normalising", tuple(map(str, WHITES)), url.RANGE),
        "order": _choice("Order of the channels", ORDERS, url.ORDER),
        "resize": widgets.line(
            "Resize, pixels, or the crop's share",
            url.RESIZE,
            placeholder=str(assumed.resize),
            max_chars=_LONGEST,
        ),
        "interpolation": _choice("Interpolation", tuple(INTERPOLATIONS), url.INTERPOLATION),
    }
    return {name: "" if given == _AUTO else given for name, given in texts.items()}


def _choice(label: str, options: tuple[str, ...], parameter: url.Parameter) -> str:
    return widgets.choice(label, (_AUTO, *options), parameter, default=_AUTO)


def _set(preparation: Preparation) -> None:
    """Put a whole preprocessing into the fields."""
    texts = preparation.as_texts()
    for parameter in url.PREPROCESSING:
        empty = "" if parameter.kind == "text" else _AUTO
        parameter.set(texts.get(parameter.name, empty))
