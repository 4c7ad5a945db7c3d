"""How many predictions were made in shadow: what the tag says, and nothing that only looks so."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.window import Window
from ingest.values import canonical_json
from store import versions
from store.run_keys import RunChoice
from store.store import Store
from tests.store.made import at, batch, event
from tests.store.test_results import run

HOUR = Window(at(0), at(60))
# what tells a tag from a text that looks like one
WORD = st.one_of(
    st.sampled_from(
        ["role", "shadow", "stable", "Shadow", 'a","role":"shadow', '{"role":"shadow"', "\\", '"']
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=4),
)
TAGS = st.none() | st.dictionaries(st.sampled_from(["role", "a", 'x"role', "z"]) | WORD, WORD)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory):
    with Store.open(tmp_path_factory.mktemp("roles")) as store:
        yield store


EXAMPLES = itertools.count()


@settings(max_examples=60)
@given(every=st.lists(TAGS, min_size=1, max_size=20))
def test_a_prediction_is_in_shadow_when_its_role_says_so(
    every: list[dict[str, str] | None], shared: Store
) -> None:
    """Each example is a version of its own, since a store of its own would cost more than it."""
    version = f"example {next(EXAMPLES)}"
    texts = [None if tags is None else canonical_json(tags) for tags in every]
    rows = [event(i, version=version, prediction="a", tags=text) for i, text in enumerate(texts)]
    shared.load([batch(rows)], "f")
    found = shared.logs("m").prediction_counts(version, [HOUR])
    told = [json.loads(text) if text else {} for text in texts]
    assert found.predictions.tolist() == [len(every)]
    assert found.shadow.tolist() == [sum(tags.get("role") == "shadow" for tags in told)]


def test_both_counts_are_of_one_version_and_window(tmp_path: Path) -> None:
    shadow, canary = '{"role":"shadow"}', '{"role":"canary","tenant":"a"}'
    rows = [
        *(event(m, version="2", prediction="a", tags=shadow) for m in (0, 59, 60)),
        event(1, version="2", prediction="a", tags=canary),
        event(2, version="1", prediction="a", tags=shadow),
        # a call that failed predicted nothing
        event(3, version="2", status=503, tags=shadow),
    ]
    with Store.open(tmp_path) as store:
        store.load([batch(rows)], "f")
        windows = [HOUR, Window(at(60), at(120)), Window(at(120), at(180))]
        found = store.logs("m").prediction_counts("2", windows)
        assert (found.predictions.tolist(), found.shadow.tolist()) == ([3, 1, 0], [2, 1, 0])
        # as every other question about windows counts them
        assert found.predictions.tolist() == store.logs("m").row_counts(windows)["2"].tolist()
        nobody = store.logs("m").prediction_counts("3", windows)
        assert nobody.predictions.tolist() == nobody.shadow.tolist() == [0, 0, 0]


def test_of_a_run_stored_before_roles_were_counted_nobody_knows_its_shadow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    then = {number: name for number, name in versions.migrations().items() if number <= 5}
    with monkeypatch.context() as patch:
        patch.setattr(versions, "migrations", lambda: then)
        store = Store.open(tmp_path)
    with store:
        store.save_runs([run(n_predictions=9, n_shadow=4), run("b", n_predictions=9, n_shadow=4)])
        with store._database.writing() as connection:
            # as the version before left the file
            connection.execute("alter table runs drop column shadow")
            connection.execute("update meta set value = '4' where name = 'store_version'")
    with Store.open(tmp_path) as store:
        assert [one.n_shadow for one in store.runs()] == [None, None]
        assert [point.n_shadow for point in store.run_points(RunChoice())] == [None, None]
        store.save_runs([run(n_predictions=9, n_shadow=4)])
        assert [one.n_shadow for one in store.runs("m")] == [4]
