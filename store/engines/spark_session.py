"""Spark is started for who asks first, shared, and stopped behind the last who asks."""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Final

from domain.errors import ConfigurationError, DriftlineError, StoreError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# every core of this machine
LOCAL: Final = "local[*]"
_APPLICATION: Final = "driftline"
# Of the process: nothing listens beside what the master needs, nothing is drawn on the terminal.
_CONTEXT: Final[dict[str, str]] = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.driver.memory": "1g",
}
# Of each session, also of one that somebody else started: times and numbers mean the same.
_SESSION: Final[dict[str, str]] = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    # it derives filters from filters; over our branches for windows that took minutes and no end
    "spark.sql.constraintPropagation.enabled": "false",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    # day=01 is a text: what a folder is called is no number
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
    # nanoseconds come as whole numbers, whose unit is told by their size
    "spark.sql.legacy.parquet.nanosAsLong": "true",
}
_NO_JAVA: Final = (
    "engine spark needs Java 17 or 21, which did not start; install it, or point JAVA_HOME at it"
)
_LOST: Final = (
    "Spark stopped answering while it read {name}; check its master and workers, then run again"
)
# what stands in Spark's own words, and what to do about it
_EXPLAINED: Final[tuple[tuple[str, type[DriftlineError], str], ...]] = (
    ("JAVA_GATEWAY_EXITED", ConfigurationError, _NO_JAVA),
    ("Java gateway process exited", ConfigurationError, _NO_JAVA),
    ("PATH_NOT_FOUND", StoreError, "there is nothing at {name}; check source.path"),
    (
        "TABLE_OR_VIEW_NOT_FOUND",
        StoreError,
        "Spark knows no table {name}; check source.table and its catalog",
    ),
    (
        "UNABLE_TO_INFER_SCHEMA",
        StoreError,
        "no Parquet file lies at {name}; check source.path",
    ),
    (
        "spark.driver.maxResultSize",
        StoreError,
        "{name}: more values came back than the driver takes; raise spark.driver.maxResultSize",
    ),
    ("SparkContext was shut down", StoreError, _LOST),
    ("stopped SparkContext", StoreError, _LOST),
    ("Connection refused", StoreError, _LOST),
    ("All masters are unresponsive", StoreError, _LOST),
    ("ExecutorLostFailure", StoreError, _LOST),
)

_lock = threading.Lock()


class _Shared:
    """What Spark allows once in a process."""

    users = 0
    session: SparkSession | None = None


def start(master: str, options: Mapping[str, str]) -> SparkSession:
    """
    Return a session of its own on the process's Spark, which is started where there is none.

    Parameters
    ----------
    master : str
        ``local[*]``, ``spark://host:7077``, ``yarn``…; the first one of a process counts.
    options : mapping of str to str
        Spark's own settings, such as ``spark.executor.memory``; they outrank ours.

    Raises
    ------
    ConfigurationError
        If pyspark or Java is not there.
    StoreError
        If the master does not answer.
    """
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415 - optional, and 480 MB
    except ImportError as error:
        raise ConfigurationError(
            "engine spark needs pyspark, which is not installed; "
            "run pip install -r requirements-spark.txt"
        ) from error
    # only counts come back, as Arrow: nothing here is a data frame of pandas
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
    with _lock, translated(master):
        foreign = None if _Shared.users else SparkSession.getActiveSession()
        session = foreign or _build(SparkSession.builder, master, options)
        if foreign is None:
            _Shared.session = session
            _Shared.users += 1
        own = session.newSession()
        for key, value in {**_SESSION, **options}.items():
            if key.startswith("spark.sql."):
                own.conf.set(key, value)
    return own


def stop() -> None:
    """End a session; Spark itself ends behind the last one, if it was started here."""
    with _lock:
        if not _Shared.users:
            return
        _Shared.users -= 1
        if not _Shared.users and _Shared.session is not None:
            _Shared.session.stop()
            _Shared.session = None


@contextlib.contextmanager
def translated(name: str) -> Generator[None]:
    """
    Say what Spark says inside as one line.

    Parameters
    ----------
    name : str
        What was read, or which master was asked.
    """
    try:
        yield
    except Exception as error:
        kind = type(error)
        if not kind.__module__.startswith(("pyspark", "py4j")):
            raise
        raise _explained(name, " ".join(str(error).split())) from error


def _build(builder: SparkSession.Builder, master: str, options: Mapping[str, str]) -> SparkSession:
    settings = {**_CONTEXT, **_SESSION}
    if master.startswith("local"):
        # a laptop that changes its network keeps its Spark, and nobody else reaches it
        settings |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    for key, value in {**settings, **options}.items():
        builder = builder.config(key, value)
    return builder.appName(_APPLICATION).master(master).getOrCreate()


def _explained(name: str, said: str) -> DriftlineError:
    for words, kind, message in _EXPLAINED:
        if words in said:
            return kind(message.format(name=name))
    return StoreError(f"Spark could not read {name}: {said[:240]}")
