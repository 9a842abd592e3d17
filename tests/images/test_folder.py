"""The operator's folder of images: which files are taken, and what is said where there are none."""

import os
import subprocess
from pathlib import Path

import pytest

from resnet_viz.errors import ImageError
from resnet_viz.images import MAX_BYTES, folder, read_sample
from resnet_viz.images.folder import FolderImages


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv(folder.VARIABLE, str(tmp_path))
    return tmp_path


def star() -> bytes:
    return (Path(folder.__file__).parent / "samples" / "star.png").read_bytes()


def listed() -> FolderImages:
    images = folder.folder_images()
    assert images
    return images


def names() -> set[str]:
    images = listed()
    return {images.name(number) for number in range(len(images))}


def test_without_the_variable_there_are_none(monkeypatch):
    monkeypatch.delenv(folder.VARIABLE, raising=False)
    assert folder.folder_images() is None
    monkeypatch.setenv(folder.VARIABLE, " ")
    assert folder.folder_images() is None


def test_images_of_subfolders_are_taken_and_nothing_else(root, monkeypatch):
    outside = root / "outside"
    for place in ("a.png", "deep/er/B.JPG", "deep/notes.txt", ".hidden/c.png", "deep/.d.png"):
        file = root / "in" / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(star())
    outside.mkdir()
    (outside / "e.png").write_bytes(star())
    monkeypatch.setenv(folder.VARIABLE, str(root / "in"))
    (root / "in" / "link").symlink_to(outside)
    (root / "in" / "circle").symlink_to(root / "in")
    assert names() == {"a.png", "deep/er/B.JPG"}


def test_the_order_is_drawn_and_stays_the_same(root):
    for number in range(30):
        (root / f"{number:02}.png").write_bytes(b"")
    images = listed()
    assert images == listed()
    assert list(images.files) == list(listed().files) != sorted(images.files)
    os.utime(root / "07.png", (1, 1))
    assert listed() != images
    assert hash(listed()) != hash(images)


def test_an_image_is_read_as_any_other(root):
    (root / "my star.png").write_bytes(star())
    assert listed().image(0) == read_sample("star")


def test_only_so_many_are_listed(root, monkeypatch):
    monkeypatch.setattr(folder, "MOST_FILES", 3)
    for name in "edcba":
        (root / f"{name}.png").write_bytes(b"")
    assert names() == {"a.png", "b.png", "c.png"}


def test_where_there_is_nothing_one_sentence_says_so_without_the_servers_paths(root, monkeypatch):
    with pytest.raises(ImageError, match="has no images") as none:
        folder.folder_images()
    monkeypatch.setenv(folder.VARIABLE, str(root / "gone"))
    with pytest.raises(ImageError, match="names no folder that is there") as gone:
        folder.folder_images()
    assert str(root) not in f"{none.value}{gone.value}"


@pytest.mark.parametrize("named", ["x" * 5000, "/proc/1/cwd/images"])
def test_a_name_that_cannot_even_be_looked_up_is_one_sentence(monkeypatch, named):
    def refused(_: Path, **options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setenv(folder.VARIABLE, named)
    if named.startswith("/"):  # whoever runs the tests may be allowed to
        monkeypatch.setattr(Path, "stat", refused)
    with pytest.raises(ImageError, match="names no folder that is there"):
        folder.folder_images()


def test_too_large_a_file_is_not_even_read(root):
    with (root / "a.png").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    images = listed()
    with pytest.raises(ImageError, match=r"“a\.png” has more than 20 MB"):
        images.image(0)


def test_links_to_themselves_and_very_deep_folders_are_passed_over(root):
    (root / "a.png").symlink_to(root / "a.png")
    (root / "b.png").write_bytes(star())
    deep = os.open(root, os.O_RDONLY)
    for _ in range(1100):  # deeper than Python's stack
        os.mkdir("d", dir_fd=deep)
        below = os.open("d", os.O_RDONLY, dir_fd=deep)
        os.close(deep)
        deep = below
    os.close(deep)
    try:
        assert names() == {"b.png"}
    finally:  # pytest's own way of removing folders has not the depth
        subprocess.run(["rm", "-rf", root / "d"], check=True)
