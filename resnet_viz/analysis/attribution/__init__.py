"""What speaks for a class: maps of a layer or of the image, by methods that can be compared.

A method is one file here and one entry in `METHODS`; its fields are its options. Whoever adds one says
in a sentence what it shows, and in another what it does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from resnet_viz.analysis.attribution.cam import Cam
from resnet_viz.analysis.attribution.grad_cam import GradCam
from resnet_viz.analysis.attribution.gradient import Gradient
from resnet_viz.analysis.attribution.hires_cam import HiResCam
from resnet_viz.analysis.attribution.input_x_gradient import InputXGradient
from resnet_viz.analysis.attribution.integrated_gradients import IntegratedGradients
from resnet_viz.analysis.attribution.layer_cam import LayerCam
from resnet_viz.analysis.attribution.method import Method
from resnet_viz.analysis.attribution.occlusion import Occlusion
from resnet_viz.analysis.attribution.random_cam import RandomCam
from resnet_viz.analysis.attribution.rise import Rise
from resnet_viz.analysis.attribution.smooth_grad import SmoothGrad
from resnet_viz.errors import MethodError
from resnet_viz.one_line import quoted

_ALL: Final[tuple[type[Method], ...]] = (
    GradCam,
    HiResCam,
    LayerCam,
    Cam,
    Gradient,
    InputXGradient,
    SmoothGrad,
    IntegratedGradients,
    Occlusion,
    Rise,
    RandomCam,
)
METHODS: Final[Mapping[str, type[Method]]] = MappingProxyType({m.slug: m for m in _ALL})


def make_method(slug: str, options: Mapping[str, Any] | None = None) -> Method:
    """A method by its name, with options by theirs.

    Raises:
        MethodError: there is no such method, it has no such option, or a value is not accepted.
    """
    if slug not in METHODS:
        raise MethodError(
            f"There is no method {quoted(slug, 40)}; choose one of {', '.join(METHODS)}."
        )
    known = METHODS[slug]().options
    for name, value in (options or {}).items():
        if name not in known:
            has = f"its options are {', '.join(known)}" if known else "it has none"
            raise MethodError(f"{METHODS[slug].title} has no option {quoted(name, 40)}; {has}.")
        if not isinstance(value, type(known[name])) and not (
            isinstance(known[name], float) and isinstance(value, int)
        ):
            raise MethodError(f"The option {name} of {METHODS[slug].title} cannot be {value!r}.")
    return METHODS[slug](**(options or {}))
