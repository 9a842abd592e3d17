"""Ask one method what speaks for a class: the passes through the network, their price, the record."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, Final, TypeVar

import numpy as np
import torch
from torch import Tensor

from resnet_viz.analysis import price
from resnet_viz.analysis.attribution.method import (
    PIXELS,
    Evidence,
    Found,
    LayerMethod,
    Method,
    PixelMethod,
    evidence,
)
from resnet_viz.analysis.attribution.passes import Passes, fills
from resnet_viz.analysis.attribution.records import Heatmap
from resnet_viz.analysis.attribution.target import Target, best, class_logit, find_class, score
from resnet_viz.analysis.attribution.target_layer import (
    TargetLayer,
    feeds_classifier,
    find_target_layer,
    last_stage,
)
from resnet_viz.analysis.double import in_double
from resnet_viz.analysis.forward import finite, prepared, run_batch, traced
from resnet_viz.analysis.network_job import TakeTurn
from resnet_viz.analysis.records import INPUT, Trace
from resnet_viz.errors import MethodError
from resnet_viz.images import ImageInput
from resnet_viz.model.resnet import ResNet
from resnet_viz.weights.loaded import LoadedModel

T = TypeVar("T")
Progress = Callable[[int, int], None]  # images that are through, and of how many

_BATCH: Final = 8  # images at once: on two cores more gain nothing


def attribute(
    loaded: LoadedModel,
    image: ImageInput,
    method: Method,
    layer: str = "",
    part: str = "",
    target: Target = None,
    *,
    precise: bool = False,
    progress: Progress | None = None,
    turn: TakeTurn = nullcontext,
) -> Heatmap:
    """Ask one method what speaks for a class.

    Args:
        layer: of a method that is about layers; without it the last stage. Else it stays empty.
        part: of a block: its branch, shortcut, sum or output; without it the output.
        target: the class by number or name; without it the most probable one.
        precise: in float64, on a private copy of the network.
        progress: called in the caller's own thread after every pass.
        turn: waited for before each pass, between which others' questions come in.

    Raises:
        PathError: the network has no such layer.
        ClassError: it has no such class.
        MethodError: the method has no answer there.
        ConfigError: it would take too much.
        WeightsError: the network computes numbers that are not finite.
    """
    trace, answers = traced(loaded), loaded.weights.answers(loaded.config.num_classes)
    index = find_class(answers, target)
    seen_at = _target_layer(trace, method, layer, part)
    batch = _affordable(trace, method, seen_at, precise)
    asked = in_double(loaded) if precise else loaded
    input_tensor = prepared(asked, image)
    if isinstance(method, LayerMethod):
        assert seen_at
        found, logits, index = _of_layer(asked, input_tensor, method, seen_at, index, turn)
    else:
        assert isinstance(method, PixelMethod)
        found, logits, index = _of_pixels(asked, input_tensor, method, index, batch, turn, progress)
    return Heatmap(
        method=method.slug,
        layer=seen_at.layer if seen_at else INPUT,
        part=seen_at.part if seen_at else "",
        target=class_logit(logits, index, answers),
        values=_array(found.values),
        field=found.field or (seen_at.row.field if seen_at else PIXELS),
        input_size=trace.input_size,
        colours=None if found.colours is None else _array(found.colours),
        weights=None if found.weights is None else _array(found.weights),
        completeness=found.completeness,
        options=tuple(method.options.items()),
    )


def quick(loaded: LoadedModel, inputs: Tensor) -> Tensor:
    """The same images (N, 3, H, W) in the order in memory that the device is quickest with.

    For several at once CPUs want the channels of a pixel side by side: a fifth less time for eight images
    through ResNet-18, most of it in max pooling. A single image gains nothing. It is for the way forward
    alone: in flat areas the values of a pooling window are equal but for rounding, which depends on the
    order and decides where a gradient goes.
    """
    if loaded.device != "cpu" or len(inputs) == 1:
        return inputs
    return inputs.contiguous(memory_format=torch.channels_last)


def _of_layer(
    loaded: LoadedModel,
    input_tensor: Tensor,
    method: LayerMethod,
    seen_at: TargetLayer,
    index: int | None,
    turn: TakeTurn,
) -> tuple[Found, np.ndarray, int]:
    """One pass through the network and back to the layer."""
    trace = traced(loaded)
    classifier = trace.classifier.path if feeds_classifier(trace, seen_at) else ""

    def forward(network: ResNet, inputs: Tensor) -> tuple[Found, Evidence]:
        seen = evidence(network, inputs, seen_at.row.path, index, classifier)
        return method.find(seen), seen

    with turn():
        found, seen = run_batch(loaded, input_tensor, forward)
    return found, _array(seen.logits), seen.index


def _of_pixels(
    loaded: LoadedModel,
    input_tensor: Tensor,
    method: PixelMethod,
    index: int | None,
    batch: int,
    turn: TakeTurn,
    progress: Progress | None,
) -> tuple[Found, np.ndarray, int]:
    """As many passes as the method wants, each in its turn."""
    done, total = 0, method.passes(int(input_tensor.shape[-1])) + 1

    def run(inputs: Tensor, forward: Callable[[Any, Tensor], T]) -> T:
        with turn():
            ordered = inputs if method.goes_back else quick(loaded, inputs)
            return run_batch(loaded, ordered, forward)

    def report(images: int) -> None:
        nonlocal done
        done += images
        if progress:
            progress(done, total)

    logits = run(input_tensor, _logits)  # (K,)
    report(1)
    known = best(logits) if index is None else index
    passes = Passes(
        run,
        input_tensor,
        known,
        float(score(logits[None], known)),
        batch,
        fills(loaded.weights.preprocessing, input_tensor.dtype),
        report,
        traced(loaded),
    )
    return method.find(passes), _array(logits), known


def _logits(network: ResNet, inputs: Tensor) -> Tensor:
    with torch.inference_mode():
        scores: Tensor = network(inputs)[0].cpu()  # (K,)
    return scores


def _target_layer(trace: Trace, method: Method, layer: str, part: str) -> TargetLayer | None:
    """The layer that is asked about; None where it is the image."""
    if isinstance(method, LayerMethod):
        seen_at = find_target_layer(trace, layer or last_stage(trace), part)
        named = f"the {seen_at.part} of {seen_at.layer}" if part else seen_at.layer
        method.check(named, feeds_classifier(trace, seen_at), last_stage(trace))
        return seen_at
    if part or layer not in ("", INPUT):
        raise MethodError(
            f"{method.title} is about the pixels of the image and knows no layer; Grad-CAM is there for "
            "every layer."
        )
    return None


def price_of_request(
    loaded: LoadedModel, method: Method, layer: str = "", part: str = ""
) -> price.Price:
    """What one pass takes, with as many images at once as can be afforded; raises as `attribute` does."""
    trace = traced(loaded)
    seen_at = _target_layer(trace, method, layer, part)
    return price_of(trace, method, seen_at, _affordable(trace, method, seen_at, precise=False))


def begins_unasked(trace: Trace, method: PixelMethod) -> bool:
    """Whether a map begins as a page opens; one that takes longer waits for a click.

    Raises:
        ConfigError: it takes more than may be computed at all.
    """
    one = _checked(trace, method, None, precise=False)
    return price.begins_unasked(one, method.passes(trace.input_size))


def price_of(
    trace: Trace, method: Method, seen_at: TargetLayer | None, batch: int = 1, precise: bool = False
) -> price.Price:
    """What one pass of a method takes."""
    back: int | None = seen_at.row.order if seen_at else price.IMAGE
    if isinstance(method, PixelMethod) and not method.goes_back:
        back = None
    found = price.price_of_pass(trace, batch, back)
    return price.in_float64(found) if precise else found


def _affordable(trace: Trace, method: Method, seen_at: TargetLayer | None, precise: bool) -> int:
    """How many images can go through at once; raises `ConfigError` where not even one can."""
    _checked(trace, method, seen_at, precise)
    if not isinstance(method, PixelMethod):
        return 1
    sizes = range(min(_BATCH, method.passes(trace.input_size)), 1, -1)
    return next((n for n in sizes if price.fits(price_of(trace, method, seen_at, n, precise))), 1)


def _checked(
    trace: Trace, method: Method, seen_at: TargetLayer | None, precise: bool
) -> price.Price:
    """The price of one pass; raises `ConfigError` where it, or all passes together, are too much."""
    one = price_of(trace, method, seen_at, precise=precise)
    price.check(trace.config, trace.input_size, one)
    if isinstance(method, PixelMethod):
        passes, most = method.passes(trace.input_size), price.most_passes(one)
        price.check_passes(one, passes, method.title, method.fewer(most, trace.input_size))
    return one


def _array(tensor: Tensor) -> np.ndarray:
    """A copy, in the precision that it was computed in; raises `WeightsError` as `finite` does."""
    values: np.ndarray = tensor.detach().cpu().numpy().copy()
    return finite(values)
