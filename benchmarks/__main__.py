"""Measure everything, or the groups that are named; print one Markdown table."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

from benchmarks import (
    attribution,
    capture,
    feature_maps,
    first_page,
    hover,
    learning,
    load,
    new_image,
    page_profile,
    trace,
)
from benchmarks.results import PAGE, Result, setting, table, write

GROUPS: Final[dict[str, Callable[[], list[Result]]]] = {
    "trace": trace.measure,
    "capture": capture.measure,
    "attribution": attribution.measure,
    "first_page": first_page.measure,
    "feature_maps": feature_maps.measure,
    "new_image": new_image.measure,
    "hover": hover.measure,
    "learning": learning.measure,
    "profile": page_profile.measure,
}
# Minutes, and all that a machine has: measured when it is named.
BY_NAME: Final[dict[str, Callable[[], list[Result]]]] = {"load": load.measure}


def main() -> None:
    """Run the groups one after the other: two at once would measure each other."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    known = GROUPS | BY_NAME
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help=f"of {', '.join(GROUPS)}, which are all that is measured without one, and {', '.join(BY_NAME)}",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the same as JSON")
    parser.add_argument("--write", action="store_true", help=f"put all of it into {PAGE.name}")
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in known]:
        parser.error(f"there is no “{unknown[0]}”; choose of {', '.join(known)}")
    if options.write and options.names:
        parser.error("--write goes with all groups; name none")
    results = [row for name in options.names or GROUPS for row in known[name]()]
    print(table(results))
    if options.write:
        write(table(results))
    if options.json:
        report = {"setting": setting(), "results": [result.as_json() for result in results]}
        options.json.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
