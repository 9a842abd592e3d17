"""Data sets are read as they were written, and what cannot be read is said."""

from pathlib import Path

import numpy as np
import pytest

from resnet_viz.errors import DatasetError
from resnet_viz.training.dataset import ArrayImages, Dataset, Subset
from resnet_viz.training.image_folder import ImageFiles, read_folder
from resnet_viz.training.sources import open_dataset
from tests.training.folders import CLASSES, write_cifar10, write_images


def quiet(done: int, total: int) -> None:
    pass


def opened(folder: Path, size: int = 32, seed: int = 0) -> Dataset:
    return open_dataset(str(folder), size, seed, quiet)


def test_cifar10s_binary_files_are_read_as_its_page_describes_them(tmp_path):
    train_rgb, train_labels, test_rgb, test_labels = write_cifar10(tmp_path)
    data = opened(tmp_path)
    assert (data.name, data.classes[0], data.classes[9]) == ("cifar10", "airplane", "truck")
    np.testing.assert_array_equal(data.train.pixels(range(60)), train_rgb)
    np.testing.assert_array_equal(data.train.labels, train_labels)
    np.testing.assert_array_equal(data.test.pixels(range(24)), test_rgb)
    np.testing.assert_array_equal(data.test.labels, test_labels)


def test_a_single_record_is_read_to_the_byte(tmp_path):
    """One pixel of each colour at a known place, written byte by byte."""
    write_cifar10(tmp_path)
    record = bytearray(3073)
    record[0] = 7
    record[1 + 0 * 1024 + 5 * 32 + 9] = 11  # red, row 5, column 9
    record[1 + 1 * 1024 + 0 * 32 + 31] = 22  # green, row 0, column 31
    record[1 + 2 * 1024 + 31 * 32 + 0] = 33  # blue, row 31, column 0
    (tmp_path / "test_batch.bin").write_bytes(bytes(record))
    test = opened(tmp_path).test
    image = test.pixels([0])[0]
    assert test.labels.tolist() == [7]
    assert (image[5, 9, 0], image[0, 31, 1], image[31, 0, 2], image.sum()) == (11, 22, 33, 66)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("data_batch_3.bin", None, "data_batch_3.bin” cannot be read: No such file"),
        ("data_batch_2.bin", b"\x00" * 4000, "4,000 bytes"),
        ("test_batch.bin", b"", "0 bytes"),
        ("data_batch_1.bin", b"\xff" * 3073, "class number 255"),
    ],
)
def test_a_damaged_binary_file_is_a_sentence(tmp_path, name, content, said):
    write_cifar10(tmp_path)
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DatasetError, match=said):
        opened(tmp_path)


def test_binary_files_are_not_scaled_in_silence(tmp_path):
    write_cifar10(tmp_path)
    with pytest.raises(DatasetError, match="32 × 32 pixels, the network takes 64 × 64"):
        opened(tmp_path, size=64)


def test_a_folder_with_train_and_test_is_taken_as_it_is(tmp_path):
    write_images(tmp_path / "train", 12)
    write_images(tmp_path / "test", 6, seed=1)
    data = opened(tmp_path)
    assert data.classes == CLASSES
    assert data.train.labels.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert (len(data.test), data.held_out is data.test, data.notes) == (6, True, ())
    for index, label in enumerate(data.train.labels):
        strongest = data.train.pixels([index])[0].mean(axis=(0, 1)).argmax()
        assert data.classes[label] == ("red", "green", "blue")[strongest]


def test_a_class_without_training_images_is_left_out_and_named(tmp_path):
    write_images(tmp_path / "train", 12)
    write_images(tmp_path / "test", 6, seed=1)
    (tmp_path / "test" / "red").rename(tmp_path / "test" / "violet")
    data = opened(tmp_path)
    assert (len(data.test), data.classes) == (4, CLASSES)
    assert data.notes == ("Test images of violet were left out: no training images.",)


def test_a_tenth_of_each_class_is_held_out_where_nothing_else_is(tmp_path):
    write_images(tmp_path, 60)
    first, again, other = opened(tmp_path), opened(tmp_path), opened(tmp_path, seed=1)
    assert isinstance(first.train, ImageFiles)
    kept = [data.test.files for data in (first, again, other) if isinstance(data.test, ImageFiles)]
    assert np.bincount(first.test.labels).tolist() == [2, 2, 2]
    assert np.bincount(first.train.labels).tolist() == [18, 18, 18]
    assert not {*first.train.files} & {*kept[0]}
    assert kept[0] == kept[1] != kept[2]
    assert first.fingerprint() == again.fingerprint() != other.fingerprint()
    assert "6 images, a tenth of each class, were held out" in first.notes[0]


