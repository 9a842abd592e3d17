"""Our own parsers on whatever comes: an answer, or our own error with one sentence; never another."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resnet_viz.errors import ConfigError, ImageError, WeightsError
from resnet_viz.images import decode
from resnet_viz.model.config import parse_repeats
from resnet_viz.ui.shared.whole_numbers import decimal, is_whole
from resnet_viz.weights.labels import parse_labels
from resnet_viz.weights.pickled import read_pickled
from resnet_viz.weights.tensor_file import parse_header

short = settings(max_examples=150, deadline=None, derandomize=True, database=None)

MAGIC = (
    *(b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF\x20\0\0\0WEBPVP8L", b"GIF89a", b"BM"),
    *(b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08", b"II+\0\x08\0\0\0", b"\x80\x04", b"PK\x03\x04"),
)
texts = st.text(max_size=60) | st.from_regex(r"[-+\d_.,eE\s]{0,20}")
opened = st.builds(bytes.__add__, st.sampled_from(MAGIC), st.binary(max_size=400))
dtypes = st.sampled_from(["F32", "F16", "BF16", "I64", "F64", "U8", "", "F128"]) | st.none()
sizes = st.integers(-5, 9) | st.integers() | st.floats() | st.booleans() | st.none()
entries = st.fixed_dictionaries(
    {},
    optional={
        "dtype": dtypes,
        "shape": st.lists(sizes, max_size=5) | st.text(max_size=3),
        "data_offsets": st.lists(sizes, max_size=3) | st.none(),
    },
)
names = st.sampled_from(["conv1.weight", "fc.bias", "__metadata__", "a" * 300]) | st.text(
    max_size=9
)
headers = st.dictionaries(names, entries | st.none() | st.text(max_size=5), max_size=4)


def one_sentence(error: Exception) -> None:
    said = str(error)
    assert said.endswith(".")
    assert "\n" not in said
    assert len(said) < 400
    assert "Traceback" not in said


@short
@given(texts, st.integers(0, 9), st.integers(10, 2**31 - 1))
def test_what_is_read_as_a_whole_number_is_one_between_the_limits(text, low, high):
    if is_whole(text, low, high):
        assert low <= int(text) <= high
        assert set(text) <= set("0123456789")


@short
@given(texts)
def test_what_is_read_as_a_decimal_is_what_python_reads(text):
    number = decimal(text)
    assert number is None or (number == float(text) and abs(number) < 1e110)


@short
@given(texts)
def test_blocks_per_stage_are_numbers_or_a_sentence(text):
    try:
        repeats = parse_repeats(text)
    except ConfigError as error:
        one_sentence(error)
    else:
        assert repeats
        assert all(0 <= count < 100_000 for count in repeats)


@short
@given(opened | st.binary(max_size=200))
def test_an_image_is_pixels_or_a_sentence(data):
    try:
        image = decode.read_image(data, "a.png")
    except ImageError as error:
        one_sentence(error)
    else:
        assert image.rgb.ndim == 3


@short
@given(st.binary(max_size=300) | texts)
def test_class_names_are_names_or_a_sentence(content):
    try:
        labels = parse_labels(content)
    except WeightsError as error:
        one_sentence(error)
    else:
        assert labels
        assert all(name.strip() for name in labels)


@short
@given(headers, st.binary(max_size=64), st.integers(-3, 3))
def test_a_header_is_tensors_within_the_file_or_a_sentence(header, values, wrong_by):
    text = json.dumps(header).encode()
    length = max(0, len(text) + wrong_by).to_bytes(8, "little")
    check_header(length + text + values)


@short
@given(opened | st.binary(max_size=100))
def test_whatever_is_no_header_is_a_sentence(data):
    check_header(data)


def check_header(file: bytes) -> None:
    try:
        header = parse_header(io.BytesIO(file), len(file))
    except WeightsError as error:
        one_sentence(error)
    else:
        assert all(0 <= t.begin <= t.end <= len(file) for t in header.tensors)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")  # torch's, for the log
@settings(short, max_examples=60)
@given(opened | st.binary(max_size=300), st.booleans())
def test_a_pickled_checkpoint_is_tensors_or_a_sentence(tmp_path_factory, data, zipped):
    path = tmp_path_factory.mktemp("pickled") / "net.pth"
    if zipped:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("net/data.pkl", data)
            archive.writestr("net/version", b"3")
    else:
        path.write_bytes(data)
    try:
        read_pickled(path)
    except WeightsError as error:
        one_sentence(error)
