"""The canary sings where a family, a phase or a learnt table leaks, names it, and is silent where none does."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

import features.cutoffs
import features.families
import features.phases
import features.table
from features.canary.compare import LEARNT, compare_rows
from features.canary.draw import chosen, draw
from features.canary.flight import Flight, fly
from features.canary.injuries import CONTROL, INJURIES, Injury
from features.canary.rows import Aim
from features.contract import CHANNELS, DAY_US, EVENTS, KINDS, NEVER
from features.crowd import Learnt
from features.discovery import discover
from features.history import History
from features.plan import Plan
from features.planning import make_plan
from features.settings import CutoffSettings, EngineSettings, FeatureSettings, JourneySettings, Rhythm

DAYS = 160
CUTOFF = 120 * DAY_US
#: Kinds that are declared; `share` never happens in this log.
DECLARED = ("page_view", "product_view", "purchase", "email_sent", "email_open", "ticket_open", "share")


def a_log(customers: int = 40, number: int = 1500, seed: int = 3) -> pa.Table:
    """Events of two ids per person: late ones, and browsers that were linked after a while."""
    random = np.random.default_rng(seed)
    person = random.integers(0, customers, number) * 10
    occurred = random.integers(0, DAYS * DAY_US, number)
    late = random.random(number) < 0.1
    log = pd.DataFrame(
        {
            "event_id": np.arange(number) + 1,
            "person_id": person,
            "customer_id": person + (random.random(number) < 0.3),
            "occurred_us": occurred,
            "known_us": occurred + np.where(late, random.integers(0, 20 * DAY_US, number), 0),
            "kind": random.choice(DECLARED[:-1], number),
            "channel": random.choice(CHANNELS[:3], number),
            "category": np.where(random.random(number) < 0.3, None, random.choice(list("abc"), number)),
            "session_id": pd.array(random.integers(0, 300, number), dtype="Int64"),
            "value": np.round(random.gamma(2, 20, number), 2),
            "quantity": 1.0,
            "source": "random",
        }
    )
    linked = log.sample(frac=0.1, random_state=seed)
    moment = linked["known_us"] + 15 * DAY_US
    log["until_us"] = moment.reindex(log.index).astype("Int64")
    owned = linked.assign(customer_id=linked["person_id"] + 5, known_us=moment, until_us=None)
    log = pd.concat([log, owned], ignore_index=True).reindex(columns=EVENTS.names)
    return pa.Table.from_pandas(log, schema=EVENTS, preserve_index=False)


@pytest.fixture(scope="module")
def log() -> pa.Table:
    return a_log()


@pytest.fixture(scope="module")
def plan(repo: Path) -> Plan:
    """A few families that ship, without labels; cutoffs every 20 days from day 60."""
    text = (repo / "conf/journeys/five_phase.yaml").read_text(encoding="utf-8")
    meta = {
        "source": "random", "currency": "EUR", "kinds": list(DECLARED), "channels": list(CHANNELS[:3]),
        "start_us": 0, "complete_until_us": DAYS * DAY_US, "missing_days": [],
    }  # fmt: skip
    made = make_plan(
        meta,
        FeatureSettings(families=("recency", "frequency"), windows_days=(7, 28), lookback_days=90),
        CutoffSettings(), (), JourneySettings.model_validate(yaml.safe_load(text), strict=False),
        Rhythm(step_days=20, churn_horizon_days=20, readiness_horizon_days=20),
    )  # fmt: skip
    grid = tuple(day * DAY_US for day in (60, 80, 100, 120, 140))
    return made.model_copy(update={"cutoffs": {"churn": grid}})


def flown(log: pa.Table, plan: Plan, cutoffs: Iterable[int] = (CUTOFF,)) -> Flight:
    counts = Counter(log["kind"].to_pylist())
    return fly([log], plan, Learnt(), tuple(cutoffs), counts, seed=0)


def caught(flight: Flight, column: str) -> set[str]:
    """The injuries that moved a column."""
    return {injury for injury, _, moved in flight.leaks if moved.column == column}


@pytest.fixture
def family(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Write a family of one's own: ``code`` gives ``values`` from ``history`` and ``scope``."""

    def write(code: str, name: str = "", head: str = "", crowd: str = "None") -> str:
        name = name or f"leaky_{abs(hash((code, head, str(tmp_path)))) % 10**9}"
        (tmp_path / f"{name}_shop").mkdir()
        (tmp_path / f"{name}_shop" / f"{name}.py").write_text(
            "import numpy as np\nimport pyarrow as pa\n"
            "from features.families._base import Crowd, Family, Measure\nfrom features.contract import *\n"
            f"{head}\n"
            "def _measures(history, scope):\n"
            "    rows, cutoff = history._columns, history.frame.cutoff_us\n"
            "    def per_customer(keep):\n"
            "        return np.bincount(rows['row'][keep], minlength=history.frame.customers) * 1.0\n"
            f"    {code}\n"
            "    yield Measure('leak', values, 'events', 'A leak', 'Een lek')\n"
            f"FAMILY = Family(_measures, crowd={crowd})\n"
        )
        monkeypatch.syspath_prepend(str(tmp_path))
        return f"{name}_shop.{name}"

    return write


