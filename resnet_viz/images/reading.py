"""Files of strangers, decoded in a process of their own, and views of all their pixels."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import asdict
from typing import Final

import numpy as np
from PIL import Image

from resnet_viz.errors import BusyError, ImageError
from resnet_viz.images import decode
from resnet_viz.images.decode import TOO_MUCH_MEMORY, View, decoded
from resnet_viz.images.records import ImageInput, Pixels
from resnet_viz.isolation import Answer, Isolated, Limits, Stopped

LIMITS: Final = Limits(memory=300_000_000, cpu_s=1.0, wall_s=10.0)
QUICK_S: Final = 0.4  # an ordinary photograph takes less
VIEW_LIMITS: Final = Limits(memory=300_000_000, cpu_s=2.5, wall_s=20.0)  # of a file that was opened
_DECODER: Final = Isolated(decoded, LIMITS, quick_s=QUICK_S)
_VIEWER: Final = Isolated(decoded, VIEW_LIMITS, quick_s=QUICK_S)
_SENTENCES: Final = {
    "time": "This file takes the decoder too long; save the image once more, smaller or as JPEG.",
    "memory": TOO_MUCH_MEMORY,
    "crash": "The decoder broke off at this file; save the image once more, or choose another.",
    "busy": "Many images are being opened at the moment; try again in a minute.",
    "fault": "No image can be opened here at the moment; the server's log may say why.",
}
_PASSING: Final = ("busy", "fault")  # which say nothing of the file
_KEPT: Final = 32  # views, of at most 3 MB each


def read_image(data: bytes, name: str = "image", owner: str = "") -> ImageInput:
    """The first frame of a JPEG, PNG, WebP, AVIF, GIF, BMP, TIFF, TGA or PPM file as RGB.

    It is decoded in a process of its own, which has a second of processor time and 300 MB; two work at
    the same time, and the owners of files, such as sessions, take turns. At most 1,600 px long; the
    result is rebuilt from raw pixels: no EXIF, colour profile or comment survives.

    Raises:
        ImageError: the file is too large, no such image, damaged, or takes too much; and nothing else.
    """
    if len(data) > decode.MAX_BYTES:
        return decode.read_image(data, name)  # which refuses it, without a copy
    return decode.image_input(data, name, _asked(data, None, owner))


def resized_crop(image: ImageInput, view: View) -> Pixels:
    """(height, width, 3) uint8, read-only: the image resized from all its pixels, and cut.

    Where `image.rgb` is reduced, the file is decoded once more. Equal to Pillow's `resize` and `crop` of
    the upright image; but JPEGs above 40 million pixels are read at half their size.

    Raises:
        ImageError: the file could not be decoded this time; see `read_image`.
    """
    if not image.file:
        (left, top), (across, down) = view.corner, view.crop
        resized = Image.fromarray(image.rgb).resize(view.size, Image.Resampling(view.resample))
        pixels = np.asarray(resized.crop((left, top, left + across, top + down)))
    else:
        pixels = _view(image, view)
    pixels.flags.writeable = False
    return pixels


def _view(image: ImageInput, view: View) -> Pixels:
    key = image.sha256, view
    with _LOCK:
        if key in _VIEWS:
            _VIEWS.move_to_end(key)
            return _VIEWS[key]
    answer = _asked(image.file, view, image.sha256)
    pixels = np.frombuffer(answer.content, np.uint8).reshape(answer.record["shape"])
    with _LOCK:
        _VIEWS[key] = pixels
        while len(_VIEWS) > _KEPT:
            _VIEWS.popitem(last=False)
    return pixels


_LOCK: Final = threading.Lock()
_VIEWS: Final[OrderedDict[tuple[str, View], Pixels]] = OrderedDict()


def _asked(data: bytes, view: View | None, owner: str) -> Answer:
    try:
        if view is None:
            return _DECODER(data, owner=owner)
        return _VIEWER(data, {"view": asdict(view)}, owner)
    except Stopped as stop:
        kind = BusyError if stop.why in _PASSING else ImageError
        raise kind(_SENTENCES[stop.why]) from None
