import pickle  # noqa: TID251, only written here
import zipfile
from io import BytesIO

import pytest
import torch
from safetensors.torch import save, save_file

from resnet_viz.weights.matching import network_from
from resnet_viz.weights.tensor_file import MAX_HEADER, TensorInfo, read_header, read_tensors
from tests.weights.files import SMALL, entry, packed, refusal, small_network


def zipped() -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", b"")
    return file.getvalue()


ONE = packed({"a": entry(0, 4)}, bytes(4))
HOSTILE = {
    "empty": (b"", "empty"),
    "three bytes": (b"\x01\x02\x03", "too few"),
    "a header of 2**63 bytes": (packed({}, length=2**63), "no .safetensors file"),
    "a header above the bound": (packed(b"{" + b" " * MAX_HEADER + b"}"), "header would have"),
    "a header longer than the file": (packed({}, length=5000), "ends too early"),
    "no UTF-8": (packed(b'{"\xff": 1}'), "no JSON"),
    "UTF-16": (packed('{"a": 1}'.encode("utf-16-le")), "no JSON"),
    "no JSON": (packed(b'{"a": '), "no JSON"),
    "a list": (packed(b"[1]"), "no tensors"),
    "deep nesting": (packed(b'{"a":' + b"[" * 500_000), "no JSON"),
    "deep and closed": (packed(b'{"a":' + b"[" * 90_000 + b"]" * 90_000 + b"}"), "no JSON"),
    "an endless number": (packed(b'{"a":' + b"9" * 100_000 + b"}"), "no JSON"),
    "no tensors": (packed({}), "no tensors"),
    "duplicate names": (packed(b'{"a": 1, "b": 2, "a": 3}'), "“a” twice"),
    "duplicate fields": (packed(b'{"a": {"dtype": "F32", "dtype": "F64"}}'), "“dtype” twice"),
    "metadata of numbers": (packed({"__metadata__": {"a": 1}}), "metadata"),
    "metadata as a list": (packed({"__metadata__": ["a"]}), "metadata"),
    "markup as a name": (packed({"<img src=x onerror=alert(1)>": entry(0, 4)}, bytes(4)), "·img"),
    "a path as a name": (packed({"../../etc/passwd": entry(0, 4)}, bytes(4)), "etc·passwd"),
    "a name that runs backwards": (packed({"a\u202eb": entry(0, 4)}, bytes(4)), "a·b"),
    "a name of 300 letters": (packed({"a" * 300: entry(0, 4)}, bytes(4)), "up to 200"),
    "an empty name": (packed({"": entry(0, 4)}, bytes(4)), "called “”"),
    "an entry that is a number": (packed({"a": 1}), "dtype, shape"),
    "a field too many": (packed({"a": {**entry(0, 4), "x": 1}}, bytes(4)), "dtype, shape"),
    "bytes as type": (packed({"a": entry(0, 1, dtype="U8")}, bytes(1)), "U8"),
    "a list as type": (packed({"a": entry(0, 4, dtype=["F32"])}, bytes(4)), "type"),
    "whole numbers": (packed({"a": entry(0, 8, dtype="I64")}, bytes(8)), "I64"),
    "an absurd empty shape": (packed({"a": entry(0, 0, [0, 2**62])}), "shape"),
    "a negative side": (packed({"a": entry(0, 4, [-1, -1])}, bytes(4)), "shape"),
    "a true side": (packed({"a": entry(0, 4, [True])}, bytes(4)), "shape"),
    "a side of 1.0": (packed({"a": entry(0, 4, [1.0])}, bytes(4)), "shape"),
    "five dimensions": (packed({"a": entry(0, 4, [1] * 5)}, bytes(4)), "shape"),
    "a product that overflows": (packed({"a": entry(0, 4, [2**62, 4])}, bytes(4)), "4 bytes"),
    "a true offset": (packed({"a": entry(False, 4)}, bytes(4)), "offsets"),
    "begin behind end": (packed({"a": entry(4, 0)}, bytes(4)), "-4 bytes"),
    "an overlap": (packed({"a": entry(0, 4), "b": entry(0, 4)}, bytes(4)), "overlaps"),
    "a hole": (packed({"a": entry(0, 4), "b": entry(8, 12)}, bytes(12)), "gap"),
    "a late beginning": (packed({"a": entry(4, 8)}, bytes(8)), "gap"),
    "trailing bytes": (ONE + b"more", "4 bytes more"),
    "half a file": (ONE[:-2], "ends too early"),
    "30,000 tensors": (packed({f"a{i}": entry(0, 0, [0]) for i in range(30_000)}), "30,000"),
    "a web page": (b"\n<!DOCTYPE html><html>404</html>", "web page"),
    "a Git LFS pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:1", "git lfs"),
    "a text": (b"Not found: resnet18.safetensors", "a text"),
    "an HDF5 file": (b"\x89HDF\r\n\x1a\n" + bytes(20), "Keras"),
    "a .pth file renamed": (zipped(), "weights convert"),
    "a pickle renamed": (pickle.dumps({"a": 1}, protocol=2), "weights convert"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_and_broken_files_are_refused_with_their_own_sentence(case, tmp_path):
    content, expected = HOSTILE[case]
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)
    assert expected in refusal(read_header, path)
    refusal(read_tensors, path)


def test_a_missing_file_is_a_sentence(tmp_path):
    assert "no such file" in refusal(read_header, tmp_path / "none.safetensors")


def test_the_header_tells_names_types_shapes_and_places(tmp_path):
    path = tmp_path / "x.safetensors"
    tensors = {"b": torch.zeros(2, 3), "a.num_batches_tracked": torch.tensor(7)}
    save_file(tensors, path, metadata={"format": "pt"})
    counter, matrix = sorted(read_header(path), key=lambda tensor: tensor.name)
    assert (counter.dtype, counter.shape) == ("I64", ())
    assert (matrix.name, matrix.dtype, matrix.shape) == ("b", "F32", (2, 3))
    assert matrix.end - matrix.begin == 24
    assert isinstance(matrix, TensorInfo)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_become_float32(dtype, tmp_path):
    path = tmp_path / "x.safetensors"
    values = torch.tensor([0.5, -2.0, 96.0])  # exact in all of them
    path.write_bytes(save({"a": values.to(dtype)}))
    torch.testing.assert_close(read_tensors(path)["a"], values, rtol=0, atol=0)


def test_a_round_trip_gives_the_same_logits_to_the_bit(tmp_path):
    path = tmp_path / "x.safetensors"
    network = small_network()
    save_file(network.state_dict(), path)
    again = network_from(SMALL, read_tensors(path))
    path.write_bytes(b"")  # the network must not depend on the file
    images = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.equal(again(images), network(images))
    assert not again.training