LEAKS = {
    "reads every row there is": (
        "values = per_customer(slice(None))",
        {"future", "announced", "late", "corrected", "re-stitched", "merged", "removed"},
    ),
    "forgets when a row became known": (
        "values = per_customer(rows['occurred_us'] < cutoff)",
        {"late", "corrected", "re-stitched", "merged", "removed"},
    ),
    "lets in the cutoff itself": (
        "values = per_customer((rows['occurred_us'] <= cutoff) & (rows['known_us'] <= cutoff)"
        " & (rows['until_us'] > cutoff))",
        {"future", "announced"},
    ),
    "lets in what is known a moment later": (
        "values = per_customer((rows['occurred_us'] < cutoff) & (rows['known_us'] <= cutoff + 1)"
        " & (rows['until_us'] > cutoff))",
        # A row that changes in that moment is held twice, by both of its versions.
        {"late", "corrected", "re-stitched", "merged"},
    ),
    "trusts known_us alone": (
        "values = per_customer((rows['known_us'] <= cutoff) & (rows['until_us'] > cutoff))",
        # Of the future only what happens, and is known, at the cutoff itself.
        {"future", "announced"},
    ),
    "wants only what still stands": (
        "values = per_customer((rows['occurred_us'] < cutoff) & (rows['known_us'] <= cutoff)"
        " & (rows['until_us'] == NEVER))",
        {"corrected", "re-stitched", "merged", "removed"},
    ),
    "looks at the others of the batch": (
        "values = np.full(history.frame.customers, history.frame.customers * 1.0)",
        {"merged", "removed", "newcomers", "shuffled"},
    ),
}


@pytest.mark.parametrize("how", LEAKS)
def test_a_leaky_family_is_named_with_the_injuries_that_show_it(
    how: str, family: Callable[..., str], log: pa.Table, plan: Plan
) -> None:
    code, shown_by = LEAKS[how]
    name = family(code)
    flight = flown(log, plan.model_copy(update={"families": (*plan.families, name)}))
    short = name.rpartition(".")[2]
    assert {(moved.column, moved.family) for _, _, moved in flight.leaks} == {(f"{short}__leak", short)}
    assert caught(flight, f"{short}__leak") == shown_by
    for _, cutoff_us, moved in flight.leaks:
        assert (cutoff_us, moved.of) == (CUTOFF, "customers")
        assert 1 <= moved.number <= 120
        assert moved.before != moved.after
        assert int(moved.example) in log["customer_id"].to_pylist()


def test_a_column_that_comes_and_goes_with_the_data_is_a_finding(
    family: Callable[..., str], log: pa.Table, plan: Plan
) -> None:
    name = family(
        "values = history.total()\n"
        "    if 'canary' in history.words['category']:\n"
        "        yield Measure('extra', values, 'events', 'A leak', 'Een lek')"
    )
    flight = flown(log, plan.model_copy(update={"families": (name,)}))
    column = f"{name.rpartition('.')[2]}__extra"
    assert caught(flight, column) == {"corrected"}
    assert {moved.before for _, _, moved in flight.leaks} == {"none"}


