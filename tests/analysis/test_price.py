"""What a question will take, against torchinfo, against torch's own memory, and against its own advice."""

import re
import weakref
from dataclasses import replace
from itertools import product

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from resnet_viz.analysis import parts
from resnet_viz.analysis import price as prices
from resnet_viz.analysis.forward import record_io
from resnet_viz.analysis.price import check, kept_bytes, price, price_of_outputs
from resnet_viz.analysis.records import INPUT
from resnet_viz.analysis.trace import trace
from resnet_viz.budget import MEMORY_VARIABLE, Budget, budget
from resnet_viz.errors import ConfigError, ExplorerError
from resnet_viz.model.blocks import BLOCKS as MODEL_BLOCKS
from resnet_viz.model.config import SHORTCUTS, STRIDE_PLACES, ResNetConfig
from resnet_viz.model.presets import PRESETS
from resnet_viz.model.resnet import ResNet, build_meta
from resnet_viz.model.stems import STEMS

BLOCKS = (("basic", 1, 64), ("bottleneck", 1, 64), ("bottleneck", 2, 32))
VARIED = [
    (
        ResNetConfig("v", block, (1, 3, 2), stem, 16, groups, per_group, shortcut, place),
        33 + 7 * number,
    )
    for number, ((block, groups, per_group), stem, shortcut, place) in enumerate(
        product(BLOCKS, STEMS, SHORTCUTS, STRIDE_PLACES)
    )
]
ALONE = [ResNetConfig(name, name, (1, 2, 1), width=16) for name in MODEL_BLOCKS]  # of each block
ALL = [(config, config.input_size) for config in (*PRESETS.values(), *ALONE)] + VARIED
RESNET1202 = ResNetConfig("custom", repeats=(200, 200, 200), stem="cifar", width=16, input_size=32)


def emptied(config: ResNetConfig) -> ResNet:
    """A network with memory behind its parameters and nothing in it."""
    return build_meta(config).to_empty(device="cpu").eval()


@pytest.mark.parametrize(("config", "size"), ALL)
def test_the_formula_gives_what_torchinfo_counts(config, size):
    traced, found = trace(config, size), price(config, size)
    assert found.params == traced.params
    assert found.macs == traced.macs
    assert found.values == traced.activations
    assert found.rows == len(traced.layers)
    state = build_meta(config).state_dict().values()
    assert found.weights == sum(value.numel() * value.element_size() for value in state)


@pytest.mark.parametrize(("config", "size"), VARIED)
def test_a_block_that_is_run_takes_what_its_formula_says(config, size, monkeypatch):
    """What is measured of any other block, of the two whose formulas are known."""
    by_formula = price(config, size)
    monkeypatch.setattr(parts, "_CONVOLUTIONS", {})
    measured = price(config, size)
    assert replace(measured, passing=0) == replace(by_formula, passing=0)
    assert 0.6 * by_formula.passing < measured.passing <= by_formula.passing


@pytest.mark.parametrize("name", PRESETS)
def test_what_is_kept_is_what_torch_keeps(name):
    """All outputs of all layers, blocks and stages, each storage once."""
    config, size = PRESETS[name], 32
    traced, network = trace(config, size), emptied(config)
    input_tensor = torch.zeros(1, 3, size, size)
    with torch.inference_mode(), record_io(network, traced.paths) as seen:
        network(input_tensor)
    outputs = [input_tensor, *(passage.output for passage in seen.values())]
    storages = {tensor.untyped_storage().data_ptr(): tensor.untyped_storage() for tensor in outputs}
    measured = sum(storage.nbytes() for storage in storages.values())
    assert kept_bytes(traced, (INPUT, *traced.paths)) == measured
    some = traced.paths[::7]
    kept = {seen[path].output.untyped_storage().data_ptr() for path in some}
    assert kept_bytes(traced, some) == sum(storages[address].nbytes() for address in kept)


