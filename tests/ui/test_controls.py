"""The sidebar: links that ask for too much, networks of one's own, images good and broken."""

import re

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.presets import PRESETS
from resnet_viz.ui.state import pages
from tests.images.example_images import saved
from tests.ui.test_pages import problems, texts, unfold

SLUGS = [page.slug for page in pages.PAGES]


def png(colour: str = "red", size: tuple[int, int] = (300, 200)) -> bytes:
    return saved(Image.new("RGB", size, colour))


def warnings(app: AppTest) -> str:
    """What is warned of, as it reads on the page: without Markdown's backslashes."""
    return re.sub(r"\\(.)", r"\1", "\n".join(str(warning.value) for warning in app.warning))


@pytest.mark.parametrize(
    ("query", "named", "key", "fallback"),
    [
        ({"model": "resnet19"}, "resnet19", "model", "shapes"),
        ({"layer": "layer9.9"}, "layer9.9", "layer", "layer1.0"),
        ({"picture": "dog", "model": "resnet18"}, "dog", "picture", "cat"),
        ({"device": "cuda:7"}, "cuda:7", "device", "cpu"),
        ({"weights": "imagenet99"}, "imagenet99", "weights", "bundled"),
        ({"block": "fancy"}, "fancy", "block", "basic"),
    ],
)
def test_an_unknown_value_in_the_url_falls_back_and_says_so(open_page, query, named, key, fallback):
    app = open_page(**query)
    assert not app.exception
    assert not app.error
    assert named in warnings(app)
    assert app.sidebar.selectbox(key=key).value == fallback
    assert warnings(app.run()) == ""  # said once


@pytest.mark.parametrize("size", ["5", "99999", "big"])
def test_an_input_size_that_is_not_accepted_falls_back_and_says_so(open_page, size):
    app = open_page(size=size)
    assert size in warnings(app)
    assert app.sidebar.number_input(key="size").value == 128


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"repeats": "0-2-2-2"}, "0"),
        ({"repeats": "many"}, "many"),
        ({"groups": "32"}, "32"),
        ({"model": "resnet50", "width": "24", "width_per_group": "4"}, "24"),
        ({"width": "100000"}, "100000"),
    ],
)
def test_an_absurd_network_is_explained_and_the_preset_shown(open_page, slug, query, named):
    app = open_page(slug, **query)
    assert not app.exception
    assert named in warnings(app)
    assert len(app.title) == 1


def test_the_url_holds_a_network_of_ones_own(open_page):
    app = open_page(
        model="resnet50", repeats="1-2-3-4", groups="32", width_per_group="4", num_classes="10"
    )
    assert problems(app) == []
    custom = ResNetConfig(
        "custom", "bottleneck", (1, 2, 3, 4), groups=32, width_per_group=4, num_classes=10
    )
    assert "Custom ResNet-32" in app.title[0].value
    assert f"{custom.depth} weighted layers" in texts(app)
    compared = next(m.value for m in app.sidebar.markdown if "resnet50" in m.value)
    assert "| Depth | 32 | 50 |" in compared
    assert "25.6 M" in compared or "25.56 M" in compared


def test_changing_the_preset_takes_its_fields_along(open_page):
    app = open_page(model="resnet50", repeats="1-1-1-1")
    assert "Custom" in app.title[0].value
    app = app.sidebar.selectbox(key="model").select("resnet20").run()
    assert problems(app) == []
    app = unfold(unfold(app, "_customise"), "_input")
    assert app.sidebar.text_input(key="repeats").value == "3-3-3"
    assert app.sidebar.number_input(key="size").value == 32
    assert "ResNet-20" in app.title[0].value


def test_what_is_folded_asks_nothing_and_what_was_changed_there_stays(open_page):
    app = open_page(model="resnet18")
    assert "num_classes" not in [field.key for field in app.sidebar.number_input]
    app = unfold(app, "_customise")
    app = app.sidebar.number_input(key="num_classes").set_value(10).run()
    app.session_state["_customise"] = False  # folded again
    app = app.run()
    assert "Custom" in app.title[0].value
    app = next(b for b in app.sidebar.button if "preset" in b.label).click().run()
    app = app.run()
    assert "Custom" not in app.title[0].value
    assert "num_classes" not in [field.key for field in app.sidebar.number_input]


