import io
import math
import os
import pickle  # noqa: TID251, records must survive the page's cache
import re
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from safetensors.torch import save

from resnet_viz.errors import WeightsError
from resnet_viz.images import Preprocessing
from resnet_viz.model.presets import PRESETS
from resnet_viz.weights import uploads
from resnet_viz.weights.matching import CheckpointMismatch
from resnet_viz.weights.suggestion import parameter_shapes
from resnet_viz.weights.tensor_file import MAX_HEADER
from resnet_viz.weights.uploads import Store, UploadSource
from tests.weights.files import SMALL, packed, small_network

LABELS = "a\nb\nc\nd\ne\n"
CONTENT = save(small_network().state_dict())


@pytest.fixture
def store(monkeypatch):
    store = Store()
    monkeypatch.setattr(uploads, "_STORE", store)
    yield store
    store.clear()


def files(store: Store) -> list[str]:
    return sorted(os.listdir(store._folder.name)) if store._folder else []


def test_an_upload_becomes_a_network(store):
    upload = uploads.accept(io.BytesIO(CONTENT), "mine.safetensors", LABELS)
    source = UploadSource()
    assert source.is_available(SMALL, upload.id)
    weights = source.describe(SMALL, 64, upload.id)
    assert weights.label == "mine.safetensors"
    assert weights.labels == ("a", "b", "c", "d", "e")
    assert weights.preprocessing == Preprocessing.imagenet(64)
    assert "ImageNet" in weights.note
    assert (weights.sha256, weights.source) == (upload.sha256, f"upload:{upload.id}")
    images = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.equal(source.build(SMALL, upload.id)(images), small_network()(images))


def test_what_others_brought_is_not_listed(store):
    uploads.accept(CONTENT, "secret.safetensors")
    assert UploadSource().options(SMALL) == ()


def test_an_unknown_id_says_what_to_do(store):
    source = UploadSource()
    assert not source.is_available(SMALL, "../../etc/passwd")
    with pytest.raises(WeightsError, match="upload them again"):
        source.build(SMALL, "../../etc/passwd")


def test_the_same_file_is_kept_once_but_belongs_to_each_name_and_labels(store):
    first = uploads.accept(CONTENT, "a")
    again = uploads.accept(CONTENT, "a")
    named = uploads.accept(CONTENT, "a", LABELS)
    other = uploads.accept(CONTENT, "b")
    assert first == again
    assert len({first.id, named.id, other.id}) == 3
    assert files(store) == [f"{first.sha256}.safetensors"]
    assert first.path == named.path == other.path
    assert re.fullmatch("[0-9a-f]{24}", first.id)


def test_a_record_survives_the_cache(store):
    upload = uploads.accept(CONTENT, "a", LABELS)
    assert pickle.loads(pickle.dumps(upload)) == upload
    assert hash(upload)


def test_the_name_is_for_the_eye_only(store):
    upload = uploads.accept(CONTENT, "../../\u202e\x00" + "x" * 300)
    assert len(upload.name) == 80
    assert "\u202e" not in upload.name
    assert upload.path.parent.name.startswith("resnet-explorer-")
    assert stat.S_IMODE(upload.path.parent.stat().st_mode) == 0o700
    assert uploads.accept(CONTENT, "\n").name == "unnamed"


@pytest.mark.parametrize("content", [b"", b"<html>", packed({}, length=2**63), CONTENT[:-1]])
def test_a_bad_file_is_refused_before_anything_is_written(content, store):
    with pytest.raises(WeightsError):
        uploads.accept(content, "x")
    assert files(store) == []


def test_a_file_that_is_too_large_is_refused_unread(store, monkeypatch):
    monkeypatch.setattr(uploads, "MAX_FILE", len(CONTENT) - 1)
    with pytest.raises(WeightsError, match="at most"):
        uploads.accept(CONTENT, "x")
    assert files(store) == []


def test_the_largest_presets_of_resnext_can_be_uploaded():
    assert uploads.MAX_FILE > 83_455_272 * 4 + 2**20  # torchvision's count for resnext101_64x4d


def test_every_preset_can_be_uploaded_in_float32():
    largest = max(
        sum(math.prod(shape) for shape in parameter_shapes(config).values())
        for config in PRESETS.values()
    )
    assert largest * 4 + MAX_HEADER < uploads.MAX_FILE


def test_bad_labels_keep_the_file_out(store):
    with pytest.raises(WeightsError, match="Line 2"):
        uploads.accept(CONTENT, "x", b"a\n\nb")
    assert files(store) == []


def test_labels_of_another_number_are_named(store):
    upload = uploads.accept(CONTENT, "x", "a\nb")
    weights = UploadSource().describe(SMALL, 64, upload.id)
    assert "2 class names for 5 classes: the rest are numbered" in weights.note
    assert weights.class_names(5)[1:3] == ("b", "class 2")


def test_a_file_of_another_network_is_a_misfit(store):
    upload = uploads.accept(save({"a": torch.ones(1)}), "x")
    with pytest.raises(CheckpointMismatch):
        UploadSource().describe(SMALL, 64, upload.id)


def test_a_full_disk_leaves_nothing_half_written(store, monkeypatch):
    kept = uploads.accept(CONTENT, "a")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(uploads, "_copy", full)
    with pytest.raises(WeightsError, match="no space left on device"):
        uploads.accept(save({"a": torch.ones(1)}), "b")
    assert files(store) == [kept.path.name]


def test_a_stream_that_shrinks_leaves_nothing_behind(store):
    class Shrinking(io.BytesIO):
        def read(self, size=-1):
            return b"" if size == len(CONTENT) else super().read(size)

    with pytest.raises(WeightsError, match="changed while it was read"):
        uploads.accept(Shrinking(CONTENT), "x")
    assert files(store) == []


def distinct(number: int) -> bytes:
    return save({"a": torch.full((250,), float(number))})


def test_the_least_recently_used_goes_first():
    size = len(distinct(0))
    store = Store(max_bytes=3 * size)
    kept = [store.accept(distinct(number), "x", None) for number in range(3)]
    store.get(kept[0].id)  # used again, so the second is now the oldest
    store.accept(distinct(3), "x", None)
    assert [upload.path.exists() for upload in kept] == [True, False, True]
    with pytest.raises(WeightsError, match="no longer here"):
        store.get(kept[1].id)
    store.clear()


def test_the_number_of_uploads_is_bounded_and_shared_files_live_on():
    store = Store(max_uploads=2)
    first, second = (store.accept(CONTENT, name, None) for name in "ab")
    store.accept(distinct(1), "c", None)
    with pytest.raises(WeightsError):
        store.get(first.id)
    assert store.get(second.id).path.exists()
    store.clear()


def test_many_visitors_at_once(store):
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda i: uploads.accept(distinct(i % 5), f"{i}"), range(40)))
    assert len(files(store)) == 5
    assert all(store.get(upload.id).path.exists() for upload in done)


def test_the_folder_goes_with_the_store(store):
    path = uploads.accept(CONTENT, "a").path
    store.clear()
    assert not path.parent.exists()
