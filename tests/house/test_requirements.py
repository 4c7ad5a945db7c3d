"""What we depend on is chosen by hand, explained, locked, and nothing else."""

import ast
import re
import sys
from importlib.metadata import packages_distributions

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCK_OF = {
    "requirements.txt": "requirements.lock",
    "requirements-build.txt": "requirements.lock",
    "requirements-dev.txt": "requirements-dev.lock",
}
LOCKS = sorted(set(LOCK_OF.values()))
PIN = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>\S+)(?: ; (?P<marker>.+?))? \\$", re.MULTILINE)


def chosen(root, name):
    """List a hand-written file's requirements with their reasons."""
    lines = (root / name).read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if line and not line.startswith(("#", "-r "))]
    return [(Requirement(line.partition("#")[0]), line.partition("#")[2].strip()) for line in kept]


def pins(root, name):
    """List a lock's pins: distribution, version, marker."""
    found = PIN.finditer((root / name).read_text(encoding="utf-8"))
    return [(canonicalize_name(pin["name"]), pin["version"], pin["marker"]) for pin in found]


@pytest.mark.parametrize("name", [*LOCK_OF, "requirements-spark.txt"])
def test_a_requirement_has_both_bounds_and_a_reason(root, name):
    for requirement, reason in chosen(root, name):
        assert {bound.operator for bound in requirement.specifier} == {">=", "<"}, requirement
        assert len(reason.split()) > 1, requirement


@pytest.mark.parametrize(("name", "lock"), LOCK_OF.items())
def test_a_requirement_is_locked_within_its_bounds(root, name, lock):
    locked = pins(root, lock)
    for requirement, _ in chosen(root, name):
        versions = [v for n, v, _ in locked if n == canonicalize_name(requirement.name)]
        assert versions, f"{requirement} is not in {lock}; run `make lock`"
        assert all(version in requirement.specifier for version in versions), requirement


def test_the_run_time_lock_is_a_part_of_the_development_lock(root):
    assert set(pins(root, "requirements.lock")) <= set(pins(root, "requirements-dev.lock"))


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_pins_hashes_and_comments_only(root, lock):
    shapes = re.compile(r"[\w.-]+==\S+( ; .+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?|    #.*")
    lines = (root / lock).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not shapes.fullmatch(line)] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address_and_no_path(root, lock):
    text = (root / lock).read_text(encoding="utf-8")
    assert "/" not in text
    assert "@" not in text


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_has_at_least_one_hash_for_each_pin(root, lock):
    text = (root / lock).read_text(encoding="utf-8")
    bare = re.findall(r"^([\w.-]+==\S+).*\n(?!    --hash=sha256:)", text, re.MULTILINE)
    assert bare == []


def test_every_import_of_a_room_is_a_requirement_of_its_own(root, rooms, sources):
    homes = packages_distributions()
    direct = {canonicalize_name(r.name) for r, _ in chosen(root, "requirements.txt")}
    # installed where somebody wants it: its name is that of its distribution
    optional = {canonicalize_name(r.name) for r, _ in chosen(root, "requirements-spark.txt")}
    ours = set(rooms) | sys.stdlib_module_names
    for path, tree in sources.items():
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in {name.partition(".")[0] for name in names} - ours - optional:
                homes_of = {canonicalize_name(home) for home in homes.get(name, [])}
                assert homes_of & direct, f"{path} imports {name}, which no requirement brings"


def test_the_package_takes_its_dependencies_from_the_hand_written_file(settings):
    assert settings["project"]["dynamic"] == ["dependencies", "optional-dependencies"]
    dynamic = settings["tool"]["setuptools"]["dynamic"]
    assert dynamic == {
        "dependencies": {"file": ["requirements.txt"]},
        "optional-dependencies": {"spark": {"file": ["requirements-spark.txt"]}},
    }


def test_the_package_can_not_be_uploaded_by_accident(settings):
    assert "Private :: Do Not Upload" in settings["project"]["classifiers"]