def test_a_size_that_was_asked_for_stays_while_the_network_changes(open_page):
    app = open_page(model="resnet18", size="96")
    app = app.sidebar.selectbox(key="model").select("resnet50").run()
    assert app.sidebar.number_input(key="size").value == 96
    assert app.run().sidebar.number_input(key="size").value == 96


def test_back_to_the_preset(open_page):
    app = open_page(width="32", num_classes="7")
    assert "Custom" in app.title[0].value
    app = next(b for b in app.sidebar.button if "preset" in b.label).click().run()
    assert "Custom" not in app.title[0].value


def test_customising_one_field_shows_in_the_totals(open_page):
    app = unfold(open_page(model="resnet18"), "_customise")
    app = app.sidebar.number_input(key="num_classes").set_value(10).run()
    # 11,689,512 less 990 rows of 512 weights and a bias
    assert f"{11_689_512 - 990 * 513:,} parameters" in texts(app)


def test_a_network_too_large_to_run_can_still_be_looked_at(open_page):
    big = {"model": "resnet152", "width": "512"}
    for slug in ("layers", "diagram"):
        assert problems(open_page(slug, **big)) == []
    for slug in ("overview", "predict", "feature_maps", "walkthrough"):
        app = open_page(slug, **big)
        assert not app.exception
        assert "parameters, 14.9 GB, and at most" in "".join(e.value for e in app.error)
        if slug == "overview":  # the rest of the page goes on
            assert "Where the costs are" in texts(app)


def test_a_layer_that_the_next_network_lacks_falls_back(open_page):
    app = open_page("layers", model="resnet50", layer="layer3.5.conv3", kinds=["MaxPool2d"])
    assert problems(app) == []
    app = app.sidebar.selectbox(key="model").select("resnet20").run()
    assert not app.exception
    assert app.sidebar.selectbox(key="layer").value == "layer1.0"


def test_an_uploaded_image_is_shown_everywhere(open_page):
    app = open_page("predict")
    app = app.sidebar.file_uploader[0].upload("my.png", png(), "image/png").run()
    assert problems(app) == []
    assert app.sidebar.selectbox(key="picture").value == "upload"
    assert "my.png" in texts(app)
    app = app.switch_page("pages/overview.py").run()
    assert problems(app) == []
    assert app.sidebar.selectbox(key="picture").value == "upload"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("broken.png", png()[:60]),
        ("text.png", b"this is no image at all"),
        ("page.jpg", b"<!doctype html><html></html>"),
        ("empty.png", b""),
        ("<img src=x onerror=alert(1)>.png", b"\x89PNG\r\n\x1a\nrubbish"),
    ],
)
def test_a_broken_upload_is_a_sentence_and_the_previous_image_stays(open_page, name, data):
    app = open_page("predict", picture="coffee")
    app = app.sidebar.file_uploader[0].upload("good.png", png("blue"), "image/png").run()
    app = app.sidebar.file_uploader[0].upload(name, data, "image/png").run()
    assert not app.exception
    sentences = {error.value for error in app.error}
    assert len(sentences) == 1
    assert sentences.pop().endswith(".")
    assert "good.png" in texts(app)
    app = app.sidebar.file_uploader[0].upload("next.png", png("green"), "image/png").run()
    assert problems(app) == []
    assert "next.png" in texts(app)


def test_a_files_name_is_not_read_as_markdown(open_page):
    app = open_page("predict")
    app = app.sidebar.file_uploader[0].upload("a **b** [c](d) $e$.png", png(), "image/png").run()
    assert r"a \*\*b\*\* \[c\](d) \$e\$.png" in texts(app)


