"""The public functions: a network or an image in, plain records, tables and drawings out.

Each adds only what makes it pleasant to call to the function of the same subject below. A *network* is a
preset's name, a `ResNetConfig`, a loaded model or a trace; an *image* is a path, the bytes of a file, an
array or what `read_image` gave. A *path* names a layer, a block or a stage as torchvision does:
`"layer1.0.conv1"`, `"layer1.0"`, `"layer1"`. Mistakes raise an `ExplorerError`, whose text is one sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, overload

import graphviz
import numpy as np
import numpy.typing as npt

from resnet_viz import images
from resnet_viz.analysis import ablation as ablations
from resnet_viz.analysis import capture as captures
from resnet_viz.analysis import worked_example as examples
from resnet_viz.analysis.attribution import make_method
from resnet_viz.analysis.attribution import split as splits
from resnet_viz.analysis.attribution.compute import attribute
from resnet_viz.analysis.attribution.records import Heatmap
from resnet_viz.analysis.attribution.split import LogitSplit
from resnet_viz.analysis.forward import check_unit, traced
from resnet_viz.analysis.receptive_field import field_box
from resnet_viz.analysis.records import Capture, Prediction, Trace
from resnet_viz.analysis.residual import block_view
from resnet_viz.analysis.residual_records import BlockView
from resnet_viz.analysis.trace import trace as trace_config
from resnet_viz.analysis.worked_example import WorkedExample
from resnet_viz.api.inputs import (
    FilePath,
    Labels,
    WeightsChoice,
    bytes_of,
    chosen_weights,
    config_of,
    from_tensors,
    listed,
    png_of,
    shapes_of,
    with_classes,
)
from resnet_viz.errors import ConfigError, ExplorerError, WeightsError
from resnet_viz.figures import palette, tables
from resnet_viz.figures.diagrams import network_diagram
from resnet_viz.images import ImageInput, decode, read_sample
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.presets import PRESETS
from resnet_viz.model.resnet import ResNet
from resnet_viz.one_line import quoted
from resnet_viz.weights import matching, sources
from resnet_viz.weights.loaded import LoadedModel
from resnet_viz.weights.preparation import as_text, prepared_as
from resnet_viz.weights.suggestion import suggest

__all__ = [
    "PRESETS",
    "ExplorerError",
    "ImageInput",
    "LoadedModel",
    "ReceptiveField",
    "ResNetConfig",
    "Trace",
    "ablate",
    "build",
    "capture",
    "diagram",
    "explain",
    "load",
    "match",
    "predict",
    "read_image",
    "receptive_field",
    "residual",
    "sample",
    "split_logit",
    "table",
    "trace",
    "worked_example",
]

Network = str | ResNetConfig | LoadedModel | Trace
ImageSource = ImageInput | FilePath | bytes | npt.NDArray[np.uint8]
TextFormat = Literal["text", "markdown", "latex", "csv"]

_THEMES: Final = {theme.name: theme for theme in (palette.LIGHT, palette.DARK)}


def load(
    network: str | ResNetConfig = "shapes",
    weights: WeightsChoice | None = None,
    *,
    labels: Labels | None = None,
    preprocessing: Mapping[str, Any] | None = None,
    size: int | None = None,
    device: str = "cpu",
) -> LoadedModel:
    """Load a network with its parameters, ready for questions. Safe to share among threads.

    Args:
        network: a preset's name or a config.
        weights: `"bundled"`, `"imagenet"`, `"imagenet:v1"`, `"random:7"`, a `.safetensors` file, or a
            state dict with torchvision's or timm's names, which is copied. Without it the first of
            bundled, ImageNet's (if fetched) and random ones.
        labels: the names of the classes, or a text file with one a line; for files and state dicts.
        preprocessing: how images were prepared in training, for files and state dicts; what is not named
            is as the file says, else as for ImageNet or CIFAR-10. `mean` and `std`, a number or three in
            the network's order of channels; `range`, 1 or 255, their scale; `order`, `"rgb"` or `"bgr"`;
            `resize`, the shorter side in pixels or, up to 1, the share of it that the crop keeps;
            `interpolation`, `"bilinear"`, `"bicubic"`, `"nearest"`, `"lanczos"` or `"box"`.
        size: side of the square input in pixels, 32 to 1,024; the network's own without it.
        device: `"cpu"`, `"cuda"`, `"cuda:1"` or `"mps"`.

    A file or state dict decides how many classes the network has. `model.weights` says what was loaded,
    with its preprocessing and labels; `model.module` is the torch module.

    Raises:
        ConfigError: there is no such preset, or the network is too large to run.
        WeightsError: there are no such weights, or they do not fit; then `CheckpointMismatch`.
        DeviceError: the device is not there.

    >>> model = load("resnet20")
    >>> model.weights.source, model.weights.labels[:3]
    ('bundled', ('airplane', 'automobile', 'bird'))
    """
    config = config_of(network)
    prepared = prepared_as({name: as_text(each) for name, each in (preprocessing or {}).items()})
    if isinstance(weights, Mapping):
        config = with_classes(config, shapes_of(weights))
        side = _runnable(config, size)
        return from_tensors(config, weights, labels, prepared, side, device)
    config, source = chosen_weights(config, weights, labels)
    source = sources.with_preparation(source, prepared)
    return sources.load(config, source, _runnable(config, size), device)


def build(network: str | ResNetConfig, weights: WeightsChoice = "random:0") -> ResNet:
    """Build a network as a torch module of its own, on the CPU, in evaluation mode, to be trained or run.

    It takes (N, 3, H, W) float32 and gives (N, num_classes) logits; parameters are named as in
    torchvision. Random parameters follow He et al. 2015 (arXiv 1502.01852), drawn from the seed after the
    colon; BatchNorm's statistics are then measured on the sample photographs. `weights` and what is
    raised are as in `load`.

    >>> from dataclasses import replace
    >>> module = build(replace(PRESETS["resnet18"], num_classes=7), "random:3")
    >>> sum(parameter.numel() for parameter in module.parameters())
    11180103
    """
    return load(network, weights).module.requires_grad_(True)


def match(
    checkpoint: FilePath | Mapping[str, Any], network: Network | None = None
) -> matching.Match:
    """Compare a checkpoint with a network by names and shapes; no value is read.

    Args:
        checkpoint: a `.safetensors` file, or names with tensors or shapes, such as a state dict of
            torchvision or timm; prefixes such as `module.` are understood.
        network: what to compare it with; without it, the network that it is of.

    Returns:
        `config`, the network; `fits`; `names`, the checkpoint's names with the network's; `prefix`,
        `missing`, `unexpected` and `wrong_shape`, what differs.

    Raises:
        WeightsError: the file cannot be read, or no network was named and none fits.

    >>> state = {"module." + name: value for name, value in build("resnet20").state_dict().items()}
    >>> found = match(state)
    >>> found.config.name, found.prefix, found.names["module.conv1.weight"]
    ('resnet20', 'module.', 'conv1.weight')
    >>> match(state, "resnet32").missing[0]
    'layer1.3.conv1.weight'
    """
    shapes = shapes_of(checkpoint)
    if network is not None:
        return matching.match(shapes, trace(network).config)
    suggestion = suggest(shapes)
    if suggestion is None:
        raise WeightsError(
            f"{matching.describe_fit(shapes)} Name a network to see what differs from it."
        )
    return matching.match(shapes, suggestion.config)


def trace(network: Network, size: int | None = None) -> Trace:
    """Trace one image through a network without computing it: every layer with shapes and costs.

    Args:
        network: a preset's name, a config, a loaded model or another trace.
        size: side of the square input in pixels, 32 to 1,024; the network's own without it.

    Returns:
        `layers`, the rows in the order of execution; `edges`, what feeds what; `params` and `macs`, the
        totals; `trace["layer1.0"]`, the row of a path. Shapes are (C, H, W); MACs are multiply-adds of
        convolutions and the classifier for one image; receptive fields are in pixels (Araujo, Norris and
        Sim 2019). A stage's or block's numbers are sums over its layers.

    Raises:
        ConfigError: there is no such preset, or the size is not accepted.

    >>> resnet50 = trace("resnet50")
    >>> f"{resnet50.params:,} parameters, {resnet50.macs / 1e9:.3f} G multiply-adds"
    '25,557,032 parameters, 4.089 G multiply-adds'
    >>> trace("resnet50", size=331)["layer4"].output_shape
    (2048, 11, 11)
    """
    if isinstance(network, Trace):
        return network if size is None else trace_config(network.config, size)
    if isinstance(network, LoadedModel):
        return traced(network) if size is None else trace_config(network.config, size)
    return trace_config(config_of(network), size)


@overload
def table(
    network: Network,
    format: TextFormat = "text",
    *,
    columns: Sequence[str] = tables.STANDARD,
    size: int | None = None,
    blocks: bool = True,
) -> str: ...


@overload
def table(
    network: Network,
    format: Literal["records"],
    *,
    columns: Sequence[str] = tables.STANDARD,
    size: int | None = None,
    blocks: bool = True,
) -> list[dict[str, Any]]: ...


def table(
    network: Network,
    format: TextFormat | Literal["records"] = "text",
    *,
    columns: Sequence[str] = tables.STANDARD,
    size: int | None = None,
    blocks: bool = True,
) -> str | list[dict[str, Any]]:
    """Write the layers of a network as a table.

    Args:
        network: as in `trace`, as is `size`.
        format: `"text"` for a terminal, `"markdown"`, `"latex"` (booktabs), `"csv"`, or `"records"`,
            a list with a dictionary for each row.
        columns: for text, Markdown and LaTeX, of `path`, `kind`, `kernel`, `stride`, `padding`, `groups`,
            `in`, `out`, `params`, `macs`, `activations`, `bytes` and `field`. CSV and records have all.
        blocks: whether stages and blocks have rows of their own. Without them every number stands
            there once, so that columns can be added up.

    Raises:
        ConfigError: there is no such network, format or column.

    >>> rows = table("resnet18", "records", blocks=False)
    >>> sum(row["params"] for row in rows)
    11689512
    >>> print(table("resnet20", columns=("path", "out", "params")).splitlines()[1])
    conv1                  16 × 32 × 32         432
    """
    found = trace(network, size)
    layers = found.layers if blocks else tuple(found.leaves())
    unknown = [column for column in columns if column not in tables.COLUMNS]
    if unknown:
        raise ConfigError(
            f"There is no column {quoted(unknown[0], 40)}; choose from {', '.join(tables.COLUMNS)}."
        )
    writers: Mapping[str, Callable[[], str | list[dict[str, Any]]]] = {
        "text": lambda: tables.to_text(layers, columns),
        "markdown": lambda: tables.to_markdown(layers, columns),
        "latex": lambda: tables.to_latex(layers, columns),
        "csv": lambda: tables.to_csv(layers),
        "records": lambda: tables.to_records(layers),
    }
    if format not in writers:
        raise ConfigError(
            f"There is no table as {quoted(format, 40)}; choose one of {', '.join(writers)}."
        )
    return writers[format]()


def diagram(
    network: Network,
    level: str = "blocks",
    *,
    within: str = "",
    selected: str = "",
    horizontal: bool = False,
    theme: Literal["light", "dark"] = "light",
    size: int | None = None,
) -> graphviz.Digraph:
    """Draw a network as boxes and arrows, with its shortcuts, for Graphviz.

    Args:
        network: as in `trace`, as is `size`.
        level: `"stages"`, `"blocks"` (equal ones once), `"all-blocks"` or `"layers"`.
        within: path of a stage or block to draw alone.
        selected: path of what is marked.
        horizontal: from left to right instead of from top to bottom.
        theme: colours for a light or a dark ground.

    The DOT text is in `.source`; `.render()` and the drawing in a notebook need Graphviz's program `dot`.

    Raises:
        ExplorerError: there is no such level or theme, or `within` is no stage or block.

    >>> "layer2.0" in diagram("resnet18", "layers", within="layer2").source
    True
    """
    if theme not in _THEMES:
        raise ConfigError(
            f"There is no theme {quoted(theme, 40)}; choose one of {', '.join(_THEMES)}."
        )
    return network_diagram(
        trace(network, size),
        level,
        _THEMES[theme],
        within=within,
        selected=selected,
        horizontal=horizontal,
    )


@dataclass(frozen=True, slots=True)
class ReceptiveField:
    """The square of the input outside of which nothing can change one position of a feature map."""

    path: str
    row: int
    column: int
    size: int  # side of the square before it is cut at the borders, pixels
    jump: int  # distance between the squares of neighbouring positions, pixels
    box: tuple[float, float, float, float]  # left, top, right, bottom on the input, pixels


def receptive_field(
    network: Network,
    path: str,
    row: int | None = None,
    column: int | None = None,
    *,
    size: int | None = None,
) -> ReceptiveField:
    """Find the theoretical receptive field of one position of a layer, block or stage.

    Araujo, Norris and Sim 2019, "Computing Receptive Fields of Convolutional Neural Networks", equations 1
    to 4. Row and column count from 0; without them it is the central position. Pixel (0, 0) covers 0 to 1.

    Raises:
        PathError: the network has no such layer or position.
        ConfigError: as in `trace`.

    >>> receptive_field("resnet50", "layer4").size
    427
    >>> receptive_field("resnet18", "conv1", 0, 0).box
    (0.0, 0.0, 4.0, 4.0)
    """
    found = trace(network, size)
    layer = found[path]
    rows, columns = (*layer.output_shape, 1, 1)[1:3]
    row, column = (rows // 2 if row is None else row), (columns // 2 if column is None else column)
    check_unit(layer, 0, row, column)
    box = field_box(layer.field, row, column, found.input_size)
    return ReceptiveField(path, row, column, layer.receptive_field, layer.jump, box)


def read_image(source: ImageSource, name: str = "") -> ImageInput:
    """Read an image file, its bytes, or an (H, W, 3) uint8 array as RGB.

    JPEG, PNG, WebP, AVIF, GIF, BMP, TIFF, TGA and PPM files are turned upright and reduced to at most
    1,600 pixels a side; `.notes` says what was done, and `.rgb` is (H, W, 3) uint8. Networks resize, crop
    and normalise by themselves, from all pixels of the file. Files are decoded in a process of their own
    with a second of processor time and 300 MB (not on Windows: in this one).

    Raises:
        ImageError: it cannot be read, is too large or too small, or is no image.

    >>> read_image(np.zeros((48, 64, 3), np.uint8)).rgb.shape
    (48, 64, 3)
    """
    if isinstance(source, ImageInput):
        return source
    if isinstance(source, np.ndarray):
        return decode.read_image(png_of(source), name or "array")
    if isinstance(source, bytes):
        return images.read_image(source, name or "image")
    path = Path(source)
    return images.read_image(bytes_of(path), name or path.name)


def sample(name: str) -> ImageInput:
    """Take one of the sample images: photographs such as `"cat"`, drawings such as `"heart"`.

    Raises `ImageError` with the names that exist for any other.

    >>> sample("heart").rgb.shape
    (256, 256, 3)
    """
    return read_sample(name)


def predict(model: LoadedModel, image: ImageSource, top: int | None = None) -> Prediction:
    """Find the most probable classes of an image, best first, in `.top`: five, or all where there are fewer.

    Each has `index`, `label` and `probability`, the softmax over all logits. A network with one logit
    answers with the sigmoid of it, and with its complement.

    Raises:
        ConfigError: `top` is less than 1 or more than there are classes.
        ImageError: as in `read_image`.
        WeightsError: the network computes numbers that are not finite.

    >>> best = predict(load("shapes"), sample("star")).top[0]
    >>> best.label, best.probability > 0.9
    ('star', True)
    """
    classes = model.config.num_classes
    top = min(5, classes) if top is None else top
    if not 1 <= top <= classes:
        raise ConfigError(f"Top {top} is not accepted; choose 1 to {classes:,}.")
    return captures.predict(
        captures.capture(model, read_image(image)), model.weights.answers(classes), top
    )


def capture(model: LoadedModel, image: ImageSource, *paths: str) -> Capture:
    """Run an image through the network once and keep the feature maps of the layers at `paths`.

    `capture(...)[path].values` is (C, H, W) float32, or (C, 1, 1) after flattening; `"input"` is the
    normalised image; `.logits` is (num_classes,) float32. Arrays are read-only.

    Raises:
        PathError: the network has no such layer.
        ImageError, WeightsError: as in `predict`.

    >>> seen = capture(load("resnet20"), sample("cat"), "conv1", "layer3")
    >>> seen["conv1"].values.shape, seen["layer3"].values.shape, seen.logits.shape
    ((16, 32, 32), (64, 8, 8), (10,))
    """
    return captures.capture(model, read_image(image), paths)


def worked_example(
    model: LoadedModel,
    image: ImageSource,
    path: str,
    channel: int = 0,
    row: int = 0,
    column: int = 0,
    *,
    strongest: int = 6,
) -> WorkedExample:
    """Work out one value of a feature map from the numbers that go into it.

    `.value` is what the network computed in float32, `.total` the same from the terms in float64; they
    agree to rounding. A convolution has its `strongest` input channels with patch, kernel and sum, the
    `rest`, and in `after` the BatchNorm and ReLU behind it. Of a stage or block it is the last sum.

    Raises:
        PathError: the network has no such layer, channel or position; all count from 0.
        ImageError, WeightsError: as in `predict`.

    >>> worked = worked_example(load("resnet20"), sample("cat"), "layer1.0.conv1", 3, 5, 6)
    >>> abs(worked.value - worked.total) < 1e-5
    True
    """
    needed = examples.example_paths(traced(model), path)
    seen = captures.outputs(model, read_image(image), needed)
    return examples.worked_example(model, seen, path, channel, row, column, strongest)


def residual(model: LoadedModel, image: ImageSource, block: str) -> BlockView:
    """Take a block apart while an image goes through: He et al. 2015 (arXiv 1512.03385), section 3.

    `.input` is x as it arrives; `.shortcut` x or its projection; `.branch` F(x); `.total` their sum;
    `.output` what the ReLU leaves of it. Arrays are (C, H, W) float32, read-only. In a plain block
    `.shortcut` is `None` and the sum is the branch.

    Raises:
        PathError: the path is not that of a block.
        ImageError, WeightsError: as in `predict`.

    >>> view = residual(load("resnet20"), sample("cat"), "layer2.1")
    >>> bool((view.branch + view.shortcut == view.total).all())
    True
    """
    return block_view(model, read_image(image), block)


def explain(
    model: LoadedModel,
    image: ImageSource,
    method: str = "grad_cam",
    *,
    layer: str = "",
    part: str = "",
    target: int | str | None = None,
    precise: bool = False,
    **options: float | str,
) -> Heatmap:
    """Ask a method of attribution what in an image speaks for a class.

    Args:
        method: of a layer: `"grad_cam"`, `"hires_cam"`, `"layer_cam"`, `"cam"` (last stage only) and
            `"random_cam"`, the null; of the pixels: `"gradient"`, `"input_x_gradient"`, `"smooth_grad"`,
            `"integrated_gradients"`, `"occlusion"`, `"rise"`.
        layer: path of a layer, block or stage; without it the last stage.
        part: of a block: `"branch"`, `"shortcut"`, `"sum"` or `"output"`, which is what it is without.
        target: number or name of a class; without it the most probable one.
        precise: compute in float64.
        options: of the method: `seed` of `random_cam`; `samples`, `noise` and `seed` of `smooth_grad`;
            `steps` and `baseline` (`"mean"`, `"black"`, `"white"`) of `integrated_gradients`; `patch`,
            `stride` and `baseline` of `occlusion`; `masks`, `share`, `baseline` and `seed` of `rise`.

    Returns:
        `values`, (h, w), raw: before ReLU, normalising and resizing; `target`, the class with its logit
        and probability; `centre(row, column)` and `box(row, column)`, where a value lies on the network's
        input; `on_image()`, resized to it, centre upon centre; `weights`, of each channel; `colours`,
        (3, h, w), of the pixels; `completeness`, what the values have to add up to; `note`, a sentence
        where nothing speaks for the class.

    Raises:
        MethodError: there is no such method or option, or it has no meaning at that layer.
        ClassError: there is no such class.
        PathError: there is no such layer.
        ConfigError: it would take too long or too much memory.
        ImageError, WeightsError: as in `predict`.

    >>> seen = explain(load("shapes"), sample("star"), target="star")
    >>> seen.size, seen.target.label, seen.has_evidence
    ((4, 4), 'star', True)
    """
    asked = make_method(method, options)
    return attribute(model, read_image(image), asked, layer, part, target, precise=precise)


def split_logit(
    model: LoadedModel,
    image: ImageSource,
    target: int | str | None = None,
    *,
    precise: bool = False,
) -> LogitSplit:
    """Split the logit of a class by channel, by position and by block of the last stage.

    Exact, since a mean and a linear layer follow; of blocks with the ReLUs' gates as they are for this
    image. `.channels`, (C,), and `.positions`, (h, w), each add up to the logit without `.bias`. Of every
    block, `.branch` and `.shortcut`, (h, w), are what F(x) and x give; of the last one they add up to the
    same. `target` and `precise` are as in `explain`.

    Raises:
        ClassError: there is no such class.
        ImageError, WeightsError: as in `predict`.

    >>> split = split_logit(load("resnet20"), sample("cat"))
    >>> bool(abs(split.channels.sum() + split.bias - split.target.logit) < 1e-4)
    True
    """
    return splits.split_logit(model, read_image(image), target, precise=precise)


def ablate(
    model: LoadedModel,
    *,
    remove: str | Iterable[str] = (),
    cut: str | Iterable[str] = (),
    scale: Mapping[str, float] | None = None,
    swap: Iterable[tuple[str, str]] = (),
) -> LoadedModel:
    """Alter blocks, as Veit, Wilber and Belongie 2016 (arXiv 1605.06431) did; `model` stays as it is.

    Args:
        model: the untouched network; it and the altered one share their parameters in memory.
        remove: blocks that become their shortcut.
        cut: blocks that lose their shortcut.
        scale: blocks whose branch is multiplied by a factor from 0 to 1.
        swap: pairs of blocks that change places.

    Raises:
        ConfigError: a change does not fit the network, or the network is an altered one.
        PathError: the path is not that of a block.

    >>> model = load("resnet20")
    >>> altered = ablate(model, remove="layer1.1")
    >>> view = residual(altered, sample("cat"), "layer1.1")
    >>> bool((view.output == view.input).all())
    True
    """
    if any(isinstance(module, ablations.AlteredAdd) for module in model.module.modules()):
        raise ConfigError(
            "This network is altered already; alter the untouched one, with all changes at once."
        )
    changes = ablations.Ablation(
        scale=tuple((scale or {}).items()),
        removed=listed(remove),
        cut=listed(cut),
        swapped=tuple(swap),
    )
    return ablations.ablated_model(model, changes)


def _runnable(config: ResNetConfig, size: int | None) -> int:
    """The input size; raises `ConfigError` where the network is too large to run at it."""
    found = trace_config(config, size)
    captures.check_runnable(found)
    return found.input_size
