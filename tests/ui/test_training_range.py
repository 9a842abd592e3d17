"""Beside an answer: where it lies among those on the training images."""

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.images import DRAWINGS, PHOTOGRAPHS, read_sample
from resnet_viz.model.presets import PRESETS
from resnet_viz.training.evaluation import logits
from resnet_viz.training.rendered import Split, rendered
from resnet_viz.weights.sources import load, training_range
from tests.ui.test_pages import problems, texts

UNLIKE = "unlike the training images"


def said(app: AppTest) -> str:
    return " ".join(info.value for info in app.info)


@pytest.mark.parametrize("slug", ["overview", "predict"])
def test_a_photograph_is_unlike_drawn_shapes_and_the_page_says_so(open_page, slug):
    app = open_page(slug, picture="galaxies")
    assert problems(app) == []
    assert UNLIKE in said(app)
    assert "nearest of 12 classes" in said(app)


@pytest.mark.parametrize("slug", ["overview", "predict"])
def test_a_drawing_lies_within_and_the_page_says_where(open_page, slug):
    app = open_page(slug, picture="heart")
    assert UNLIKE not in said(app)
    assert "**Like the training images.** Compared with them: top logit" in texts(app)


def test_the_percentile_is_the_share_of_training_images_with_a_lower_top_logit():
    """Against 600 training images that are rendered and classified here."""
    config = PRESETS["shapes"]
    loaded, known = load(config, "bundled", 128), training_range(config, "bundled", 128)
    assert known is not None
    images = rendered(Split.TRAINING, 0, 600, 128)
    tops = logits(loaded.module, images, loaded.weights.preprocessing).max(dim=1).values
    for share in (0.1, 0.5, 0.9):
        top = float(tops.quantile(share))
        position = (known.top_logits < top).mean()
        assert position == pytest.approx(share, abs=0.06)  # three standard errors of 600 images


@pytest.mark.parametrize("slug", [*PHOTOGRAPHS, *DRAWINGS])
def test_samples_are_told_from_what_the_network_was_trained_on(slug, capsys):
    """All photographs are unlike, and so are two shapes in one image; single shapes are not."""
    from resnet_viz.__main__ import main
    from resnet_viz.images.samples import _FOLDER, SAMPLES

    assert read_sample(slug)
    main(["predict", str(_FOLDER / SAMPLES[slug].file)])
    expected = slug in PHOTOGRAPHS or slug == "two_shapes"
    assert (UNLIKE in capsys.readouterr().out) == expected


def test_another_input_size_has_no_range_and_makes_no_claim(open_page):
    app = open_page("predict", picture="cat", size="96")
    assert problems(app) == []
    assert UNLIKE not in said(app)
    assert "Like the training images" not in texts(app)


def test_untrained_and_foreign_weights_have_no_range():
    assert training_range(PRESETS["shapes"], "random:0", 128) is None
    assert training_range(PRESETS["resnet18"], "imagenet:v1", 224) is None
