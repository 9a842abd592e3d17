"""All that a visit remembers and a link cannot say: every session key, in one table.

What stands in the URL is in `url`. Keys of widgets that are no subject of their own (buttons, charts)
are named where they are drawn.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import streamlit as st

from resnet_viz.images import ImageInput
from resnet_viz.jobs import Job
from resnet_viz.model.config import ResNetConfig
from resnet_viz.weights.download import DownloadJob
from resnet_viz.weights.uploads import Upload

T = TypeVar("T")


@dataclass(frozen=True)  # slots and Generic do not go together
class Slot(Generic[T]):
    """One value of a visit, by its key in Streamlit's session."""

    key: str
    meaning: str

    def get(self, default: T) -> T:
        """The value, or the default where nothing was put in yet."""
        value: T = st.session_state.get(self.key, default)
        return value

    def set(self, value: T) -> None:
        """Put a value in."""
        st.session_state[self.key] = value

    def pop(self, default: T) -> T:
        """The value, which is taken out; the default where there is none."""
        value: T = st.session_state.pop(self.key, default)
        return value


VISIT: Final = Slot[str]("_visit", "what the browser calls this visit when it asks by itself")
NOTICES: Final = Slot[tuple[str, ...]]("_notices", "what this run has to tell above the page")
PRESET: Final = Slot[ResNetConfig | None]("_preset", "the preset of the last run")

IMAGE: Final = Slot[ImageInput | None]("_image", "the image that the visitor uploaded")
IMAGE_PROBLEM: Final = Slot[tuple[str, str]](
    "_image_problem", "where a file was dropped that cannot be opened, and why"
)
IMAGES_ACCEPTED: Final = Slot[int](
    "_images_accepted", "how many uploads there were: a new one is empty"
)
DEFAULT_SAMPLE: Final = Slot[str](
    "_default_sample", "the sample that suits the weights of the last run"
)

WEIGHTS: Final = Slot[Upload | None]("_weights", "the parameters that the visitor uploaded")
LABELS: Final = Slot[bytes]("_labels", "class names that came before their parameters")
WEIGHTS_PROBLEM: Final = Slot[str]("_weights_problem", "why the last upload was refused")
WEIGHTS_ACCEPTED: Final = Slot[int]("_weights_accepted", "how many uploads there were")

DOWNLOAD: Final = Slot[DownloadJob | None](
    "_download", "the download that the visitor has asked for"
)
DOWNLOAD_PROBLEM: Final = Slot[str]("_download_problem", "why the last download failed")

DESTINATION: Final = Slot[tuple[str, dict[str, str]] | None](
    "_destination", "the page that the visitor is on his way to, and what its link says"
)

LAST_RENDER: Final = Slot[Any]("_wall_render", "what the feature wall showed in the last run")
PIN_SHAPES: Final = Slot[dict[tuple[str, str, str], tuple[int, int, int]]](
    "_wall_pin_shapes", "the shapes of the layers that pins were made on"
)
WALL_REPORTED: Final = Slot[bool]("_wall_reported", "whether the wall itself has changed the URL")
LAYER_TO_SELECT: Final = Slot[str](
    "_layer_to_select", "the layer that was selected in a part of the page, until the page is drawn"
)
OPTIONS_VERSION: Final = Slot[int](
    "_wall_options", "the number of the wall's last change of options"
)

STUDY: Final = Slot[tuple[Hashable | None, Job[Any] | None]](
    "_lesion_study", "what the visitor asked a lesion study of, and the study once it has begun"
)
SET_STUDY: Final = Slot[tuple[Hashable | None, Job[Any] | None]](
    "_set_lesion_study", "the lesion study on rendered images that the visitor asked for"
)
STRONGEST: Final = Slot[tuple[Hashable | None, Job[Any] | None]](
    "_strongest_images", "the layer whose strongest images the visitor asked for, and the search"
)
SURFACE: Final = Slot[tuple[Hashable | None, Job[Any] | None]](
    "_loss_surface", "the loss surface that the visitor asked for, and its measurement"
)
SURFACE_PLAIN: Final = Slot[tuple[Hashable | None, Job[Any] | None]](
    "_loss_surface_plain", "the same of the network without shortcuts"
)
MAP: Final = Slot[tuple[Hashable | None, Job[Any] | None]](
    "_map", "the map of many passes that the visitor waits for, and its computation"
)
CURVES: Final = Slot[tuple[Hashable | None, Job[Any] | None]](
    "_curves", "the deletion and insertion that the visitor asked for, and its measurement"
)
COMPARED: Final = Slot[tuple[Hashable | None, Job[Any] | None]](
    "_compared", "the comparison of all methods that the visitor asked for, and the job"
)
RANDOMISED: Final = Slot[tuple[Hashable | None, Job[Any] | None]](
    "_randomised", "the randomisation that the visitor asked for, and the job"
)
COMPARISON: Final = Slot[dict[str, Any]](
    "_comparison", "what Why this class shows beside kept layers: its parameters' values, by key"
)
FAILED_MAPS: Final = Slot[dict[Hashable, str]](
    "_failed_maps", "maps that could not be computed during this visit, and why"
)
PREDICTIONS: Final = Slot[dict[int, int]](
    "_predictions", "what the visitor predicted in each part of the argument: the option's number"
)

SLOTS: Final = tuple(value for value in list(globals().values()) if isinstance(value, Slot))
