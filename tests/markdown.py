"""What stands in a Markdown file: its links, headings, shell lines and code spans."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def page(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


# For people who use it.
DOCS = {
    str(file.relative_to(ROOT)): file.read_text("utf-8")
    for file in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
}
WRITTEN = {**DOCS, "CONTRIBUTING.md": page("CONTRIBUTING.md")}


def links(text: str) -> list[str]:
    """Where links and images lead."""
    return re.findall(r"\]\(([^)\s]+)\)", _prose(text))


def anchors(text: str) -> list[str]:
    """What GitHub makes of the headings; of equal ones the second gets a `-1`."""
    found: list[str] = []
    for heading in re.findall(r"^#+ (.+)$", _prose(text), re.M):
        slug = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        count = sum(re.sub(r"-\d+$", "", other) == slug for other in found)
        found.append(f"{slug}-{count}" if count else slug)
    return found


def spans(text: str) -> list[str]:
    """What stands in `backticks`."""
    return re.findall(r"`([^`]+)`", _prose(text))


def shell_lines(text: str) -> list[tuple[str, str]]:
    """The lines of shell blocks, each with the comment behind it."""
    lines = [
        line.partition(" #")
        for block in re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S)
        for line in block.splitlines()
        if line
    ]
    return [(line.strip(), comment) for line, _, comment in lines]


def commands(text: str) -> list[str]:
    """Single commands: of the shell blocks, and whatever stands in backticks."""
    lines = [line for line, _ in shell_lines(text)] + spans(text)
    return [command.strip() for line in lines for command in line.split("&&")]


def _prose(text: str) -> str:
    return re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)


def part(pattern: str, text: str) -> str:
    """The group of a pattern, which must occur."""
    match = re.search(pattern, text, re.S)
    assert match, pattern
    return str(match[1])
