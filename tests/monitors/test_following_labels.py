"""Labels that arrive in files are followed like logs: what is new, once, whatever happens."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingest.following.places import followed_place
from ingest.sources import find
from monitors.config import Config
from monitors.follower import Follower, Following
from monitors.local_service import LocalService
from tests.monitors.followed import SETTLE, Followed, append, event

LATER = SETTLE + timedelta(seconds=1)
STORED = "select prediction_id, request_id, label, ts from labels order by all"


class FollowedLabels(Followed):
    """A folder of labels of the model m, of which some carry no time."""

    def another(self) -> Follower:
        place = followed_place(self._word)
        return Follower(
            Following(place=place, options=self.options, settle=SETTLE, every_s=2.0, kind="labels")
        )

    def labels(self) -> list[dict[str, object]]:
        return self.service.sql(STORED).to_pylist()


@pytest.fixture
def followed(tmp_path: Path) -> FollowedLabels:
    return FollowedLabels(tmp_path, model="m")


def as_loaded(followed: FollowedLabels, base: Path) -> list[dict[str, object]]:
    """The labels of a store into which `driftline labels` loads the same folder."""
    with LocalService.open(Config(store=base / "twin"), "tests", create=True) as twin:
        twin.labels(find([str(followed.logs)]), followed.options)
        return twin.sql(STORED).to_pylist()


def line(number: int, **more: object) -> bytes:
    return json.dumps({"prediction_id": f"p{number}", "label": "late", **more}).encode() + b"\n"


def test_labels_without_a_time_and_with_columns_of_their_own_are_taken_once(followed, tmp_path):
    table = followed.logs / "outcomes.csv"
    append(table, b"prediction_id,label,amount\np1,late,20\np2,on time,30\n")
    append(followed.logs / "more.ndjson", line(3) + line(4, ts="2026-11-20T10:00:00Z"))
    counts = followed.look()
    assert (counts.stored.labels, counts.rejected) == (4, 0)

    table.rename(followed.logs / "outcomes.csv.1")
    append(table, b"prediction_id,label,amount\np5,late,20\n")
    append(followed.logs / "more.ndjson", line(3, label="on time", ts="2026-11-21T10:00:00Z"))
    followed.restart()
    counts = followed.look()
    assert (counts.stored.labels, counts.stored.duplicates) == (2, 0)
    assert followed.labels() == as_loaded(followed, tmp_path)
    assert followed.look(LATER).stored.labels == 0


def test_labels_meet_their_predictions(followed):
    followed.service.ingest(
        find([str(write(followed.logs.parent / "app.log", event(1, prediction_id="p1")))]),
        followed.options,
    )
    append(followed.logs / "labels.ndjson", line(1) + line(2))
    followed.look()
    (standing,) = followed.service.label_standing("m")
    assert (standing.pending, standing.unmatched) == (0, 1)


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_a_table_of_labels_is_taken_when_it_has_settled_and_again_when_it_changes(
    followed, tmp_path
):
    file = followed.logs / "labels.parquet"
    pq.write_table(pa.table({"prediction_id": ["a", "b", None], "label": ["x", "y", "z"]}), file)
    assert followed.look().stored.labels == 0
    counts = followed.look(LATER)
    assert (counts.stored.labels, counts.rejected_reasons) == (2, {"missing_id": 1})
    assert followed.look(LATER).stored.labels == 0

    pq.write_table(pa.table({"prediction_id": ["a", "c"], "label": ["x", "y"]}), file)
    # written now, by a clock that is hours behind that of the follower
    assert followed.look(LATER).stored.labels == 0
    counts = followed.look(LATER)
    assert (counts.stored.labels, counts.stored.duplicates) == (1, 1)
    assert {row["prediction_id"] for row in followed.labels()} == {"a", "b", "c"}


def test_ground_truth_of_sagemaker_is_followed_through_its_hours(followed, tmp_path):
    for hour, name in (("04", "a"), ("05", "b")):
        folder = followed.logs / "2026/06/02" / hour
        folder.mkdir(parents=True)
        truth = {
            "groundTruthData": {"data": "0,1", "encoding": "CSV"},
            "eventMetadata": {"eventId": name},
            "eventVersion": "0",
        }
        append(folder / "truth.jsonl", json.dumps(truth).encode() + b"\n")
        assert followed.look().stored.labels == 2
    told = {(row["prediction_id"], row["ts"].hour) for row in followed.labels()}
    assert told == {("a-item-0", 4), ("a-item-1", 4), ("b-item-0", 5), ("b-item-1", 5)}
    assert followed.labels() == as_loaded(followed, tmp_path)


def test_what_is_no_label_is_refused_with_its_line_in_the_file(followed):
    log = followed.logs / "labels.ndjson"
    append(log, line(1) + b'{"prediction_id": "p2"}\n' + line(3))
    followed.look()
    append(log, line(4) + b"nonsense\n")
    counts = followed.look()
    assert (counts.stored.labels, counts.rejected_reasons) == (1, {"bad_json": 1})
    refused = {one.rejection.position: one for one in followed.service.rejected(10)}
    assert {n: one.rejection.reason for n, one in refused.items()} == {
        2: "missing_label",
        5: "bad_json",
    }
    assert {one.read_as.kind for one in refused.values()} == {"labels"}


def test_a_file_that_holds_no_labels_is_named_and_the_others_are_taken(followed):
    append(followed.logs / "a.csv", b"prediction_id,score\np1,0.5\n")
    append(followed.logs / "b.csv", b"prediction_id,label\np1,late\n")
    assert followed.look().stored.labels == 1
    ((where, why),) = followed.follower.problems.items()
    assert where.endswith("a.csv")
    assert "no column 'label'" in why


def test_a_table_of_labels_among_logs_says_where_it_belongs(tmp_path):
    followed = Followed(tmp_path, model="m")
    append(followed.logs / "labels.csv", b"prediction_id,label\np1,late\n")
    followed.look()
    (why,) = followed.follower.problems.values()
    assert "load labels with 'driftline labels'" in why
