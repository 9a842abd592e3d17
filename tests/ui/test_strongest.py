"""On Feature maps: the images that the pinned channel likes, searched for when asked, and kept."""

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.analysis.image_collections import FolderCollection, RenderedCollection
from resnet_viz.analysis.strongest import StrongestImages, StrongestJob
from resnet_viz.images import folder
from resnet_viz.images.folder import FolderImages
from resnet_viz.model.presets import PRESETS
from resnet_viz.training.rendered import RenderedImages, Split
from resnet_viz.ui.feature_maps import strongest_panel
from resnet_viz.ui.shared.asked_job import AskedJob
from resnet_viz.ui.state import cache, session
from resnet_viz.weights.sources import load
from tests.ui.test_pages import problems, texts

SHAPES = {"model": "shapes", "picture": "star"}
HEADER = "Which images does this channel like?"
COUNT = 36


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(strongest_panel, "IMAGES", COUNT)
    monkeypatch.delenv(folder.VARIABLE, raising=False)
    cache.folder_images.clear()
    yield
    cache.folder_images.clear()


def searched(app: AppTest) -> AppTest:
    """The page once the search, which runs in the background, is through."""
    buttons = [b for b in app.main.button if b.label.startswith("Look through")]
    app = buttons[0].click().run()
    _, job = app.session_state[session.STRONGEST.key]
    assert job.wait(60).state == "done"
    return app.run()


def found(path: str) -> StrongestImages:
    source = RenderedCollection(RenderedImages(Split.TEST, 0, COUNT, 128))
    job = StrongestJob(load(PRESETS["shapes"], "bundled", 128), source, path)
    job.join()
    return job.work()[0]


def zero(channels: int, images: int, unreadable: int = 0) -> StrongestImages:
    """The result of a search in which no channel answered to anything."""
    values, whole = np.zeros((channels, 1), np.float32), np.zeros((channels, 1), np.int64)
    return StrongestImages("fc", images, unreadable, 1, values, whole, whole)


def captions(app: AppTest) -> str:
    return "\n".join(c.value for c in app.main.caption)


def shown(app: AppTest) -> list[str]:
    """What stands below each image of the channel."""
    images = [i for block in app.main.get("image") for i in getattr(block.proto, "imgs", [])]
    return [i.caption for i in images if " · " in i.caption]


def test_the_images_of_the_pinned_channel_are_shown_and_those_of_others_need_no_search(open_page):
    app = open_page("feature_maps", layer="layer2.0", channel="3", cell="2-2", **SHAPES)
    assert problems(app) == []
    assert HEADER in texts(app)
    assert "36 forward passes as far as layer2.0" in captions(app)
    assert shown(app) == []
    app = searched(app)
    assert problems(app) == []
    expected = found("layer2.0")
    source = RenderedCollection(RenderedImages(Split.TEST, 0, COUNT, 128))

    def written(channel: int) -> list[str]:
        return [f"{source.name(p.number)} · {p.value:.4g}" for p in expected.of(channel)]

    assert shown(app) == written(3)
    assert "The 12 of 36 images in which **channel 3** of layer2.0" in texts(app)
    assert "rendered from seed 0" in captions(app)
    assert "A strong answer is not what the channel means" in captions(app)
    # Another channel, for another visitor: kept by what was searched.
    other = open_page("feature_maps", layer="layer2.0", channel="9", cell="2-2", **SHAPES)
    assert shown(other) == written(9)
    # Another layer is another search.
    assert shown(open_page("feature_maps", layer="layer2.1", **SHAPES)) == []


def test_of_the_classifier_the_whole_images_are_shown_and_the_class_is_named(open_page):
    app = searched(open_page("feature_maps", layer="fc", channel="5", cell="0-0", **SHAPES))
    assert problems(app) == []
    assert "the logit of **star**" in texts(app)
    assert "cut out where" not in texts(app)


def test_other_networks_look_through_the_operators_folder(open_page, tmp_path, monkeypatch):
    query = {"model": "resnet20", "picture": "cat", "layer": "layer1.0"}
    app = open_page("feature_maps", **query)
    assert problems(app) == []
    assert HEADER not in texts(app)
    assert folder.VARIABLE in captions(app)
    samples = Path(folder.__file__).parent / "samples"
    monkeypatch.setenv(folder.VARIABLE, str(samples))
    cache.folder_images.clear()
    app = searched(open_page("feature_maps", **query))
    assert problems(app) == []
    files = [file.name for file in samples.iterdir() if file.suffix in folder.SUFFIXES]
    named = {caption.replace("\\", "").split(" · ")[0] for caption in shown(app)}
    assert named <= set(files)
    assert len(named) == min(12, len(files))
    assert f"All {len(files)} images in the server’s folder." in captions(app)


@pytest.mark.parametrize(
    ("looked", "unreadable", "said"),
    [
        (40, 0, "All 40 images in the server’s folder."),
        (38, 2, "38 images, of 40 in the server’s folder; 2 more could not be read."),
        (
            10,
            1,
            "10 images, chosen by seed 0 of 40 in the server’s folder; 1 more could not be read.",
        ),
    ],
)
def test_how_many_were_looked_at_is_said(looked, unreadable, said):
    files = FolderImages("", Path(), tuple(Path(f"{number}.png") for number in range(40)))
    assert (
        strongest_panel.looked_through(zero(1, looked, unreadable), FolderCollection(files)) == said
    )


def test_a_channel_that_is_zero_everywhere_is_said_to_be(open_page, monkeypatch):
    nothing = zero(12, 5)
    monkeypatch.setattr(AskedJob, "result", lambda *args: nothing)
    app = open_page("feature_maps", layer="fc", channel="5", cell="0-0", **SHAPES)
    assert problems(app) == []
    assert "is **zero everywhere** in all 5 images" in texts(app)


def test_a_folder_that_is_not_there_is_one_sentence(open_page, tmp_path, monkeypatch):
    monkeypatch.setenv(folder.VARIABLE, str(tmp_path / "gone"))
    app = open_page("feature_maps", model="resnet20", picture="cat", layer="layer1.0")
    assert not app.exception
    said = [error.value.replace("\\", "") for error in app.error]
    assert [folder.VARIABLE in sentence for sentence in said] == [True]
    assert "This cell by hand" in texts(app)