def test_a_refused_file_is_forgotten_with_the_next_image(open_page):
    app = open_page("predict")
    app = app.sidebar.file_uploader[0].upload("bad.png", b"nothing", "image/png").run()
    assert len(app.error) == 1
    app = app.sidebar.selectbox(key="picture").select("rocket").run()
    assert len(app.error) == 0


@pytest.mark.parametrize(
    ("slug", "query", "named"),
    [
        ("diagram", {"level": "foo"}, "foo"),
        ("diagram", {"of": "layer9"}, "layer9"),
        ("feature_maps", {"scale": "foo"}, "foo"),
        ("feature_maps", {"channel": "999"}, "999"),
        ("feature_maps", {"cell": "3"}, "“3”"),
        ("feature_maps", {"cell": "400-2", "channel": "2"}, "400-2"),
        ("feature_maps", {"cell": "0000000000999-1"}, "0000000000999-1"),
        ("feature_maps", {"channel": "0000000009999"}, "0000000009999"),
        ("feature_maps", {"sort": "size"}, "size"),
        ("feature_maps", {"show": "nobody"}, "nobody"),
        ("feature_maps", {"scale": "fixed", "high": "much"}, "much"),
        ("layers", {"columns": ["bogus"]}, "bogus"),
        ("walkthrough", {"step": "99"}, "99"),
        ("walkthrough", {"model": "resnet20", "step": "9"}, "9"),
        ("overview", {"model": "resnet20", "weights": "random", "seed": "-4"}, "-4"),
    ],
)
def test_what_a_page_is_asked_for_in_vain_is_said_at_once(open_page, slug, query, named):
    app = open_page(slug, **query)
    assert not app.exception
    assert named in warnings(app)


def test_ones_own_input_size_outlives_a_change_of_network(open_page):
    app = open_page(size="160")
    app = app.sidebar.selectbox(key="model").select("resnet34").run()
    assert app.sidebar.number_input(key="size").value == 160


def test_a_link_to_an_uploaded_image_says_that_it_cannot_carry_it(open_page):
    app = open_page(picture="upload", model="resnet18")
    assert "cannot carry" in warnings(app)
    assert app.sidebar.selectbox(key="picture").value == "cat"


def test_a_colour_scale_that_runs_backwards_is_explained(open_page):
    app = open_page("feature_maps", scale="fixed", low="3", high="1")
    assert "more than the lower end" in warnings(app)


def test_every_preset_is_offered(open_page):
    assert list(open_page().sidebar.selectbox(key="model").options) == list(PRESETS)


def test_a_choice_that_would_change_nothing_is_not_offered(open_page):
    """A basic block has no place for its stride to go: the network stays the preset."""
    app = open_page("layers", model="resnet18", stride_place="1x1")
    assert "stride_place" not in {box.key for box in app.sidebar.selectbox}
    assert "ResNet-18 at" in "".join(caption.value for caption in app.main.caption)
    assert problems(app) == []
    app = open_page("layers", model="resnet50", stride_place="1x1")
    assert app.sidebar.selectbox(key="stride_place").value == "1x1"
    assert "Custom" in "".join(caption.value for caption in app.main.caption)


def test_a_map_of_one_position_says_why_and_offers_a_stem_that_keeps_more(open_page):
    app = open_page("feature_maps", model="resnet18", size="32", layer="layer4.1")
    assert any("single position" in note.value for note in app.main.info)
    app = next(b for b in app.main.button if "CIFAR stem" in b.label).click().run()
    assert not any("single position" in note.value for note in app.main.info)
    assert "512 × 4 × 4" in "".join(caption.value for caption in app.main.caption)
    assert problems(app) == []
    pooled = open_page("feature_maps", model="resnet18", layer="avgpool")
    assert not any("single position" in note.value for note in pooled.main.info)


def test_an_image_of_one_colour_is_called_so(open_page):
    app = open_page("predict")
    assert not any("single colour" in note.value for note in app.info)
    app = app.sidebar.file_uploader[0].upload("my.png", png(), "image/png").run()
    (said,) = [note.value for note in app.info if "single colour" in note.value]
    assert "red 255, green 0, blue 0" in said
