"""The strongest images of a channel, against a plain loop over the images and the network's own layers."""

import threading

import numpy as np
import pytest
import torch
from PIL import Image

from resnet_viz.analysis import price, strongest
from resnet_viz.analysis.forward import traced
from resnet_viz.analysis.image_collections import (
    FolderCollection,
    ImageCollection,
    RenderedCollection,
)
from resnet_viz.analysis.receptive_field import field_box
from resnet_viz.analysis.strongest import KEPT, StrongestImages, StrongestJob, affordable
from resnet_viz.errors import BusyError, ImageError
from resnet_viz.figures.strongest import cut_out
from resnet_viz.images import as_seen, folder, read_image, to_tensor
from resnet_viz.model.presets import PRESETS
from resnet_viz.training.batches import as_batch, normalised
from resnet_viz.training.rendered import RenderedImages, Split
from resnet_viz.weights.loaded import LoadedModel
from resnet_viz.weights.sources import load
from tests.analysis.networks import snapshot, unchanged
from tests.images.example_images import saved
from tests.waiting import BOUND

IMAGES = RenderedImages(Split.TEST, 5, 40, 128)
SOURCE = RenderedCollection(IMAGES)
# What runs up to a layer, written out.
WAYS = {
    "conv1": ("conv1",),
    "layer2.0": ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2.0"),
    "layer3.1.bn1": (
        *("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3.0"),
        *("layer3.1.conv1", "layer3.1.bn1"),
    ),
    "fc": (
        *("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4"),
        *("avgpool", "flatten", "fc"),
    ),
}


@pytest.fixture(scope="module")
def shapes() -> LoadedModel:
    return load(PRESETS["shapes"], "bundled", 128)


def search(loaded: LoadedModel, path: str, source: ImageCollection = SOURCE) -> StrongestImages:
    job = StrongestJob(loaded, source, path)
    job.join()
    found, sentence = job.work()
    assert sentence == f"{found.images:,} images were looked through."
    return found


@torch.inference_mode()
def output(loaded: LoadedModel, path: str, x: torch.Tensor) -> torch.Tensor:
    for name in WAYS[path]:
        x = loaded.module.get_submodule(name)(x)
    return x if x.ndim == 4 else x[..., None, None]  # (N, C, H, W)


def prepared(loaded: LoadedModel, rgb: np.ndarray) -> torch.Tensor:
    return normalised(as_batch(rgb[None]), loaded.weights.preprocessing)


@pytest.mark.parametrize("path", WAYS)
def test_they_are_those_of_a_plain_loop(shapes, path):
    before = snapshot(shapes)
    found = search(shapes, path)
    assert (found.images, found.unreadable) == (40, 0)
    maps = [output(shapes, path, prepared(shapes, IMAGES.pixels([i])[0]))[0] for i in range(40)]
    for channel in range(len(maps[0])):
        highest = sorted(((float(m[channel].max()), -i) for i, m in enumerate(maps)), reverse=True)
        expected = [(value, -i) for value, i in highest[:KEPT] if value != 0]
        peaks = found.of(channel)
        assert [peak.value for peak in peaks] == pytest.approx(
            [value for value, _ in expected], rel=1e-4, abs=1e-5
        )
        for peak in peaks:
            place = maps[peak.number][channel]
            assert peak.value == pytest.approx(float(place.max()), rel=1e-4, abs=1e-5)
            assert float(place[peak.row, peak.column]) == pytest.approx(
                peak.value, rel=1e-4, abs=1e-5
            )
        assert len({peak.number for peak in peaks}) == len(peaks)
    assert unchanged(shapes, before)
    assert not any(module._forward_hooks for module in shapes.module.modules())


def test_batches_however_large_give_the_same(shapes, monkeypatch):
    whole = search(shapes, "layer1.1")
    monkeypatch.setattr(strongest, "_BATCH", 7)
    split = search(shapes, "layer1.1")
    np.testing.assert_array_equal(split.numbers, whole.numbers)
    np.testing.assert_allclose(split.values, whole.values, rtol=1e-4)


@pytest.mark.parametrize("path", ["conv1", "layer2.0", "layer3.1.bn1"])
def test_pixels_outside_the_cut_out_do_not_change_the_value_and_those_inside_do(shapes, path):
    """The theoretical receptive field, by perturbation: noise in place of everything but the cut-out."""
    rng = np.random.default_rng(0)
    found, field = search(shapes, path), traced(shapes)[path].field
    for channel in (0, 7):
        for peak in found.of(channel)[:3]:
            rgb = IMAGES.pixels([peak.number])[0]
            box = field_box(field, peak.row, peak.column, 128)
            noise = rng.integers(0, 256, rgb.shape, np.uint8)
            inside = np.zeros((128, 128), bool)
            cut_out(inside, box)[:] = True  # a view: marks the pixels of the cut-out
            changed = {
                "outside": np.where(inside[..., None], rgb, noise),
                "inside": np.where(inside[..., None], noise, rgb),
            }
            values = {
                where: float(
                    output(shapes, path, prepared(shapes, pixels))[
                        0, channel, peak.row, peak.column
                    ]
                )
                for where, pixels in changed.items()
            }
            assert values["outside"] == pytest.approx(peak.value, rel=1e-4, abs=1e-5)
            assert abs(values["inside"] - peak.value) > 1e-3


