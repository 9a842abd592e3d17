"""Every layer of a network with its shapes and costs, as plain data, by one run of torchinfo.

torchinfo counts with hooks on the module it is given: on one that another thread uses its numbers are
wrong without a word, and `device="meta"` destroys real weights. It therefore gets a private copy on the
meta device, which costs no memory at any input size.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import takewhile

import torch
import torchinfo
import torchinfo.torchinfo
from torch import Tensor, nn
from torchinfo.layer_info import LayerInfo

from resnet_viz import jobs
from resnet_viz.analysis.parts import shapes_only
from resnet_viz.analysis.price import check_rows
from resnet_viz.analysis.receptive_field import Field, widest
from resnet_viz.analysis.records import INPUT, LayerRecord, Trace
from resnet_viz.analysis.unfolding import folded, unfolded
from resnet_viz.errors import ConfigError
from resnet_viz.model.blocks import Block
from resnet_viz.model.config import ResNetConfig, check_input_size
from resnet_viz.model.kinds import everywhere, kind_of
from resnet_viz.model.resnet import ResNet, Stage, build_meta
from resnet_viz.model.roles import CONTAINERS, Role
from resnet_viz.store import STORE

Edge = tuple[str, str]

_NOBODY = ""  # the source of a tensor that no module put out

# torchinfo keeps the last run of each class of network in a module-level dictionary.
_TORCHINFO = threading.Lock()


def trace(config: ResNetConfig, input_size: int | None = None) -> Trace:
    """Trace one image of `input_size` pixels a side (the network's own when None) through it.

    Shapes and parameter counts are torchinfo's. Multiply-adds are those of convolutions and linear
    layers (torchinfo's own add BatchNorm parameters and biases). Edges follow the tensors of that same
    run.

    Raises:
        ConfigError: the input size is outside 32 to 1,024, or the network has too many layers to show.
    """
    key = trace_key(config, input_size)
    kept = STORE.get(key)
    if kept is not None:
        known: Trace = kept.value
        return known
    check_rows(config)
    traced = trace_anew(*key[1:])
    STORE.put(key, traced)
    return traced


def trace_key(config: ResNetConfig, input_size: int | None) -> tuple[str, ResNetConfig, int]:
    """What a trace is kept by; raises `ConfigError` for an input size that is not accepted."""
    size = config.input_size if input_size is None else input_size
    return "trace", config, check_input_size(size)


def trace_anew(config: ResNetConfig, size: int) -> Trace:
    """The work behind `trace`, done again; equal blocks of a stage are traced once."""
    return unfolded(trace_whole(folded(config), size), config)


def trace_whole(config: ResNetConfig, size: int) -> Trace:
    """The same, with every block traced by itself."""
    network = build_meta(config)
    shapes_only(network)
    with _TORCHINFO, torch.no_grad(), _following(network) as edges:
        input_tensor = torch.empty(1, 3, size, size, device="meta")
        try:
            rows = torchinfo.summary(
                network, input_data=input_tensor, device="meta", verbose=0
            ).summary_list
        finally:
            torchinfo.torchinfo.clear_cached_forward_pass()
    _check_edges(edges)
    return Trace(config, size, tuple(_records(network, rows, edges)), tuple(edges))


@contextmanager
def _following(network: nn.Module) -> Iterator[list[Edge]]:
    """Note which layer made each tensor that a layer reads, while the network runs once."""
    edges: list[Edge] = []
    made_by: dict[int, str] = {}
    alive: list[Tensor] = []  # so that no two tensors share an id

    def begin(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        made_by[id(inputs[0])] = INPUT
        alive.append(inputs[0])

    def note(path: str, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        jobs.check()
        edges.extend((made_by.get(id(tensor), _NOBODY), path) for tensor in inputs)
        made_by[id(output)] = path
        alive.append(output)

    handles = [network.register_forward_pre_hook(begin)]
    handles += [
        module.register_forward_hook(lambda _, inputs, output, p=path: note(p, inputs, output))
        for path, module in network.named_modules()
        if not _holds_layers(module)
    ]
    try:
        yield edges
    finally:
        for handle in handles:
            handle.remove()


def _check_edges(edges: list[Edge]) -> None:
    """Raise `ConfigError` for a tensor that came from an operation that is no module."""
    for source, target in edges:
        if source == _NOBODY:
            raise ConfigError(
                f"{target} reads a tensor that no layer has made; each operation of a network has to "
                "be a module of its own."
            )


def _records(network: ResNet, rows: list[LayerInfo], edges: list[Edge]) -> list[LayerRecord]:
    """One record for each row: layers as torchinfo measured them, containers as sums over theirs."""
    paths = {module: path for path, module in network.named_modules()}
    roles = network.roles()
    # The network itself is the Trace; a projection's two layers stand in their block.
    shown = [row for row in rows if not _is_transparent(row.module)]
    sources: dict[str, list[str]] = {}
    for source, target in edges:
        sources.setdefault(target, []).append(source)
    fields = {INPUT: Field()}
    records: list[LayerRecord] = []
    for order, row in enumerate(shown):
        path = paths[row.module]
        if not _holds_layers(row.module):
            field_in = widest([fields[source] for source in sources[path]])
            about = roles[path], _parent(path, roles)
            records.append(_layer(path, order, row, field_in, *about))
            fields[path] = records[-1].field
    for order, row in enumerate(shown):  # in order, so that each lands at its own place
        if _holds_layers(row.module):
            path = paths[row.module]
            about = roles[path], _parent(path, roles)
            records.insert(order, _container(path, order, row, records[order:], *about))
    return records


def _parent(path: str, roles: Mapping[str, Role]) -> str:
    """The innermost stage or block around a path; empty for the network's own parts."""
    while path := path.rpartition(".")[0]:
        if roles[path] in CONTAINERS:
            break
    return path


def _layer(
    path: str, order: int, row: LayerInfo, field: Field, role: Role, parent: str
) -> LayerRecord:
    """The record of a module that computes; `field` is that of its input."""
    module, kind = row.module, kind_of(row.module, path)
    input_shape, output_shape = tuple(row.input_size[1:]), tuple(row.output_size[1:])
    kernel, stride, padding = kind.window(module, input_shape) or (None, None, None)
    if kernel and stride and padding:
        field = field.through(kernel[0], stride[0], padding[0])
    elif kind.window is everywhere:  # from one edge of the map to the other, wherever it stands
        field = field.through(2 * input_shape[1] - 1, 1, input_shape[1] - 1)
    parameters = module.named_parameters(recurse=False)
    return LayerRecord(
        path=path,
        kind=kind.name,
        order=order,
        input_shape=input_shape,
        output_shape=output_shape,
        params=row.num_params,
        macs=kind.macs(module, output_shape),
        weights=tuple((name, tuple(value.shape)) for name, value in parameters),
        kernel=kernel,
        stride=stride,
        padding=padding,
        groups=module.groups if isinstance(module, nn.Conv2d) else None,
        receptive_field=field.size,
        jump=field.jump,
        start=field.start,
        role=role,
        parent=parent,
        shortcut_kind=(kind.shortcut or "projection") if role is Role.SHORTCUT else "none",
    )


def _container(
    path: str, order: int, row: LayerInfo, after: list[LayerRecord], role: Role, parent: str
) -> LayerRecord:
    """The record of a stage or block: sums over its layers, the field of the last one."""
    within = path + "."
    inside = list(takewhile(lambda layer: layer.path.startswith(within), after))
    field = inside[-1].field
    return LayerRecord(
        path=path,
        kind=type(row.module).__name__,
        order=order,
        input_shape=tuple(row.input_size[1:]),
        output_shape=tuple(row.output_size[1:]),
        params=sum(layer.params for layer in inside),
        macs=sum(layer.macs for layer in inside),
        receptive_field=field.size,
        jump=field.jump,
        start=field.start,
        role=role,
        parent=parent,
    )


def _holds_layers(module: nn.Module) -> bool:
    return next(module.children(), None) is not None


def _is_transparent(module: nn.Module) -> bool:
    """Whether a module only groups others and is no stage or block of its own."""
    return _holds_layers(module) and not isinstance(module, Stage | Block)
