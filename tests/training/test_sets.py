"""Sets of pictures: no seed twice, and the same however many processes drew them."""

import itertools

import numpy as np

from resnet_viz.images import Preprocessing, read_sample, to_tensor
from resnet_viz.training import sets
from resnet_viz.training.batches import as_batch, changed, normalised, shuffled
from resnet_viz.training.sets import PictureSet, Split, rendered, seed_of


def test_no_two_pictures_share_a_seed():
    states = {
        tuple(seed_of(split, seed, index).generate_state(4))
        for split, seed, index in itertools.product(Split, range(3), range(50))
    }
    assert len(states) == len(Split) * 3 * 50


def test_processes_draw_the_same_as_one_does(monkeypatch):
    alone = rendered(Split.TEST, 3, 40, 32)
    monkeypatch.setattr(sets, "_BATCH", 16)
    together = rendered(Split.TEST, 3, 40, 32)
    np.testing.assert_array_equal(alone.rgb, together.rgb)
    np.testing.assert_array_equal(alone.labels, np.arange(40) % 12)


def test_an_epoch_has_every_picture_once_and_follows_from_its_number():
    rgb = np.repeat(np.arange(10, dtype=np.uint8), 12).reshape(10, 2, 2, 3)
    pictures = PictureSet(rgb, np.arange(10))
    first, again, second = (
        [label for _, labels in shuffled(pictures, 3, 0, epoch) for label in labels.tolist()]
        for epoch in (0, 0, 1)
    )
    assert first == again != second
    assert len(set(first)) == 9  # the tenth fills no batch


def test_a_changed_picture_keeps_its_pixels_up_to_colour():
    pictures = rendered(Split.TRAINING, 0, 24, 32)
    batch = as_batch(pictures.rgb)
    after = changed(batch, np.random.default_rng(0))
    moved = 0
    for before, now in zip(batch, after, strict=True):
        values = before.flatten().sort().values
        inverted = (255 - before).flatten().sort().values
        assert any(now.flatten().sort().values.equal(each) for each in (values, inverted))
        moved += not now.equal(before)
    assert moved > 20


def test_a_batch_is_normalised_as_a_single_picture_is():
    image, preparation = read_sample("star"), Preprocessing.whole(256)
    alone = to_tensor(image, preparation)
    assert normalised(as_batch(image.rgb[None]), preparation).allclose(alone, atol=1e-6)