COUNTING = """
def count(history, scope):
    keep = {keep}
    return pa.table({{"kind": pa.array([7]), "events": pa.array([int(keep.sum())])}})
def fit(counts, scope, before):
    return counts
"""


@pytest.mark.parametrize(
    ("keep", "shown_by"),
    [
        ("history._columns['occurred_us'] > 0", {"future", "late", "removed", "newcomers"}),
        ("history._columns['occurred_us'] < history.frame.cutoff_us", {"late", "removed"}),
        ("history.column('occurred_us') > 0", set()),
    ],
)
def test_a_leaky_learnt_table_is_named(
    keep: str, shown_by: set[str], family: Callable[..., str], log: pa.Table, plan: Plan
) -> None:
    name = family(
        "values = history.total()", head=COUNTING.format(keep=keep), crowd="Crowd(count, fit, ('kind',))"
    )
    short = name.rpartition(".")[2]
    flight = flown(log, plan.model_copy(update={"families": (name,)}))
    assert f"{LEARNT} {short}" in flight.columns
    assert not flight.unmoved
    assert {moved.column for _, _, moved in flight.leaks} <= {f"{LEARNT} {short}: events"}
    assert shown_by <= caught(flight, f"{LEARNT} {short}: events")
    assert bool(flight.leaks) == bool(shown_by)
    for _, _, moved in flight.leaks:
        assert (moved.family, moved.of, moved.example) == (short, "rows", "kind 7")


def test_a_leaky_phase_is_named(monkeypatch: pytest.MonkeyPatch, log: pa.Table, plan: Plan) -> None:
    honest = features.phases.phases_at

    def leaky(history: History, *rest: Any) -> Any:
        phase, days = honest(history, *rest)
        ahead = np.asarray(history._columns["occurred_us"], np.int64) >= history.frame.cutoff_us
        more = np.bincount(history._columns["row"][ahead], minlength=history.frame.customers)
        return np.where(more > 12, 0, phase), days

    monkeypatch.setattr(features.table, "phases_at", leaky)
    flight = flown(log, plan)
    assert {(moved.column, moved.family) for _, _, moved in flight.leaks} == {("phase", "phase")}
    assert "future" in caught(flight, "phase")
    assert "late" not in caught(flight, "phase")
    words = {moved.before for _, _, moved in flight.leaks} | {moved.after for _, _, moved in flight.leaks}
    assert words <= set(plan.journey.phase_keys)


def test_a_cut_that_forgets_what_was_known_moves_every_family_and_the_rows(
    monkeypatch: pytest.MonkeyPatch, log: pa.Table, plan: Plan
) -> None:
    monkeypatch.setattr(
        features.cutoffs, "_holds", lambda events, _: np.ones(len(events.columns["row"]), bool)
    )
    flight = flown(log, plan)
    families = {moved.family for injury, _, moved in flight.leaks if injury == "late"}
    assert families == {"phase", "recency", "frequency"}
    # Who was never known before is somebody all of a sudden.
    assert "(rows)" in {moved.column for injury, _, moved in flight.leaks if injury == "newcomers"}
    assert not {injury for injury, _, _ in flight.leaks} & {"future", "shuffled"}


def test_a_canary_that_cannot_sing_proves_nothing(
    monkeypatch: pytest.MonkeyPatch, log: pa.Table, plan: Plan
) -> None:
    honest = features.cutoffs.past

    def blind(*args: Any, **more: Any) -> History:
        return honest(*args, **more).where(np.zeros(0, np.int64))

    monkeypatch.setattr(features.cutoffs, "past", blind)
    flight = flown(log, plan, (CUTOFF, 140 * DAY_US))
    assert not flight.leaks
    assert flight.silent == [CUTOFF, 140 * DAY_US]
    assert flight.unmoved == list(flight.columns)


