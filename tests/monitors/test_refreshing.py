"""What loads changed is counted for every model that can be read."""

from __future__ import annotations

from pathlib import Path

from domain.errors import StoreError
from monitors.refreshing import refresh_each
from tests.golden.logs import Service
from tests.monitors.made import load, opened

MADE = Service(days=2, calls_a_day=50)


def test_a_model_that_cannot_be_read_holds_up_no_other(tmp_path: Path, caplog):
    with opened(tmp_path) as service:
        for model in ("a", "b", "c"):
            load(service, MADE.events(), model)

        def count(model: str) -> int:
            if model == "b":
                raise StoreError("b.parquet cannot be read")
            return service.store.refresh_call_hours(model)

        alone = service.store.refresh_call_hours("a")
        assert refresh_each(service.store, count) == alone > 0  # a is counted already
        assert [record.model for record in caplog.records] == ["b"]
        assert service.refresh() == alone
