"""Weights as a visitor gets them: a download with its progress, an upload, the way to what fits."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from playwright.sync_api import Page, expect
from safetensors.torch import save

from resnet_viz.model.presets import PRESETS
from resnet_viz.model.resnet import build_random
from tests.browser.serving import ROOT, serving, settled
from tests.weights.shelf import Shelf, halves, whole
from tests.weights.shelf import serving as publishing

pytestmark = pytest.mark.browser

# The app with a table of one checkpoint, which a server on this host has.
SCRIPT = """
import os

from resnet_viz.ui.frame import shell
from resnet_viz.weights import checkpoints

checkpoints.CHECKPOINTS = (
    checkpoints.Checkpoint(
        "resnet18", "v1", os.environ["TEST_URL"], 44.7, os.environ["TEST_SHA"], 256, 224, 50.0, 80.0, ""
    ),
)
shell.run()
"""


@pytest.fixture(scope="module")
def shelf() -> Iterator[Shelf]:
    buffer = io.BytesIO()
    torch.save(build_random(PRESETS["resnet18"], 1).state_dict(), buffer)
    with publishing(Shelf(buffer.getvalue())) as shelf:
        yield shelf


@pytest.fixture(scope="module")
def app(shelf: Shelf, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("app")
    (folder / "app.py").write_text(SCRIPT, "utf-8")
    for name in (".streamlit", "pages"):
        (folder / name).symlink_to(ROOT / name)
    checkpoint = shelf.checkpoint()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TORCH_HOME", str(folder))
        patch.setenv("NO_PROXY", "127.0.0.1")
        patch.setenv("TEST_URL", checkpoint.url)
        patch.setenv("TEST_SHA", checkpoint.sha256_prefix)
        with serving("app.py", folder) as address:
            yield address


def upload(page: Page, file: Path, data: bytes) -> None:
    file.write_bytes(data)
    sidebar = page.get_by_test_id("stSidebar")
    sidebar.get_by_test_id("stFileUploaderDropzoneInput").first.set_input_files(file)


def test_a_download_is_cancelled_then_finished_and_used(page: Page, app: str, shelf: Shelf) -> None:
    page.goto(f"{app}/predict?model=resnet18&weights=imagenet:v1&picture=cat")
    settled(page)
    sidebar, main = page.get_by_test_id("stSidebar"), page.get_by_test_id("stMain")
    expect(sidebar).to_contain_text("Meanwhile: Untrained")
    shelf.behave = halves
    sidebar.get_by_role("button", name="Download").click()
    expect(sidebar.get_by_test_id("stProgress")).to_contain_text("of 46.8 MB")
    expect(main).to_contain_text("untrained")  # the page goes on meanwhile
    sidebar.get_by_role("button", name="Cancel").click()
    expect(sidebar.get_by_role("button", name="Download")).to_be_visible()
    shelf.behave = whole
    sidebar.get_by_role("button", name="Download").click()
    expect(main).to_contain_text("ImageNet-1k, V1")
    expect(sidebar.get_by_test_id("stProgress")).to_have_count(0)
    expect(sidebar).not_to_contain_text("Meanwhile")
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_weights_of_another_network_lead_to_it(page: Page, app: str, tmp_path: Path) -> None:
    page.goto(f"{app}/predict?weights=upload")
    settled(page)
    sidebar, main = page.get_by_test_id("stSidebar"), page.get_by_test_id("stMain")
    values = build_random(PRESETS["resnet34"], 1).state_dict()  # more than an image may have
    upload(page, tmp_path / "mine.safetensors", save(values))
    expect(sidebar.get_by_test_id("stAlert")).to_contain_text("fits resnet34 with 1,000 classes")
    expect(main).to_contain_text("Bundled weights")
    sidebar.get_by_role("button", name="Show resnet34").click()
    expect(main).to_contain_text("ResNet-34 · mine.safetensors")
    upload(page, tmp_path / "bad.safetensors", b"<!doctype html><title>Not found</title>")
    expect(sidebar.get_by_test_id("stAlert")).to_contain_text("web page")
    expect(main).to_contain_text("mine.safetensors")
