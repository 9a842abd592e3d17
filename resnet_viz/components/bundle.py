"""Make one script of a component's modules, which is what Streamlit takes.

The scripts are plain ES modules: an editor, ESLint, tsc and node read them as they stand. In the
browser their imports would lead nowhere, for Streamlit hands a component's JavaScript over as one
text. (It serves files too, but of installed packages only, and this one also runs from a checkout.)
So each file becomes a function that is called once and returns what the file exports: names stay
apart, as they do in modules. Few forms of `import` and `export` are known; any other is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

# import { make, lifted as raised } from "../shared/elements.js";
_IMPORT: Final = re.compile(r'^import \{([\w\s,$]+)\} from "(\.\.?/[\w./-]+\.js)";\n', re.MULTILINE)
# export const LIMIT = 1; export function read(bytes) { … }
_EXPORT: Final = re.compile(r"^export (?=(?:const|class|(?:async )?function) (\w+))", re.MULTILINE)
_DEFAULT: Final = re.compile(r"^export default (?=function\b)", re.MULTILINE)
_OTHER: Final = re.compile(r"(?:^|[;}])[ \t]*(?:import|export)\b.*|\bimport\s*[.(].*", re.MULTILINE)
# A comment that has its lines to itself; one before a field, `/** @type {T} */ field = 1;`, has not.
_JSDOC: Final = re.compile(r"^[ \t]*/\*\*(?:(?!\*/).)*\*/[ \t]*\n", re.MULTILINE | re.DOTALL)


class BundleError(Exception):
    """The modules of a component cannot be made one script."""


# For each module that is imported, names: there → here.
_Imports = Mapping[Path, Mapping[str, str]]


class _Module(NamedTuple):
    file: Path
    constant: str  # what holds its exports
    imports: _Imports
    exports: tuple[str, ...]
    has_default: bool
    body: str


def bundle(entry: Path) -> str:
    """The script of a component: `entry`, after the modules that it imports, each of them once."""
    modules: dict[Path, _Module] = {}
    _add(entry.resolve(), modules, ())
    *imported, main = modules.values()
    if not main.has_default:
        raise BundleError(f"{main.file} has no `export default function`.")
    for module in imported:
        if module.has_default:
            raise BundleError(f"{module.file} is imported and may not have a default export.")
    return "\n".join([*(_wrapped(m, modules) for m in imported), _body(main, modules)])


def _add(file: Path, modules: dict[Path, _Module], importers: tuple[Path, ...]) -> None:
    """Put a module behind all that it imports; `importers` led to it, the nearest last."""
    if file in modules:
        return
    if file in importers:
        circle = " → ".join(each.name for each in (*importers[importers.index(file) :], file))
        raise BundleError(f"Modules import each other in a circle: {circle}.")
    if not file.is_file():
        raise BundleError(
            f"{importers[-1] if importers else 'A component'} needs {file}: no such file."
        )
    text = file.read_text("utf-8")
    imports: dict[Path, dict[str, str]] = {}
    for listed, path in _IMPORT.findall(text):
        imports.setdefault((file.parent / path).resolve(), {}).update(_names(listed))
    for other in imports:
        _add(other, modules, (*importers, file))
    modules[file] = _taken_apart(file, text, imports, f"{file.stem}${len(modules)}")


def _taken_apart(file: Path, text: str, imports: _Imports, constant: str) -> _Module:
    code = _IMPORT.sub("", _JSDOC.sub("", text))  # the browser needs no types
    if other := _OTHER.search(_EXPORT.sub("", _DEFAULT.sub("", code))):
        raise BundleError(f"{file}: this form of import or export is not known: {other[0].strip()}")
    exports = tuple(_EXPORT.findall(code))
    return _Module(
        file, constant, imports, exports, bool(_DEFAULT.search(code)), _EXPORT.sub("", code)
    )


def _names(listed: str) -> Iterator[tuple[str, str]]:
    """`a, b as c` as pairs of names, there and here."""
    for each in filter(None, map(str.strip, listed.split(","))):
        there, _, here = each.partition(" as ")
        yield there, here or there


def _wrapped(module: _Module, modules: Mapping[Path, _Module]) -> str:
    exports = ", ".join(module.exports)
    return f"const {module.constant} = (() => {{\n{_body(module, modules)}return {{ {exports} }};\n}})();\n"


def _body(module: _Module, modules: Mapping[Path, _Module]) -> str:
    """A module's code, with what it imports as constants before it."""
    lines = []
    for file, names in module.imports.items():
        if missing := sorted(names.keys() - set(modules[file].exports)):
            raise BundleError(f"{module.file} imports {missing[0]}, which {file} does not export.")
        pairs = ", ".join(f"{there}: {here}" for there, here in names.items())
        lines.append(f"const {{ {pairs} }} = {modules[file].constant};\n")
    return "".join([*lines, module.body])
