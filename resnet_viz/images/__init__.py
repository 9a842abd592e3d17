"""Images: bytes in, checked RGB and normalised tensors out, and samples to begin with."""

from resnet_viz.images.decode import MAX_BYTES
from resnet_viz.images.preprocessing import Preprocessing, as_seen, crop_box, from_tensor, to_tensor
from resnet_viz.images.reading import read_image
from resnet_viz.images.records import ImageInput
from resnet_viz.images.samples import (
    DEFAULT_SAMPLE,
    DRAWINGS,
    PHOTOGRAPHS,
    SAMPLES,
    Sample,
    read_sample,
)

__all__ = [
    "DEFAULT_SAMPLE",
    "DRAWINGS",
    "MAX_BYTES",
    "PHOTOGRAPHS",
    "SAMPLES",
    "ImageInput",
    "Preprocessing",
    "Sample",
    "as_seen",
    "crop_box",
    "from_tensor",
    "read_image",
    "read_sample",
    "to_tensor",
]
