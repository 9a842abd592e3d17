"""The same square as torchvision's transforms: its formulas by hand, its filter from torch."""

from io import BytesIO

import numpy as np
import numpy.typing as npt
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from resnet_viz.images import (
    ImageInput,
    Preprocessing,
    as_seen,
    crop_box,
    from_tensor,
    read_image,
    read_sample,
    to_tensor,
)
from resnet_viz.images.preprocessing import INTERPOLATIONS
from tests.images.example_images import saved


def original(width: int, height: int) -> ImageInput:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    return ImageInput("0", pixels, "noise", (width, height))


@pytest.mark.parametrize(
    ("crop", "resize"), [(224, 256), (112, 128), (214, 245), (256, 293), (288, 329), (64, 73)]
)
def test_imagenet_keeps_seven_eighths(crop, resize):
    assert Preprocessing.imagenet(crop).resize == resize
    assert Preprocessing.imagenet(crop).mean == (0.485, 0.456, 0.406)
    assert Preprocessing.imagenet(crop).std == (0.229, 0.224, 0.225)


def test_whole_keeps_the_shorter_side():
    p = Preprocessing.whole(32)
    assert (p.resize, p.crop) == (32, 32)
    assert p.mean == (0.4914, 0.4822, 0.4465)
    assert p.std == (0.2470, 0.2435, 0.2616)


@pytest.mark.parametrize(
    ("width", "height", "resized", "corner"),
    [
        (500, 375, (341, 256), (58, 16)),  # 341.33 cut; (341 − 224) / 2 = 58.5 goes to 58
        (375, 500, (256, 341), (16, 58)),
        (640, 427, (383, 256), (80, 16)),  # 383.70 cut; 79.5 goes to 80
        (300, 300, (256, 256), (16, 16)),
        (100, 80, (320, 256), (48, 16)),  # enlarged
    ],
)
def test_rounding_by_hand(width, height, resized, corner):
    p = Preprocessing.imagenet(224)
    left, top, right, bottom = crop_box(original(width, height), p)
    across, down = width / resized[0], height / resized[1]
    assert (left, top) == pytest.approx((corner[0] * across, corner[1] * down))
    assert (right - left, bottom - top) == pytest.approx((224 * across, 224 * down))


@pytest.mark.parametrize(("width", "height"), [(500, 375), (341, 700), (100, 80), (256, 256)])
@pytest.mark.parametrize("p", [Preprocessing.imagenet(224), Preprocessing.whole(32)])
def test_resizing_agrees_with_torch(width, height, p):
    image = original(width, height)
    short, long = sorted((width, height))
    new_long = int(p.resize * long / short)
    new_height, new_width = (new_long, p.resize) if height > width else (p.resize, new_long)
    chw = torch.tensor(image.rgb).permute(2, 0, 1)[None].float()
    resized = F.interpolate(
        chw, (new_height, new_width), mode="bilinear", antialias=True, align_corners=False
    )
    top = round((new_height - p.crop) / 2)
    left = round((new_width - p.crop) / 2)
    expected = resized[0, :, top : top + p.crop, left : left + p.crop].permute(1, 2, 0).numpy()
    seen = as_seen(image, p)
    assert seen.shape == (p.crop, p.crop, 3)
    assert np.abs(seen - expected).max() <= 1.5  # Pillow rounds after each of the two directions


