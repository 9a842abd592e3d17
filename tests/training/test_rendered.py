"""Sets of images: no seed twice, and the same however many processes drew them."""

import itertools

import numpy as np
import torch

from resnet_viz.images import Preprocessing, read_sample, to_tensor
from resnet_viz.training import rendered as rendering
from resnet_viz.training.batches import as_batch, normalised, shuffled
from resnet_viz.training.dataset import ArrayImages
from resnet_viz.training.rendered import RenderedImages, Split, rendered, seed_of


def test_no_two_images_share_a_seed():
    states = {
        tuple(seed_of(split, seed, index).generate_state(4))
        for split, seed, index in itertools.product(Split, range(3), range(50))
    }
    assert len(states) == len(Split) * 3 * 50


def test_processes_draw_the_same_as_one_does(monkeypatch):
    alone = rendered(Split.TEST, 3, 40, 32)
    monkeypatch.setattr(rendering, "_BATCH", 16)
    together = rendered(Split.TEST, 3, 40, 32)
    np.testing.assert_array_equal(alone.rgb, together.rgb)
    np.testing.assert_array_equal(alone.labels, np.arange(40) % 12)


def test_images_that_are_drawn_when_asked_for_are_those_of_the_set():
    whole, asked = rendered(Split.TEST, 3, 40, 32), RenderedImages(Split.TEST, 3, 40, 32)
    np.testing.assert_array_equal(asked.labels, whole.labels)
    np.testing.assert_array_equal(asked.pixels(np.array([39, 0, 7])), whole.rgb[[39, 0, 7]])
    assert len(asked) == len(whole)


def unchanged(batch: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    return batch


def test_an_epoch_has_every_image_once_and_follows_from_its_number():
    rgb = np.repeat(np.arange(10, dtype=np.uint8), 12).reshape(10, 2, 2, 3)
    images = ArrayImages(rgb, np.arange(10))
    first, again, second = (
        [
            label
            for _, labels in shuffled(images, 3, 0, epoch, unchanged)
            for label in labels.tolist()
        ]
        for epoch in (0, 0, 1)
    )
    assert first == again != second
    assert len(set(first)) == 9  # the tenth fills no batch


def test_a_batch_is_normalised_as_a_single_image_is():
    image, preparation = read_sample("star"), Preprocessing.whole(256)
    alone = to_tensor(image, preparation)
    assert normalised(as_batch(image.rgb[None]), preparation).allclose(alone, atol=1e-6)
