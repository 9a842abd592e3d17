"""What becomes of one pixel before the first layer: resized, cut out, normalised."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_viz.images import ImageInput, Preprocessing, as_seen, to_tensor


@dataclass(frozen=True, slots=True)
class NormalisedValue:
    """One channel of one pixel: (level · white / 255 − mean) / std = value."""

    channel: str
    level: int  # 0 to 255, of the resized image
    mean: float
    std: float
    value: float  # what the first layer reads
    white: int = 1  # the end of the scale that mean and std are on

    @property
    def scaled(self) -> float:
        """The level on a scale of 0 to `white`."""
        return self.level * self.white / 255


def central_pixel(
    image: ImageInput, preprocessing: Preprocessing
) -> tuple[NormalisedValue, NormalisedValue, NormalisedValue]:
    """The pixel at row and column `crop // 2` of what the network sees, in its order of channels."""
    at = preprocessing.crop // 2
    levels = as_seen(image, preprocessing)[at, at].tolist()
    values = to_tensor(image, preprocessing)[0, :, at, at].tolist()
    first, second, third = (
        NormalisedValue(*each, white=preprocessing.white)
        for each in zip(
            preprocessing.channels,
            levels if preprocessing.order == "rgb" else levels[::-1],
            preprocessing.mean,
            preprocessing.std,
            values,
            strict=True,
        )
    )
    return first, second, third
