"""A followed file is taken once, whatever is done to it while it is followed."""

from __future__ import annotations

import bz2
import gzip
import os
import shutil
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.monitors.followed import SERVED, SETTLE, Followed, append, event, events

NOTHING_NEW = (0, 0)


@pytest.fixture
def followed(tmp_path: Path) -> Followed:
    return Followed(tmp_path)


def once_each(*numbers: int) -> Counter[float]:
    return Counter(float(number) for number in numbers)


def brings_nothing_new(followed: Followed) -> bool:
    """Whether a plain load of all that lies there knows every event of it."""
    stored = followed.ingest_everything().stored
    return (stored.predictions, stored.calls) == NOTHING_NEW and stored.duplicates > 0


def test_what_is_appended_is_taken_and_nothing_twice(followed: Followed) -> None:
    log = followed.logs / "app.log"
    append(log, events(1, 2))
    assert followed.look().stored.predictions == 2
    append(log, events(3))
    assert followed.look().stored.predictions == 1
    followed.restart()
    assert followed.look().stored.predictions == 0

    assert followed.features() == once_each(1, 2, 3)
    assert brings_nothing_new(followed)


def test_identical_lines_of_one_file_are_as_many_events_in_whatever_pieces_they_come(
    followed: Followed,
) -> None:
    log = followed.logs / "app.log"
    for _ in range(3):
        append(log, events(7, 7))
        followed.look()
        followed.restart()

    assert followed.features() == {7.0: 6}
    assert brings_nothing_new(followed)


def test_a_line_is_taken_when_it_is_whole(followed: Followed) -> None:
    log, line = followed.logs / "app.log", event(2)
    append(log, event(1) + line[:20])
    assert followed.look().stored.predictions == 1
    followed.restart()
    assert followed.look().stored.predictions == 0
    append(log, line[20:-1])
    assert followed.look().stored.predictions == 0
    append(log, line[-1:])
    assert followed.look().stored.predictions == 1

    assert followed.features() == once_each(1, 2)
    assert not followed.service.rejected(10)


def test_a_last_line_without_a_break_is_taken_when_nobody_goes_on_with_it(
    followed: Followed,
) -> None:
    log = followed.logs / "app.log"
    append(log, events(1, 2)[:-1])
    assert followed.look().stored.predictions == 1
    assert followed.look(SETTLE + timedelta(seconds=1)).stored.predictions == 1
    append(log, b"\n" + event(3))
    assert followed.look().stored.predictions == 1

    assert followed.features() == once_each(1, 2, 3)
    assert brings_nothing_new(followed)


def test_half_a_line_that_is_never_finished_waits_and_is_no_rejection(followed: Followed) -> None:
    append(followed.logs / "app.log", event(1) + event(2)[:30])
    followed.look()
    followed.look(10 * SETTLE)

    assert followed.features() == once_each(1)
    assert not followed.service.rejected(10)
    (state,) = followed.service.store.followed()
    assert state.state.bytes_behind == 30


def test_rotation_by_renaming_loses_nothing_of_the_old_file(followed: Followed) -> None:
    log = followed.logs / "app.log"
    append(log, events(1))
    followed.look()
    append(log, events(2))
    log.rename(followed.logs / "app.log.1")
    append(log, events(3))
    followed.look()
    append(followed.logs / "app.log.1", events(4))  # a writer that has it open still
    followed.look()

    assert followed.features() == once_each(1, 2, 3, 4)
    assert brings_nothing_new(followed)


def test_copytruncate_between_two_looks_loses_nothing(followed: Followed) -> None:
    log = followed.logs / "app.log"
    append(log, events(1, 1))
    followed.look()
    append(log, events(2, 1))
    shutil.copy(log, followed.logs / "app.log.1")
    os.truncate(log, 0)
    append(log, events(3))
    counts = followed.look()

    assert counts.stored.predictions == 3
    assert counts.stored.duplicates == 0, "the copy is known by its content and read from there on"
    assert followed.features() == {1.0: 3, 2.0: 1, 3.0: 1}


