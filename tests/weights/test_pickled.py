import codecs
import io
import os
import pickle
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from resnet_viz.weights.pickled import read_pickled, read_table
from tests.weights.files import SMALL, packed, refusal, small_network


class Call:
    """Asks the reader to call something, as hostile pickles do."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self.asked = function, arguments

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self.asked


def saved(content: object, **options: Any) -> bytes:
    file = io.BytesIO()
    torch.save(content, file, **options)
    return file.getvalue()


def archive(entries: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as target:
        for name, content in entries.items():
            target.writestr(f"archive/{name}", content)
    return file.getvalue()


def shared_record(entries: int) -> bytes:
    """Many tensors in one record of the archive, each as large as the file."""
    whole = torch.zeros(100_000)
    return saved({f"a{i}": whole.view(-1) for i in range(entries)})


def out_of_range() -> bytes:
    indices = torch.tensor([[10**7]])
    with torch.sparse.check_sparse_tensor_invariants(False):  # type: ignore[no-untyped-call]
        return saved({"a": torch.sparse_coo_tensor(indices, torch.ones(1), (1,))})


def strange_kind() -> bytes:
    """An archive whose numbers are of a kind with a name that nobody should see as it is."""
    with zipfile.ZipFile(io.BytesIO(saved({"a": torch.ones(1)}))) as whole:
        pickled = whole.read("archive/data.pkl")
    return archive(
        {"data.pkl": pickled.replace(b"FloatStorage", b"Fl<\x1b>at"), "data/0": bytes(4)}
    )


def far_away() -> bytes:
    """An archive whose directory says that it begins 2⁶⁴ bytes further on."""
    content = bytearray(archive({"data.pkl": b"N."}))
    end = content.rfind(b"PK\x05\x06")
    directory = int.from_bytes(content[end + 12 : end + 16], "little")
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, 0, 1)
    record = struct.pack(
        "<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, directory, 2**64 - 1
    )
    return bytes(content[:end] + record + locator + content[end:])


def endless_storage() -> bytes:
    """A file of before 2020 in which a storage claims to have 2⁶³ numbers."""
    content = saved({"a": torch.ones(1)}, _use_new_zipfile_serialization=False)
    return content.replace(struct.pack("<Q", 1) + struct.pack("<f", 1), b"\xff" * 12)


WHOLE = saved({"a": torch.ones(1000)})
HOSTILE = {
    "empty": (b"", "empty"),
    "a web page": (b"<html>404</html>", "web page"),
    "a Git LFS pointer": (b"version https://git-lfs.github.com/spec/v1\n", "git lfs"),
    "a .safetensors file": (packed({"a": 1}), "safetensors"),
    "half a file": (WHOLE[: len(WHOLE) // 2], "damaged or cut off"),
    "half of an old file": (
        saved({"a": torch.ones(1000)}, _use_new_zipfile_serialization=False)[:2000],
        "damaged or cut off",
    ),
    "a zip of something else": (archive({"letter.txt": b"Dear"}), "without PyTorch's"),
    "a compressed archive": (
        archive({"data.pkl": bytes(10**6)}, zipfile.ZIP_DEFLATED),
        "is compressed",
    ),
    "a program in TorchScript": (
        archive(
            {"constants.pkl": b"", "data.pkl": b"", "code/a.py": bytes(99)}, zipfile.ZIP_DEFLATED
        ),
        "TorchScript",
    ),
    "code that runs": (saved({"a": Call(os.system, "false")}), "Python objects"),
    "code in a bare pickle": (pickle.dumps(Call(os.system, "false"), protocol=2), "Python objects"),
    "a whole module": (saved(nn.Linear(2, 2)), "Python objects"),
    "a large bytearray": (saved({"a": Call(bytearray, 2**20)}), "no table of parameters"),
    "doubling text": (
        saved({"a": Call(codecs.encode, Call(codecs.encode, "ab", "hex"), "hex")}),
        "Python objects",
    ),
    "a tensor of stride 0": (saved({"a": torch.zeros(1).expand(10**10)}), "40,000.0 MB"),
    "one record for many tensors": (shared_record(50), "declares 50 tensors"),
    "sparse indices out of range": (out_of_range(), "“a” (sparse)"),
    "a bare tensor": (saved(torch.ones(3)), "no table of parameters"),
    "a list": (saved([torch.ones(3)]), "no table of parameters"),
    "names that are none": (
        saved({"<b>": torch.ones(3), 7: torch.ones(3)}),
        "“·b·” (a name that is not accepted)",
    ),
    "complex numbers": (saved({"a": torch.ones(3, dtype=torch.complex64)}), "“a” (complex64)"),
    "8-bit numbers": (saved({"a": torch.ones(3).to(torch.float8_e5m2)}), "“a” (float8_e5m2)"),
    "whole numbers": (
        saved({"a": torch.ones(3, dtype=torch.int8), "num_batches_tracked": torch.tensor(1)}),
        "“a” (int8)",
    ),
    "a kind of numbers with markup": (strange_kind(), "“a” (Fl···at)"),
    "a tensor without values": (saved({"a": torch.ones(3, device="meta")}), "(without values)"),
    "tables in tables": (saved({"model": {"model": {"model": {"model": {}}}}}), "no table"),
    "records beyond what can be counted": (far_away(), "damaged or cut off"),
    "a storage beyond what can be counted": (endless_storage(), "damaged or cut off"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_and_broken_files_are_refused_with_their_own_sentence(case, tmp_path):
    content, expected = HOSTILE[case]
    path = tmp_path / "x.pth"
    path.write_bytes(content)
    assert expected in refusal(read_pickled, path)


def test_a_missing_file_is_a_sentence(tmp_path):
    assert "no such file" in refusal(read_pickled, tmp_path / "none.pth")


@pytest.mark.parametrize("wrapper", [None, "state_dict", "model", "model_state_dict", "model_ema"])
@pytest.mark.parametrize("zipped", [True, False])
def test_parameters_are_found_in_what_training_scripts_save(wrapper, zipped, tmp_path):
    state = small_network().state_dict()
    content = state if wrapper is None else {"epoch": torch.tensor(3), "lr": 0.1, wrapper: state}
    path = tmp_path / "x.pth"
    path.write_bytes(saved(content, _use_new_zipfile_serialization=zipped))
    tensors = read_pickled(path)
    assert tensors.keys() == state.keys()
    for name, tensor in tensors.items():
        torch.testing.assert_close(tensor, state[name], rtol=0, atol=0)


def test_only_dense_tensors_with_plain_names_are_kept(tmp_path):
    path = tmp_path / "x.pth"
    content = OrderedDict(
        half=torch.ones(2, dtype=torch.float16), steps=torch.tensor(3, dtype=torch.int32), text="a"
    )
    path.write_bytes(saved({**content, "a b": torch.ones(1), "s": torch.eye(2).to_sparse()}))
    tensors = read_pickled(path)
    assert {name: tensor.dtype for name, tensor in tensors.items()} == {
        "half": torch.float32,
        "a b": torch.float32,
    }
    assert "2 tensors are passed over" in read_table(path).notes[0]
    assert "“steps” (int32), “s” (sparse)" in read_table(path).notes[0]


def test_the_switch_for_sparse_tensors_is_put_back(tmp_path):
    path = tmp_path / "x.pth"
    path.write_bytes(saved(small_network(config=SMALL).state_dict()))
    is_enabled: Callable[[], bool] = torch.sparse.check_sparse_tensor_invariants.is_enabled
    before = is_enabled()
    read_pickled(path)
    assert is_enabled() == before


class Stored:
    """What torch writes where a storage is to be found."""

    def __init__(self, kind: type, count: int) -> None:
        self.place = ("storage", kind, "0", "cpu", count)


class Pickler(pickle.Pickler):
    def persistent_id(self, value: object) -> object:
        return value.place if isinstance(value, Stored) else None


def test_one_record_that_is_called_two_storages_is_read_as_each(tmp_path):
    """No honest file has it; as one storage the longer tensor would lie outside of it."""
    rebuild = torch._utils._rebuild_tensor_v2
    kinds = {"a.weight": (torch.DoubleStorage, 10), "b.weight": (torch.FloatStorage, 20)}
    content = {
        name: Call(rebuild, Stored(kind, count), 0, (count,), (1,), False, OrderedDict())
        for name, (kind, count) in kinds.items()
    }
    listing = io.BytesIO()
    Pickler(listing, 2).dump(content)
    numbers = torch.arange(10, dtype=torch.float64).numpy().tobytes()
    path = tmp_path / "two.pth"
    path.write_bytes(archive({"data.pkl": listing.getvalue(), "data/0": numbers}))
    read = read_pickled(path)
    assert read["a.weight"].tolist() == [float(i) for i in range(10)]
    assert read["b.weight"].tolist() == np.frombuffer(numbers, np.float32).tolist()
