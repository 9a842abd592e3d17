"""The sidebar's weights: the ones in the box, ImageNet's, a folder's, and one's own."""

import io
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from safetensors.torch import save
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button, FileUploader

from resnet_viz.images import DRAWINGS
from resnet_viz.model.presets import PRESETS
from resnet_viz.model.resnet import build_random
from resnet_viz.store import STORE
from resnet_viz.ui.state import cache, session
from resnet_viz.weights import checkpoints, folder
from resnet_viz.weights.download import DownloadJob, running
from tests.ui.test_controls import warnings
from tests.ui.test_pages import problems, texts
from tests.weights.shelf import BOUND, Shelf, halves, serving, until


def state(name: str, prefix: str = "", seed: int = 3, **fields: Any) -> dict[str, torch.Tensor]:
    values = build_random(replace(PRESETS[name], **fields), seed).state_dict()
    return {f"{prefix}{key}": value.contiguous() for key, value in values.items()}


def buttons(app: AppTest) -> dict[str, Button]:
    return {button.label: button for button in app.sidebar.button}


def uploaders(app: AppTest) -> dict[str, FileUploader]:
    return {uploader.label.split(":")[0]: uploader for uploader in app.sidebar.file_uploader}


def bring(app: AppTest, data: bytes, name: str = "mine.safetensors") -> AppTest:
    return uploaders(app)["Your weights"].upload(name, data).run()


def test_a_newcomer_meets_a_trained_network_that_is_right(open_page):
    app = open_page()
    assert problems(app) == []
    assert app.sidebar.selectbox(key="weights").value == "bundled"
    assert "Trained on** Images of twelve shapes" in texts(app)
    assert "SHA-256" in texts(app)
    assert "Licence** MIT" in texts(app)
    assert not app.info  # nothing to warn of: it knows this image


@pytest.mark.parametrize("slug", ["overview", "predict"])
def test_before_a_photograph_it_says_how_little_it_knows_and_offers_imagenet(open_page, slug):
    app = open_page(slug, picture="cat")
    assert any("knows only 12 classes" in info.value for info in app.info)
    offered = [button.label for button in app.main.button if "·" in button.label]
    assert offered == [
        *("ResNet-56 (32 × 32) · Bundled weights: CIFAR-10, 10 classes",),
        *("ResNet-50 · ImageNet-1k, V2 (torchvision)",),
    ]
    app = next(b for b in app.main.button if "ImageNet" in b.label).click().run()
    assert app.sidebar.selectbox(key="model").value == "resnet50"
    assert app.sidebar.selectbox(key="weights").value == "imagenet:v2"
    assert "Download 102.5 MB" in buttons(app)


def test_one_click_shows_the_photograph_to_the_bundled_network_for_photographs(open_page):
    app = open_page("predict", picture="cat")
    app = next(b for b in app.main.button if "CIFAR-10" in b.label).click().run()
    assert problems(app) == []
    values = {key: app.sidebar.selectbox(key=key).value for key in ("model", "weights", "picture")}
    assert values == {"model": "resnet56", "weights": "bundled", "picture": "cat"}
    assert "32 × 32 pixels" in " ".join(
        each.caption for image in app.get("image") for each in image.proto.imgs
    )
    assert any("knows only 10 classes" in info.value for info in app.info)
    assert [b.label for b in app.main.button if "·" in b.label] == [
        "ResNet-50 · ImageNet-1k, V2 (torchvision)"
    ]


def test_the_image_changes_with_the_network_unless_it_was_chosen(open_page):
    app = open_page()
    assert app.sidebar.selectbox(key="picture").value in DRAWINGS
    app = app.sidebar.selectbox(key="model").select("resnet18").run()
    assert app.sidebar.selectbox(key="picture").value == "cat"
    app = app.sidebar.selectbox(key="picture").select("coffee").run()
    app = app.sidebar.selectbox(key="model").select("resnet34").run()
    assert app.sidebar.selectbox(key="picture").value == "coffee"


def test_what_is_in_the_box_does_not_fit_a_changed_network(open_page):
    app = open_page(num_classes="13")
    assert not app.exception
    assert app.sidebar.selectbox(key="weights").value == "random"


def test_every_published_version_is_offered_for_its_network(open_page):
    options = open_page(model="resnet50").sidebar.selectbox(key="weights").options
    assert list(options) == ["imagenet:v2", "imagenet:v1", "random", "upload"]
    options = open_page(model="resnet50", num_classes="10").sidebar.selectbox(key="weights").options
    assert list(options) == ["random", "upload"]


