"""What a question to a network answers, and what it leaves behind: nothing."""

import math
import threading
from collections.abc import Callable

import numpy as np
import pytest
import torch

from resnet_viz.analysis.capture import capture, check_runnable, outputs, predict
from resnet_viz.analysis.forward import record_io
from resnet_viz.analysis.records import INPUT, Activation, Capture
from resnet_viz.analysis.trace import trace, trace_anew
from resnet_viz.errors import ConfigError, PathError
from resnet_viz.images import SAMPLES, read_sample, to_tensor
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.presets import PRESETS
from resnet_viz.model.resnet import ResNet
from resnet_viz.weights.loaded import FELL_BACK
from resnet_viz.weights.sources import load
from tests.analysis.networks import hooks

CONFIG = ResNetConfig("t", repeats=(2, 1, 1, 1), width=16, num_classes=10)
SIZE = 64


@pytest.fixture(scope="module")
def loaded():
    return load(CONFIG, "random:0", SIZE)


def test_activations_are_those_of_a_forward_by_hand(loaded):
    """The sum of a block, against its branch and shortcut run one by one without hooks."""
    image = read_sample("cat")
    paths = ("maxpool", "layer1.0.bn2", "layer1.0.shortcut", "layer1.0.add", "layer1.0")
    seen = capture(loaded, image, paths)
    block = loaded.module.get_submodule("layer1.0")
    with torch.inference_mode():
        x = to_tensor(image, loaded.weights.preprocessing)
        for name in ("conv1", "bn1", "relu", "maxpool"):
            x = loaded.module.get_submodule(name)(x)
        branch = block.bn2(block.conv2(block.relu1(block.bn1(block.conv1(x)))))
        expected = (x, branch, x, branch + x, (branch + x).clamp(min=0))
    for path, value in zip(paths, expected, strict=True):
        np.testing.assert_array_equal(seen[path].values, value[0].numpy())


def test_asking_for_maps_changes_nothing_about_the_answer(loaded):
    image = read_sample("cat")
    bare = capture(loaded, image)
    full = capture(loaded, image, trace(CONFIG, SIZE).paths)
    np.testing.assert_array_equal(bare.logits, full.logits)
    with torch.inference_mode():
        logits = loaded.module(to_tensor(image, loaded.weights.preprocessing))
    np.testing.assert_array_equal(bare.logits, logits[0].numpy())
    assert [a.path for a in full.activations] == list(trace(CONFIG, SIZE).paths)


def test_shapes_are_the_traces_and_arrays_are_read_only(loaded):
    traced = trace(CONFIG, SIZE)
    for activation in capture(loaded, read_sample("cat"), traced.paths).activations:
        shape = traced[activation.path].output_shape
        assert activation.values.shape == (shape if len(shape) == 3 else (*shape, 1, 1))
        assert activation.values.dtype == np.float32
        with pytest.raises(ValueError, match="read-only"):
            activation.values[0] = 1


def test_no_hook_stays_after_success_and_after_failure(loaded):
    network = loaded.module
    capture(loaded, read_sample("cat"), ("layer1",))
    assert hooks(network) == 0
    with pytest.raises(PathError, match="nowhere"):
        capture(loaded, read_sample("cat"), ("layer1", "nowhere"))
    assert hooks(network) == 0
    with pytest.raises(PathError, match="nowhere"):
        outputs(loaded, read_sample("cat"), ("layer1", "nowhere"))
    with pytest.raises(RuntimeError, match="channels"), record_io(network, ["layer1"]):
        network(torch.zeros(1, 4, 8, 8))
    assert hooks(network) == 0
    assert not network.training
    assert not loaded.lock.locked()


