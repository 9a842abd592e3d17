"""ResNet Explorer: see what happens inside a residual network.

`import resnet_viz` gives the names below and imports neither torch nor streamlit until one is used.
They are described in `resnet_viz/api/`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from resnet_viz.api import (
        PRESETS,
        ExplorerError,
        ImageInput,
        LoadedModel,
        ResNetConfig,
        Trace,
        ablate,
        build,
        capture,
        diagram,
        explain,
        load,
        match,
        predict,
        read_image,
        receptive_field,
        residual,
        sample,
        split_logit,
        table,
        trace,
        worked_example,
    )

__version__ = "0.1.0"

__all__ = [
    "PRESETS",
    "ExplorerError",
    "ImageInput",
    "LoadedModel",
    "ResNetConfig",
    "Trace",
    "ablate",
    "build",
    "capture",
    "diagram",
    "explain",
    "load",
    "match",
    "predict",
    "read_image",
    "receptive_field",
    "residual",
    "sample",
    "split_logit",
    "table",
    "trace",
    "worked_example",
]

if not TYPE_CHECKING:  # for mypy a module with `__getattr__` would have every name

    def __getattr__(name: str) -> Any:
        """The public name, imported when it is first asked for (PEP 562)."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = value = getattr(import_module("resnet_viz.api"), name)
        return value


def __dir__() -> list[str]:
    return sorted([*__all__, *(name for name in globals() if name.startswith("__"))])
