"""The pages of service levels, versions and performance, as Streamlit draws them."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ingest.sources import SourceFile
from monitors.config_file import load_config
from monitors.ingest_logs import Options
from monitors.local_service import LocalService
from monitors.run import Reprocess
from tests.app.conftest import Dashboard, texts_of

WEEKS = datetime(2026, 1, 5, tzinfo=UTC)
BARE_END = WEEKS + timedelta(days=42)
PAGES = ("slo", "versions", "performance")


def rows(shown, nth=0):
    """A table as lists of words, chips as what they say."""
    table = shown.dataframe[nth].value
    return [
        [cell[0] if isinstance(cell, list) and cell else cell for cell in row]
        for row in table.to_numpy().tolist()
    ]


def charts(shown):
    return [json.loads(chart.proto.spec) for chart in shown.get("plotly_chart")]


def names(shown):
    return [{trace.get("name") for trace in chart["data"]} for chart in charts(shown)]


def day(text):
    start = datetime.fromisoformat(text).replace(tzinfo=UTC)
    end = start + timedelta(days=1)
    return f"{start:%Y-%m-%dT%H:%M:%SZ}/{end:%Y-%m-%dT%H:%M:%SZ}"


def test_the_slow_replica_is_named_in_the_sentence_the_chart_and_the_table(dashboard):
    shown = dashboard.open("slo", model="flight-delay", version="1", window=day("2013-05-14"))
    said = texts_of(shown)
    assert "latency is failing fast" in said
    assert "pod-3 is slow: 100% of its 211 calls took longer than 100 ms" in said
    assert "Named by the runs as the one at fault: pod-3." in said
    # the table of single calls stands below
    worst = rows(shown, len(shown.dataframe) - 2)[0]
    assert worst[:2] == ["at fault", "pod-3"]
    bundle = charts(shown)[-1]
    coloured = {t["name"] for t in bundle["data"] if t["line"]["width"] > 2}
    assert coloured == {"pod-3"}


def test_the_outage_is_told_with_its_status_and_its_hours(dashboard):
    shown = dashboard.open("slo", model="flight-delay", version="2", window=day("2013-10-16"))
    said = texts_of(shown)
    assert "availability is failing fast: 760 of 974 calls were good in this window" in said
    assert "503: 61% of 351 calls failed between 13:00 and 19:00" in said
    cards = {metric.label: metric.value for metric in shown.metric}
    assert cards["Good calls, 28 d"] == "99.18%"
    assert cards["Error budget"] == "18% left"
    failed = next(c for c in charts(shown) if c["layout"]["yaxis"].get("tickformat") == ".0%")
    assert 0.5 < max(v for v in failed["data"][0]["y"] if v is not None) <= 1


def test_a_budget_that_three_bad_days_overspent_says_when_it_was_exhausted(dashboard):
    shown = dashboard.open("slo", model="flight-delay", version="1", window=day("2013-05-16"))
    assert "overspent 2.7×" in [metric.value for metric in shown.metric]
    marks = [a["text"] for c in charts(shown) for a in c["layout"].get("annotations", ())]
    assert any(text.startswith("exhausted by 16 May") for text in marks)


def test_the_span_comes_from_the_address_and_ends_with_the_chosen_window(dashboard):
    shown = dashboard.open(
        "slo", model="flight-delay", version="2", window=day("2013-10-16"), span="7d"
    )
    assert "2013-10-10 – 2013-10-16 · 6,487 calls" in texts_of(shown)
    other = dashboard.open("slo", model="flight-delay", version="2", span="5y")
    assert "There is no “5y” here" in texts_of(other)
    assert "2013-12-04 – 2013-12-31" in texts_of(other)


def test_another_objective_can_be_chosen_by_address(dashboard):
    shown = dashboard.open(
        "slo", model="flight-delay", version="1", window=day("2013-05-14"), objective="availability"
    )
    assert "availability holds" in texts_of(shown)
    assert "Error budget of availability" in texts_of(shown)


def test_a_version_that_serves_no_more_is_shown_up_to_its_last_window(dashboard):
    shown = dashboard.open("slo", model="flight-delay", version="1")
    assert "2013-08-04 – 2013-08-31" in texts_of(shown)


def answered_nobody(service):
    """Count the predictions in shadow since April, as the logs have them."""
    found = service.sql(
        "select version, count(*) as n from predictions "
        "where ts >= '2013-04-01' and tags like '%\"shadow\"%' group by version"
    )
    return dict(zip(found["version"].to_pylist(), found["n"].to_pylist(), strict=True))


def test_the_canary_says_since_when_and_when_it_took_over(dashboard):
    shown = dashboard.open("versions", model="flight-delay", version="2")
    said = texts_of(shown)
    # the sample's rollout: 10 % of the traffic in July, the rest in shadow
    (share,) = re.findall(r"v2 has answered since 2013-07-01, at first ([\d.]+)%", said)
    assert 7 < float(share) < 13
    assert "and alone since 2013-09-01" in said
    shadow = re.findall(r"([\d,]+) more of its predictions \(2013-07-01 – 2013-08-31\)", said)
    wanted = answered_nobody(dashboard.service)
    assert [int(n.replace(",", "")) for n in shadow] == [wanted["1"], wanted["2"]]
    assert "v1 answered from 2013-04-01 to 2013-08-31" in said
    marks = [a["text"] for a in charts(shown)[0]["layout"]["annotations"]]
    assert "v2 comes" in marks


def test_two_versions_are_compared_in_one_window_by_number_and_without_a_verdict(dashboard):
    shown = dashboard.open("versions", model="flight-delay", version="2", window=day("2013-07-05"))
    assert "Both in the window 2013-07-05" in texts_of(shown)
    table = {row[0]: row[1:] for row in rows(shown)}
    assert table["Predictions"][:2] == ["820", "820"]
    assert table["p99 latency"][2].startswith("+")
    assert "820 / 820 calls" in table["p99 latency"]
    assert not {"Better", "Worse", "better", "worse"} & {c for row in rows(shown) for c in row}


def test_a_column_of_both_versions_is_laid_over_each_other(dashboard):
    shown = dashboard.open(
        "versions", model="flight-delay", version="2", window=day("2013-08-31"), column="score"
    )
    assert "Blue: v2 in 2013-08-31, n = 681." in texts_of(shown)
    assert "Grey: v1 in 2013-08-31, n = 681." in texts_of(shown)
    # four days after it came nothing of its own was there to judge its score by
    early = dashboard.open(
        "versions", model="flight-delay", version="2", window=day("2013-07-05"), column="score"
    )
    assert "No counts of score are kept for v2 in 2013-07-05" in texts_of(early)
    unknown = dashboard.open("versions", model="flight-delay", version="2", column="colour")
    assert "There is no “colour” here" in texts_of(unknown)


def test_performance_stands_beside_what_is_usual(dashboard):
    shown = dashboard.open(
        "performance", model="flight-delay", version="2", window=day("2013-11-14")
    )
    said = texts_of(shown)
    assert "ROC AUC is 0.5175 on 980 labels: blind." in said
    assert rows(shown)[0] == ["blind", "ROC AUC", "0.518", "0.618", "below 0.286", "980"]
    assert {"v1", "v2", "usual", "alarm line"} <= names(shown)[0]
    assert "No window of v2 was judged worse than usual" in said


def test_labels_that_lack_are_counted_in_the_chosen_window(dashboard):
    shown = dashboard.open(
        "performance", model="flight-delay", version="2", window=day("2013-11-14")
    )
    notes = {metric.label: (metric.value, metric.delta) for metric in shown.metric}
    assert notes["Labels pending"][1] == "5 in 2013-11-14"
    # the newest label of that day came at 08:14 the day after
    assert notes["Label lag"] == ("8 h 14 min", "after the end of 2013-11-14")
    assert {"Arrived", "Pending"} in names(shown)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_speaks_chinese(dashboard, page):
    shown = dashboard.open(page, model="flight-delay", version="2", lang="zh")
    assert not shown.exception
    words = " ".join(element.value for element in shown.subheader)
    assert any("\u4e00" <= sign <= "\u9fff" for sign in words)
    assert "page_" not in texts_of(shown)


@pytest.mark.parametrize("page", PAGES)
def test_an_empty_store_says_how_the_first_prediction_gets_in(empty_dashboard, page):
    shown = empty_dashboard.open(page)
    assert not shown.exception
    assert "No predictions yet" in texts_of(shown)


@pytest.mark.parametrize("page", PAGES)
def test_pages_of_the_sample_are_small_on_the_wire(dashboard, page):
    shown = dashboard.open(page, model="flight-delay", version="2", span="90d")
    specs = [chart.proto.spec for chart in shown.get("plotly_chart")]
    assert sum(map(len, specs)) < 200_000
    for chart in map(json.loads, specs):
        assert all(len(trace.get("y", ())) <= 2000 for trace in chart["data"])


def judged(folder, versions=("",), an_hour=1):
    """Six weeks of predictions with neither latency nor status nor replica nor label, judged."""
    lines = [
        json.dumps(
            {
                "model": "churn",
                "version": versions[i % len(versions)],
                "ts": (WEEKS + timedelta(hours=i // an_hour)).isoformat(),
                "prediction_id": f"p-{i}",
                "features": {"age": i % 50},
                "prediction": "stays" if i % 3 else "goes",
            }
        )
        for i in range(24 * 42 * an_hour)
    ]
    log = folder / "log.ndjson"
    log.write_text("\n".join(lines))
    config = load_config(None, {}).model_copy(update={"store": folder / "store"})
    service = LocalService.open(config, "0.1.0", create=True)
    service.ingest([SourceFile("log", log)], Options(None, None, None, "auto", BARE_END))
    planned = service.plan_backfill(
        None, BARE_END - timedelta(days=2), BARE_END, Reprocess.NONE, BARE_END
    )
    service.execute(planned, BARE_END, lambda *_: None)
    return service


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """Six weeks of predictions with neither latency nor status nor replica nor label."""
    with judged(tmp_path) as service:
        yield Dashboard(service, monkeypatch, now=BARE_END, recorded=True)


@pytest.mark.parametrize(("base", "rows_a_day"), [("1", 144), ("2", 96)])
def test_the_version_chosen_as_base_is_the_one_laid_over(tmp_path, monkeypatch, base, rows_a_day):
    # of every six predictions three are by version 1, two by version 2
    with judged(tmp_path, ("1", "2", "1", "3", "2", "1"), 12) as service:
        dashboard = Dashboard(service, monkeypatch, now=BARE_END)
        said = texts_of(
            dashboard.open("versions", model="churn", version="3", base=base, column="age")
        )
    assert "Blue: v3 in 2026-02-15, n = 48." in said
    assert f"Grey: v{base} in 2026-02-15, n = {rows_a_day}." in said


def test_logs_without_latencies_statuses_and_replicas_say_what_to_log(bare):
    shown = bare.open("slo", model="churn")
    said = texts_of(shown)
    assert not shown.exception
    assert "No latencies in the logs" in said
    assert "carry no status" in said
    assert "No replica is named" in said
    assert not shown.success


def test_a_model_without_labels_shows_how_to_send_them(bare):
    said = texts_of(bare.open("performance", model="churn"))
    assert "No labels yet" in said
    assert "driftline labels labels.parquet --model churn" in said
    assert "/v1/labels" in said


def test_a_model_with_one_version_has_nothing_to_compare(bare):
    shown = bare.open("versions", model="churn")
    assert "One version only" in texts_of(shown)
    assert not shown.exception


def test_runs_that_did_not_count_shadow_say_so_and_the_command_that_does(bare, monkeypatch):
    service = bare.service
    assert "--reprocess" not in texts_of(bare.open("versions", model="churn"))
    runs = service.store.runs("churn")
    service.store.save_runs([replace(run, n_shadow=None) for run in runs])
    old = Dashboard(service, monkeypatch, now=BARE_END)
    said = texts_of(old.open("versions", model="churn"))
    assert "Runs of 2026-02-14 – 2026-02-15 were stored before shadow" in said
    (command,) = re.findall(
        r"`driftline backfill --from (\S+) --to (\S+) --reprocess completed`", said
    )
    span = [datetime.fromisoformat(at) for at in command]
    assert span == [runs[0].window.start, runs[-1].window.end]


def test_without_resource_use_three_ways_to_send_it_are_named(dashboard):
    said = texts_of(dashboard.open("slo", model="flight-delay", version="2"))
    assert "No resource use was sent" in said
    assert all(way in said for way in ("driftline_tap", "/v1/metrics", "prometheus:"))


def test_single_calls_are_listed_the_failed_ones_first(dashboard):
    shown = dashboard.open("slo", model="flight-delay", version="2", window=day("2013-10-16"))
    table = rows(shown, len(shown.dataframe) - 1)
    assert len(table) == 20
    assert [row[0] for row in table] == ["failed"] * 10 + ["slow"] * 10
    newest = dashboard.service.sql(
        "select strftime(max(ts), '%Y-%m-%d %H:%M:%S UTC') as at from calls where version = '2' "
        "and status >= 500 and ts < '2013-10-17'"
    )
    assert table[0][1] == newest["at"][0].as_py()
    assert table[0][3] == "503"
