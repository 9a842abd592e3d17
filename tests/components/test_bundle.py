"""One script of several modules: it runs as the modules would, and what it cannot join it refuses."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from resnet_viz.components.bundle import BundleError, bundle
from tests.components.node import COMPONENTS, run

MAIN = "export default function () {}\n"


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Writes modules into a folder; returns the path of the first."""

    def write(**modules: str) -> Path:
        for name, text in modules.items():
            file = tmp_path / f"{name.replace('__', '/')}.js"
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, "utf-8")
        return tmp_path / f"{next(iter(modules)).replace('__', '/')}.js"

    return write


def outcome(script: str) -> str:
    """What the default export of a script returns, in node."""
    url = "data:text/javascript," + "".join(f"%{byte:02x}" for byte in script.encode("utf-8"))
    return run(
        "--input-type=module",
        "--eval",
        f'import main from "{url}"; process.stdout.write(String(main()));',
    )


def test_a_file_alone_stays_as_it_is(written):
    text = "const A = 1;\n\nexport default function () { return A; }\n"
    assert bundle(written(main=text)) == text


def test_modules_come_after_what_they_import_and_once(written):
    main = written(
        main='import { b } from "./b.js";\nimport { c } from "./c.js";\n'
        "export default function () { return b + c + globalThis.order; }\n",
        b='import { d } from "./d.js";\nglobalThis.order += "b";\nexport const b = `b${d}`;\n',
        c='import { d } from "./d.js";\nglobalThis.order += "c";\nexport const c = `c${d}`;\n',
        d='globalThis.order = "d";\nexport const d = "d";\n',
    )
    assert outcome(bundle(main)) == "bdcddbc"


def test_equal_names_in_two_files_stay_apart(written):
    main = written(
        main='import { one } from "./one.js";\nimport { two as other } from "./two.js";\n'
        "const hidden = 3;\nexport default function () { return [hidden, one(), other()]; }\n",
        one="const hidden = 1;\nexport function one() { return hidden; }\n",
        two="const hidden = 2;\nexport function two() { return hidden; }\n",
    )
    assert outcome(bundle(main)) == "3,1,2"


def test_equally_named_files_in_two_folders_stay_apart(written):
    main = written(
        here__main='import { a } from "./parts.js";\nimport { b } from "../there/parts.js";\n'
        "export default function () { return a + b; }\n",
        here__parts='export const a = "here";\n',
        there__parts='export const b = "there";\n',
    )
    assert outcome(bundle(main)) == "herethere"


def test_every_form_that_is_known_does_what_it_does_in_a_module(written):
    main = written(
        main="""
import {
  Counter,
  LIMIT as most,
  later,
} from "./forms.js";

export class Unused {}
export default function () { return [new Counter().up(), most, later instanceof Function]; }
""",
        forms="""
/** @import { Nothing } from "./nowhere.d.ts" */
// import and export in a comment, as in "export const", mean nothing
export const LIMIT = 7;

/**
 * @type {(of: number) => number}
 */
function next(of) { return of + 1; }
export class Counter {
  /** @type {number} */ count = 1;
  up() { return next(this.count); }
}
export async function later() {}
""",
    )
    script = bundle(main)
    assert outcome(script) == "2,7,true"
    assert "nowhere" not in script, "types are not sent to the browser"


def test_a_circle_is_named(written):
    main = written(
        main=f'import {{ a }} from "./a.js";\n{MAIN}',
        a='import { b } from "./b.js";\nexport const a = b;\n',
        b='import { a } from "./a.js";\nexport const b = a;\n',
    )
    with pytest.raises(BundleError, match=r"in a circle: a\.js → b\.js → a\.js\."):
        bundle(main)


def test_a_missing_file_is_named_with_who_asks_for_it(written):
    main = written(main=f'import {{ a }} from "./gone.js";\n{MAIN}')
    with pytest.raises(BundleError, match=r"main\.js needs .*gone\.js: no such file\."):
        bundle(main)
    with pytest.raises(BundleError, match=r"A component needs .*none\.js: no such file\."):
        bundle(main.with_name("none.js"))


def test_a_name_that_is_not_exported_is_refused(written):
    main = written(
        main=f'import {{ a, b }} from "./a.js";\n{MAIN}', a="export const a = 1;\nconst b = 2;\n"
    )
    with pytest.raises(BundleError, match=r"main\.js imports b, which .*a\.js does not export\."):
        bundle(main)


@pytest.mark.parametrize(
    "form",
    [
        'import "./a.js";',
        'import a from "./a.js";',
        'import * as a from "./a.js";',
        "import { a } from './a.js';",
        'import { a } from "a";',
        'import { a } from "https://example.org/a.js";',
        'import { a } from "./a.css";',
        '  import { a } from "./a.js";',
        'const b = 1; import { a } from "./a.js";',
        'const a = await import("./a.js");',
        "const here = import.meta.url;",
        "export let a = 1;",
        "export { a };",
        "export { a as b };",
        'export * from "./a.js";',
        'export { a } from "./a.js";',
        "export default class {}",
        "export default 1;",
        "function f() {} export const a = f;",
    ],
)
def test_any_other_form_is_refused(written, form):
    main = written(main=f"const c = 0;\n{form}\n{MAIN}", a="export const a = 1;\n")
    with pytest.raises(
        BundleError, match=r"main\.js: this form of import or export is not known"
    ) as e:
        bundle(main)
    word = "export" if "export" in form else "import"
    assert word in str(e.value)


def test_only_the_component_itself_has_a_default_export(written):
    with pytest.raises(BundleError, match=r"main\.js has no `export default function`"):
        bundle(written(main="export const a = 1;\n"))
    main = written(main=f'import {{ a }} from "./a.js";\n{MAIN}', a=f"export const a = 1;\n{MAIN}")
    with pytest.raises(BundleError, match=r"a\.js is imported and may not have a default export"):
        bundle(main)


@pytest.mark.parametrize(
    "entry", sorted(COMPONENTS.glob("*/component.js")), ids=lambda p: p.parent.name
)
def test_every_component_is_a_script_that_node_takes_for_a_module(entry, tmp_path):
    script = bundle(entry)
    assert not re.search(r"^\s*import\b", script, re.MULTILINE)
    assert script.count("export ") == script.count("export default function") == 1
    (tmp_path / "component.mjs").write_text(script, "utf-8")
    run("--check", str(tmp_path / "component.mjs"))


def test_fields_with_their_types_before_them_stay(written):
    """A comment of types that has a line to itself is left out, and nothing beyond its end."""
    text = (
        "class Held {\n  /** @type {number} */ first = 1;\n  /** @type {number} */ second = 2;\n\n"
        "  /** @param {number} third */\n  constructor(third) {\n    this.third = third;\n  }\n}\n"
        "export default function () {\n  return Object.values(new Held(3)).join();\n}\n"
    )
    script = bundle(written(main=text))
    assert "@param" not in script
    assert outcome(script) == "1,2,3"
