"""Words with a dotted line under them: their sentence on hover, focus or touch; `?` asks for all.

A text marks a word as a link, `[feature maps](#term-feature-map)`. Of several on a page only the first
stays one, for nobody wants to be told twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from resnet_viz.components import declare, fired

_COMPONENT = declare(__file__, '<div class="tip" popover="manual"></div>')
_KEY: Final = "terms"
EVERYTHING: Final = "?"  # what is asked for by the key


def terms(known: Mapping[str, tuple[str, str]], *, on_see: Callable[[str], None]) -> str | None:
    """Mount it, once on every page; the slug of the term that the visitor just asked for, if any.

    `known` has the name and the sentence of every term by its slug. Where the whole glossary was asked
    for, the answer is `EVERYTHING`. `on_see` gets the slug behind a link to `#see-<slug>` that was clicked,
    anywhere on the page.
    """
    data = {slug: {"name": name, "sentence": sentence} for slug, (name, sentence) in known.items()}
    result = _COMPONENT(
        key=_KEY,
        data={"terms": data},
        on_asked_change=lambda: None,
        on_see_change=lambda: on_see(str(fired(_KEY, "see"))),
    )
    asked = result.get("asked")
    return None if asked is None else str(asked)