def test_threads_with_different_images_never_see_each_others_maps(loaded):
    slugs = list(SAMPLES)
    expected = {slug: capture(loaded, read_sample(slug), ("layer2",)) for slug in slugs}
    found: list[tuple[str, Capture]] = []

    def work(slug: str) -> None:
        trace_anew(CONFIG, SIZE)
        found.append((slug, capture(loaded, read_sample(slug), ("layer2",))))

    threads = [threading.Thread(target=work, args=(slug,)) for slug in slugs * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4 * len(slugs)
    for slug, answer in found:
        np.testing.assert_array_equal(answer.logits, expected[slug].logits)
        np.testing.assert_array_equal(answer["layer2"].values, expected[slug]["layer2"].values)


def test_a_full_gpu_falls_back_to_the_cpu_once_and_says_so(monkeypatch):
    loaded = load(CONFIG, "random:0", SIZE)
    forward: Callable[..., torch.Tensor] = ResNet.forward
    calls: list[torch.Tensor] = []

    def full_once(network, input_tensor):
        calls.append(input_tensor)
        if len(calls) == 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return forward(network, input_tensor)

    monkeypatch.setattr(ResNet, "forward", full_once)
    answer = capture(loaded, read_sample("cat"), ("layer1",))
    assert answer.note == FELL_BACK
    assert answer.device == loaded.device == "cpu"
    assert capture(loaded, read_sample("cat")).note == FELL_BACK
    assert len(calls) == 3


@pytest.mark.parametrize("path", [row.path for row in trace(CONFIG, SIZE).layers])
def test_run_no_further_than_asked_the_outputs_are_those_of_the_whole(loaded, path):
    image = read_sample("cat")
    whole = capture(loaded, image, trace(CONFIG, SIZE).paths)
    (seen,) = outputs(loaded, image, (path,)).activations
    assert seen.path == path
    np.testing.assert_array_equal(seen.values, whole[path].values)


def test_outputs_run_no_block_further_than_the_last_that_is_asked_for(loaded):
    """Whatever the order of the question, a stage and its own last layer among them."""
    ran = []
    handles = [
        block.register_forward_hook(lambda *_, path=path: ran.append(path))
        for path, block in loaded.module.named_modules()
        if path.count(".") == 1 and path.startswith("layer")
    ]
    paths = ("layer1", "conv1", "layer1.1.relu2", "maxpool", "layer1.1.add")
    try:
        seen = outputs(loaded, read_sample("cat"), paths)
    finally:
        for handle in handles:
            handle.remove()
    assert ran == ["layer1.0", "layer1.1"]
    assert [a.path for a in seen.activations] == list(paths)
    np.testing.assert_array_equal(seen["layer1"].values, seen["layer1.1.relu2"].values)
    np.testing.assert_array_equal(seen["layer1"].values, seen["layer1.1.add"].values.clip(min=0))


def test_the_input_is_the_image_as_the_network_reads_it(loaded):
    image = read_sample("cat")
    expected = to_tensor(image, loaded.weights.preprocessing)[0].numpy()
    for paths in ((INPUT,), (INPUT, "conv1")):
        np.testing.assert_array_equal(outputs(loaded, image, paths)[INPUT].values, expected)


def test_probabilities_are_softmax_and_come_in_order():
    logits = np.array([1.0, 3.0, 2.0, -1000.0, 1000.0 - 997.0], np.float32)
    answer = predict(Capture((), logits, "cpu", 0.0), [f"c{i}" for i in range(5)], top=3)
    expected = torch.softmax(torch.tensor(logits, dtype=torch.float64), 0).tolist()
    assert [score.index for score in answer.top] == [1, 4, 2]
    assert [score.label for score in answer.top] == ["c1", "c4", "c2"]
    for score in answer.top:
        assert score.probability == pytest.approx(expected[score.index], rel=1e-12)


@pytest.mark.parametrize(("logit", "first"), [(2.0, 0), (-3.0, 1)])
def test_one_logit_is_a_sigmoid_and_its_complement(logit, first):
    capture = Capture((), np.array([logit], np.float32), "cpu", 0.0)
    answer = predict(capture, ("dog", "not dog"), top=1)
    chances = {score.label: score.probability for score in answer.top}
    assert chances["dog"] == pytest.approx(1 / (1 + math.exp(-logit)), rel=1e-12)
    assert chances["not dog"] == pytest.approx(1 / (1 + math.exp(logit)), rel=1e-12)
    assert answer.top[0].index == first
    assert (capture.logit(0), capture.logit(1)) == (logit, -logit)


def test_statistics_of_an_activation_by_hand():
    values = np.array([[[0, 0], [0, 4]], [[0, 0], [0, 0]]], np.float32)
    activation = Activation("x", values)
    assert (activation.min, activation.max, activation.mean) == (0, 4, 0.5)
    assert activation.zeros == 7 / 8
    assert activation.dead == 1


def test_networks_too_large_to_run_are_refused_but_can_be_traced():
    wide = ResNetConfig("wide", "bottleneck", (3, 8, 36, 3), width=512)
    with pytest.raises(ConfigError, match="parameters"):
        check_runnable(trace(wide))
    with pytest.raises(ConfigError, match="multiply-adds"):
        check_runnable(trace(ResNetConfig("deep", repeats=(9, 9, 9, 9), stem="cifar"), 1024))
    check_runnable(trace(PRESETS["wide_resnet101_2"]))


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no NVIDIA GPU here")
def test_the_gpu_gives_the_cpus_answer():
    image = read_sample("cat")
    cpu = capture(load(CONFIG, "random:0", SIZE), image, ("layer2",))
    gpu = capture(load(CONFIG, "random:0", SIZE, "cuda"), image, ("layer2",))
    assert gpu.device == "cuda:0"
    np.testing.assert_allclose(gpu["layer2"].values, cpu["layer2"].values, rtol=1e-2, atol=1e-2)