def torchvision_algorithm(original: Image.Image, p: Preprocessing) -> npt.NDArray[np.float32]:
    """`Resize`, `CenterCrop`, `ToTensor` and `Normalize` of a PIL image, as torchvision publishes them.

    transforms/functional.py `_compute_resized_output_size` and `center_crop`, and
    transforms/_functional_pil.py `resize`: https://github.com/pytorch/vision, v0.20.
    """
    width, height = original.size
    short, long = (width, height) if width <= height else (height, width)
    new_long = int(p.resize * long / short)
    size = (p.resize, new_long) if width <= height else (new_long, p.resize)
    resized = original.resize(size, Image.Resampling.BILINEAR)
    top = round((size[1] - p.crop) / 2.0)
    left = round((size[0] - p.crop) / 2.0)
    cut = resized.crop((left, top, left + p.crop, top + p.crop))
    values = np.asarray(cut, np.float32) / np.float32(255)
    mean, std = (np.array(each, np.float32) for each in (p.mean, p.std))
    normalised: npt.NDArray[np.float32] = ((values - mean) / std).astype(np.float32)
    return normalised


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize(
    ("width", "height"),
    [(640, 427), (1620, 1080), (2001, 1334), (1334, 2001), (1999, 777), (3000, 151), (1601, 1601)],
)
def test_files_of_any_size_are_seen_as_torchvision_prepares_them(kind, width, height):
    noise = np.random.default_rng(0).integers(0, 256, (height // 3, width // 3, 3), np.uint8)
    original = Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)
    file = saved(original, kind)
    with Image.open(BytesIO(file)) as opened:
        reference = opened.convert("RGB")
    image = read_image(file)
    for p in (Preprocessing.imagenet(224), Preprocessing.imagenet(331), Preprocessing.whole(32)):
        seen = to_tensor(image, p)[0].permute(1, 2, 0).numpy()
        assert np.abs(seen - torchvision_algorithm(reference, p)).max() < 1e-6


def test_the_box_lies_where_the_crop_was_taken_from_all_pixels():
    image = read_image(saved(Image.new("RGB", (2400, 1600)), "JPEG"))  # shown at 1,600 × 1,067
    left, top, right, bottom = crop_box(image, Preprocessing.imagenet(224))
    scale = 1600 / 384  # not 383, to which 1,600 × 1,067 pixels would be resized
    assert (left, right) == pytest.approx((80 * scale, 304 * scale))
    assert (top, bottom) == pytest.approx((16 * 1067 / 256, 240 * 1067 / 256))


def test_an_image_of_the_right_size_is_left_alone():
    image = original(32, 32)
    assert (as_seen(image, Preprocessing.whole(32)) == image.rgb).all()


def test_what_is_seen_cannot_be_changed():
    assert not as_seen(original(64, 48), Preprocessing.whole(32)).flags.writeable


def test_normalising_by_hand():
    image = ImageInput("0", np.full((32, 32, 3), (255, 0, 51), np.uint8), "flat", (32, 32))
    p = Preprocessing(32, 32, (0.5, 0.25, 0.2), (0.5, 0.25, 0.1))
    tensor = to_tensor(image, p)
    assert tensor.shape == (1, 3, 32, 32)
    assert tensor.dtype == torch.float32
    assert tensor.mean((0, 2, 3)).tolist() == pytest.approx([1.0, -1.0, 0.0], abs=1e-6)


@pytest.mark.parametrize("p", [Preprocessing.imagenet(224), Preprocessing.whole(64)])
def test_there_and_back_is_what_is_seen(p):
    image = read_sample("cat")
    tensor = to_tensor(image, p)
    assert (from_tensor(tensor, p) == as_seen(image, p)).all()
    assert (from_tensor(tensor[0], p) == as_seen(image, p)).all()


def test_values_beyond_black_and_white_are_clipped():
    p = Preprocessing.imagenet(224)
    tensor = torch.full((1, 3, 4, 6), 1e6, requires_grad=True)
    assert (from_tensor(tensor, p) == 255).all()
    assert (from_tensor(-tensor, p) == 0).all()
    assert from_tensor(tensor, p).shape == (4, 6, 3)


@pytest.mark.parametrize(
    ("resize", "crop", "std"),
    [(200, 224, (1.0, 1.0, 1.0)), (32, 0, (1.0, 1.0, 1.0)), (32, 32, (1.0, 0.0, 1.0))],
)
def test_impossible_preprocessing_cannot_be_made(resize, crop, std):
    with pytest.raises(ValueError, match=r"must|needs"):
        Preprocessing(resize, crop, (0.5, 0.5, 0.5), std)


def test_another_order_and_scale_are_those_of_opencv_and_caffe():
    rgb = np.full((32, 32, 3), (250, 100, 5), np.uint8)
    image = ImageInput("a", rgb, "x", (32, 32))
    p = Preprocessing(32, 32, (103.939, 116.779, 123.68), (1.0, 1.0, 1.0), 255, "bgr")
    blue, green, red = to_tensor(image, p)[0, :, 0, 0].tolist()
    assert (blue, green, red) == pytest.approx((5 - 103.939, 100 - 116.779, 250 - 123.68), abs=1e-4)
    assert (as_seen(image, p) == rgb).all()  # what is shown keeps its colours
    assert (from_tensor(to_tensor(image, p), p) == rgb).all()
    assert p.channels == ("blue", "green", "red")


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_every_interpolation_is_pillows(interpolation):
    image = read_sample("cat")
    p = Preprocessing(73, 64, (0.0,) * 3, (1.0,) * 3, interpolation=interpolation)
    height, width, _ = image.rgb.shape
    short = (73, int(73 * height / width)) if width <= height else (int(73 * width / height), 73)
    whole = Image.fromarray(image.rgb).resize(short, Image.Resampling[interpolation.upper()])
    left, top = (round((side - 64) / 2) for side in whole.size)
    expected = np.asarray(whole.crop((left, top, left + 64, top + 64)))
    assert (as_seen(image, p) == expected).all()


@pytest.mark.parametrize("change", [{"white": 2}, {"order": "rbg"}, {"interpolation": "guess"}])
def test_there_is_no_other_scale_order_or_interpolation(change):
    with pytest.raises(ValueError, match="There is no"):
        Preprocessing(32, 32, (0.5,) * 3, (0.5,) * 3, **change)
