"""Models whose rows lie elsewhere: who answers for them, and what their files are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from domain.errors import UsageError
from domain.source import Source
from domain.window import Window
from store.engines.engine import Engine
from store.engines.parquet_engine import ParquetEngine, SourceState
from store.engines.spark_engine import SparkEngine
from store.hours.call_hours import recount_call_hours
from store.in_place.catalog import any_forgotten, forget_sources
from store.in_place.form import RowForm
from store.in_place.lake import lake_of
from store.kept_halves import KeptHalves
from store.registry import ensure_model
from store.volumes import Volume


class RowsElsewhere(KeptHalves):
    """The part of a store that knows of logs outside it."""

    def attach_files(self, model: str, path: str, form: RowForm) -> None:
        """
        Let Parquet files answer for a model; they are looked at when somebody asks.

        Parameters
        ----------
        model : str
        path : str
            A file, a folder, a pattern, or ``s3://…``; see `store.in_place.lake.lake_of`.
        form : RowForm
            Which column is what.

        Raises
        ------
        ConfigurationError
            If the path names no place.
        """
        engine = ParquetEngine(self._database, model, lake_of(path), form)
        self._database.elsewhere[model] = engine.asking
        self.attach(model, engine)

    def attach_spark(self, model: str, source: Source) -> None:
        """Let Spark answer for a model; it starts when somebody asks."""
        with self._database.writing() as connection:
            # what is found of it is kept here
            ensure_model(connection, model)
        self.attach(model, SparkEngine(source, model))

    def forget_sources(self) -> None:
        """Count anew, from the store's rows, what was counted of files that answer no more."""
        with self._database.reading() as connection:
            if not any_forgotten(connection, self.elsewhere):
                return
        with self._database.writing() as connection:
            forget_sources(connection, self.elsewhere, self._database.marks)

    @property
    def counted_in_runs(self) -> frozenset[str]:
        """The models whose calls are counted by hour only where their windows are judged."""
        return frozenset(m for m, engine in self._attached.items() if _is_spark(engine))

    def count_judged_hours(self, model: str, windows: Sequence[Window]) -> None:
        """
        Count the calls of the hours of judged windows, of a model where nothing else does.

        Parameters
        ----------
        model : str
            Of one that is not among `counted_in_runs` nothing is counted: loads and new files mark
            the hours that they change.
        windows : sequence of Window
            At least one; an hour that one cuts is counted whole.
        """
        if model in self.counted_in_runs:
            counted_by = self.logs(model).calls_by_hour
            recount_call_hours(self._database, model, counted_by, windows)

    def close_sources(self) -> None:
        """End what answers for rows elsewhere."""
        for model in self.elsewhere:
            engine = self.attached(model)
            if isinstance(engine, SparkEngine):
                engine.close()

    def look(self, model: str) -> SourceState | None:
        """
        Look which files a model has now; None for one whose rows are not in files.

        Raises
        ------
        InputError
            If there are none, or they cannot be reached.
        """
        engine = self.attached(model)
        return engine.look() if isinstance(engine, ParquetEngine) else None

    def reopen(self, model: str) -> None:
        """
        Let Spark list a model's files anew with the next question; of other engines nothing.

        Until then Spark answers of the files that it listed before, and small facts of them, such
        as the rows of a window, are not asked for twice. A run begins with it; pages show what the
        last run saw.
        """
        engine = self.attached(model)
        if isinstance(engine, SparkEngine):
            engine.reopen()

    def source_state(self, model: str) -> SourceState | None:
        """Return what is known of a model's files; None for one whose rows are not in files."""
        engine = self.attached(model)
        return engine.state if isinstance(engine, ParquetEngine) else None

    def require(self, model: str) -> None:
        """
        Raise where a model's rows lie elsewhere and could not be found there.

        Raises
        ------
        InputError
        """
        state = self.source_state(model)
        if state is not None and state.fault is not None:
            raise state.fault

    def own(self, model: str) -> str:
        """
        Return a model whose rows are loaded.

        Raises
        ------
        UsageError
            If they lie elsewhere.
        """
        if self.attached(model) is not None:
            raise UsageError(
                f"the logs of {model!r} are read where they lie, so none are loaded; write them "
                "there, or take 'source' out of its monitor"
            )
        return model

    def _with_elsewhere(self, found: dict[str, Volume]) -> dict[str, Volume]:
        """Tell the volumes of what lies elsewhere by the engines that answer for it."""
        for model, volume in found.items():
            engine = self.attached(model)
            if engine is not None:
                found[model] = _volume_of(engine, volume)
        return found


def _is_spark(engine: Engine) -> bool:
    return isinstance(engine, SparkEngine)


def _volume_of(engine: Engine, kept: Volume) -> Volume:
    span, infos = engine.data_span(), engine.deployments()
    labels = kept.labels
    if isinstance(engine, ParquetEngine):
        labels += sum(facts.labels for _, facts in engine.state.files)
    return replace(
        kept,
        predictions=sum(info.predictions for info in infos),
        calls=sum(info.calls for info in infos),
        labels=labels,
        first=None if span is None else span.start,
        last=max((info.last for info in infos), default=None),
        size_bytes=None,
    )
