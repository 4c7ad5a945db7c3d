"""The documents agree with each other, with the code and between languages."""

import importlib.util
import re

import pytest

from ingest.presets import PRESETS
from ingest.readers.registry import READERS
from jobs import logs
from tests.docs.document import (
    EVERY_DOCUMENT,
    FORMATS,
    ROOT,
    anchors,
    blocks,
    headings,
    links,
    text_of,
)


@pytest.mark.parametrize("name", EVERY_DOCUMENT)
def test_a_link_leads_to_a_file_and_a_heading(name):
    for link in links(name):
        path, _, fragment = link.partition("#")
        target = (ROOT / name).parent / path if path else ROOT / name
        assert target.exists(), f"{name}: {link}"
        if fragment:
            assert fragment in anchors(str(target.resolve().relative_to(ROOT))), f"{name}: {link}"


def test_every_guide_is_linked_from_the_readme():
    guides = {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")}
    assert guides <= set(links("README.md"))


def test_every_page_of_a_format_is_linked_from_the_index_of_formats():
    led = {link.partition("#")[0] for link in links("docs/formats.md")}
    assert {f"formats/{path.name}" for path in FORMATS} <= led


def test_the_index_and_the_help_name_every_format_and_every_preset():
    names = {reader.name for reader in READERS}
    told = text_of("docs/formats.md")
    assert {name for name in names if f"`{name}`" not in told} == set()
    assert set(logs.FORMATS) == names
    assert set(logs.PRESETS) == set(PRESETS)


def without_comments(block):
    lines = (re.sub(r"\s+#.*", "", line) for line in block.text.splitlines())
    return block.language, block.note, [line for line in lines if line.strip()]


def test_both_readmes_have_the_same_blocks_headings_and_commands():
    english, chinese = "README.md", "README.zh-CN.md"
    assert [without_comments(b) for b in blocks(chinese)] == [
        without_comments(b) for b in blocks(english)
    ]
    assert len(headings(chinese)) == len(headings(english))
    rows = [
        re.findall(r"^\|[^`\n]*\| (`driftline .*`) \|$", text_of(name), re.MULTILINE)
        for name in (english, chinese)
    ]
    assert rows[0] == rows[1]
    led = [{link for link in links(name) if link[0] != "#"} for name in (english, chinese)]
    assert led[0] - {chinese} == led[1] - {english}


def test_the_chinese_readme_is_chinese():
    prose = re.sub(r"`[^`]*`|\([^)]*\)", "", text_of("README.zh-CN.md"))
    letters = len(re.findall(r"[一-鿿]", prose))
    assert letters > len(re.findall(r"[a-zA-Z]+", prose))


def tables_script():
    spec = importlib.util.spec_from_file_location("tables", ROOT / "docs" / "tables.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_tables_of_the_configuration_are_those_of_its_models():
    script = tables_script()
    written = script.BETWEEN.search(text_of("docs/configuration.md"))[0]
    again = "run .venv/bin/python docs/tables.py"
    assert written == f"<!-- keys -->\n{script.tables()}<!-- /keys -->", again


PICTURES = ROOT / "docs" / "images"


@pytest.mark.parametrize("path", sorted(PICTURES.iterdir()), ids=lambda path: path.name)
def test_a_picture_is_a_small_png_of_one_of_two_schemes(path):
    content = path.read_bytes()
    assert content.startswith(b"\x89PNG")
    assert len(content) <= 300_000
    other = {"light": "dark", "dark": "light"}
    name, scheme = path.stem.split("-")
    assert (PICTURES / f"{name}-{other[scheme]}.png").exists()


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_a_readme_shows_the_front_page_and_a_column_that_drifts(name):
    drawn = {f"docs/images/{page}-{scheme}.png" for page in ("fleet", "drift", "report")
             for scheme in ("light", "dark")}  # fmt: skip
    assert drawn <= set(links(name))
