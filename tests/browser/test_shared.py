"""What several components build on, in Chromium without Streamlit."""

from __future__ import annotations

import base64
import math

import numpy as np
import pytest
from playwright.sync_api import Page

from resnet_viz.components import SHARED
from resnet_viz.components.blob import pack
from tests.browser.serving import ROOT
from tests.figures.test_blob import ARRAYS

pytestmark = pytest.mark.browser

FOLDER = ROOT / "resnet_viz" / "components" / "shared"


def scripted(page: Page) -> None:
    page.goto("about:blank")
    for name in (*SHARED, "colours.js"):
        page.add_script_tag(content=(FOLDER / name).read_text("utf-8"))


@pytest.mark.parametrize("name", ["", "a", "ab", "abc", "Größe “×” 层"])
@pytest.mark.parametrize("before", [0, 3])
def test_what_python_packs_the_browser_reads(page: Page, name: str, before: int) -> None:
    """Wherever in a larger message the bytes begin, as they do when Streamlit hands them over."""
    scripted(page)
    blob = base64.b64encode(b"x" * before + pack({"name": name, "list": [1, None]}, ARRAYS))
    page.evaluate(
        """([text, before]) => {
          const bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0)).subarray(before);
          window.blob = readBlob(bytes);
        }""",
        [blob.decode("ascii"), before],
    )
    assert page.evaluate("[blob.name, blob.list]") == [name, [1, None]]
    for key, values in ARRAYS.items():
        whole = np.frombuffer(values, np.uint8) if isinstance(values, bytes) else values
        read = page.evaluate(f"[...blob.{key}].map(String)")
        assert [float(text.replace("Infinity", "inf")) for text in read] == pytest.approx(
            whole.ravel().tolist(), nan_ok=True
        )


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0, 4, "0"),
        (-0.0001234567, 4, "−0.0001235"),
        (-1.5e-9, 4, "−1.5e−9"),
        (123456.7, 4, "123500"),
        (math.nan, 4, "NaN"),
        (0.1 + 0.2, 7, "0.3"),
    ],
)
def test_numbers_are_written_with_a_true_minus(
    page: Page, value: float, digits: int, text: str
) -> None:
    scripted(page)
    assert page.evaluate("([value, digits]) => written(value, digits)", [value, digits]) == text


def test_a_signed_scale_has_zero_in_its_middle_and_an_unsigned_one_at_its_end(page: Page) -> None:
    scripted(page)
    assert page.evaluate("[-2, 0, 1, 9].map(shade(true, [-2, 1]))") == [0, 128, 191, 191]
    assert page.evaluate("[-1, 0, 1, 2, 9].map(shade(false, [0, 2]))") == [0, 0, 128, 255, 255]
