"""The terms of the pages, each with one sentence and the place where it can be seen.

They are kept in `glossary.toml`, where they can be edited and translated without reading Python.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

_FILE: Final = Path(__file__).with_name("glossary.toml")


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the pages: what it means, and where it can be seen.

    Attributes:
        slug: how texts refer to it.
        group: under which heading it stands.
        name: the word, and others for the same after commas.
        sentence: what it means.
        page: slug of the page that shows it.
        layer: fields that the layer that is selected there has.
        network: fields that the network's configuration has.
        preset: the network to change to where the present one has neither.
        query: what else the link to the page says.
    """

    slug: str
    group: str
    name: str
    sentence: str
    page: str
    layer: Mapping[str, Any] = field(default_factory=dict)
    network: Mapping[str, Any] = field(default_factory=dict)
    preset: str = ""
    query: Mapping[str, str] = field(default_factory=dict)

    def is_called(self, words: str) -> bool:
        """Whether one of its names begins with these words."""
        names = self.name.casefold().split(", ")
        return any(name.startswith(words.casefold().strip()) for name in names)

    def has(self, words: str) -> bool:
        """Whether all of these words stand in its name or sentence, in any order."""
        written = f"{self.name} {self.sentence}".casefold()
        return all(word in written for word in words.casefold().split())


@cache
def glossary() -> Mapping[str, Term]:
    """All terms by their slugs, in the order in which they build on each other."""
    entries = tomllib.loads(_FILE.read_text("utf-8"))
    return MappingProxyType({slug: Term(slug, **entry) for slug, entry in entries.items()})


def term(slug: str, words: str = "") -> str:
    """A term in a Markdown text, as other words where they are given; raises `KeyError` if unknown.

    In the texts themselves it is written out: `[feature maps](#term-feature-map)`.
    """
    return f"[{words or glossary()[slug].name}](#term-{glossary()[slug].slug})"