def test_a_copy_that_is_seen_beside_its_original_brings_nothing_twice(followed: Followed) -> None:
    log, copy = followed.logs / "app.log", followed.logs / "app.log.1"
    append(log, events(1, 1))
    followed.look()
    append(log, events(1, 2))
    shutil.copy(log, copy)
    followed.look()
    append(log, events(3))
    append(copy, events(3))
    followed.look()
    os.truncate(log, 0)
    append(log, events(4))
    followed.look()

    assert followed.features() == {1.0: 3, 2.0: 1, 3.0: 1, 4.0: 1}


def test_a_file_cut_off_and_soon_longer_than_before_is_read_from_its_beginning(
    followed: Followed,
) -> None:
    log = followed.logs / "app.csv"
    header = b"model,ts,score,x," + b",".join(b"unused_%d" % i for i in range(200)) + b"\n"
    assert len(header) > 1024, "the first KiB of both is the same"
    rows = [b"m,2026-11-20T10:00:%02dZ,0.5,%d%s\n" % (n, n, b"," * 200) for n in range(9)]
    append(log, header + rows[0] + rows[1])
    followed.look()
    os.truncate(log, 0)
    append(log, header + rows[2] + rows[3] + rows[4] + rows[5])
    followed.look()
    os.truncate(log, 0)
    append(log, header + rows[6])  # now shorter than what was taken
    followed.look()

    assert followed.features() == once_each(*range(7))


def test_a_new_file_under_an_old_number_is_a_new_file(followed: Followed) -> None:
    log = followed.logs / "app.log"
    append(log, events(1, 2))
    number = log.stat().st_ino
    followed.look()
    log.write_bytes(events(3, 4, 5))  # the same inode, as after a deletion it may be

    assert log.stat().st_ino == number
    assert followed.look().stored.predictions == 3
    assert followed.features() == once_each(1, 2, 3, 4, 5)


@pytest.mark.parametrize(("ending", "pack"), [(".gz", gzip.compress), (".bz2", bz2.compress)])
def test_a_rotated_file_that_comes_back_packed_is_the_same(
    followed: Followed, ending: str, pack: object
) -> None:
    assert callable(pack)
    log = followed.logs / "app.log"
    append(log, events(1, 1))
    followed.look()
    append(log, events(1, 2))
    (followed.logs / f"app.log.1{ending}").write_bytes(pack(log.read_bytes()))
    log.unlink()
    counts = followed.look()
    followed.restart()
    followed.look()

    assert (counts.stored.predictions, counts.stored.duplicates) == (2, 0)
    assert followed.features() == {1.0: 3, 2.0: 1}
    assert brings_nothing_new(followed)


def test_members_appended_to_a_packed_file_are_taken_one_by_one(followed: Followed) -> None:
    log = followed.logs / "app.log.gz"
    for number in (1, 1, 2):
        append(log, gzip.compress(events(number)))
        assert followed.look().stored.predictions == 1
        followed.restart()

    assert followed.features() == {1.0: 2, 2.0: 1}
    assert brings_nothing_new(followed)


def test_a_packed_file_that_is_still_being_written_is_taken_as_far_as_it_goes(
    followed: Followed,
) -> None:
    packed = gzip.compress(events(*range(500)), compresslevel=1)
    log = followed.logs / "app.log.gz"
    for part in range(0, len(packed), 997):
        append(log, packed[part : part + 997])
        followed.look()
    followed.look()

    assert followed.features() == once_each(*range(500))
    assert not followed.service.rejected(10)


