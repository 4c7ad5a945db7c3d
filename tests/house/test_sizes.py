"""A file is a noun of at most 400 lines, a function at most 40."""

import ast
import statistics

MOST_FILE_LINES = 400
MOST_FUNCTION_LINES = 40
MOST_LINES_OF_NINE_IN_TEN = 25


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines of a function's body without its docstring."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def functions(sources):
    """Yield each function with the place it stands at and the lines of its body."""
    for path, tree in sources.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path}:{node.lineno} {node.name}", body_lines(node)


def test_no_file_is_longer_than_400_lines(sources, root):
    lengths = {str(path): len((root / path).read_bytes().splitlines()) for path in sources}
    assert not {path: n for path, n in lengths.items() if n > MOST_FILE_LINES}


def test_no_function_is_longer_than_40_lines(sources):
    assert not {name: n for name, n in functions(sources) if n > MOST_FUNCTION_LINES}


def test_nine_functions_in_ten_have_at_most_25_lines(sources):
    lengths = [n for _, n in functions(sources)]
    assert statistics.quantiles(lengths, n=10)[-1] <= MOST_LINES_OF_NINE_IN_TEN