def test_every_family_that_ships_is_silent_and_can_sing(log: pa.Table, plan: Plan) -> None:
    every = tuple(discover(features.families, "FAMILY"))
    flight = flown(log, plan.model_copy(update={"families": every}))
    assert flight.leaks == []
    assert not flight.silent
    # What a family says may rest on the date alone, or on kinds that this log lacks, but the others must hear.
    heard = {column.split("__")[0] for column in set(flight.columns) - set(flight.unmoved)}
    assert {
        "recency",
        "frequency",
        "monetary",
        "cadence",
        "trend",
        "category",
        "channel",
        "phase",
    } <= heard | {"phase"}
    assert len(flight.unmoved) < 0.3 * len(flight.columns)
    tallies = flight.tallies["late"][CUTOFF]
    assert tallies.rows > 100
    assert tallies.cells > tallies.customers * (len(flight.columns) - 10)


def test_a_cutoff_before_anybody_is_told_apart_from_one_that_is_silent(log: pa.Table, plan: Plan) -> None:
    rows = log.to_pandas()
    rows[["occurred_us", "known_us"]] += 100 * DAY_US
    rows["until_us"] = None
    later = pa.Table.from_pandas(rows, schema=EVENTS, preserve_index=False)
    flight = flown(later, plan, (60 * DAY_US, 140 * DAY_US))
    assert flight.empty == [60 * DAY_US]
    assert (flight.silent, flight.leaks) == ([], [])


# ---- the injuries are what they say ---------------------------------------------------------------------------


def held(rows: pa.Table, cutoff_us: int) -> Counter[tuple[object, ...]]:
    """What anybody could know at a cutoff, written down independently of the kernel."""
    table = rows.drop_columns(["person_id", "known_us", "until_us"]).to_pylist()
    known = rows["known_us"].to_pylist()
    until = rows["until_us"].to_pylist()
    return Counter(
        tuple(row.values())
        for row, since, end in zip(table, known, until, strict=True)
        if row["occurred_us"] < cutoff_us and since <= cutoff_us and (end is None or end > cutoff_us)
    )


def aim_at(log: pa.Table, cutoff_us: int = CUTOFF) -> Aim:
    visible = held(log, cutoff_us)
    known = sorted({row[EVENTS.names.index("customer_id")] for row in visible})
    return Aim(cutoff_us, np.asarray(known), DECLARED, Counter(log["kind"].to_pylist()), 0)


@pytest.mark.parametrize("injury", INJURIES, ids=lambda injury: injury.name)
def test_an_injury_changes_the_log_but_nothing_that_was_known(injury: Injury, log: pa.Table) -> None:
    injured = injury.hurt(log, aim_at(log))
    whole = pa.concat_tables(injured.parts)
    assert injured.rows > 0
    assert held(whole, CUTOFF) == held(log, CUTOFF)
    if injury.name != "shuffled":
        assert held(whole, 400 * DAY_US) != held(log, 400 * DAY_US)
    owners = [set(part["person_id"].to_pylist()) for part in injured.parts]
    assert sum(map(len, owners)) == len(set().union(*owners)), "a person is split over batches"


@pytest.mark.parametrize("injury", [*INJURIES, CONTROL], ids=lambda injury: injury.name)
def test_an_injured_log_still_keeps_the_contract(injury: Injury, log: pa.Table) -> None:
    whole = pa.concat_tables(injury.hurt(log, aim_at(log)).parts)
    assert whole.schema.equals(EVENTS)
    until = pd.Series(pa.compute.fill_null(whole["until_us"], NEVER).to_numpy())
    rows = whole.to_pandas()
    assert set(rows["kind"]) <= set(KINDS)
    assert (until > rows["known_us"]).all()
    # The versions of one event follow one another: at any moment one of them holds at most.
    order = rows.assign(until=until).sort_values(["event_id", "known_us"])
    again = order["event_id"].eq(order["event_id"].shift())
    assert (order["known_us"] >= order["until"].shift())[again].all()
    assert rows.groupby("customer_id")["person_id"].nunique().max() == 1


