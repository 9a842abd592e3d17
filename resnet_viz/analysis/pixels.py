"""What becomes of one pixel before the first layer: resized, cut out, normalised."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_viz.images import ImageInput, Preprocessing, as_seen, to_tensor


@dataclass(frozen=True, slots=True)
class NormalisedValue:
    """One channel of one pixel: (level / 255 − mean) / std = value."""

    channel: str
    level: int  # 0 to 255, of the resized image
    mean: float
    std: float
    value: float  # what the first layer reads

    @property
    def scaled(self) -> float:
        """The level on a scale of 0 to 1."""
        return self.level / 255


def central_pixel(
    image: ImageInput, preprocessing: Preprocessing
) -> tuple[NormalisedValue, NormalisedValue, NormalisedValue]:
    """Red, green and blue of the pixel at row and column `crop // 2` of what the network sees."""
    at = preprocessing.crop // 2
    levels = as_seen(image, preprocessing)[at, at].tolist()
    values = to_tensor(image, preprocessing)[0, :, at, at].tolist()
    red, green, blue = (
        NormalisedValue(*each)
        for each in zip(
            ("red", "green", "blue"),
            levels,
            preprocessing.mean,
            preprocessing.std,
            values,
            strict=True,
        )
    )
    return red, green, blue
