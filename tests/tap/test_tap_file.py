"""The tap is one file that old servers can copy."""

import ast
import re
import subprocess
import sys

import pytest

from tests.docs.document import ROOT

SOURCE = (ROOT / "driftline_tap.py").read_text(encoding="utf-8")
TREE = ast.parse(SOURCE)


def test_its_syntax_is_that_of_python_3_8():
    ast.parse(SOURCE, feature_version=(3, 8))


def test_it_needs_the_standard_library_only():
    nodes = list(ast.walk(TREE))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


def test_what_is_newer_than_python_3_8_is_only_in_annotations():
    """`X | Y`, `list[int]` and their like, evaluated, end a server of Python 3.8 at its start."""
    evaluated = _Evaluated()
    evaluated.visit(TREE)
    assert evaluated.found == []


class _Evaluated(ast.NodeVisitor):
    def __init__(self):
        self.found = []

    def visit_AnnAssign(self, node):
        if node.value is not None:
            self.visit(node.value)

    def visit_FunctionDef(self, node):
        for part in (*node.decorator_list, node.args, *node.body):
            self.visit(part)

    def visit_AsyncFunctionDef(self, node):
        self.visit_FunctionDef(node)

    def visit_arg(self, node):
        pass

    def visit_If(self, node):
        if ast.unparse(node.test) != "TYPE_CHECKING":
            self.generic_visit(node)

    def visit_Subscript(self, node):
        if isinstance(node.value, ast.Name) and re.fullmatch(
            "list|dict|set|tuple|type|deque", node.value.id
        ):
            self.found.append(ast.unparse(node))
        self.generic_visit(node)

    def visit_Attribute(self, node):
        if node.attr in {"removeprefix", "removesuffix"}:
            self.found.append(ast.unparse(node))
        self.generic_visit(node)


@pytest.mark.parametrize("kind", [ast.FunctionDef, ast.AsyncFunctionDef])
def test_its_functions_have_at_most_25_lines(kind):
    for node in ast.walk(TREE):
        if isinstance(node, kind):
            body = node.body[ast.get_docstring(node) is not None :]
            assert body[-1].end_lineno - body[0].lineno < 25, node.name


def test_it_is_packaged_and_works_where_nothing_else_is(tmp_path):
    (tmp_path / "driftline_tap.py").write_text(SOURCE, encoding="utf-8")
    script = (
        "import driftline_tap as t; x = t.Tap('m', folder='log'); x.record({'a': 1}, 2); x.close()"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, '.'); {script}"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "log").iterdir())) == 1
    assert '"driftline_tap"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