def test_the_edges_themselves_are_tried(log: pa.Table) -> None:
    added = {
        injury.name: injury.hurt(log, aim_at(log)).parts[0].slice(len(log)).to_pandas()
        for injury in (*INJURIES[:3], CONTROL)
    }
    assert (added["future"]["occurred_us"] == CUTOFF).any()
    assert (added["late"]["known_us"] == CUTOFF + 1).any()
    assert (added["late"]["occurred_us"] == CUTOFF - 1).any()
    assert ((added["in time"]["known_us"] == CUTOFF) & (added["in time"]["occurred_us"] < CUTOFF)).any()
    for rows in (added["future"], added["announced"], added["late"]):
        assert set(rows["kind"]) == set(DECLARED), "every declared kind, also one that never happened"


def test_the_counter_check_does_change_what_was_known(log: pa.Table) -> None:
    whole = pa.concat_tables(CONTROL.hurt(log, aim_at(log)).parts)
    assert held(whole, CUTOFF) != held(log, CUTOFF)
    assert held(whole, CUTOFF - 1) - held(log, CUTOFF - 1), "some of it was known long before"


def test_how_persons_are_batched_changes_no_number_of_a_clean_flight(log: pa.Table, plan: Plan) -> None:
    person = log["person_id"].to_numpy()
    counts = Counter(log["kind"].to_pylist())
    halves = [log.filter(pa.array(person % 20 == rest)) for rest in (0, 10)]
    one, two = (fly(batches, plan, Learnt(), (CUTOFF,), counts, 0, 2) for batches in ([log], halves))
    for name in ("future", "late", "corrected", "removed", "newcomers", "shuffled"):
        assert replace(one.tallies[name][CUTOFF]) == replace(two.tallies[name][CUTOFF])


# ---- drawing and comparing ------------------------------------------------------------------------------------


def test_whole_persons_are_drawn_the_same_from_any_order_of_rows(log: pa.Table, tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    (tmp_path / "many").mkdir()
    pq.write_table(log, tmp_path / "events.parquet")
    mixed = log.take(pa.array(random.permutation(len(log))))
    for part in range(2):
        pq.write_table(mixed.slice(part * 700, 700 if not part else None), tmp_path / f"many/{part}.parquet")
    found = []
    for place, events in enumerate(("events.parquet", "many")):
        folder = tmp_path / f"scratch{place}"
        folder.mkdir()
        drawn = draw(tmp_path / events, 12, 5, EngineSettings(threads=1), folder)
        rows = pq.read_table(drawn.events)
        people = set(rows["person_id"].to_pylist())
        whole = log.filter(pa.compute.is_in(log["person_id"], pa.array(sorted(people))))
        assert (drawn.persons, drawn.rows) == (12, len(rows)) == (len(people), len(whole))
        assert drawn.kinds == Counter(rows["kind"].to_pylist())
        found.append(people)
    assert found[0] == found[1]


def test_another_seed_draws_others_and_events_are_bounded() -> None:
    person, rows = np.arange(1000), np.full(1000, 10)
    one, other = (chosen(person, rows, 50, seed) for seed in (1, 2))
    assert one.sum() == other.sum() == 50
    assert (one != other).any()
    assert chosen(person, rows, 500, 1, most=300).sum() == 30
    assert chosen(person, rows, 0, 1, most=300).all(), "everybody is everybody"
    assert chosen(person, np.full(1000, 900), 500, 1, most=300).sum() == 1, "at least one"


def test_one_giant_pushes_nobody_out() -> None:
    rows = np.full(100, 10)
    rows[::7] = 5000
    kept = chosen(np.arange(100), rows, 80, 1, most=5000)
    assert kept[rows == 10].sum() == 80
    assert not kept[rows == 5000].any()


def test_rows_that_come_and_go_are_told() -> None:
    base = pa.table({"customer_id": [1, 2, 3], "recency__last": pa.array([1.0, 2.0, 3.0], pa.float32())})
    found = {moved.column: moved for moved in compare_rows(base, base.slice(1))}
    assert [re.sub(r"\s+", " ", found["(rows)"].before), found["(rows)"].after] == ["a row", "none"]
    assert (found["(rows)"].example, found["(rows)"].number, len(found)) == ("1", 1, 1)