def test_a_csv_keeps_its_header_and_cells_may_hold_line_breaks(followed: Followed) -> None:
    log = followed.logs / "app.csv"
    append(log, b"\xef\xbb\xbfmodel,ts,score,x,note\r\n")
    followed.look()
    for number, note in enumerate([b'"a\nb"', b"plain", b'"""q"""']):
        row = b"m,2026-11-20T10:00:00Z,0.5,%d,%s\r\n" % (number, note)
        append(log, row[:-4])
        followed.look()
        append(log, row[-4:])
        followed.look()
    append(log, b"m,2026-11-20T10:00:00Z,0.5\r\n")
    followed.look()

    assert followed.features() == once_each(0, 1, 2)
    (ragged,) = followed.service.rejected(10)
    assert (ragged.source, ragged.rejection.position) == (str(log), 6)
    notes = followed.service.sql("select f_note as n from predictions order by f_x").column("n")
    assert notes.to_pylist() == ["a\nb", "plain", '"q"']
    assert brings_nothing_new(followed)


def test_a_rejected_line_is_kept_with_its_place_in_the_file(followed: Followed) -> None:
    log, other = followed.logs / "app.log", followed.logs / "other.log"
    append(log, events(1, 2))
    append(other, events(3))
    followed.look()
    append(log, events(4) + b"no json\n")
    append(other, b"nor this\n")
    followed.look()

    places = {(one.source, one.rejection.position) for one in followed.service.rejected(10)}
    assert places == {(str(log), 4), (str(other), 2)}


def test_a_table_is_taken_whole_when_it_has_been_written(followed: Followed) -> None:
    rows = pa.table({"model": ["m"] * 3, "ts": [SERVED] * 3, "score": [0.5] * 3, "x": [1.0, 1, 2]})
    path = followed.logs / "day.parquet"
    pq.write_table(rows, path)
    whole = path.read_bytes()
    path.write_bytes(whole[:100])
    assert followed.look().stored.predictions == 0
    path.write_bytes(whole)
    assert followed.look().stored.predictions == 0
    assert followed.look(SETTLE + timedelta(seconds=1)).stored.predictions == 3
    path.rename(followed.logs / "renamed.parquet")
    assert followed.look(SETTLE).stored.duplicates == 0

    assert followed.features() == {1.0: 2, 2.0: 1}
    assert brings_nothing_new(followed)


def test_a_damaged_table_says_so_and_holds_up_nobody(followed: Followed) -> None:
    (followed.logs / "day.parquet").write_bytes(b"PAR1 and nothing else")
    append(followed.logs / "app.log", events(1))
    followed.look(2 * SETTLE)

    assert followed.features() == once_each(1)
    (state,) = followed.service.store.followed()
    assert state.state.failing == 1
    assert "day.parquet" in (state.state.error or "")


def test_a_file_that_no_event_can_come_of_says_why_and_holds_up_nobody(followed: Followed) -> None:
    append(followed.logs / "a.csv", b"time,x\n2026-11-20T10:00:00Z,1\n")
    append(followed.logs / "b.csv", b"model,ts,score,x\nm,2026-11-20T10:00:00Z,0.5,1\n")
    followed.look()

    assert followed.features() == once_each(1)
    assert "no column 'model'" in str(followed.follower.problems)


def test_a_clock_that_runs_ahead_does_not_keep_a_file_from_ending(followed: Followed) -> None:
    log = followed.logs / "app.log"
    append(log, events(1)[:-1])
    ahead = followed.now.timestamp() + 7200
    os.utime(log, (ahead, ahead))
    assert followed.look().stored.predictions == 0
    assert followed.look(SETTLE + timedelta(seconds=1)).stored.predictions == 1


def test_a_clock_that_runs_behind_does_not_end_a_line_that_is_still_written(
    followed: Followed,
) -> None:
    log = followed.logs / "app.csv"

    def written(content: bytes) -> None:
        append(log, content)
        os.utime(log, (followed.now.timestamp() - 7200,) * 2)

    written(b"model,ts,score,x\nm,2026-11-20T10:00:00Z,0.5,1\n")
    followed.look()
    written(b"m,2026-11-20T10:00:00Z,0.5,2")
    followed.look(timedelta(seconds=2))
    written(b"3\n")
    followed.look(timedelta(seconds=2))

    assert followed.features() == once_each(1, 23)
    assert not followed.service.rejected(10)


