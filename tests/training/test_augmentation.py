"""Augmentation moves and mirrors, and invents nothing."""

import numpy as np
import torch
import torch.nn.functional as F

from resnet_viz.training.augmentation import cropped_and_flipped, turned_and_recoloured
from resnet_viz.training.batches import as_batch
from resnet_viz.training.rendered import Split, rendered


def test_a_turned_image_keeps_its_pixels_up_to_colour():
    images = rendered(Split.TRAINING, 0, 24, 32)
    batch = as_batch(images.rgb)
    after = turned_and_recoloured(batch, np.random.default_rng(0))
    moved = 0
    for before, now in zip(batch, after, strict=True):
        values = before.flatten().sort().values
        inverted = (255 - before).flatten().sort().values
        assert any(now.flatten().sort().values.equal(each) for each in (values, inverted))
        moved += not now.equal(before)
    assert moved > 20


def test_a_crop_is_one_of_the_81_that_torch_cuts_out_of_the_padded_image():
    batch = torch.randint(0, 256, (40, 3, 32, 32), dtype=torch.uint8)
    after = cropped_and_flipped(batch, np.random.default_rng(0))
    assert after.shape == batch.shape
    assert after.dtype == torch.uint8
    padded = F.pad(batch.float(), (4, 4, 4, 4), mode="reflect").byte()
    places, flips = set(), 0
    for image, wide in zip(after, padded, strict=True):
        found = [
            (down, across, flip)
            for down in range(9)
            for across in range(9)
            for flip in (False, True)
            if (image.flip(2) if flip else image).equal(
                wide[:, down : down + 32, across : across + 32]
            )
        ]
        assert len(found) == 1
        places.add(found[0][:2])
        flips += found[0][2]
    assert len(places) > 25  # of 81, in 40 draws
    assert 10 <= flips <= 30  # of 40