class Peak(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """The most bytes that tensors made meanwhile hold at once, beside a network's own."""

    def __init__(self, network: ResNet) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.most = 0
        self._own = {value.untyped_storage().data_ptr() for value in network.state_dict().values()}
        self._made: dict[int, weakref.ref[Tensor]] = {}

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        output = func(*args, **(kwargs or {}))
        for tensor in output if isinstance(output, tuple | list) else (output,):
            if isinstance(tensor, Tensor):
                self._made[id(tensor)] = weakref.ref(tensor)
        alive = [tensor for ref in self._made.values() if (tensor := ref()) is not None]
        held = {t.untyped_storage().data_ptr(): t.untyped_storage().nbytes() for t in alive}
        made = sum(size for address, size in held.items() if address not in self._own)
        self.most = max(self.most, made)
        return output


@pytest.mark.parametrize("measured", [False, True])
@pytest.mark.parametrize(("config", "size"), VARIED)
def test_what_passes_through_is_never_more_than_was_said(config, size, measured, monkeypatch):
    if measured:  # as of a block that nobody has a formula for
        monkeypatch.setattr(parts, "_CONVOLUTIONS", {})
    network = emptied(config)
    peak = Peak(network)
    input_tensor = torch.zeros(1, 3, size, size)
    with torch.no_grad(), peak:
        network(input_tensor)
    said = price(config, size).passing
    # Beside the image, and without what oneDNN takes inside of a convolution.
    assert 0.4 * said < peak.most + input_tensor.nbytes <= said


def test_every_preset_and_the_papers_deepest_network_are_within_the_default(monkeypatch):
    monkeypatch.delenv(MEMORY_VARIABLE, raising=False)
    for config in PRESETS.values():
        check(config, config.input_size)
    check(PRESETS["resnet152"], 1024)
    check(RESNET1202, 32)


THIN = ResNetConfig("thin", "bottleneck", (3, 4, 6, 3), "cifar", width_per_group=1)
TOO_MUCH = (
    (THIN, 512, "of memory"),
    (THIN, 1024, "multiply-adds"),
    (replace(THIN, width=448), 256, "multiply-adds"),
    (replace(RESNET1202, width=4), 1024, "multiply-adds"),
    (ResNetConfig("deep", repeats=(9, 9, 9, 9), stem="cifar"), 1024, "multiply-adds"),
    (ResNetConfig("wide", "bottleneck", (3, 8, 36, 3), width=512), 224, "parameters"),
)


@pytest.mark.parametrize(("config", "size", "reason"), TOO_MUCH)
def test_what_a_refusal_advises_is_accepted_and_no_more_than_that(config, size, reason):
    with pytest.raises(ConfigError, match=reason) as refused:
        check(config, size)
    found = re.search(
        r"smaller ([\w ]+): reduce ([\d,]+)(?: pixels)? to ([\d,]+)\.", str(refused.value)
    )
    assert found, refused.value
    what, before, after = found[1], *(int(number.replace(",", "")) for number in found.groups()[1:])
    if what == "input size":
        assert before == size
        check(config, after)
        with pytest.raises(ConfigError):
            check(config, after + 1)
    else:
        field = what.replace(" ", "_")
        assert before == getattr(config, field)
        check(replace(config, **{field: after}), size)


def test_outputs_that_are_kept_count(monkeypatch):
    """The advice holds for them too: at the size that it names they can be kept."""
    config, size = PRESETS["resnet50"], 224
    paths = trace(config, size).paths
    found = price_of_outputs(trace(config, size), paths)
    assert found.kept == kept_bytes(trace(config, size), paths)
    tight = Budget(
        server=found.memory * 8 // 5, work=10**15
    )  # an answer may take some seven tenths of it
    monkeypatch.setattr(prices, "budget", lambda: tight)
    with pytest.raises(ConfigError, match="smaller input size") as refused:
        check(config, size, found)
    side = int(str(refused.value).rsplit(" to ", 1)[1].rstrip("."))
    check(config, side, price_of_outputs(trace(config, side), paths))


def test_a_network_of_too_many_layers_is_refused_before_it_is_traced():
    large = ResNetConfig("large", "bottleneck", (200, 200, 200, 200))
    with pytest.raises(ConfigError, match="can be shown here") as refused:
        trace(large)
    fitting = tuple(map(int, str(refused.value).rsplit(" to ", 1)[1].rstrip(".").split(", ")))
    prices.check_rows(replace(large, repeats=fitting))


@pytest.mark.parametrize("text", ["much", "-5", "99", "1.5", "10000000000"])
def test_a_budget_that_is_no_number_is_one_sentence(monkeypatch, text):
    monkeypatch.setenv(MEMORY_VARIABLE, text)
    with pytest.raises(ExplorerError, match=r"choose a whole number from 100 to 1,000,000\."):
        budget()


def test_the_operator_says_how_much(monkeypatch):
    monkeypatch.setenv(MEMORY_VARIABLE, "3000")
    assert budget().server == 3_000_000_000
    check(PRESETS["wide_resnet101_2"], 1024 // 2)
    monkeypatch.setenv(MEMORY_VARIABLE, "200")
    with pytest.raises(ConfigError, match="at most 90 MB can be run here"):
        check(PRESETS["resnet50"], 224)