@pytest.fixture
def published(monkeypatch, tmp_path):
    """A server with something of resnet18's form as its ImageNet weights; nothing is here yet."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    buffer = io.BytesIO()
    torch.save(state("resnet18"), buffer)
    with serving(Shelf(buffer.getvalue())) as shelf:
        monkeypatch.setattr(checkpoints, "CHECKPOINTS", (shelf.checkpoint("resnet18"),))
        STORE.clear()  # networks that another test has loaded
        cache.is_sound.clear()
        yield shelf


def asked_for_imagenet(open_page: Callable[..., AppTest]) -> AppTest:
    app = open_page("predict", model="resnet18", weights="imagenet:v1", size="64")
    assert problems(app) == []
    assert "Meanwhile: Untrained" in texts(app)
    return app


def test_a_download_is_announced_shown_and_used(open_page, published):
    app = asked_for_imagenet(open_page)
    assert published.asked == []  # nothing is fetched unasked
    published.behave = halves
    app = buttons(app)["Download 46.8 MB"].click().run()
    until(lambda: download_of(published).progress.done > 0)
    app = app.run()
    assert "Cancel" in buttons(app)
    assert "Fetching tiny.pth" in app.sidebar.get("progress")[0].proto.text
    download = download_of(published)
    published.gate.set()
    assert download.wait(BOUND).state == "done"
    app = app.run()
    assert problems(app) == []
    assert "ImageNet-1k, V1" in texts(app)
    assert "Meanwhile" not in texts(app)
    assert "class 0" not in texts(app)
    # From now on it is what the network shows by itself.
    assert open_page(model="resnet18", size="64").sidebar.selectbox(key="weights").value == (
        "imagenet:v1"
    )


def download_of(shelf: Shelf) -> DownloadJob:
    found = running(shelf.checkpoint("resnet18"))
    assert found
    return found


def test_a_download_can_be_cancelled_and_begun_anew(open_page, published):
    app = asked_for_imagenet(open_page)
    published.behave = halves
    app = buttons(app)["Download 46.8 MB"].click().run()
    download = download_of(published)
    app = buttons(app)["Cancel"].click().run()
    assert "Download 46.8 MB" in buttons(app)
    published.gate.set()
    assert download.wait(BOUND).state == "cancelled"
    assert not list(download.path.parent.iterdir())


def test_a_failed_download_is_a_sentence_and_the_page_goes_on(open_page, published):
    app = asked_for_imagenet(open_page)
    published.behave = lambda request: request.head(404, 0)
    app = buttons(app)["Download 46.8 MB"].click().run()
    download = app.session_state.get(session.DOWNLOAD.key, None)
    if download:
        download.wait(BOUND)
        app = app.run()
    assert not app.exception
    assert len(app.sidebar.error) == 1
    assert app.sidebar.error[0].value.endswith(".")
    assert "Download 46.8 MB" in buttons(app)
    assert len(app.get("plotly_chart")) == 1  # the answer of what is at hand


def test_a_damaged_file_in_the_folder_is_said_and_can_be_fetched_again(open_page, published):
    path = checkpoints.folder() / "tiny.pth"
    path.parent.mkdir(parents=True)
    path.write_bytes(published.body[:-1000])
    app = open_page("predict", model="resnet18", weights="imagenet:v1", size="64")
    assert not app.exception
    assert "damaged" in app.sidebar.error[0].value
    assert not app.main.error
    app = buttons(app)["Download 46.8 MB"].click().run()
    if download := running(published.checkpoint("resnet18")):
        download.wait(BOUND)
    app = app.run()
    assert problems(app) == []
    assert "ImageNet-1k, V1" in texts(app)


@pytest.mark.parametrize("prefix", ["", "module."])
def test_ones_own_weights_are_used_with_their_names(open_page, prefix):
    app = open_page("predict", model="resnet20", num_classes="4", weights="upload")
    assert problems(app) == []
    assert "Meanwhile" in texts(app)
    assert "pickle" in texts(app)
    names = b"apple\nbread\ncheese\ndate\n"
    app = uploaders(app)["Class names"].upload("names.txt", names).run()
    app = bring(app, save(state("resnet20", prefix, num_classes=4)))
    assert problems(app) == []
    assert "mine.safetensors" in texts(app)
    assert "Meanwhile" not in texts(app)
    assert ("prefix “module.” was removed" in texts(app)) == bool(prefix)
    chart = app.get("plotly_chart")[0].proto.spec
    assert all(name in chart for name in ("apple", "bread", "cheese", "date"))


def test_names_may_come_after_the_weights(open_page):
    app = open_page("predict", model="resnet20", num_classes="4", weights="upload")
    app = bring(app, save(state("resnet20", num_classes=4)))
    app = uploaders(app)["Class names"].upload("names.txt", b"a\nb\nc\nDELTA").run()
    assert problems(app) == []
    assert "DELTA" in app.get("plotly_chart")[0].proto.spec


def test_too_few_names_are_a_sentence(open_page):
    app = open_page("predict", model="resnet20", num_classes="4", weights="upload")
    app = bring(app, save(state("resnet20", num_classes=4)))
    app = uploaders(app)["Class names"].upload("names.txt", b"aardvark\nb").run()
    assert problems(app) == []
    assert "2 class names for 4 classes" in texts(app)
    chart = app.get("plotly_chart")[0].proto.spec
    assert all(name in chart for name in ("aardvark", "class 2", "class 3"))  # weights stay


def test_weights_of_another_network_say_which_and_lead_there(open_page):
    app = open_page("predict", weights="upload", size="64")
    app = bring(app, save(state("resnet34", num_classes=7)))
    assert "fits resnet34 with 7 classes" in app.sidebar.error[0].value
    assert len(app.get("plotly_chart")) == 1  # the network in the box goes on
    app = buttons(app)["Show resnet34, 7 classes"].click().run()
    assert problems(app) == []
    assert app.sidebar.selectbox(key="model").value == "resnet34"
    assert app.sidebar.number_input(key="num_classes").value == 7
    assert app.sidebar.selectbox(key="weights").value == "upload"
    assert "mine.safetensors" in texts(app)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"<!doctype html><html>not found</html>", "web page"),
        (save(state("resnet20"))[:-10], "ends"),
        (b"PK\x03\x04 a zip", "weights convert"),
        (save(state("resnet20") | {"fc.bias": torch.full((10,), float("nan"))}), "NaN"),
    ],
    ids=["empty", "html", "half", "pth", "nan"],
)
def test_a_file_that_cannot_be_used_is_a_sentence_and_all_goes_on(open_page, data, said):
    app = open_page("predict", model="resnet20", weights="upload")
    app = bring(app, data, "**odd** <b>.safetensors")
    assert not app.exception
    assert said in "".join(e.value for e in app.sidebar.error)
    assert len(app.sidebar.error) == 1
    assert len(app.get("plotly_chart")) == 1
    app = bring(app, save(state("resnet20")))
    assert problems(app) == []


@pytest.mark.parametrize("slug", ["overview", "walkthrough", "feature_maps", "residual", "predict"])
def test_parameters_that_no_float_can_follow_are_one_sentence(open_page, slug):
    app = open_page(slug, model="resnet20", weights="upload")
    weights = {
        name: value * 1e30 if name.endswith("conv1.weight") else value
        for name, value in state("resnet20").items()
    }
    app = bring(app, save(weights))
    assert not app.exception
    assert not app.sidebar.error
    assert {e.value.split(",")[0] for e in app.main.error} == {
        "With these weights the network computes numbers that are too large for float32"
    }
    app = bring(app, save(state("resnet20")))
    assert problems(app) == []


def test_a_link_to_an_upload_shows_what_is_at_hand(open_page):
    app = open_page(weights="upload")
    assert problems(app) == []
    assert "Meanwhile: Bundled weights" in texts(app)
    assert "A link does not carry them" in texts(app)


def test_files_in_the_servers_folder_are_offered_where_they_fit(open_page, monkeypatch, tmp_path):
    monkeypatch.setenv(folder.VARIABLE, str(tmp_path))
    (tmp_path / "ours.safetensors").write_bytes(save(state("resnet32", num_classes=4)))
    torch.save({"state_dict": state("resnet32", "module.")}, tmp_path / "theirs.pth")
    (tmp_path / "broken.pth").write_bytes(b"rubbish")
    app = open_page("predict", model="resnet32")
    assert problems(app) == []
    assert app.sidebar.selectbox(key="weights").value == "folder:theirs.pth"
    assert list(app.sidebar.selectbox(key="weights").options) == [
        "folder:theirs.pth",
        "random",
        "upload",
    ]
    app = open_page(model="resnet32", num_classes="4", weights="folder:broken.pth")
    assert "broken.pth" in warnings(app)
    assert app.sidebar.selectbox(key="weights").value == "folder:ours.safetensors"


def test_names_belong_to_the_weights_that_they_came_with(open_page):
    app = open_page("predict", model="resnet32", num_classes="4", weights="upload")
    app = uploaders(app)["Class names"].upload("names.txt", b"a\nb\nc\nDELTA").run()
    app = bring(app, save(state("resnet32", num_classes=4)), "first.safetensors")
    assert "DELTA" in app.get("plotly_chart")[0].proto.spec
    app = bring(app, save(state("resnet32", num_classes=4, seed=8)), "second.safetensors")
    assert problems(app) == []
    assert "DELTA" not in app.get("plotly_chart")[0].proto.spec


def test_names_that_cannot_be_read_are_said_at_once_and_forgotten(open_page):
    app = open_page("predict", model="resnet32", num_classes="4", weights="upload")
    app = uploaders(app)["Class names"].upload("names.txt", b"a\n\nb").run()
    assert "Line 2" in app.sidebar.error[0].value
    app = bring(app, save(state("resnet32", num_classes=4)))
    assert problems(app) == []


def test_another_file_under_the_same_name_is_another_network(open_page, monkeypatch, tmp_path):
    monkeypatch.setenv(folder.VARIABLE, str(tmp_path))
    answers = []
    for seed in (1, 2):
        (tmp_path / "ours.safetensors").write_bytes(save(state("resnet32", seed=seed)))
        app = open_page("predict", model="resnet32")
        answers.append(app.get("plotly_chart")[0].proto.spec)
    assert answers[0] != answers[1]


def test_what_is_shown_meanwhile_has_been_read_too(open_page, monkeypatch, tmp_path):
    monkeypatch.setenv(folder.VARIABLE, str(tmp_path))
    broken = state("resnet32") | {"fc.bias": torch.full((10,), float("nan"))}
    for name in ("a", "b"):
        (tmp_path / f"{name}.safetensors").write_bytes(save(broken))
    app = open_page("predict", model="resnet32")
    assert not app.exception
    assert not app.main.error
    assert "Meanwhile: Untrained" in texts(app)


def test_two_visitors_and_one_download(open_page, published):
    one, other = asked_for_imagenet(open_page), asked_for_imagenet(open_page)
    published.behave = halves
    one = buttons(one)["Download 46.8 MB"].click().run()
    download = download_of(published)
    other = other.run()
    assert "Cancel" not in buttons(other)  # it is not theirs, but they see how far it is
    assert "Another user already started" in texts(other)
    one = buttons(one)["Cancel"].click().run()
    published.gate.set()
    assert download.wait(BOUND).state == "cancelled"


def test_a_link_cannot_put_markup_on_the_page(open_page):
    app = open_page(model="![x](http://a.example/p.png)", repeats="![x](http://a.example/p)")
    assert not app.exception
    shown = [*app.warning, *app.error, *app.sidebar.error]
    assert shown
    assert all(not re.search(r"(?<!\\)\]\(", element.value) for element in shown)


def answer(app: AppTest) -> str:
    spec: str = app.get("plotly_chart")[0].proto.spec
    return spec


def test_a_files_preprocessing_is_asked_and_used_and_shown(open_page):
    app = open_page("predict", model="resnet20", weights="upload")
    app = bring(app, save(state("resnet20")))
    assert "prepared as for CIFAR-10" in texts(app)
    before = answer(app)
    app = buttons(app)["Caffe"].click().run()
    assert problems(app) == []
    assert answer(app) != before
    assert "mean 103.939, 116.779, 123.68" in texts(app)
    assert "blue, green, red" in texts(app)
    app = buttons(app)["Back to what is assumed"].click().run()
    assert answer(app) == before


def test_a_link_says_how_images_are_prepared(open_page, monkeypatch, tmp_path):
    monkeypatch.setenv(folder.VARIABLE, str(tmp_path))
    (tmp_path / "ours.safetensors").write_bytes(save(state("resnet32")))
    link = {"model": "resnet32", "weights": "folder:ours.safetensors"}
    app = open_page("predict", **link, mean="0.5", std="0.25,0.25,0.5", order="bgr")
    assert problems(app) == []
    assert "mean 0.5, 0.5, 0.5; std 0.25, 0.25, 0.5" in texts(app)
    app = open_page("predict", **link, mean="Infinity", std="1", order="x")
    assert not app.exception
    assert "mean “Infinity” cannot be used" in "".join(e.value for e in app.sidebar.error)
    assert "channel order “x”" in warnings(app)
    assert len(app.get("plotly_chart")) == 1


def test_what_is_assumed_of_a_file_is_listed_with_its_switches(open_page):
    app = open_page("predict", model="resnet20", weights="upload")
    app = bring(app, save(state("resnet20")))
    said = texts(app)
    assert "Shortcuts where the shape changes" in said
    assert "this explorer cannot build it yet" in said
    before = answer(app)
    app = buttons(app)["Try none"].click().run()
    assert problems(app) == []
    assert app.sidebar.selectbox(key="shortcut").value == "none"
    assert "mine.safetensors" in texts(app)
    assert answer(app) != before
    app = buttons(app)["Try bgr"].click().run()
    assert "blue, green, red" in texts(app)


def test_one_logit_is_answered_with_its_class_and_the_opposite(open_page):
    app = open_page("predict", model="resnet20", num_classes="1", weights="upload")
    app = bring(app, save(state("resnet20", num_classes=1)))
    app = uploaders(app)["Class names"].upload("names.txt", b"healthy\nill").run()
    assert problems(app) == []
    assert all(name in answer(app) for name in ("healthy", "ill"))
    assert "sigmoid" in texts(app)
