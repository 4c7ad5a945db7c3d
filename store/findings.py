"""What detectors said, one row each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final, Literal

import duckdb
import numpy as np
import pyarrow as pa

from domain.finding import Calibration, Finding, Severity, Verdict
from domain.profile import ColumnRole
from domain.run import Deployment, Run
from domain.window import Window
from store.bulk import flags, insert_rows, numbers, texts, whole
from store.moments import from_stored
from store.run_keys import KEY_COLUMNS, RunChoice, RunKey, key_columns

FindingsWanted = Literal["all", "deciding", "notable", "none"]

_WANTED: Final[dict[str, str]] = {
    "all": "true",
    # what the alert desk goes by; of uncalibrated ones only those that say something
    "deciding": "(decides and (verdict <> 'ok' or calibrated <> 'not calibrated'))",
    "notable": "(verdict in ('drifted', 'blind') or severity is not null)",
}
FINDING_FIELDS: Final = """
        column_name, kind, detector, verdict, reason, statistic, p_value, threshold,
        severity, exact, calibrated, decides, n_reference, n_current, details
"""
_FINDINGS: Final = f"""
    {{chosen}}
    select {{key}}, {FINDING_FIELDS}
    from findings
    join chosen using ({{key}})
    where {{wanted}}
    order by position
"""
_BY: Final = f"""
    select {{key}}, {FINDING_FIELDS}
    from findings
    where model = $model
      and detector = $detector
    order by window_start, window_end, version, position
"""


def add_findings(connection: duckdb.DuckDBPyConnection, runs: Sequence[Run]) -> None:
    """Keep the findings of runs whose earlier ones are gone."""
    found = [finding for run in runs for finding in run.findings]
    if not found:
        return
    owner = np.repeat(np.arange(len(runs)), [len(run.findings) for run in runs])
    keys = {name: column.take(pa.array(owner)) for name, column in key_columns(runs).items()}
    position = [i for run in runs for i in range(len(run.findings))]
    insert_rows(connection, "findings", {**keys, "position": whole(position), **_columns(found)})


def findings_of(
    connection: duckdb.DuckDBPyConnection, choice: RunChoice, wanted: FindingsWanted
) -> dict[RunKey, tuple[Finding, ...]]:
    """Return the findings of the chosen runs, by the run's key, in the order they were made."""
    if wanted == "none":
        return {}
    sql = _FINDINGS.format(chosen=choice.sql, key=KEY_COLUMNS, wanted=_WANTED[wanted])
    found: dict[RunKey, list[Finding]] = {}
    for row in connection.execute(sql, choice.values).fetchall():
        found.setdefault(row[:4], []).append(read_finding(row[4:]))
    return {key: tuple(findings) for key, findings in found.items()}


def findings_by(
    connection: duckdb.DuckDBPyConnection, model: str, detector: str
) -> list[tuple[Deployment, Window, Finding]]:
    """Return all that one detector found of a model, oldest window first."""
    values = {"model": model, "detector": detector}
    return [
        (
            Deployment(row[0], row[1]),
            Window(from_stored(row[2]), from_stored(row[3])),
            read_finding(row[4:]),
        )
        for row in connection.execute(_BY.format(key=KEY_COLUMNS), values).fetchall()
    ]


def _columns(found: Sequence[Finding]) -> dict[str, pa.Array]:
    return {
        "column_name": texts([f.column for f in found]),
        "kind": texts([f.kind for f in found]),
        "detector": texts([f.detector for f in found]),
        "verdict": texts([f.verdict for f in found]),
        "reason": texts([f.reason for f in found]),
        "statistic": numbers([f.statistic for f in found]),
        "p_value": numbers([f.p_value for f in found]),
        "threshold": numbers([f.threshold for f in found]),
        "severity": texts([f.severity for f in found]),
        "exact": flags([f.exact for f in found]),
        "calibrated": texts([f.calibrated for f in found]),
        "decides": flags([f.decides for f in found]),
        "n_reference": whole([f.n_reference for f in found]),
        "n_current": whole([f.n_current for f in found]),
        "details": texts([json.dumps(dict(f.values), ensure_ascii=False) for f in found]),
    }


def read_finding(row: tuple[Any, ...]) -> Finding:
    """Return the finding in a row of `FINDING_FIELDS`."""
    return Finding(
        column=row[0],
        kind=ColumnRole(row[1]),
        detector=row[2],
        verdict=Verdict(row[3]),
        reason=row[4],
        statistic=row[5],
        p_value=row[6],
        threshold=row[7],
        severity=None if row[8] is None else Severity(row[8]),
        exact=row[9],
        calibrated=Calibration(row[10]),
        decides=row[11],
        n_reference=row[12],
        n_current=row[13],
        values=json.loads(row[14]),
    )