def test_an_image_in_which_a_channel_is_zero_is_not_said_to_activate_it():
    one, none = np.array([[2.0, 0.0, -np.inf]], np.float32), np.zeros((1, 3), np.int64)
    found = StrongestImages("p", 2, 0, 4, one, np.array([[8, 3, -1]]), none + 6)
    assert [(p.number, p.value, p.row, p.column) for p in found.of(0)] == [(8, 2.0, 1, 2)]


def test_of_equal_values_the_earlier_image_stays():
    best = strongest._Best(1)
    for start in range(0, 30, 10):
        values = np.ones((10, 1), np.float32)
        best.add(values, np.zeros((10, 1), np.int64), np.arange(start, start + 10))
    assert best.arrays()[1].tolist() == [list(range(KEPT))]
    assert best.images == 30


def test_nothing_of_a_map_is_kept_but_its_peaks(shapes):
    x = prepared(shapes, IMAGES.pixels([0])[0]).repeat(3, 1, 1, 1)
    values, places = strongest.peaks(shapes.module, x, "conv1")  # maps of 64 × 64
    assert values.shape == places.shape == (3, 16)
    assert values.base is None or values.base.size == values.size
    batch, memory = strongest._batch(traced(load(PRESETS["resnet50"], "random", 512)), "layer1")
    assert memory < 2 * strongest._MEMORY
    assert batch < strongest._BATCH


def test_files_of_a_folder_are_prepared_as_an_upload_is(shapes, tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    for number in range(4):
        content = saved(Image.fromarray(rng.integers(0, 256, (50 + number, 70, 3), np.uint8)))
        (tmp_path / f"{number}.png").write_bytes(content)
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nno more")
    monkeypatch.setenv(folder.VARIABLE, str(tmp_path))
    images = folder.folder_images()
    assert images
    source = FolderCollection(images)
    found = search(shapes, "conv1", source)
    assert (found.images, found.unreadable) == (4, 1)
    peak = found.of(0)[0]
    file = tmp_path / source.name(peak.number)
    image = read_image(file.read_bytes(), file.name)
    preparation = shapes.weights.preprocessing
    np.testing.assert_array_equal(
        source.pixels(peak.number, preparation), as_seen(image, preparation)
    )
    own = output(shapes, "conv1", to_tensor(image, preparation))[0, 0]
    assert peak.value == pytest.approx(float(own.max()), rel=1e-4)
    for file in tmp_path.glob("?.png"):
        file.unlink()
    with pytest.raises(ImageError, match="None of the images"):
        search(shapes, "conv1", source)
    with pytest.raises(ImageError, match=r"“\d\.png” is no longer there"):
        source.pixels(peak.number, preparation)


def test_it_ends_when_nobody_wants_it_any_more(shapes):
    job = StrongestJob(shapes, SOURCE, "conv1")
    job.cancel()
    thread = threading.Thread(target=job.run)
    thread.start()
    thread.join(BOUND)
    assert (job.progress.state, job.result) == ("cancelled", None)
    assert not any(module._forward_hooks for module in shapes.module.modules())


def test_the_price_ends_with_the_block_and_decides_how_many_images_are_looked_through(monkeypatch):
    trace = traced(load(PRESETS["resnet18"], "random", 224))
    whole = price.price(trace.config, 224)
    assert price.price_until(trace, "fc").macs == whole.macs
    # He et al. 2015, table 1: 7 × 7 at 112 × 112, then two of 3 × 3 at 56 × 56 for the first block.
    stem, one = 3 * 64 * 49 * 112**2, 64 * 64 * 9 * 56**2
    assert price.price_until(trace, "conv1").macs == stem
    assert price.price_until(trace, "layer1.0").macs == stem + 2 * one
    assert price.price_until(trace, "layer1.0.conv1").macs == stem + 2 * one  # its block runs
    assert affordable(trace, "conv1", 10) == 10
    assert affordable(trace, "conv1", 10**6) == strongest.IMAGES
    monkeypatch.setenv("RESNET_EXPLORER_GIGA_MACS", "20")
    assert 20 < affordable(trace, "fc", 10**6) < 200


def test_a_busy_decoder_ends_the_search_and_makes_no_file_unreadable(shapes, tmp_path, monkeypatch):
    monkeypatch.setenv(folder.VARIABLE, str(tmp_path))
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(saved(Image.new("RGB", (64, 64)), "PNG"))
    images = folder.folder_images()
    assert images

    def busy(*_: object, **__: object) -> None:
        raise BusyError("Many images are being opened at the moment; try again in a minute.")

    monkeypatch.setattr(folder, "read_image", busy)
    with pytest.raises(BusyError, match="try again"):
        search(shapes, "conv1", FolderCollection(images))


def test_fewer_large_images_are_looked_through():
    small, large = (traced(load(PRESETS["shapes"], "random:0", size)) for size in (128, 1024))
    assert affordable(small, "conv1", 10_000) == 3000
    assert affordable(large, "conv1", 10_000) * 1024**2 <= 200_000_000
