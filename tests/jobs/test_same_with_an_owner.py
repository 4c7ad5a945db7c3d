"""Every command says the same whether it opens the store itself or asks the store's owner."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Generator
from pathlib import Path

import pytest

from jobs.cli import COMMANDS, run
from tests.jobs.conftest import Answer
from tests.jobs.serving import server

# what needs no store, is an owner itself, or needs that there is none
APART = {"demo", "check", "serve", "collect", "dashboard", "restore"}
# in this order, for some build on what others have stored
WORDS = [
    "doctor",
    "doctor --json",
    "init --out -",
    "init --out new.yaml",
    "sql 'select version, count(*) as n, avg(score) as s from predictions group by all order by 1'",
    "sql 'select 1 as a, [1.5, null] as b, {x: 2} as c, to_timestamp(7) as d, 1/0 as e' --json",
    "sql 'drop table runs'",
    "ingest events.parquet",
    "ingest bad.ndjson --json",
    "ingest half.parquet",
    "ingest half.parquet bad.ndjson --json",
    "ingest mapping.yaml --format v2",
    "ingest gone.parquet",
    "ingest events.parquet bad.ndjson --model other --format ndjson",
    "ingest foreign.csv --map mapping.yaml --json",
    "labels labels.parquet --json",
    "rejected list",
    "rejected list --json --limit 2",
    "run --window 2024-04-05/2024-04-06 --model parcel --json",
    "run --window 2024-04-07/2024-04-08 --model parcel",
    "run --window 2024-04-07 --model parcel",
    "run --model parcle",
    "run --as-of 2020-01-01",
    "backfill --from 2024-04-01 --dry-run",
    "backfill --model parcel --from 2024-04-06 --reprocess completed --json",
    "baseline show parcel --as-of 2024-04-08 --json",
    "baseline show parcel --version 7",
    "baseline set parcel --window 2024-03-04/2024-03-20",
    "alerts list --all",
    "alerts list --all --json --language zh",
    "alerts show nope",
    "report --model parcel --format json",
    "report --model parcel --format md --language zh",
    "report --model parcel --window 2030-01-01/2030-02-01",
    "report",
    "accept parcel --since 2024-04-05 --why moved --who me --columns weight_kg",
    "accept parcel --since 2024-04-05 --why moved --who me --columns wieght_kg",
    "due --fail-on critical",
    "due --json",
    "backup copy.duckdb",
    "backup copy.duckdb",
    "backup other.duckdb --json",
    "backup no/folder/copy.duckdb",
    "doctor --repair",
    "erase --model parcel --where prediction_id=nobody --yes",
    "erase --model parcel --where replica=r",
    "erase --model parcel --where feature.weihgt_kg=1 --dry-run",
    "erase --model parcel --where feature.weight_kg=1",
    "erase --model parcle --where request_id=1 --dry-run",
    "erase --model parcel --where request_id=r-30-7 --dry-run --json",
    "erase --model parcel --where request_id=r-30-7 --yes --json",
    "erase --model parcel --where request_id=r-30-7 --from 2024-03-04 --yes",
    "sql 'select who, fields, calls from erasures'",
    "archive",
    "archive --model parcle",
    "archive --dry-run --json",
    "compact",
    "compact --json",
    "keys list",
    "keys revoke nobody",
]
NOW = re.compile(r"\b20(?:2[5-9]|[3-9]\d)-\d\d-\d\d[T ][\d:.]+(?:Z|\+00:00)?")
DURATION = re.compile(r"(?<=duration_s\": )[\d.e-]+")
SIZE = re.compile(
    r"[\d.]+ (?:[MG]B|hours ago)( in [\d.]+ s)?|(?<=bytes\": )\d+"
    r"|(?<=bytes_before\": )\d+|(?<=bytes_after\": )\d+"
)
ARCHIVE = """\
    archive: {after: 30d, to: cold}
    retention: {after: 40000d}
"""


@pytest.fixture(scope="module")
def desks(judged: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[Path, Path]]:
    """Two copies of one desk; the store of the second has an owner."""
    folder = tmp_path_factory.mktemp("desks")
    fine = '{"model":"m","ts":"2024-03-04T10:00:00Z","score":1}\n'
    (judged / "bad.ndjson").write_text(fine + '{"model":"m","ts":"soon"}\nnothing\n')
    (judged / "half.parquet").write_bytes((judged / "events.parquet").read_bytes()[:-500])
    (judged / "foreign.csv").write_text("at,p\n2024-03-04 10:00:00,0.5\n")
    mapping = 'model: {value: foreign}\nts: at\nscore: p\ntimestamps: {timezone: "Europe/Berlin"}\n'
    (judged / "mapping.yaml").write_text(mapping)
    for name in ("alone", "owned"):
        shutil.copytree(judged, folder / name)
        file = folder / name / "driftline.yaml"
        file.write_text(file.read_text() + ARCHIVE)
    with server("collect", "--no-scheduler", cwd=folder / "owned"):
        yield folder / "alone", folder / "owned"


def masked(text: str, folder: Path) -> str:
    text = text.replace(str(folder), "FOLDER")
    for what, mask in ((NOW, "NOW"), (DURATION, "0"), (SIZE, "SIZE")):
        text = what.sub(mask, text)
    return text


@pytest.mark.parametrize("line", WORDS)
def test_a_command_says_the_same_with_and_without_an_owner(
    desks: tuple[Path, Path], line: str, monkeypatch: pytest.MonkeyPatch, capfd
):
    found: list[Answer] = []
    for folder in desks:
        monkeypatch.chdir(folder)
        capfd.readouterr()
        code = run(shlex.split(line))
        said = capfd.readouterr()
        found.append(Answer(code, masked(said.out, folder), masked(said.err, folder)))
    alone, owned = found
    assert owned.out.splitlines() == alone.out.splitlines()
    assert owned == alone
    assert "internal error" not in alone.err


def test_every_command_that_has_a_store_is_compared():
    assert {line.split()[0] for line in WORDS} == set(COMMANDS) - APART
