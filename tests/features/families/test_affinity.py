"""Affinity: categories bought by the same people lie near each other, as far as was known at the cutoff."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from features.contract import DAY_US, EVENTS
from features.crowd import Learnt, count_crowd, fit_crowd
from features.plan import Plan
from features.settings import JourneySettings
from features.table import build

T = 400
WORDS = {"nl": "", "en": ""}
HOME, GARDEN = ("bed", "chair", "lamp"), ("hose", "rake", "spade")
AXES = [f"axis_{number}" for number in range(1, 9)]
PLAN = Plan(
    source="test", currency="EUR", kinds=("product_view", "purchase"), channels=("web",),
    complete_until_us=T * DAY_US, missing_days=(), as_of_us=T * DAY_US,
    cutoffs={"churn": ((T - 60) * DAY_US, (T - 30) * DAY_US)}, contracts=(), families=("affinity",),
    windows_days=(7, 28), lookback_days=300, mean_gap_days=28.0,
    journey=JourneySettings(name="none", title=WORDS, phases=(), dormant=WORDS),
)  # fmt: skip

Bought = tuple[int, float, str | None]


def log(bought: list[Bought], known: float | None = None, kind: str = "purchase") -> pa.Table:
    """Order lines of (customer, day, category); known at once, or all on one day."""
    rows = [
        {"event_id": number, "customer_id": customer, "person_id": customer, "kind": kind,
         "category": category, "occurred_us": int(day * DAY_US),
         "known_us": int((day if known is None else known) * DAY_US), "source": "test"}
        for number, (customer, day, category) in enumerate(bought)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=EVENTS)


def planted(seed: int = 0, customers: int = 400) -> list[Bought]:
    """Half of the customers buys for the home, half for the garden; one line in twenty is of the other half."""
    random = np.random.default_rng(seed)
    out: list[Bought] = []
    for customer in range(1, customers + 1):
        own, other = (HOME, GARDEN) if customer <= customers // 2 else (GARDEN, HOME)
        for day in random.uniform(T - 250, T - 70, int(random.integers(2, 7))):
            out.append((customer, day, str(random.choice(other if random.random() < 0.05 else own))))
    return out


def learnt(*batches: pa.Table, plan: Plan = PLAN) -> Learnt:
    return fit_crowd([count_crowd(batch, plan) for batch in batches], plan)


def space(table: pa.Table | None) -> dict[str, np.ndarray]:
    assert table is not None
    return {row["category"]: np.array([row[axis] for axis in AXES]) for row in table.to_pylist()}


def cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other / np.sqrt((one @ one) * (other @ other)))


def told(events: pa.Table, crowd: Learnt) -> dict[int, dict[str, float]]:
    """What is said of each customer at the newest cutoff."""
    features, _ = build(events, PLAN, crowd)
    newest = [row for row in features.to_pylist() if row["cutoff_us"] == PLAN.as_of_us]
    return {
        row["customer_id"]: {name.removeprefix("affinity__"): row[name] for name in row} for row in newest
    }


def test_categories_of_the_same_people_lie_together() -> None:
    place = space(learnt(log(planted())).at("affinity", PLAN.as_of_us))
    assert sorted(place) == sorted(HOME + GARDEN)
    groups = {word: group for group in (HOME, GARDEN) for word in group}
    for one in place:
        for other in place:
            if one < other:
                near = cosine(place[one], place[other])
                assert near > 0.3 if groups[one] == groups[other] else near < 0.1, (one, other)


def test_tastes_of_two_groups_differ() -> None:
    events = planted()
    # Two newcomers who bought different things for the home are more alike than one for the garden is to them.
    events += [(1001, T - 80, "bed"), (1002, T - 80, "lamp"), (1003, T - 80, "rake"), (1004, T - 80, None)]
    # One went from the home to the garden of late, one stayed.
    events += [
        (1005, T - 200, "bed"),
        (1005, T - 10, "rake"),
        (1006, T - 200, "bed"),
        (1006, T - 10, "chair"),
    ]
    batch = log(events)
    said = told(batch, learnt(batch))
    assert said[1006]["near_before"] > 0.3 > 0.1 > said[1005]["near_before"]
    assert said[1006]["near_last"] > said[1005]["near_last"]
    assert said[1005]["spread"] > said[1006]["spread"] > said[1001]["spread"] == 0
    taste = {who: np.array([said[who][f"taste_{axis}"] for axis in (1, 2, 3, 4)]) for who in said}
    assert np.abs(taste[1001] - taste[1003]).max() > 0.3
    nameless = {name: value for name, value in said[1004].items() if name not in ("customer_id", "cutoff_us")}
    assert set(nameless.values()) == {0.0}


def test_what_is_looked_at_is_held_against_what_was_bought() -> None:
    bought = [*planted(), (1001, T - 80, "bed"), (1002, T - 80, "bed")]
    looks = log([(1001, T - 3, "chair"), (1002, T - 3, "rake")], kind="product_view")
    events = pa.concat_tables([log(bought), looks])
    said = told(events, learnt(events))
    assert said[1001]["near_looked"] > 0.3 > 0.1 > said[1002]["near_looked"]
    assert said[1]["near_looked"] == 0


def test_batches_change_no_bit() -> None:
    events = log(planted())
    customer = events["customer_id"].to_numpy()
    parts = [events.filter(pa.array(customer % 3 == part)) for part in (2, 0, 1)]
    # A batch may hold nobody who bought, or categories that no other batch has.
    whole, split = learnt(events), learnt(*parts, log([]))
    assert whole.tables["affinity"].keys() == split.tables["affinity"].keys() == set(PLAN.all_cutoffs)
    for cutoff_us in PLAN.all_cutoffs:
        one, other = whole.at("affinity", cutoff_us), split.at("affinity", cutoff_us)
        assert one is not None and one.equals(other)


def test_what_is_not_yet_known_changes_no_bit() -> None:
    early = planted()
    later = [(customer, T - 40.0, "bed") for customer in range(201, 401)]
    before = learnt(log(early))
    for more in (log(later), log([(who, T - 100.0, what) for who, _, what in later], known=T - 40)):
        after = learnt(pa.concat_tables([log(early), more]))
        first, second, newest = PLAN.all_cutoffs
        assert before.at("affinity", first).equals(after.at("affinity", first))  # type: ignore[union-attr]
        # By the next cutoff it is known, and everything has moved.
        for cutoff_us in (second, newest):
            assert not before.at("affinity", cutoff_us).equals(after.at("affinity", cutoff_us))  # type: ignore[union-attr]


def test_axes_keep_their_meaning_when_the_biggest_group_changes() -> None:
    plan = PLAN.model_copy(update={"lookback_days": 100})
    random = np.random.default_rng(5)

    def season(day: int, home: int, garden: int) -> list[Bought]:
        groups = [HOME] * home + [GARDEN] * garden
        return [(1 + who, day + random.random(), str(word)) for who, group in enumerate(groups)
                for word in random.choice(group, 2, replace=False)]  # fmt: skip

    # At the first cutoff mostly the home is bought, at the last mostly the garden.
    batch = log(season(T - 150, 300, 100) + season(T - 50, 100, 300))
    tables = learnt(batch, plan=plan)
    early, late = (space(tables.at("affinity", when)) for when in (plan.all_cutoffs[0], plan.as_of_us))
    alone = space(learnt(batch, plan=plan.model_copy(update={"cutoffs": {}})).at("affinity", plan.as_of_us))
    for word in (*HOME, *GARDEN):
        assert cosine(early[word], late[word]) > 0.9
    assert min(cosine(early[word], alone[word]) for word in early) < 0.5
    # Turning changes no distance.
    assert cosine(late["bed"], late["rake"]) == pytest.approx(cosine(alone["bed"], alone["rake"]), abs=1e-4)


def test_a_customer_of_everything_and_a_shop_of_everything_are_bounded() -> None:
    everything = [(1, T - 100.0, f"c{word:04d}") for word in range(5_000)]
    often = [(1, T - 100.0 - line, f"c{word:04d}") for word in range(7, 27) for line in range(2)]
    (counted,) = count_crowd(log(everything + often), PLAN.model_copy(update={"cutoffs": {}})).values()
    assert len(counted) == 20 * 21 / 2
    assert set(counted["one"].to_pylist()) == {f"c{word:04d}" for word in range(7, 27)}
    assert counted["leading"].to_pylist().count(1) == 1
    shop = [(who, T - 100.0, f"c{(who + step) % 300:04d}") for who in range(1, 301) for step in range(3)]
    shop += [(who, T - 90.0, "c0250") for who in range(1, 50)]
    place = space(learnt(log(shop)).at("affinity", PLAN.as_of_us))
    assert len(place) == 200 and "c0250" in place


def test_nothing_bought_is_nothing_learnt(tmp_path: Path) -> None:
    # All is bought before the second cutoff's look-back begins to see it, and forgotten by the last.
    plan = PLAN.model_copy(update={"lookback_days": 40, "windows_days": (7,)})
    tables = learnt(log([(1, T - 65.0, "bed"), (2, T - 65.0, "bed")]), plan=plan)
    place = space(tables.at("affinity", plan.as_of_us))
    assert set(place) == {"bed"}
    tables.write(tmp_path / "crowd")
    assert Learnt.read(tmp_path / "crowd").at("affinity", plan.as_of_us) == tables.at(
        "affinity", plan.as_of_us
    )
    nothing = learnt(log([(1, T - 65.0, None)]))
    assert len(nothing.at("affinity", plan.as_of_us) or ()) == 0
    (said,) = told(log([(1, T - 65.0, "bed")]), nothing).values()
    assert {said[f"taste_{axis}"] for axis in (1, 2, 3, 4)} == {0.0}
