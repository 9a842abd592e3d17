"""What a network answers to a set of images, and what it looks like halfway through."""

import numpy as np
import pytest
import torch
from torch import nn

from resnet_viz.images import Preprocessing
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.resnet import Stage, build_random
from resnet_viz.training.batches import as_batch, normalised
from resnet_viz.training.dataset import ArrayImages
from resnet_viz.training.evaluation import evaluate, logits, statistics_and_logits

WHOLE = Preprocessing.whole(32)
RNG = np.random.default_rng(0)
IMAGES = ArrayImages(
    RNG.integers(0, 256, (450, 32, 32, 3), dtype=np.uint8), RNG.integers(0, 5, 450)
)


@pytest.mark.parametrize("repeats", [(1, 1, 1), (1, 1, 1, 1)])
def test_statistics_are_those_of_the_stage_before_the_middle_and_leave_no_hook(repeats):
    network = build_random(ResNetConfig("tiny", repeats=repeats, width=8, num_classes=5), 0)
    statistics, answers = statistics_and_logits(network, IMAGES, WHOLE)
    assert all(not module._forward_hooks for module in network.modules())
    parts = list(network.eval())
    stages = [index for index, part in enumerate(parts) if isinstance(part, Stage)]
    until = nn.Sequential(*parts[: stages[(len(stages) - 1) // 2] + 1])
    batch = normalised(as_batch(IMAGES.rgb), WHOLE)
    with torch.no_grad():
        maps, expected = until(batch).flatten(2).double(), network(batch)
    both = torch.cat([maps.mean(dim=2), maps.std(dim=2, correction=0)], dim=1)
    np.testing.assert_allclose(statistics, both.numpy(), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(answers, expected.numpy(), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(logits(network, IMAGES, WHOLE), torch.from_numpy(answers))


def test_the_confusion_matrix_counts_every_image_once_where_it_belongs():
    network = build_random(ResNetConfig("tiny", repeats=(1, 1, 1), width=8, num_classes=5), 0)
    found = evaluate(network, IMAGES, WHOLE)
    answers = logits(network, IMAGES, WHOLE).argmax(dim=1).numpy()
    for truth in range(5):
        for answer in range(5):
            both = (IMAGES.labels == truth) & (answers == answer)
            assert found.confusion[truth][answer] == both.sum()
    assert found.accuracy == pytest.approx((IMAGES.labels == answers).mean())
