"""The images are what they say they are, and the truth about them is true."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image, ImageFilter

from resnet_viz.training import shape_images
from resnet_viz.training.shape_images import render, render_scene
from resnet_viz.training.shapes import FILLED_ONLY, LINES_ONLY, SHAPES, Form, Manner, form
from resnet_viz.training.stencil import Pose, Stencil

LABELS = range(len(SHAPES))
PLAIN = Manner(outlined=False, two_tone=False, tremble=0.0, width=0.02, unevenness=0.0)


def plain(shape: str, pose: Pose) -> Form:
    return form(shape, np.random.default_rng(0), PLAIN, pose, Stencil(128))


@pytest.mark.parametrize("label", LABELS, ids=SHAPES)
def test_a_seed_is_an_image(label):
    one, same, other = render(label, 5), render(label, 5), render(label, 6)
    np.testing.assert_array_equal(one.rgb, same.rgb)
    np.testing.assert_array_equal(one.mask, same.mask)
    assert not np.array_equal(one.rgb, other.rgb)


def test_nobody_can_change_an_image():
    for image in (render(3, 1), render_scene((0, 1), 1)):
        assert image.rgb.dtype == np.uint8
        assert not image.rgb.flags.writeable
    assert not render(3, 1).mask.flags.writeable
    assert not render_scene((0, 1), 1).masks.flags.writeable


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("label", LABELS, ids=SHAPES)
def test_the_mask_is_where_the_shape_makes_a_difference(label, seed, monkeypatch):
    """Against the same image with everything but the shape."""
    image = render(label, seed)
    paint = shape_images._paint

    def without(rgb, *rest):
        paint(rgb, *rest)  # for the random numbers that it takes
        return rgb

    monkeypatch.setattr(shape_images, "_paint", without)
    ground = render(label, seed)
    differs = np.abs(image.rgb.astype(int) - ground.rgb).max(axis=2) > 5
    if SHAPES[label] != "checkerboard":  # whose light cells may be the ground
        assert differs[image.mask].mean() > 0.9
    near = Image.fromarray(image.mask).convert("L").filter(ImageFilter.MaxFilter(11))
    assert differs[np.asarray(near) == 0].sum() < 8  # a tip that just shows beside a bar


@pytest.mark.parametrize("label", LABELS, ids=SHAPES)
def test_the_shape_lies_inside_the_image_and_is_large_enough_to_see(label):
    for seed in range(40):
        mask = render(label, seed).mask
        edge = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
        assert edge.sum() <= 6  # a trembling line may just touch
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        assert max(np.ptp(rows), np.ptp(columns)) > 30
        assert 30 < mask.sum() < 0.72 * mask.size


@pytest.mark.parametrize(
    ("shape", "area"),
    [("circle", np.pi), ("square", 2.0), ("pentagon", 2.5 * np.sin(2 * np.pi / 5))],
)
def test_areas_are_those_of_geometry(shape, area):
    """Of a figure in a circle of radius 0.4, in units of the image's area."""
    for angle in (0.0, 0.3):
        cut = plain(shape, Pose(angle=angle))
        assert cut.extent.mean() == pytest.approx(area * 0.4**2, rel=0.015)


def test_every_two_shapes_differ():
    cuts = {shape: plain(shape, Pose(angle=0.2)).ink > 0.5 for shape in SHAPES}
    for one in SHAPES:
        for other in SHAPES[: SHAPES.index(one)]:
            both, either = cuts[one] & cuts[other], cuts[one] | cuts[other]
            assert both.sum() / either.sum() < 0.85, (one, other)


def test_three_in_ten_are_lines_and_those_that_cannot_be_are_not():
    drawn = {label: [render(label, seed, 32).outlined for seed in range(100)] for label in LABELS}
    assert 0.25 < np.mean(list(drawn.values())) < 0.4
    for label, outlined in drawn.items():
        if SHAPES[label] in FILLED_ONLY:
            assert not any(outlined)
        elif SHAPES[label] in LINES_ONLY:
            assert all(outlined)
        else:
            assert 0.2 < np.mean(outlined) < 0.55


def test_a_scene_keeps_its_shapes_apart():
    scene = render_scene((5, 1, 3), 2, size=200)
    assert scene.labels == (5, 1, 3)
    assert scene.masks.shape == (3, 200, 200)
    assert scene.masks.sum(axis=0).max() == 1
    across = [mask.any(axis=0).nonzero()[0].mean() for mask in scene.masks]
    assert across == sorted(across)


def test_rendering_needs_no_torch():
    code = "import sys, resnet_viz.training.rendered; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