def test_a_line_too_long_for_a_log_is_rejected_and_the_rest_taken(followed: Followed) -> None:
    log = followed.logs / "app.log"
    append(log, events(1) + b'{"x": "' + b"y" * (9 * 2**20))
    followed.look()
    append(log, b'"}\n' + events(2))
    followed.look()

    assert followed.features() == once_each(1, 2)
    (long,) = followed.service.rejected(10)
    assert (long.rejection.position, long.rejection.reason) == (2, "too_large")


def test_a_large_file_is_taken_in_several_commits_with_every_line_once(followed: Followed) -> None:
    lines = b"".join(event(number % 5000, tags={"pad": "p" * 900}) for number in range(12_000))
    assert len(lines) > 2 * 5 * 2**20
    append(followed.logs / "app.log", lines)
    (followed.logs / "packed.log.gz").write_bytes(gzip.compress(events(7, 7, 8), 1))
    followed.look()

    wanted = Counter({float(n): 3 if n < 2000 else 2 for n in range(5000)})
    assert followed.features() == wanted + Counter({7.0: 2, 8.0: 1})


def test_an_idle_look_opens_neither_the_store_nor_a_file(followed: Followed) -> None:
    for number in range(5):
        append(followed.logs / f"{number}.log", events(number))
    followed.look()
    opened = followed.opened
    for number in range(5):
        (followed.logs / f"{number}.log").chmod(0)
    followed.look(timedelta(seconds=2))
    followed.look(timedelta(seconds=2))

    assert followed.opened == opened
    assert not followed.follower.problems


def test_two_followers_of_the_same_folder_take_each_line_once(followed: Followed) -> None:
    log, second = followed.logs / "app.log", followed.another()
    followed.look(by=second)
    for number in range(6):
        append(log, events(number, 99))
        followed.look()
        append(log, events(100 + number))
        followed.look(by=second)

    wanted = once_each(*range(6), *range(100, 106)) + Counter({99.0: 6})
    assert followed.features() == wanted
    assert brings_nothing_new(followed)


def test_files_whose_records_were_forgotten_are_read_again_and_still_counted_once(
    followed: Followed,
) -> None:
    log = followed.logs / "app.log"
    append(log, events(5, 5))
    followed.look()
    (told,) = followed.service.store.followed()
    later = replace(told.state, source="other", looked_at=followed.now + timedelta(days=9))
    followed.service.store.note_followed(later, ())
    append(log, events(5, 6))
    followed.look()

    assert followed.features() == {5.0: 3, 6.0: 1}
    assert brings_nothing_new(followed)


def test_files_that_went_long_ago_are_forgotten_and_others_are_not(followed: Followed) -> None:
    gone, stays = followed.logs / "gone.log", followed.logs / "stays.log"
    append(gone, events(1))
    append(stays, events(2))
    followed.look()
    gone.unlink()
    followed.look(timedelta(days=20))

    (left,) = followed.service.checkpoints()
    assert left.path == str(stays)


def test_how_far_behind_a_source_is_can_be_seen(followed: Followed) -> None:
    append(followed.logs / "app.log", events(1, 2) + b'{"half')
    (followed.logs / "day.parquet").write_bytes(b"PAR1" + bytes(1000))
    followed.look()

    (source,) = followed.service.store.followed()
    assert source.state.source == str(followed.logs)
    assert (source.state.files, source.state.bytes_behind) == (2, 6 + 1004)
    assert source.bytes_taken == len(events(1, 2))
    assert source.newest == SERVED


def test_a_store_that_fails_in_the_middle_loses_nothing(followed: Followed) -> None:
    append(followed.logs / "app.log", events(1, 1, 2))
    service = followed.service
    real = service.take

    def stored_but_not_told(*args: object) -> object:
        real(*args)  # pyright: ignore[reportArgumentType]
        raise ConnectionError("the owner ended after its commit")

    service.take = stored_but_not_told  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(ConnectionError):
        followed.look()
    service.take = real  # pyright: ignore[reportAttributeAccessIssue]
    followed.look()

    assert followed.features() == {1.0: 2, 2.0: 1}
