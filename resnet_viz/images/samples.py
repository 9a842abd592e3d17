"""The images that come with the app, so that there is something to look at at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from resnet_viz.errors import ImageError
from resnet_viz.images.decode import read_image
from resnet_viz.images.records import ImageInput

_FOLDER = Path(__file__).with_name("samples")


@dataclass(frozen=True, slots=True)
class Sample:
    """An image in `samples/`: how it is asked for, called, stored and credited."""

    slug: str
    title: str
    file: str
    credit: str
    kind: Literal["photograph", "drawing"] = "photograph"


def _drawing(slug: str, title: str) -> Sample:
    return Sample(slug, title, f"{slug}.png", "rendered by resnet_viz.training, CC0", "drawing")


_ALL = (
    Sample("cat", "Chelsea the cat", "cat.jpg", "Stéfan van der Walt, CC0"),
    Sample("coffee", "Cup of coffee", "coffee.jpg", "Rachel Michetti, CC0"),
    Sample("rocket", "Rocket on its launch pad", "rocket.jpg", "SpaceX, public domain"),
    Sample("astronaut", "Astronaut Eileen Collins", "astronaut.jpg", "NASA, public domain"),
    Sample("galaxies", "Hubble eXtreme Deep Field", "galaxies.jpg", "NASA, public domain"),
    _drawing("star", "Star"),
    _drawing("heart", "Heart"),
    _drawing("spiral", "Spiral"),
    _drawing("arrow", "Arrow"),
    _drawing("crescent", "Crescent"),
    _drawing("drawn", "Heart, drawn with a mouse"),
    _drawing("two_shapes", "Two shapes in one image"),
)
SAMPLES: Mapping[str, Sample] = MappingProxyType({sample.slug: sample for sample in _ALL})
PHOTOGRAPHS = tuple(sample.slug for sample in _ALL if sample.kind == "photograph")
DRAWINGS = tuple(sample.slug for sample in _ALL if sample.kind == "drawing")
DEFAULT_SAMPLE = "cat"


def read_sample(slug: str) -> ImageInput:
    """The image of that slug, under its title.

    Raises:
        ImageError: there is no such sample.
    """
    if slug not in SAMPLES:
        raise ImageError(f"There is no sample image {slug!r}; there are {', '.join(SAMPLES)}.")
    sample = SAMPLES[slug]
    return read_image((_FOLDER / sample.file).read_bytes(), sample.title)
