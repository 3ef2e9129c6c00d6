"""What families cost: each pays for its own work, shared work once where all are built together."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import ModuleType

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.contract import DAY_US, EVENTS
from features.crowd import Learnt
from features.families._base import Crowd, Family, Measure, Scope
from features.history import Floats, History
from features.plan import Plan
from features.settings import JourneySettings, LabelContract, Words
from models.family_gains.costs import build_seconds, columns_of, stored_bytes

NOW = 200 * DAY_US
CUTOFFS = (100 * DAY_US, 150 * DAY_US, NOW)


class SlowClock:
    """Time passes only where a family says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def work(self, seconds: float) -> None:
        self.now += seconds


CLOCK = SlowClock()


def shared(history: History) -> Floats:
    """Work that both families want; it takes 10 seconds the first time at a cutoff."""
    if "shared" not in history.memo:
        CLOCK.work(10)
        history.memo["shared"] = history.total()
    made = history.memo["shared"]
    assert isinstance(made, np.ndarray)
    return made


def measures_of(seconds: float, name: str) -> Family:
    def measures(history: History, scope: Scope) -> Iterator[Measure]:
        values = shared(history)
        CLOCK.work(seconds)
        yield Measure(name, values, "events", "", "")

    return Family(measures)


def count(history: History, scope: Scope) -> pa.Table:
    CLOCK.work(100)
    return pa.table({"kind": ["all"], "events": [len(history.row)]})


def fit(counts: pa.Table, scope: Scope, before: pa.Table | None) -> pa.Table:
    CLOCK.work(1000)
    return counts


def crowded(history: History, scope: Scope) -> Iterator[Measure]:
    CLOCK.work(5 if scope.learnt is None else 7)
    yield Measure("crowd", history.total(), "events", "", "")


@pytest.fixture
def plan(monkeypatch: pytest.MonkeyPatch) -> Plan:
    """A plan with three families of one's own; nothing of it is in features/families."""
    family = {
        "light": measures_of(1, "light"), "heavy": measures_of(4, "heavy"),
        "peers": Family(crowded, crowd=Crowd(count, fit, ("kind",))),
    }  # fmt: skip
    monkeypatch.setitem(sys.modules, "my_families", ModuleType("my_families"))
    for name, one in family.items():
        module = ModuleType(f"my_families.{name}")
        module.FAMILY = one  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)
    words: Words = {"nl": "-", "en": "-"}
    return Plan(
        source="x", currency="EUR", kinds=("purchase",), channels=("web",), complete_until_us=NOW,
        missing_days=(date(1970, 1, 2),), as_of_us=NOW, cutoffs={"churn": CUTOFFS[:2]},
        contracts=(LabelContract(target="churn", horizon_days=28),),
        families=tuple(f"my_families.{name}" for name in family), windows_days=(7, 28), lookback_days=300,
        mean_gap_days=30.0, journey=JourneySettings(name="none", title=words, phases=(), dormant=words),
    )  # fmt: skip


@pytest.fixture
def batch() -> pa.Table:
    rows = [
        {
            "event_id": n, "customer_id": n % 4, "person_id": n % 4, "occurred_us": n * DAY_US, "known_us": n * DAY_US,
            "until_us": None, "kind": "purchase", "channel": "web", "value": 1.0, "source": "x",
        }
        for n in range(90)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=EVENTS)


def test_a_family_pays_for_its_own_work_and_for_what_it_would_have_to_do_alone(
    plan: Plan, batch: pa.Table
) -> None:
    built = build_seconds(batch, plan, Learnt(), CLOCK)
    # Three cutoffs; counting the crowd takes 100 and learning from it 1000 at each.
    assert built.families == {"light": 3 * 11, "heavy": 3 * 14, "peers": 3 * 5 + 3 * 1100}
    assert built.learning == {"peers": 3 * 1100}
    assert built.phases == 0
    assert built.together == 3 * (10 + 1 + 4 + 5) + 3 * 1100


def test_what_was_learnt_from_the_crowd_is_handed_to_the_family(plan: Plan, batch: pa.Table) -> None:
    learnt = Learnt({"peers": {0: pa.table({"kind": ["all"], "events": [1]})}})
    built = build_seconds(batch, plan, learnt, CLOCK)
    assert built.families["peers"] - built.learning["peers"] == 3 * 7


def test_seconds_are_scaled_to_the_log(plan: Plan, batch: pa.Table) -> None:
    built = build_seconds(batch, plan, Learnt(), CLOCK)
    doubled = built.times(2.0)
    assert doubled.families == {name: 2 * seconds for name, seconds in built.families.items()}
    assert (doubled.together, doubled.learning["peers"]) == (2 * built.together, 2 * built.learning["peers"])


def test_bytes_are_those_of_every_file(tmp_path: Path) -> None:
    one = pa.table({"a": np.arange(1000.0), "b": np.zeros(1000)})
    for day in ("2024-01-01", "2024-01-29"):
        pq.write_table(one, tmp_path / f"{day}.parquet", row_group_size=300)
    found = stored_bytes(tmp_path)
    metadata = pq.read_metadata(tmp_path / "2024-01-01.parquet")
    groups = [metadata.row_group(group) for group in range(metadata.num_row_groups)]
    for place, name in enumerate(("a", "b")):
        assert found[name] == 2 * sum(group.column(place).total_compressed_size for group in groups)
    assert found["a"] > found["b"]


def test_columns_belong_to_the_family_the_dictionary_says() -> None:
    dictionary = [
        {"name": "days_in_phase", "family": "phase"}, {"name": "journey__visits", "family": "journey"},
        {"name": "recency__order", "family": "recency"}, {"name": "journey__loops", "family": "journey"},
    ]  # fmt: skip
    assert columns_of(dictionary) == {
        "phase": ("days_in_phase",), "journey": ("journey__visits", "journey__loops"), "recency": ("recency__order",),
    }  # fmt: skip
