"""CIFAR-10 from its official binary files: six files of plain bytes, no pickles.

A record is one byte for the class and 3,072 for the image: all red values row by row, then green,
then blue (Krizhevsky 2009; the layout is described on the data set's own page).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from resnet_viz.errors import DatasetError
from resnet_viz.training.dataset import ArrayImages, Dataset

SIZE: Final = 32  # pixels
CLASSES: Final = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)
TRAIN_FILES: Final = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
TEST_FILE: Final = "test_batch.bin"
DESCRIPTION: Final = (
    "CIFAR-10 (Krizhevsky 2009): 50,000 training and 10,000 test images of 32 × 32 pixels in ten "
    "classes, read from the official binary files."
)

_RECORD: Final = 1 + 3 * SIZE * SIZE  # bytes


def is_binary_folder(folder: Path) -> bool:
    """Whether the official binary files lie in a folder."""
    return (folder / TEST_FILE).is_file()


def read_cifar10(folder: Path) -> Dataset:
    """Read the official binary files in a folder.

    Raises:
        DatasetError: a file is missing, or is none of CIFAR-10's.
    """
    parts = [_read(folder / file) for file in TRAIN_FILES]
    train = ArrayImages(
        np.concatenate([part.rgb for part in parts]), np.concatenate([p.labels for p in parts])
    )
    test = _read(folder / TEST_FILE)
    return Dataset("cifar10", CLASSES, train, test, test, DESCRIPTION)


def _read(file: Path) -> ArrayImages:
    try:
        content = np.fromfile(file, np.uint8)
    except OSError as error:
        raise DatasetError(f"“{file}” cannot be read: {error.strerror}.") from None
    if content.size == 0 or content.size % _RECORD:
        raise DatasetError(
            f"“{file}” has {content.size:,} bytes, which is no whole number of CIFAR-10's records "
            f"of {_RECORD:,} bytes; use the files of the binary version."
        )
    records = content.reshape(-1, _RECORD)
    labels = records[:, 0].astype(np.int64)
    if labels.max() >= len(CLASSES):
        raise DatasetError(
            f"“{file}” has a class number {labels.max()}; CIFAR-10 has 0 to {len(CLASSES) - 1}."
        )
    planes = records[:, 1:].reshape(-1, 3, SIZE, SIZE)
    return ArrayImages(np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), labels)  # (N, H, W, 3)
