from __future__ import annotations

from collections.abc import Iterator

import pytest

from resnet_viz.images import folder as image_folder
from resnet_viz.weights import folder


@pytest.fixture(autouse=True, scope="session")
def _no_weights_of_this_machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Checkpoints that a developer has in torch's cache would be the default of some networks.

    A folder of images would be offered to others.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TORCH_HOME", str(tmp_path_factory.mktemp("torch")))
        patch.delenv(folder.VARIABLE, raising=False)
        patch.delenv(image_folder.VARIABLE, raising=False)
        yield
