"""The lesion study against networks that lost their blocks one by one."""

import threading

import pytest
import torch

from resnet_viz.analysis.ablation import Ablation, capture_ablated
from resnet_viz.analysis.capture import capture
from resnet_viz.analysis.forward import traced
from resnet_viz.analysis.lesions import lesion_study
from resnet_viz.analysis.records import Capture
from tests.analysis.networks import CAT, PLAIN, RESNET20, network, snapshot, unchanged


def probabilities(answer: Capture) -> torch.Tensor:
    return torch.softmax(torch.tensor(answer.logits, dtype=torch.float64), 0)


def test_every_block_is_removed_once():
    loaded, before = network(RESNET20), snapshot(network(RESNET20))
    lesions = lesion_study(loaded, CAT)
    untouched = probabilities(capture(loaded, CAT))
    assert [lesion.path for lesion in lesions] == [row.path for row in traced(loaded).blocks()]
    assert [lesion.kind for lesion in lesions].count("zero-pad") == 2
    for lesion in lesions:
        odds = probabilities(capture_ablated(loaded, CAT, Ablation(removed=(lesion.path,))))
        assert lesion.target == int(untouched.argmax())
        assert lesion.untouched == pytest.approx(untouched.max().item(), rel=1e-9)
        assert lesion.probability == pytest.approx(odds[lesion.target].item(), rel=1e-9)
        assert lesion.top == int(odds.argmax())
        assert lesion.top_probability == pytest.approx(odds.max().item(), rel=1e-9)
        assert lesion.survived == (int(odds.argmax()) == int(untouched.argmax()))
    assert unchanged(loaded, before)


def test_progress_is_told_in_the_callers_own_thread():
    """Streamlit draws nothing from any other."""
    told = []
    lesion_study(network(RESNET20), CAT, lambda *done: told.append((*done, threading.get_ident())))
    assert told == [(done, 10, threading.get_ident()) for done in range(1, 11)]


def test_a_plain_network_has_nothing_to_remove():
    assert lesion_study(network(PLAIN), CAT) == ()
