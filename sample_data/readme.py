"""The measured blocks of README.md, so that the page cannot drift from the files."""

import re
from pathlib import Path

import pandas as pd

from sample_data.faults import FAULTS, SLOW, Fault, touched
from sample_data.flights import CATEGORICAL, FEATURES, MEANINGS
from sample_data.models import VERSIONS, auc, is_baseline
from sample_data.serving import POSITIVE


def format_span(fault: Fault) -> str:
    """
    Write the span of a fault as README.md does.

    Parameters
    ----------
    fault : Fault
        The fault.

    Returns
    -------
    str
        Half-open span in UTC.
    """
    return f"[{fault.start:%Y-%m-%dT%H:%M:%SZ}, {fault.end:%Y-%m-%dT%H:%M:%SZ})"


def fault_table(events: pd.DataFrame) -> str:
    """Render the injected faults, and how many events they touch, as a Markdown table."""
    lines = [
        "| fault | span (UTC) | version | what happens | events in the span | touched |",
        "|---|---|---|---|---:|---:|",
    ]
    for fault in FAULTS:
        inside = fault.covers(events["ts"]).sum()
        hit = touched(fault, events).sum()
        lines.append(
            f"| {fault.name} | `{format_span(fault)}` | {fault.version} | {fault.what} | "
            f"{inside:,} | {hit:,} |"
        )
    return "\n".join(lines)


def month_table(events: pd.DataFrame, requests: pd.DataFrame) -> str:
    """
    Render traffic, late flights and the AUC of both versions by month as a Markdown table.

    Parameters
    ----------
    events : DataFrame
        The serving log.
    requests : DataFrame
        The same requests with the scores of both versions, served or not.

    Returns
    -------
    str
        The table; the AUC of a version that was not running then is in brackets.
    """
    lines = [
        "| month | flights | events | with label | late | AUC v1 | AUC v2 |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    month_of_event = events["ts"].dt.strftime("%Y-%m")
    for name, rows in requests.groupby(requests["ts"].dt.strftime("%Y-%m")):
        logged = events[month_of_event == name]
        label_share = (logged["late"].notna() & logged["score"].notna()).mean()
        cells = " | ".join(_auc_cell(logged, rows, version) for version in VERSIONS)
        lines.append(
            f"| {name} | {len(rows):,} | {len(logged):,} | {label_share:.1%} | "
            f"{rows['late'].mean():.1%} | {cells} |"
        )
    return "\n".join(lines)


def _auc_cell(logged: pd.DataFrame, requests: pd.DataFrame, version: str) -> str:
    """AUC of the logged scores, or in brackets that of the scores a version would have given."""
    mine = logged[logged["version"] == version]
    if len(mine):
        return f"{auc(mine['score'].to_numpy(), mine['late']):.3f}"
    return f"({auc(requests[f'score_{version}'].to_numpy(), requests['late']):.3f})"


def version_table(events: pd.DataFrame, thresholds: dict[str, float]) -> str:
    """Render threshold, share called late and measured latency of both versions."""
    lines = [
        '| version | says "late" from score | called late | latency p50 | p95 | p99 | max |',
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for version in VERSIONS:
        rows = events[(events["version"] == version) & ~touched(SLOW, events)]
        called = (rows["prediction"].dropna() == POSITIVE).mean()
        spent = rows["latency_ms"].quantile([0.5, 0.95, 0.99, 1.0])
        cells = " | ".join(f"{value:.1f} ms" for value in spent)
        lines.append(f"| {version} | {thresholds[version]:.4f} | {called:.1%} | {cells} |")
    return "\n".join(lines)


def feature_table(requests: pd.DataFrame) -> str:
    """Render unit, missing share and range of each feature as a Markdown table."""
    lines = [
        "| feature | meaning | missing Jan-Mar | missing Apr-Dec | values |",
        "|---|---|---:|---:|---|",
    ]
    baseline = is_baseline(requests["ts"])
    for name in FEATURES:
        values = requests[name]
        shares = [values[part].isna().mean() for part in (baseline, ~baseline)]
        cells = " | ".join("0" if share == 0 else f"{share:.2%}" for share in shares)
        kinds = (
            f"{values.nunique()} names"
            if name in CATEGORICAL
            else f"{values.min():g} to {values.max():g}"
        )
        lines.append(f"| `{name}` | {MEANINGS[name]} | {cells} | {kinds} |")
    return "\n".join(lines)


def fill_blocks(page: str, blocks: dict[str, str]) -> str:
    r"""
    Replace the text between the markers of each block.

    Parameters
    ----------
    page : str
        The page, with ``<!-- name -->`` and ``<!-- /name -->`` around each block.
    blocks : dict of str to str
        New text of each block.

    Returns
    -------
    str
        The page with the new blocks.

    Examples
    --------
    >>> fill_blocks("<!-- n -->old<!-- /n -->", {"n": "new"})
    '<!-- n -->\nnew\n<!-- /n -->'
    """
    for name, text in blocks.items():
        block = f"<!-- {name} -->\n{text}\n<!-- /{name} -->"
        pattern = f"<!-- {name} -->.*?<!-- /{name} -->"
        page = re.sub(pattern, lambda _, block=block: block, page, flags=re.DOTALL)
    return page


def update(path: Path, blocks: dict[str, str]) -> None:
    """Fill the blocks of a page in place."""
    path.write_text(fill_blocks(path.read_text("utf-8"), blocks), "utf-8")
