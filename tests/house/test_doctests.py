"""The examples in the docstrings run and print what they say."""

import doctest
import importlib

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def test_every_example_in_a_docstring_is_true(root, sources):
    wrong = {}
    for path in sources:
        name = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
        if ">>>" in (root / path).read_text(encoding="utf-8"):
            wrong[name] = doctest.testmod(importlib.import_module(name), optionflags=FLAGS).failed
    assert not {name: failed for name, failed in wrong.items() if failed}
