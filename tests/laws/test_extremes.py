"""What no sane log holds and some log does: correct by the slow references, or refused with a reason."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.contract import DAY_US, EVENTS
from features.crowd import Learnt
from features.cutoffs import day_of
from features.engines import local
from features.engines.persons import persons
from features.errors import InputError
from features.ingest import ingest
from features.plan import Plan
from features.registry import families
from features.row_groups import write_table
from features.settings import EngineSettings, SourceSettings
from features.table import build
from tests.laws.feature_laws import at, built, learnt_from, only_at, same
from tests.laws.slow_way import differences, written

Log = Callable[..., pd.DataFrame]
Batch = Callable[[pd.DataFrame], pa.Table]
PlanWith = Callable[[tuple[str, ...]], Plan]
COMPARED = sorted(written() & set(families()))
#: Two cutoffs of the random logs.
DAYS = (130, 185)
MANY = 1_000_000


@pytest.fixture(scope="module")
def short(plan: Plan) -> Plan:
    """Every family, at two cutoffs."""
    return at_days(plan, *DAYS)


def at_days(plan: Plan, *days: int) -> Plan:
    *before, newest = (day * DAY_US for day in days)
    grid = {**dict.fromkeys(plan.cutoffs, ()), "churn": tuple(before)}
    return plan.model_copy(update={"as_of_us": newest, "cutoffs": grid})


def compared(plan: Plan, log: pd.DataFrame, learnt: Learnt | None = None) -> list[str]:
    """What the kernel and the slow references disagree on, of every family that has one."""
    return [line for family in COMPARED for line in differences(family, plan, log, learnt)]


def of(plan: Plan, table: pa.Table, day: int) -> dict[str, list[object]]:
    found: dict[str, list[object]] = at(table, day * DAY_US).to_pydict()
    return found


# ---- size --------------------------------------------------------------------------------------------------


def test_one_customer_with_a_million_events(tmp_path: Path, plan_with: PlanWith) -> None:
    plan = at_days(plan_with(("cadence", "frequency", "recency", "tenure")), 100, 101)
    # An event every 8 seconds up to the newest cutoff, every tenth a purchase; and a neighbour on either side.
    moment = plan.as_of_us - 8_000_000 * np.arange(MANY, 0, -1)
    occurred = np.concatenate([[7 * DAY_US], moment, [95 * DAY_US]])
    kind = np.where(np.arange(MANY + 2) % 10 == 0, "purchase", "page_view")
    columns = {
        "event_id": np.arange(MANY + 2), "customer_id": np.repeat([1, 2, 3], [1, MANY, 1]),
        "person_id": np.repeat([1, 2, 3], [1, MANY, 1]), "occurred_us": occurred, "known_us": occurred,
        "kind": kind, "source": ["t"] * (MANY + 2),
    }  # fmt: skip
    table = pa.table([columns.get(name, pa.nulls(MANY + 2)) for name in EVENTS.names], names=EVENTS.names)
    write_table(tmp_path / "events.parquet", EVENTS, iter([table.cast(EVENTS)]), sorted_by=("person_id",))
    settings = EngineSettings(batch_events=1000, threads=1)
    sizes = [len(batch) for batch in persons(tmp_path / "events.parquet", settings, tmp_path, ["kind"])]
    assert max(sizes) >= MANY and sum(sizes) == MANY + 2

    local.run(tmp_path / "events.parquet", plan, settings, tmp_path / "f", tmp_path / "l", Learnt())
    features = pq.read_table(tmp_path / "f")
    for cutoff_us in plan.all_cutoffs:
        seen = (occurred < cutoff_us) & (columns["customer_id"] == 2)
        bought = occurred[seen & (kind == "purchase")]
        last_week = seen & (occurred >= cutoff_us - 7 * DAY_US)
        days = np.unique(bought // DAY_US)
        row = {name: values[1] for name, values in at(features, cutoff_us).to_pydict().items()}
        assert row["customer_id"] == 2
        assert row["frequency__page_view__7d"] == (last_week & (kind == "page_view")).sum()
        assert row["recency__order"] == pytest.approx((cutoff_us - bought[-1]) / DAY_US, rel=1e-5)
        assert row["recency__behaviour"] == pytest.approx((cutoff_us - occurred[seen][-1]) / DAY_US, rel=1e-5)
        assert row["tenure__known_days"] == pytest.approx((cutoff_us - moment[0]) / DAY_US, rel=1e-5)
        gaps = np.diff(days)
        assert row["cadence__gap_mean"] == pytest.approx((gaps.sum() + plan.mean_gap_days) / (len(gaps) + 1))


#: Builds in a process of its own, so that its memory can be told.
MILLION = """
import json, re, sys
from pathlib import Path
from features.crowd import Learnt
from features.engines import local
from features.plan import Plan
from features.settings import EngineSettings
folder = Path(sys.argv[1])
plan = Plan.model_validate_json((folder / "plan.json").read_text())
def most_kb():
    # Not ru_maxrss: that begins with what the process that started this one had.
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
before = most_kb()
settings = EngineSettings(batch_events=50_000, threads=1, memory_gb=1.0)
counts = local.run(folder / "events.parquet", plan, settings, folder / "f", folder / "l", Learnt())
print(json.dumps({**counts, "more_kb": most_kb() - before}))
"""


def test_a_million_customers_with_one_event(tmp_path: Path, plan_with: PlanWith, repo: Path) -> None:
    plan = at_days(plan_with(("recency", "tenure")), 100)
    customer = np.arange(MANY) * 7 - 3 * MANY
    occurred = 90 * DAY_US + np.arange(MANY) * 11
    columns = {
        "event_id": np.arange(MANY), "customer_id": customer, "person_id": customer, "occurred_us": occurred,
        "known_us": occurred, "kind": pa.repeat("purchase", MANY), "source": pa.repeat("t", MANY),
    }  # fmt: skip
    table = pa.table([columns.get(name, pa.nulls(MANY)) for name in EVENTS.names], names=EVENTS.names)
    write_table(tmp_path / "events.parquet", EVENTS, iter([table.cast(EVENTS)]), sorted_by=("person_id",))
    (tmp_path / "plan.json").write_text(plan.model_dump_json())
    done = subprocess.run(
        [sys.executable, "-c", MILLION, str(tmp_path)], capture_output=True, text=True, check=True, cwd=repo
    )
    found = json.loads(done.stdout)
    assert (found["events"], found["rows"]) == (MANY, MANY)
    features = pq.read_table(tmp_path / "f" / f"{day_of(plan.as_of_us)}.parquet")
    assert features["customer_id"].to_numpy().tolist() == customer.tolist()
    wanted = ((plan.as_of_us - occurred) / DAY_US).astype(np.float32)
    assert features["recency__order"].to_numpy().tobytes() == wanted.tobytes()
    # All of it at once is some 2 kB an event.
    assert found["more_kb"] < 500_000


def test_no_events_at_all(tmp_path: Path, short: Plan, random_log: Log, batch_of: Batch) -> None:
    empty = tmp_path / "events.parquet"
    write_table(empty, EVENTS, iter([]), sorted_by=("person_id",))
    learnt = local.learn(empty, short, EngineSettings(), tmp_path / "learn")
    counts = local.run(empty, short, EngineSettings(), tmp_path / "f", tmp_path / "l", learnt)
    assert counts == {"events": 0, "rows": 0}
    some = build(batch_of(random_log(1)), short)
    for name, table in zip("fl", some, strict=True):
        for cutoff_us in short.all_cutoffs:
            path = tmp_path / name / f"{day_of(cutoff_us)}.parquet"
            assert pq.read_metadata(path).num_rows == 0
            assert pq.read_schema(path).equals(table.schema)
    learnt.write(tmp_path / "crowd")
    # What was learnt of nobody serves who comes tomorrow.
    later, _ = built(random_log(1), short, Learnt.read(tmp_path / "crowd"))
    assert len(later) == len(some[0])


# ---- words -------------------------------------------------------------------------------------------------


def test_a_kind_that_nobody_knows_is_refused(
    tmp_path: Path, short: Plan, random_log: Log, batch_of: Batch
) -> None:
    log = random_log(2)
    log.loc[log.index[5], "kind"] = "teleport"
    pq.write_table(batch_of(log), tmp_path / "events.parquet")
    with pytest.raises(
        InputError, match=r"unknown kind \['teleport'\]; allowed: page_view, .*; mend the source"
    ):
        local.run(
            tmp_path / "events.parquet", short, EngineSettings(), tmp_path / "f", tmp_path / "l", Learnt()
        )
    assert not (tmp_path / "f").exists()


def test_a_channel_or_scale_that_nobody_knows_is_none(short: Plan, random_log: Log) -> None:
    log = random_log(2)
    strange = log.assign(
        channel=log["channel"].where(log["channel"] != "app", "telepathy"),
        rating_scale=log["rating_scale"].where(log["rating_scale"] != "stars", "dice"),
    )
    bare = log.assign(
        channel=log["channel"].where(log["channel"] != "app", None),
        rating_scale=log["rating_scale"].where(log["rating_scale"] != "stars", None),
    )
    assert same(built(strange, short)[0], built(bare, short)[0])


def test_categories_that_the_crowd_never_saw(short: Plan, random_log: Log) -> None:
    log = random_log(2)
    learnt = learnt_from(log, short)
    new = {"a": "a never seen one", "b": "", "c": "x" * 5000, "d": "é\x00ü", "f": None}
    log = log.assign(category=log["category"].map(lambda word: new.get(word, word)))
    assert compared(short, log, learnt) == []


# ---- time --------------------------------------------------------------------------------------------------


def test_bursts_within_a_second(short: Plan, random_log: Log) -> None:
    for seed, microseconds in ((3, 1), (4, 5), (5, 1_000_000)):
        log = random_log(seed, late=False, n=300)
        random = np.random.default_rng(seed)
        # Moments close together, now and then across a midnight, which is also a cutoff.
        start = random.choice([DAYS[0], 100, DAYS[0] - 1, DAYS[1], 170], len(log)) * DAY_US
        occurred = start + random.integers(0, microseconds, len(log)) - microseconds // 2
        assert compared(short, log.assign(occurred_us=occurred, known_us=occurred)) == []


def test_an_event_counts_from_the_microsecond_after_it_until_another_owns_it(plan_with: PlanWith) -> None:
    plan = only_at(plan_with(("frequency", "recency")), 100 * DAY_US)
    t = plan.as_of_us
    #: occurred, known, until, and whether it is seen at t.
    cases = [
        (t - 1, t - 1, None, True), (t, t, None, False), (t - 5, t, None, True), (t - 5, t + 1, None, False),
        (t - 5, t - 5, t, False), (t - 5, t - 5, t + 1, True), (t + 1, t - 5, None, False),
        (t - 7 * DAY_US, t - 1, None, True), (t - 7 * DAY_US - 1, t - 1, None, True),
    ]  # fmt: skip
    for occurred, known, until, seen in cases:
        log = pd.DataFrame(
            {"event_id": [1], "customer_id": [4], "occurred_us": occurred, "known_us": known, "kind": "purchase",
             "until_us": pd.array([until], dtype="Int64"), "source": "t"}
        )  # fmt: skip
        features, _ = built(log, plan)
        assert features["customer_id"].to_pylist() == [4] * seen
        if seen:
            assert features["recency__order"].to_pylist() == [
                pytest.approx((t - occurred) / DAY_US, rel=1e-6)
            ]
            assert features["frequency__orders__7d"].to_pylist() == [float(occurred >= t - 7 * DAY_US)]


@pytest.mark.parametrize("linked", [False, True])
def test_what_was_known_before_it_happened(short: Plan, random_log: Log, linked: bool) -> None:
    log = random_log(6, linked=linked)
    random = np.random.default_rng(6)
    early = random.random(len(log)) < 0.4
    known = np.where(early, log["occurred_us"] - random.integers(0, 300 * DAY_US, len(log)), log["known_us"])
    assert (known < 0).any()
    assert compared(short, log.assign(known_us=known)) == []


def test_before_1970_is_refused(tmp_path: Path, short: Plan, random_log: Log) -> None:
    log = random_log(2)
    log.loc[log.index[:3], "occurred_us"] = [-1, -DAY_US, -(2**50)]
    with pytest.raises(InputError, match=r"3 occurred before 1970.*quarantine"):
        built(log, short)
    meta = ingested(tmp_path, ["1969-12-31 23:59:59", "1970-01-01 00:00:00", "1900-01-01 00:00:00"], "UTC")
    assert meta["quarantine_reasons"] == {"occurred lies before 1970": 2}
    assert pq.read_table(tmp_path / "out" / "events.parquet")["occurred_us"].to_pylist() == [0]


def ingested(folder: Path, moments: list[str], zone: str) -> dict[str, object]:
    """Orders of one customer at moments by the clock of a zone, through the adapter of CSV files."""
    (folder / "raw").mkdir()
    rows = "\n".join(f"k1,{moment},{number}" for number, moment in enumerate(moments))
    (folder / "raw" / "orders.csv").write_text(f"who,when,much\n{rows}\n")
    text = {
        "kind": "table", "title": "t", "path": ["raw"], "id_key": "public",
        "rhythm": {"step_days": 7, "churn_horizon_days": 7, "readiness_horizon_days": 7},
        "options": {
            "files": "*.csv", "columns": {"customer": "who", "occurred": "when", "value": "much"},
            "constants": {"kind": "purchase", "channel": "web"}, "time_zone": zone,
        },
    }  # fmt: skip
    source = SourceSettings.model_validate_json(json.dumps(text))
    now_us = int(pd.Timestamp("2026-01-01").value // 1000)
    return ingest("t", source, folder, folder / "out", folder / "ids.parquet", now_us=now_us, threads=1)


#: Clock in Amsterdam, and UTC. Summer begins on 31 March 2024 at 01:00 UTC and ends on 27 October 2024 at 01:00.
CLOCKS = [
    ("2024-03-25 00:59:59", "2024-03-24 23:59:59"),
    ("2024-03-25 01:00:00", "2024-03-25 00:00:00"),
    ("2024-03-31 01:59:59", "2024-03-31 00:59:59"),
    ("2024-03-31 02:30:00", "2024-03-31 01:00:00"),
    ("2024-03-31 03:00:00", "2024-03-31 01:00:00"),
    ("2024-04-01 01:59:59", "2024-03-31 23:59:59"),
    ("2024-10-21 01:59:59", "2024-10-20 23:59:59"),
    ("2024-10-21 02:00:00", "2024-10-21 00:00:00"),
    ("2024-10-27 02:30:00", "2024-10-27 00:30:00"),
    ("2024-10-27 03:00:00", "2024-10-27 02:00:00"),
    ("2024-10-28 00:59:59", "2024-10-27 23:59:59"),
]


def test_the_clock_changes_and_a_day_stays_a_day(tmp_path: Path, plan_with: PlanWith) -> None:
    meta = ingested(tmp_path, [clock for clock, _ in CLOCKS], "Europe/Amsterdam")
    assert meta["quarantine_reasons"] == {}
    utc = [int(pd.Timestamp(moment).value // 1000) for _, moment in CLOCKS]
    events = pq.read_table(tmp_path / "out" / "events.parquet")
    assert events.sort_by("occurred_us")["occurred_us"].to_pylist() == utc

    plan = plan_with(tuple(COMPARED))
    for cutoff, orders, lines in (("2024-04-01", 4, 5), ("2024-10-28", 4, 4)):
        cutoff_us = int(pd.Timestamp(cutoff).value // 1000)
        assert sum(cutoff_us - 7 * DAY_US <= moment < cutoff_us for moment in utc) == lines
        now = only_at(plan, cutoff_us)
        features, _ = build(events, now, learnt_from(events.to_pandas(), now))
        # The order of 00:59:59 by the clock was made on the day before, by UTC: a week is 7 x 24 hours.
        assert features["frequency__orders__7d"].to_pylist() == [orders]
        assert features["recency__order"].to_pylist() == [pytest.approx(1 / 86_400, rel=1e-3)]
        assert compared(now, events.to_pandas()) == []


# ---- numbers -----------------------------------------------------------------------------------------------


def test_numbers_at_their_bounds(short: Plan, random_log: Log) -> None:
    log = random_log(7, linked=True)
    random = np.random.default_rng(7)
    odd = {
        "value": [0.0, -5.0, 1e7, 0.01, np.nan], "quantity": [0.0, 1e6, 1.0, np.nan, -1.0],
        "duration_s": [0.0, 1e7, np.nan], "sentiment": [-1.0, 0.0, 1.0, np.nan], "rating": [0.0, 10.0, 1.0, 5.0],
    }  # fmt: skip
    log = log.assign(**{name: random.choice(values, len(log)) for name, values in odd.items()})
    assert compared(short, log) == []
    infinite = log.assign(value=log["value"].replace(1e7, np.inf))
    assert same(
        built(infinite, short)[0], built(log.assign(value=log["value"].replace(1e7, np.nan)), short)[0]
    )


def test_ids_at_their_bounds(short: Plan, random_log: Log) -> None:
    log = random_log(8)
    ids = dict(zip(log["customer_id"].unique(), [-(2**63), 2**63 - 1, 0, -1], strict=False))
    log = log[log["customer_id"].isin(list(ids))]
    log = log.assign(customer_id=log["customer_id"].map(ids), session_id=log["session_id"] + (2**63 - 100))
    assert compared(short, log) == []
