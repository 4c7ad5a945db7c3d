"""The project stands alone, and its history is told to its users."""

import re

import pytest

# Written in pieces, so that this file is not found by its own test.
HOSTS = ["pypi" + ".org", "python" + "hosted", "registry.npm" + "js", "deb.deb" + "ian"]
PLACES = [r"(?<![\w-])/work" + r"/", r"(?<![\w-])shared" + r"/", r"file" + r":///", r"/root" + r"/"]
FRAGMENT = re.compile(r"\d+(\.\d+)?\.(added|changed|fixed|removed|security)\.md")


def text_of(path):
    """Read a file as text, or None where it is not text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


@pytest.mark.parametrize("pattern", [re.escape(host) for host in HOSTS] + PLACES)
def test_no_file_names_a_registry_or_a_place_outside_the_project(tracked, root, pattern):
    wanted = re.compile(pattern)
    texts = ((path, text_of(path)) for path in tracked)
    guilty = [str(path.relative_to(root)) for path, text in texts if text and wanted.search(text)]
    assert guilty == []


def test_a_changelog_fragment_is_one_sentence_to_the_user(root):
    for path in root.joinpath("changelog.d").iterdir():
        assert FRAGMENT.fullmatch(path.name), path.name
        text = path.read_text(encoding="utf-8")
        assert text.endswith(".\n"), path.name
        assert text.count("\n") == 1, path.name


def test_a_decision_has_a_number_of_its_own_and_says_its_status(root):
    records = sorted(root.joinpath("docs", "adr").glob("*.md"))
    numbers = [int(path.name[:4]) for path in records]
    assert numbers == sorted(set(numbers))
    for path in records:
        assert re.search(r"^Status: ", path.read_text(encoding="utf-8"), re.MULTILINE), path.name
