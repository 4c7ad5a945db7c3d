"""Each room is ours, is packaged, and stands under the floors' contracts."""

import ast
import json
import re
import subprocess
import sys

ROOM_OF = {"duckdb-in-the-store": {"store"}, "streamlit-in-the-app": {"app"}}

LOCATE = """
import importlib.util, json, sys
print(json.dumps({name: importlib.util.find_spec(name).origin for name in sys.argv[1:]}))
"""


def test_a_room_comes_from_this_checkout_and_not_from_a_distribution_of_that_name(rooms, root):
    # -I: as the console script sees it, without the current folder on the path.
    command = [sys.executable, "-I", "-c", LOCATE, *rooms]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, cwd="/")
    origins = json.loads(answer.stdout)
    assert origins == {room: str(root / room / "__init__.py") for room in rooms}


def test_every_room_is_packaged(rooms, settings):
    included = settings["tool"]["setuptools"]["packages"]["find"]["include"]
    assert {f"{room}*" for room in rooms} <= set(included)


def test_every_room_is_copied_into_the_image(rooms, root):
    lines = (root / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {f"!{room}" for room in rooms} <= set(lines)


def test_every_room_stands_on_a_floor(rooms, settings):
    linter = settings["tool"]["importlinter"]
    layers = next(c["layers"] for c in linter["contracts"] if c["type"] == "layers")
    assert set(rooms) <= set(re.findall(r"\w+", " ".join(layers)))
    assert sorted(linter["root_packages"]) == rooms


def test_a_library_that_one_room_owns_is_forbidden_to_all_others(rooms, settings):
    contracts = {c["id"]: c for c in settings["tool"]["importlinter"]["contracts"]}
    for name in ("duckdb-in-the-store", "streamlit-in-the-app", "evidently-in-one-file"):
        others = set(rooms) - ROOM_OF.get(name, set())
        assert set(contracts[name]["source_modules"]) == others, name


def imported(tree: ast.Module) -> set[str]:
    """Name the top-level packages that a module imports anywhere."""
    nodes = list(ast.walk(tree))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names}


def test_the_domain_needs_the_standard_library_and_numpy_only(sources):
    allowed = {"domain", "numpy"} | sys.stdlib_module_names
    strangers = {
        str(path): extra
        for path, tree in sources.items()
        if path.parts[0] == "domain" and (extra := imported(tree) - allowed)
    }
    assert not strangers


def test_a_detector_needs_arrays_and_distributions_only(sources):
    allowed = {"detectors", "domain", "numpy", "scipy"} | sys.stdlib_module_names
    strangers = {
        str(path): extra
        for path, tree in sources.items()
        if path.parts[0] == "detectors" and (extra := imported(tree) - allowed)
    }
    assert not strangers


def test_every_data_file_of_a_room_is_packaged(rooms, settings, tracked, root):
    patterns = settings["tool"]["setuptools"]["package-data"]["*"]
    data = [path for path in tracked if path.relative_to(root).parts[0] in rooms]
    strangers = [
        path for path in data if path.suffix != ".py" and f"*{path.suffix}" not in patterns
    ]
    assert strangers == []
