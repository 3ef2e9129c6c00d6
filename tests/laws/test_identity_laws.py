"""Laws of identity: whose an event is, as it was known at a time, against a slow reference written otherwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.contract import DAY_US, NEVER
from features.identity import MOST_STEPS, Links, owners, settle, versions
from features.plan import Plan
from features.table import build

Log = Callable[..., pd.DataFrame]
Batch = Callable[[pd.DataFrame], pa.Table]
Link = tuple[int, int, int]
Event = tuple[int, int, int]

ID = st.integers(1, 7)
MOMENT = st.integers(0, 30)
#: Downward, upward, to itself, in circles, twice at one moment: whatever a source may say.
LINKS = st.lists(st.tuples(ID, ID, MOMENT), max_size=14)
#: (id, occurred, known): known before it occurred too, as clocks may have it.
EVENTS = st.lists(st.tuples(ID, MOMENT, MOMENT), min_size=1, max_size=12)
many = settings(max_examples=300, deadline=None, derandomize=True)
few = settings(max_examples=4, deadline=None, derandomize=True)


def links_of(links: list[Link]) -> Links:
    columns = np.array(links, np.int64).reshape(-1, 3).T
    return settle(columns[0], columns[1], columns[2])


def owner_at(who: int, occurred: int, at: int, links: list[Link]) -> int:
    """Walk one event through the links that were known at a moment, in plain words."""
    visited = [who]
    while len(visited) <= MOST_STEPS:
        known = [(k, a != b, b) for a, b, k in links if a == visited[-1] and k <= at]
        before = [link for link in known if link[0] <= occurred]
        if not known:
            break
        first = min(k for k, _, _ in known)
        _, _, target = max(before) if before else max(link for link in known if link[0] == first)
        if target in visited:
            break
        visited.append(target)
    return visited[-1]


@dataclass(frozen=True)
class Held:
    """The rows of `versions`, to ask who held an event at a moment."""

    rows: list[tuple[int, int, int, int]]

    @classmethod
    def of(cls, events: list[Event], links: list[Link]) -> Held:
        columns = np.array(events, np.int64).reshape(-1, 3).T
        found = versions(columns[0], columns[1], columns[2], links_of(links))
        parts = (found.row, found.owner, found.known_us, found.until_us)
        return cls(list(zip(*(part.tolist() for part in parts), strict=True)))

    def at(self, row: int, moment: int) -> list[int]:
        return [who for one, who, known, until in self.rows if one == row and known <= moment < until]


@many
@given(EVENTS, LINKS)
def test_owners_are_those_of_the_slow_reference(events: list[Event], links: list[Link]) -> None:
    held = Held.of(events, links)
    for row, (who, occurred, known) in enumerate(events):
        for moment in range(33):
            if moment < known:
                assert held.at(row, moment) == []
            elif moment > occurred:
                assert held.at(row, moment) == [owner_at(who, occurred, moment, links)]


@many
@given(EVENTS, LINKS)
def test_the_spans_of_an_event_follow_one_another_from_known_to_never(
    events: list[Event], links: list[Link]
) -> None:
    held = Held.of(events, links)
    for row, (_, _, known) in enumerate(events):
        mine = [one for one in held.rows if one[0] == row]
        assert mine[0][2] == known and mine[-1][3] == NEVER
        assert [one[3] for one in mine[:-1]] == [one[2] for one in mine[1:]]
        assert all(one[2] < one[3] for one in mine)
        assert len({one[1] for one in mine}) == len(mine)


@many
@given(EVENTS, LINKS, LINKS, MOMENT)
def test_a_later_link_changes_nothing_before_it_is_known(
    events: list[Event], links: list[Link], later: list[Link], known: int
) -> None:
    before = Held.of(events, links)
    after = Held.of(events, [*links, *((a, b, known + 1 + k) for a, b, k in later)])
    for row, (_, occurred, _) in enumerate(events):
        for moment in range(occurred + 1, known + 1):
            assert before.at(row, moment) == after.at(row, moment)


@many
@given(EVENTS, LINKS, st.randoms(use_true_random=False))
def test_the_order_of_links_and_events_and_repeated_links_do_not_matter(
    events: list[Event], links: list[Link], random: st.DataObject
) -> None:
    held = Held.of(events, links)
    again = [*links, *links]
    random.shuffle(again)  # type: ignore[attr-defined]
    assert Held.of(events, again) == held
    for row, event in enumerate(events):
        assert [one[1:] for one in Held.of([event], links).rows] == [
            one[1:] for one in held.rows if one[0] == row
        ]


@many
@given(EVENTS, LINKS)
def test_who_an_id_is_at_a_moment(events: list[Event], links: list[Link]) -> None:
    ids, at = np.array([[who, moment] for who, moment, _ in events]).T
    found = owners(ids, at, links_of(links))
    assert found.tolist() == [owner_at(who, moment, moment, links) for who, moment, _ in events]


@many
@given(EVENTS, LINKS)
def test_a_person_is_everybody_that_any_link_joins(events: list[Event], links: list[Link]) -> None:
    person = {who: who for who in range(1, 8)}
    for _ in person:  # the smallest id spreads along the links until nothing changes
        for a, b, _ in links:
            person[a] = person[b] = min(person[a], person[b])
    every = np.arange(1, 8)
    found = links_of(links).persons(every)
    assert found.tolist() == [person[who] for who in every.tolist()]
    # No event ever leaves its person: that is what lets engines partition.
    of = dict(zip(every.tolist(), found.tolist(), strict=True))
    for row, owner, _, _ in Held.of(events, links).rows:
        assert of[owner] == of[events[row][0]]


def stitched(log: pd.DataFrame, links: Links) -> pd.DataFrame:
    """Give the events of a log a row per owner, as ingest does."""
    ids, occurred, known = (log[name].to_numpy() for name in ("customer_id", "occurred_us", "known_us"))
    found = versions(ids, occurred, known, links)
    until = pd.array(found.until_us, dtype="Int64")
    until[found.until_us == NEVER] = pd.NA
    return log.iloc[found.row].assign(
        customer_id=found.owner, known_us=found.known_us, until_us=until, person_id=links.persons(found.owner)
    )


def random_links(log: pd.DataFrame, seed: int) -> list[Link]:
    """Join the ids of a log at random moments: logins, shared browsers, merged and split accounts, circles."""
    random = np.random.default_rng(seed)
    ids = np.unique(log["customer_id"])
    ends = random.choice(ids, (10, 2))
    moments = random.integers(0, 200 * DAY_US, 10)
    return [(int(a), int(b), int(k)) for (a, b), k in zip(ends, moments, strict=True)]


def rows_at(table: pa.Table, cutoff_us: int) -> list[dict[str, object]]:
    return table.filter(pa.compute.equal(table["cutoff_us"], cutoff_us)).to_pylist()


@few
@given(seed=st.integers(0, 10_000))
def test_no_bit_of_a_feature_or_label_knows_of_a_later_link(
    seed: int, random_log: Log, batch_of: Batch, plan: Plan
) -> None:
    log = random_log(seed)
    links = random_links(log, seed)
    features, labels = build(batch_of(stitched(log, links_of(links))), plan)
    for cutoff_us in plan.all_cutoffs:
        early = [link for link in links if link[2] <= cutoff_us]
        only = plan.model_copy(update={"as_of_us": cutoff_us, "cutoffs": dict.fromkeys(plan.cutoffs, ())})
        seen, _ = build(batch_of(stitched(log, links_of(early))), only)
        assert rows_at(features, cutoff_us) == rows_at(seen, cutoff_us)
    newest = max(plan.cutoffs["readiness"])
    contract = next(one for one in plan.contracts if one.target == "readiness")
    end = newest + (contract.gap_days + contract.horizon_days) * DAY_US
    _, as_seen = build(batch_of(stitched(log, links_of([one for one in links if one[2] <= end]))), plan)
    chosen = ["customer_id", "readiness__label"]
    label, seen_label = (
        [{name: row[name] for name in chosen} for row in rows_at(table, newest)]
        for table in (labels, as_seen)
    )
    assert label == seen_label


@few
@given(seed=st.integers(0, 10_000), parts=st.integers(2, 4))
def test_persons_may_be_spread_over_batches_in_any_order(
    seed: int, parts: int, random_log: Log, batch_of: Batch, plan: Plan
) -> None:
    log = random_log(seed)
    log = stitched(log, links_of(random_links(log, seed)))
    whole = build(batch_of(log), plan)
    shuffled = build(batch_of(log.sample(frac=1, random_state=seed)), plan)
    split = [build(batch_of(log[log["person_id"] % parts == part]), plan) for part in range(parts)]
    for place in (0, 1):
        assert whole[place].equals(shuffled[place])
        joined = pa.concat_tables([pair[place] for pair in split]).unify_dictionaries()
        joined = joined.sort_by([("cutoff_us", "ascending"), ("customer_id", "ascending")]).combine_chunks()
        assert joined.to_pylist() == whole[place].to_pylist()


@few
@given(seed=st.integers(0, 10_000))
def test_the_label_of_everybody_is_that_of_who_they_are_by_then(
    seed: int, random_log: Log, batch_of: Batch, plan: Plan
) -> None:
    log = random_log(seed).reset_index(drop=True)
    links = random_links(log, seed)
    _, labels = build(batch_of(stitched(log, links_of(links))), plan)
    contract = next(one for one in plan.contracts if one.target == "next_action")
    for cutoff_us in plan.cutoffs["next_action"]:
        start = cutoff_us + contract.gap_days * DAY_US
        end = start + contract.horizon_days * DAY_US
        if end > plan.as_of_us:
            continue
        rows = list(log[["customer_id", "occurred_us", "known_us", "event_id", "kind", "value"]].itertuples())
        bought: dict[int, float] = {}
        last: dict[int, tuple[int, int, int]] = {}
        for row in rows:
            if row.kind == "purchase" and start <= row.occurred_us < end and row.known_us <= end:
                who = owner_at(row.customer_id, row.occurred_us, end, links)
                bought[who] = bought.get(who, 0.0) + (0.0 if np.isnan(row.value) else row.value)
            if row.occurred_us < cutoff_us and row.known_us <= cutoff_us:
                who = owner_at(row.customer_id, row.occurred_us, cutoff_us, links)
                newest = (
                    row.occurred_us,
                    row.event_id,
                    owner_at(row.customer_id, row.occurred_us, end, links),
                )
                last[who] = max(last.get(who, newest), newest)
        for found in rows_at(labels, cutoff_us):
            person = last[found["customer_id"]][2]
            assert found["next_action__outcome"] == float(person in bought)
            assert found["next_action__value"] == pytest.approx(bought.get(person, 0.0), rel=1e-6)


def test_a_browser_that_becomes_a_customer_and_buys_has_bought(batch_of: Batch, plan: Plan) -> None:
    contract = next(one for one in plan.contracts if one.target == "readiness")
    cutoff = plan.cutoffs["readiness"][0]
    bought = cutoff + (contract.gap_days + 2) * DAY_US
    rows = [
        {"customer_id": 1, "occurred_us": cutoff - 2 * DAY_US, "kind": "purchase", "value": 5.0},
        {"customer_id": 1, "occurred_us": cutoff - DAY_US, "kind": "page_view"},
        {"customer_id": 7, "occurred_us": bought, "kind": "purchase", "value": 9.0},
    ]
    log = pd.DataFrame(rows).assign(event_id=range(3), source="shop", known_us=lambda row: row["occurred_us"])
    end = cutoff + (contract.gap_days + contract.horizon_days) * DAY_US
    for known, expected in ((bought, 1.0), (end, 1.0), (end + 1, 0.0)):
        links = links_of([(1, 7, known)])
        features, labels = build(batch_of(stitched(log, links)), plan)
        label = {row["customer_id"]: row["readiness__label"] for row in rows_at(labels, cutoff)}
        assert label == {1: expected}
        # Later the browser is nobody any more: all it did is the customer's.
        newest = rows_at(features, plan.as_of_us)
        assert {row["customer_id"] for row in newest} == {7}