def test_images_of_any_shape_are_scaled_as_an_image_on_the_page_is(tmp_path):
    write_images(tmp_path, 6, size=100)
    assert opened(tmp_path, size=48).train.pixels([0, 1]).shape == (2, 48, 48, 3)


def test_images_that_cannot_be_read_are_left_out_and_named(tmp_path):
    write_images(tmp_path, 30)
    (tmp_path / "red" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no more")
    (tmp_path / "red" / "notes.txt").write_text("no image, and none by its name")
    data = opened(tmp_path)
    assert len(data.train) + len(data.test) == 30
    assert "1 of 31 images were left out" in data.notes[0]
    assert "broken.jpg" in data.notes[0]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda folder: None, "There is no folder"),
        (lambda folder: folder.mkdir(), "has 0 subfolders with images"),
        (lambda folder: (folder / "only").mkdir(parents=True), "has 0 subfolders with images"),
        (lambda folder: write_images(folder, 1), "has 1 subfolders with images"),
        (lambda folder: flat(folder / "train", folder / "test"), "no subfolder for each class"),
        (lambda folder: flat(folder / "up", folder / "a\u202eb"), "rename its folder"),
    ],
)
def test_a_folder_that_is_no_data_set_is_a_sentence(tmp_path, make, said):
    make(tmp_path / "data")
    with pytest.raises(DatasetError, match=said):
        opened(tmp_path / "data")


def flat(*folders: Path) -> None:
    """Images without folders for their classes."""
    for folder in folders:
        write_images(folder / "classes", 3)
        for file in folder.glob("classes/*/*.png"):
            file.rename(folder / file.name)


def test_hidden_folders_and_files_are_no_data(tmp_path):
    write_images(tmp_path / "Train", 30)
    flat(tmp_path / ".cache", tmp_path / "Train" / ".ipynb_checkpoints", tmp_path / "test")
    (tmp_path / "Train" / "red" / "._0000.png").write_bytes(b"of another system")
    (tmp_path / "Train" / "nothing").mkdir()
    data = opened(tmp_path)
    assert (data.classes, len(data.train), len(data.test)) == (CLASSES, 27, 3)
    assert data.notes[0] == "“test” has no subfolders with images and was left out."
    assert data.notes[1] == "Without images of their own and left out: nothing."


def test_train_is_a_class_beside_others(tmp_path):
    write_images(tmp_path, 12)
    (tmp_path / "red").rename(tmp_path / "train")
    assert opened(tmp_path).classes == ("blue", "green", "train")


def test_a_subset_reads_what_it_is_asked_for():
    rgb = np.arange(5 * 12, dtype=np.uint8).reshape(5, 2, 2, 3)
    some = Subset(ArrayImages(rgb, np.array([4, 3, 2, 1, 0])), np.array([1, 3]))
    assert (len(some), some.labels.tolist()) == (2, [3, 1])
    np.testing.assert_array_equal(some.pixels([1, 0]), rgb[[3, 1]])


def test_memory_is_bounded_and_what_finds_no_room_is_decoded_again(tmp_path):
    write_images(tmp_path, 9)
    whole = read_folder(tmp_path, 32, 0, quiet).train
    assert isinstance(whole, ImageFiles)
    small = ImageFiles(whole.files, whole.labels, 32, memory_bytes=2 * 3 * 32 * 32 + 5)
    for _ in range(2):
        np.testing.assert_array_equal(
            small.pixels(range(len(whole))), whole.pixels(range(len(whole)))
        )
    assert small._kept.nbytes == 2 * 3 * 32 * 32
    rest = small.without([0])
    np.testing.assert_array_equal(rest.pixels([0, 1]), whole.pixels([1, 2]))


def test_a_file_that_vanishes_during_a_training_is_a_sentence(tmp_path):
    write_images(tmp_path, 9)
    whole = read_folder(tmp_path, 32, 0, quiet).train
    assert isinstance(whole, ImageFiles)
    images = ImageFiles(whole.files, whole.labels, 32, memory_bytes=0)
    images.files[3].unlink()
    with pytest.raises(DatasetError, match=f"{images.files[3].name}” cannot be used"):
        images.pixels([3])
