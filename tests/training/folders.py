"""Small data sets on disk: CIFAR-10's binary files, and folders of images, of colours and noise."""

from pathlib import Path

import numpy as np
from PIL import Image

CLASSES = ("blue", "green", "red")


def images(count: int, seed: int, size: int = 32) -> tuple[np.ndarray, np.ndarray]:
    """(count, size, size, 3) uint8 of one colour and noise each, and their labels."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % len(CLASSES)
    rgb = rng.integers(0, 90, (count, size, size, 3), dtype=np.uint8)
    for index, label in enumerate(labels):
        rgb[index, :, :, 2 - label] += 150
    return rgb, labels


def write_cifar10(folder: Path, per_batch: int = 12, test: int = 24) -> tuple[np.ndarray, ...]:
    """The six official files, small; returns training and test images with labels."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = [images(per_batch, seed) for seed in range(5)]
    for number, part in enumerate(parts, start=1):
        (folder / f"data_batch_{number}.bin").write_bytes(_records(*part))
    last = images(test, 9)
    (folder / "test_batch.bin").write_bytes(_records(*last))
    return (*(np.concatenate(each) for each in zip(*parts, strict=True)), *last)


def write_images(folder: Path, count: int, seed: int = 0, size: int = 32) -> None:
    """`folder/<class>/<number>.png`."""
    for index, (rgb, label) in enumerate(zip(*images(count, seed, size), strict=True)):
        place = folder / CLASSES[label]
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rgb).save(place / f"{index:04}.png")


def _records(rgb: np.ndarray, labels: np.ndarray) -> bytes:
    """As the data set's page describes it: label, then red, green and blue planes, row by row."""
    return b"".join(
        bytes([label]) + b"".join(image[:, :, channel].tobytes() for channel in range(3))
        for image, label in zip(rgb, labels.tolist(), strict=True)
    )
