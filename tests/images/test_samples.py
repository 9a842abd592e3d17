"""The images that come with the app are there, small, clean and credited."""

from pathlib import Path

import pytest
from PIL import Image

from resnet_viz import images
from resnet_viz.errors import ImageError
from resnet_viz.images import DEFAULT_SAMPLE, DRAWINGS, PHOTOGRAPHS, SAMPLES, read_sample

FOLDER = Path(images.__file__).with_name("samples")


@pytest.mark.parametrize("slug", SAMPLES)
def test_each_sample_can_be_read(slug):
    image = read_sample(slug)
    assert image.name == SAMPLES[slug].title
    assert image.notes == ()
    assert 224 <= min(image.rgb.shape[:2]) <= max(image.rgb.shape[:2]) <= 512
    assert image.rgb.std() > 10  # an image, not a blank


@pytest.mark.parametrize("slug", SAMPLES)
def test_each_sample_is_small_and_without_metadata(slug):
    path = FOLDER / SAMPLES[slug].file
    assert path.stat().st_size < (90_000 if slug in PHOTOGRAPHS else 30_000)
    with Image.open(path) as image:
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_samples_files_and_credits_are_the_same_set():
    credit = (FOLDER / "CREDITS.md").read_text(encoding="utf-8")
    files = {path.name for path in FOLDER.iterdir()} - {"CREDITS.md"}
    assert files == {sample.file for sample in SAMPLES.values()}
    assert all(f"`{file}`" in credit for file in files)
    assert all(slug == sample.slug for slug, sample in SAMPLES.items())


def test_a_sample_is_a_photograph_or_a_drawing():
    assert (*PHOTOGRAPHS, *DRAWINGS) == tuple(SAMPLES)
    assert all(SAMPLES[slug].file.endswith(".jpg") for slug in PHOTOGRAPHS)
    assert all(SAMPLES[slug].file.endswith(".png") for slug in DRAWINGS)


def test_the_default_is_one_of_them():
    assert DEFAULT_SAMPLE in SAMPLES


@pytest.mark.parametrize("slug", ["dog", "", "../cat", "cat.jpg"])
def test_an_unknown_sample_is_refused_with_what_there_is(slug):
    with pytest.raises(ImageError, match="cat, coffee"):
        read_sample(slug)
