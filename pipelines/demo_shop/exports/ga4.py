"""Export of Google Analytics 4: one Parquet file per day, in the nested schema of the BigQuery export."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.demo_shop.exports.baskets import Baskets, catalogue
from pipelines.demo_shop.exports.files import START_S, Exports, numbered
from pipelines.demo_shop.exports.ga4_rows import event_rows
from pipelines.demo_shop.exports.people import People
from pipelines.demo_shop.exports.web_events import (
    WebEvents,
    WebSessions,
    login_names,
    web_events,
    web_sessions,
)
from pipelines.demo_shop.log import DAY_S, Log
from pipelines.demo_shop.settings import START, DemoSettings
from pipelines.demo_shop.state import Ints

#: Devices whose clock is wrong, and by at most how many seconds.
SKEWED, SKEW_S = 0.03, 300


def write_ga4(log: Log, people: People, baskets: Baskets, settings: DemoSettings, out: Exports) -> None:
    """Write ``ga4/events_YYYYMMDD.parquet``.

    Some files overlap: a day's file then also holds the first events of the next day, as late exports do. Days that
    are left out (``missing_days``) have no file.
    """
    sessions = web_sessions(log, people, settings)
    events = web_events(sessions, people, baskets, settings)
    rng = out.rng(50)
    skew = np.where(
        rng.random(settings.customers) < SKEWED, rng.integers(-SKEW_S, SKEW_S, size=settings.customers), 0
    )
    stamp = (START_S + events.second + skew[sessions.owner[events.session]]) * 1_000_000
    stamp += (np.arange(len(stamp)) * 7_919) % 1_000_000
    order = np.lexsort((np.arange(len(stamp)), stamp))
    day = (stamp // 1_000_000 - START_S) // DAY_S
    bounds = np.searchsorted(day[order], np.arange(settings.days + 1))
    missing = np.sort(rng.choice(np.arange(7, settings.days - 7), settings.missing_days, replace=False))
    overlapping = set(rng.choice(settings.days - 1, max(1, settings.days // 60), replace=False).tolist())
    user = login_names(sessions, events, people)
    folder = out.folder / "ga4"
    folder.mkdir(parents=True, exist_ok=True)
    twice = 0
    for week in range(settings.weeks):
        low, high = bounds[7 * week], bounds[min(7 * week + 8, settings.days)]
        table = _table(order[low:high], stamp, sessions, events, user, people, baskets, log)
        for number in range(7 * week, 7 * week + 7):
            start, size = bounds[number] - low, bounds[number + 1] - bounds[number]
            if number in overlapping:
                more = min(25, int(bounds[min(number + 2, settings.days)] - bounds[number + 1]))
                twice, size = twice + more, size + more
            if number not in missing:
                name = f"events_{START + timedelta(days=number):%Y%m%d}.parquet"
                pq.write_table(table.slice(start, size), folder / name, compression="zstd")
    out.count("ga4", "rows in two files", twice)
    out.count("ga4", "events", len(order))
    out.count("ga4", "missing days", len(missing))
    out.count("ga4", "devices with a wrong clock", int((skew != 0).sum()))
    out.count("ga4", "sessions on a shared browser", int((sessions.owner != sessions.rows["person"]).sum()))


def _table(
    rows: Ints, stamp: Ints, sessions: WebSessions, events: WebEvents, user: pa.Array, people: People,
    baskets: Baskets, log: Log,
) -> pa.Table:  # fmt: skip
    """Give the events of some rows in the schema of the export."""
    session = events.session[rows]
    second_device = pa.array(sessions.device[session] == 1)
    owner = pa.array(sessions.owner[session])
    browser = pc.if_else(second_device, people.second_browser.take(owner), people.browser.take(owner))
    return event_rows(
        rows=rows, stamp=stamp[rows], user=user.take(pa.array(rows)), browser=browser, sessions=sessions,
        events=events, baskets=baskets, goods=catalogue(), people=people, mobile=log.start.mobile,
        transaction=numbered("B", sessions.order[session] + 1, 7),
    )  # fmt: skip
