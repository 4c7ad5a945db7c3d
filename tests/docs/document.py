"""A document as its readers see it: headings, links, code blocks, commands in the text."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GUIDES = sorted((ROOT / "docs").glob("*.md"))
FORMATS = sorted((ROOT / "docs" / "formats").glob("*.md"))
DOCUMENTS = ["README.md", *(str(path.relative_to(ROOT)) for path in (*GUIDES, *FORMATS))]
EVERY_DOCUMENT = [
    *DOCUMENTS,
    "README.zh-CN.md",
    "CONTRIBUTING.md",
    "sample_data/README.md",
    *(f"docs/adr/{path.name}" for path in sorted((ROOT / "docs" / "adr").glob("*.md"))),
]

_FENCE = re.compile(r"^```(\w*)(?: ([^\n]*))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|srcset)=\"([^\"]+)\"")
_INLINE = re.compile(r"`(driftline [^`]+)`")
_IN_BLOCK = re.compile(r"(?:^|[\s/\"'])(driftline [a-z-][^\n\"'&|>#]*)", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block: ```language note."""

    language: str
    note: str
    text: str


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str) -> list[Block]:
    return [Block(lang, note or "", text) for lang, note, text in _FENCE.findall(text_of(name))]


def prose(name: str) -> str:
    return _FENCE.sub("", text_of(name))


def headings(name: str) -> list[str]:
    return re.findall(r"^#+ (.+)$", prose(name), re.MULTILINE)


def anchors(name: str) -> set[str]:
    """The fragments under which GitHub shows the headings."""
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings(name))
    return {one.replace(" ", "-") for one in plain}


def links(name: str) -> list[str]:
    found = (a or b for a, b in _LINK.findall(prose(name)))
    return [link for link in found if "://" not in link]


def commands(name: str) -> list[str]:
    """Every `driftline …` in the text and in blocks that are not run."""
    quoted = [
        command
        for block in blocks(name)
        if block.language not in {"sh", "python"}
        for command in _IN_BLOCK.findall(block.text)
    ]
    return [*_INLINE.findall(prose(name)), *quoted]
