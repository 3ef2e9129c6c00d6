"""The kernel against a slow, plain Python telling of the same rules."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from features.contract import CHANNELS, DAY_US, EVENTS, KINDS
from features.journey.grid import Grid, phase_matrix
from features.journey.log import read_log
from features.journey.tally import Tally, number
from features.journey.touches import ROLE_DAYS, TOUCHES
from features.journey.visits import BROWSING
from features.journey_tables import journey_tables
from features.phases import phases_at
from features.plan import Plan
from features.scope import scope_of

Shop = Callable[..., pd.DataFrame]
BatchOf = Callable[[pd.DataFrame], pa.Table]
SEEDS = range(6)
PAIRS = (("order_value", "orders"), ("tone", "toned"), ("carts_abandoned", "carts"))
Row = dict[str, Any]


def told(log: pd.DataFrame, plan: Plan) -> dict[int, list[Row]]:
    """Give the rows that hold at the present, per customer, in order of time."""
    found: dict[int, list[Row]] = defaultdict(list)
    for row in log.sort_values(["customer_id", "occurred_us", "event_id"]).to_dict("records"):
        until = row["until_us"]
        row = row | {name: None if pd.isna(row[name]) else row[name] for name in ("channel", "campaign")}
        known = row["occurred_us"] < plan.as_of_us and row["known_us"] <= plan.as_of_us
        if known and (pd.isna(until) or until > plan.as_of_us):
            found[row["customer_id"]].append(row)
    return dict(sorted(found.items()))


def phases_of(batch: pa.Table, plan: Plan, grid: Grid) -> np.ndarray[Any, Any]:
    return phase_matrix(read_log(batch, plan.as_of_us).history, plan, grid)


def in_phase(us: int, weeks: list[int], grid: Grid) -> int | None:
    """Phase lived in at a moment; None before the grid."""
    step = (us // DAY_US - grid.first) // 7
    return weeks[step] if 0 <= step < grid.steps else None


def lived_by(log: pd.DataFrame, batch_of: BatchOf, plan: Plan, grid: Grid) -> dict[int, list[int]]:
    """Give the phases at the end of each step as if every order had been placed a week later."""
    rows = pd.DataFrame([row for mine in told(log, plan).values() for row in mine])
    rows["occurred_us"] += (rows["kind"] == "purchase") * 7 * DAY_US
    rows["known_us"], rows["until_us"] = 0, pd.NA
    rows = rows[rows["occurred_us"] < plan.as_of_us]
    found = phases_of(batch_of(rows), plan, grid).T.tolist()
    return {who: phases[1:] for who, phases in zip(sorted(set(rows["customer_id"])), found, strict=True)}


@pytest.fixture(scope="module", params=SEEDS)
def world(
    request: pytest.FixtureRequest, shop: Shop, batch_of: BatchOf, plan: Plan, grid: Grid
) -> Iterator[Any]:
    log = shop(request.param)
    batch = batch_of(log)
    phases = phases_of(batch, plan, grid).T.tolist()
    people, later = told(log, plan), lived_by(log, batch_of, plan, grid)
    assert len(people) == len(phases)
    entries = []
    for (who, rows), days in zip(people.items(), phases, strict=True):
        ends = later.get(who, [-1] * grid.steps)
        weeks = [
            end if end >= 0 else (0 if day >= 0 else -1) for end, day in zip(ends, days[1:], strict=True)
        ]
        entries.append((rows, days, weeks))
    yield entries, journey_tables(batch, plan, grid, PAIRS)


def orders_of(rows: list[Row]) -> list[int]:
    return sorted({row["occurred_us"] for row in rows if row["kind"] == "purchase"})


def test_the_newest_phases_are_those_of_the_features(
    shop: Shop, batch_of: BatchOf, plan: Plan, grid: Grid
) -> None:
    batch = batch_of(shop(3))
    history = read_log(batch, plan.as_of_us).history
    now, days = phases_at(history, plan.journey, scope_of(plan))
    found = phase_matrix(history, plan, grid)
    assert found[-1].tolist() == now.tolist()
    # Days in the phase are walked back over the same days.
    for customer, since in enumerate(days):
        back = int(since) // 7
        assert (found[-1 - back :, customer] == now[customer]).all()


@pytest.mark.parametrize(("matrix", "steps"), [("weekly", 1), ("four_weekly", 4)])
def test_moves(world: Any, grid: Grid, plan: Plan, matrix: str, steps: int) -> None:
    people, tally = world
    keys = len(plan.journey.phase_keys)
    each = []
    for _, phases, _ in people:
        moves: Counter[tuple[int, int]] = Counter()
        for start in range(len(phases) - steps):
            if phases[start] >= 0 and not any(grid.touched[start : start + steps]):
                moves[phases[start], phases[start + steps]] += 1
        each.append(moves)
    found = number(tally.ratios[matrix]).reshape(keys, keys, -1)
    for i in range(keys):
        begun = [sum(n for (a, _), n in moves.items() if a == i) for moves in each]
        for j in range(keys):
            moved = [moves[i, j] for moves in each]
            expected = [sum(b > 0 for b in begun), sum(moved), sum(begun), sum(m * m for m in moved),
                        sum(m * b for m, b in zip(moved, begun, strict=True)), sum(b * b for b in begun)]  # fmt: skip
            assert found[i, j].tolist() == expected
    assert found[..., 1].sum() > 50


def test_who_is_silent_eight_weeks_later(world: Any, grid: Grid, plan: Plan) -> None:
    entries, tally = world
    dormant = len(plan.journey.phases)
    there: Counter[int] = Counter()
    lost: Counter[int] = Counter()
    for _, days, _ in entries:
        for start in range(grid.steps - 7):
            if days[start] >= 0 and not any(grid.touched[start : start + 8]):
                there[days[start]] += 1
                lost[days[start]] += days[start + 8] == dormant
    found = number(tally.ratios["silent_later"])
    assert sum(lost.values()) > 0
    for phase in range(dormant + 1):
        assert (found[phase, 1], found[phase, 2]) == (lost[phase], there[phase])


def stays_of(phases: list[int], grid: Grid) -> Iterator[tuple[int, bool, int, int | None, int | None]]:
    """Give (phase, begin seen, steps, next phase or None, day of the end) of each stay."""
    day = 0
    while day < len(phases):
        if phases[day] < 0:
            day += 1
            continue
        end = day
        while end + 1 < len(phases) and not grid.touched[end] and phases[end + 1] == phases[day]:
            end += 1
        begun = day > 0 and not grid.touched[day - 1]
        if end + 1 < len(phases) and not grid.touched[end]:
            yield phases[day], begun, end + 1 - day, phases[end + 1], end + 1
        else:
            yield phases[day], begun, end - day, None, None
        day = end + 1


def test_stays_and_the_last_touch_before_silence(world: Any, grid: Grid, plan: Plan) -> None:
    people, tally = world
    keys = len(plan.journey.phase_keys)
    stays = np.zeros_like(tally.counts["stays"])
    last = np.zeros_like(tally.counts["last_touches"])
    own = [
        kind
        for kind in KINDS
        if kind not in ("ad_impression", "email_sent", "discount", "delivery", "ticket_close")
    ]
    for rows, phases, _ in people:
        for phase, begun, steps, to, end in stays_of(phases, grid):
            stays[phase, int(begun), steps, keys if to is None else to] += 1
            if to == keys - 1:
                done = [
                    row for row in rows if row["kind"] in own and row["occurred_us"] < grid.days[end] * DAY_US
                ]
                if done:
                    channel = done[-1]["channel"]
                    code = len(CHANNELS) if channel is None else CHANNELS.index(channel)
                    last[phase, KINDS.index(done[-1]["kind"]), code] += 1
    assert (tally.counts["stays"] == stays).all()
    assert (tally.counts["last_touches"] == last).all() and last.sum() > 3
    ended = stays[..., :keys].sum()
    assert tally.sum("stays_ended")[:keys].sum() == ended
    assert tally.sum("stays_lost")[:keys].sum() == stays[..., keys - 1].sum()
    began = tally.counts["entries"].sum()
    assert began == stays[:, 1].sum()


def test_touchpoints(world: Any, grid: Grid) -> None:
    people, tally = world
    events: Counter[tuple[int, int, int]] = Counter()
    customers: Counter[tuple[int, int, int]] = Counter()
    for rows, _, weeks in people:
        cells = []
        for row in rows:
            phase = in_phase(row["occurred_us"], weeks, grid)
            if phase is not None:
                code = len(CHANNELS) if row["channel"] is None else CHANNELS.index(row["channel"])
                cells.append((phase, KINDS.index(row["kind"]), code))
        events.update(cells)
        customers.update(set(cells))
    found = tally.counts["touchpoints"]
    for place, expected in enumerate((events, customers)):
        cells = {tuple(map(int, cell)): int(found[(*cell, place)]) for cell in np.argwhere(found[..., place])}
        assert cells == dict(expected)


def test_visits_carts_and_conversion(world: Any, grid: Grid, plan: Plan) -> None:
    people, tally = world
    n: Counter[str] = Counter()
    for rows, _, weeks in people:
        orders = orders_of(rows)
        groups: dict[Any, list[Row]] = defaultdict(list)
        for row in rows:
            if row["kind"] in BROWSING:
                no_session = pd.isna(row["session_id"])
                groups[("day", row["occurred_us"] // DAY_US) if no_session else row["session_id"]].append(row)
        visits = sorted(groups.values(), key=lambda visit: visit[0]["occurred_us"])
        starts = [visit[0]["occurred_us"] for visit in visits]
        for place, visit in enumerate(visits):
            start = starts[place]
            if in_phase(start, weeks, grid) is None:
                continue
            measured = sum(0 if pd.isna(row["duration_s"]) else row["duration_s"] for row in visit)
            seconds = measured or (visit[-1]["occurred_us"] - start) / 1e6
            views = sum(row["kind"] == "page_view" for row in visit)
            carts = [row["occurred_us"] for row in visit if row["kind"] == "cart_add"]
            n["visits"] += 1
            n["standing_visits"] += 1
            n["bounces"] += seconds < 10 and views < 2 and not carts
            n["views"] += views
            n["visits_with_cart"] += bool(carts)
            led = [o for o in orders if start <= o <= start + DAY_US]
            later = starts[place + 1 :]
            n["visits_ordered"] += any(not any(start <= s <= o for s in later) for o in led)
        for visit in visits:
            carts = [row["occurred_us"] for row in visit if row["kind"] == "cart_add"]
            if (
                carts
                and carts[0] + 7 * DAY_US <= plan.as_of_us
                and in_phase(carts[0], weeks, grid) is not None
            ):
                n["carts"] += 1
                n["carts_abandoned"] += not any(carts[0] <= o <= carts[0] + 7 * DAY_US for o in orders)
    everything = len(plan.journey.phase_keys)
    assert {name: tally.sum(name)[everything] for name in n} == dict(n)
    assert 0 < n["carts_abandoned"] < n["carts"] and 0 < n["bounces"] < n["visits"]


def test_what_visits_lead_to_is_told_by_where_the_week_began(world: Any, grid: Grid, plan: Plan) -> None:
    people, tally = world
    keys = len(plan.journey.phase_keys)
    visits, carts = [0] * keys, [0] * keys
    for rows, phases, _ in people:
        groups: dict[Any, list[Row]] = defaultdict(list)
        for row in rows:
            if row["kind"] in BROWSING:
                no_session = pd.isna(row["session_id"])
                groups[("day", row["occurred_us"] // DAY_US) if no_session else row["session_id"]].append(row)
        for visit in groups.values():
            step = (visit[0]["occurred_us"] // DAY_US - grid.first) // 7
            if 0 <= step < grid.steps:
                phase = max(phases[step], 0)
                visits[phase] += 1
                carts[phase] += any(row["kind"] == "cart_add" for row in visit)
    assert tally.sum("standing_visits")[:keys].tolist() == visits
    assert tally.sum("visits_with_cart")[:keys].tolist() == carts
    assert (
        sum(carts) > 0 and tally.sum("standing_visits")[:keys].tolist() != tally.sum("visits")[:keys].tolist()
    )


def test_channel_roles(world: Any, grid: Grid) -> None:
    people, tally = world
    roles: Counter[tuple[str, str]] = Counter()
    orders_with_touch = 0
    for rows, _, _ in people:
        orders, before = orders_of(rows), -(2**62)
        for order in orders:
            path = [row["channel"] for row in rows if row["kind"] in TOUCHES and row["channel"] is not None
                    and before < row["occurred_us"] <= order
                    and order - row["occurred_us"] <= ROLE_DAYS * DAY_US]  # fmt: skip
            before = order
            if order < grid.first * DAY_US or not path:
                continue
            orders_with_touch += 1
            roles["starter", path[0]] += 1
            roles["closer", path[-1]] += 1
            for channel in set(path):
                roles["any", channel] += 1
                roles["assist", channel] += channel not in (path[0], path[-1])
    for role in ("starter", "assist", "closer", "any"):
        found = number(tally.ratios[f"role_{role}"])
        for place, channel in enumerate(CHANNELS):
            assert found[place, 1] == roles[role, channel]
            assert found[place, 2] == orders_with_touch
    assert orders_with_touch > 20 and sum(roles["assist", channel] for channel in CHANNELS) > 3


def test_the_loop_after_an_order(world: Any, grid: Grid, plan: Plan) -> None:
    people, tally = world
    buyer = [i for i, phase in enumerate(plan.journey.phases) if phase.part == "buyer"]
    n: Counter[str] = Counter()
    waits: Counter[int] = Counter()
    for rows, phases, _ in people:
        orders = orders_of(rows)
        for place, order in enumerate(orders):
            day = order // DAY_US
            if not grid.first <= day <= grid.last - 91:
                continue
            n["loop_orders"] += 1
            after = orders[place + 1] // DAY_US if place + 1 < len(orders) else None
            seen = [d for d, phase in zip(grid.days, phases, strict=True) if phase in buyer and d > day]
            n["loop_reentered"] += any(d <= day + 91 for d in seen)
            if after is not None and after - day <= 91:
                n["loop_again"] += 1
                if any(d <= after for d in seen):
                    n["loop_looped"] += 1
                    waits[after - day] += 1
    everything = len(plan.journey.phase_keys)
    assert {name: tally.sum(name)[everything] for name in n} == dict(n)
    assert {day: int(k) for day, k in enumerate(tally.counts["loop_days"]) if k} == dict(waits)
    assert n["loop_looped"] > 0


def test_orders_ratings_mails_and_waiting(world: Any, grid: Grid, plan: Plan) -> None:
    people, tally = world
    n: Counter[str] = Counter()
    for rows, _, weeks in people:
        rows_in = [row for row in rows if in_phase(row["occurred_us"], weeks, grid) is not None]
        orders = orders_of(rows_in)
        n["orders"] += len(orders)
        n["ordering"] += bool(orders)
        n["first_orders"] += bool(orders) and orders[0] == orders_of(rows)[0]
        cents = [
            round(100 * row["value"])
            for row in rows_in
            if row["kind"] == "purchase" and row["value"] == row["value"]
        ]
        n["order_value"] += sum(cents)
        for row in rows_in:
            if row["rating"] == row["rating"] and row["kind"] == "survey":
                n["nps_answers"] += 1
                n["nps_balance"] += (row["rating"] >= 9) - (row["rating"] <= 6)
            if row["rating"] == row["rating"] and row["kind"] == "ticket_close":
                n["satisfaction_answers"] += 1
                n["satisfied"] += row["rating"] >= 4
            n["toned"] += row["sentiment"] == row["sentiment"]
        sent = [row for row in rows if row["kind"] == "email_sent"]
        for opening, name in (
            (("email_open", "email_click"), "mails_opened"),
            (("email_click",), "mails_clicked"),
        ):
            hit = set()
            for row in rows:
                earlier = [mail for mail in sent if mail["campaign"] == row["campaign"]
                           and mail["occurred_us"] <= row["occurred_us"]]  # fmt: skip
                if (
                    row["kind"] in opening
                    and earlier
                    and row["occurred_us"] - earlier[-1]["occurred_us"] <= 28 * DAY_US
                ):
                    hit.add(earlier[-1]["event_id"])
            n[name] += sum(
                mail["event_id"] in hit
                for mail in sent
                if in_phase(mail["occurred_us"], weeks, grid) is not None
            )
        for row in rows:
            if row["kind"] == "ticket_close":
                earlier = [
                    t
                    for t in rows
                    if t["kind"] == "ticket_open"
                    and 0 <= row["occurred_us"] - t["occurred_us"] <= 90 * DAY_US
                ]
                known = row["duration_s"] > 0
                began = earlier[-1]["occurred_us"] if earlier else row["occurred_us"]
                if (known or earlier) and in_phase(began, weeks, grid) is not None:
                    n["tickets_waited"] += 1
    everything = len(plan.journey.phase_keys)
    found = {name: tally.sum(name)[everything] for name in n}
    assert found.pop("order_value") == pytest.approx(n.pop("order_value") / 100, abs=1e-6)
    assert found == dict(n)


def test_churn_follows_the_contract(world: Any, grid: Grid, plan: Plan) -> None:
    people, tally = world
    at_risk = lost = 0
    for rows, _, weeks in people:
        days = [order // DAY_US for order in orders_of(rows)]
        for day in range(grid.last - 28, grid.first + 1, -28):
            inside = [
                t
                for start, t in zip(grid.days, grid.touched, strict=False)
                if start + 7 > day and start < day + 28
            ]
            if any(inside) or not any(day - 56 <= d < day for d in days):
                continue
            if in_phase(day * DAY_US, weeks, grid) is not None:
                at_risk += 1
                lost += not any(day <= d < day + 28 for d in days)
    everything = len(plan.journey.phase_keys)
    assert tally.sum("churn_at_risk")[everything] == at_risk
    assert tally.sum("churn_lost")[everything] == lost
    assert 0 < lost < at_risk


def test_weeks_lived_are_counted_once(world: Any, plan: Plan) -> None:
    people, tally = world
    matrix = np.array([weeks for _, _, weeks in people]).T
    found = tally.sum("customer_weeks")
    phases = len(plan.journey.phase_keys)
    assert found[:phases].tolist() == [(matrix == phase).sum() for phase in range(phases)]
    assert found[phases] == (matrix >= 0).sum() and found[phases + 1] == (matrix[-4:] >= 0).sum()


def test_loyalty_is_told_by_where_the_week_began(world: Any, grid: Grid, plan: Plan) -> None:
    people, tally = world
    keys = len(plan.journey.phase_keys)
    orders, returned = [0] * keys, [0.0] * keys

    def standing(us: int, phases: list[int]) -> int | None:
        step = (us // DAY_US - grid.first) // 7
        return max(phases[step], 0) if 0 <= step < grid.steps else None

    for rows, phases, _ in people:
        placed = orders_of(rows)
        for order in placed:
            phase = standing(order, phases)
            if phase is not None:
                orders[phase] += 1
        for row in rows:
            if row["kind"] == "return" and row["value"] == row["value"]:
                at = row["occurred_us"]
                before = [order for order in placed if at - 91 * DAY_US <= order <= at]
                phase = standing(before[-1] if before else at, phases)
                if phase is not None:
                    returned[phase] += abs(row["value"])
    assert tally.sum("standing_orders")[:keys].tolist() == orders
    assert tally.sum("returned_value")[:keys].tolist() == pytest.approx(returned)
    assert sum(returned) > 0


def test_a_basket_counts_as_decision_whether_or_not_it_is_paid(
    shop: Shop, batch_of: BatchOf, plan: Plan, grid: Grid
) -> None:
    keys = plan.journey.phase_keys
    for paid in (False, True):
        start = (grid.first + 15) * DAY_US
        kinds = ["page_view", "cart_add"] + ["purchase"] * paid
        rows = [{"event_id": n, "customer_id": 1, "person_id": 1, "kind": kind, "source": "hand",
                 "occurred_us": start + n * 60_000_000, "known_us": start + n * 60_000_000}
                for n, kind in enumerate(kinds)]  # fmt: skip
        tally = journey_tables(pa.Table.from_pylist(rows, schema=EVENTS), plan, grid, PAIRS)
        assert tally.sum("carts")[keys.index("decision")] == 1
        assert tally.sum("orders")[keys.index("decision")] == paid
        assert tally.sum("carts_abandoned").tolist()[keys.index("decision")] == 1 - paid


def same(one: Tally, other: Tally) -> None:
    for name in ("counts", "sums", "ratios", "categories"):
        mine, theirs = getattr(one, name), getattr(other, name)
        assert mine.keys() == theirs.keys()
        for key in mine:
            assert mine[key].dtype == theirs[key].dtype == np.int64, key
            assert (mine[key] == theirs[key]).all(), key


@pytest.mark.parametrize("seed", SEEDS)
def test_neither_order_nor_partitions_change_a_bit(
    shop: Shop, batch_of: BatchOf, plan: Plan, grid: Grid, seed: int
) -> None:
    log = shop(seed)
    log["value"] = log["value"] / 3
    whole = journey_tables(batch_of(log), plan, grid, PAIRS)
    shuffled = log.sample(frac=1.0, random_state=seed)
    same(whole, journey_tables(batch_of(shuffled), plan, grid, PAIRS))
    parts = Tally()
    part = shuffled["person_id"] % 3
    for which in (2, 0, 1):
        parts.add(journey_tables(batch_of(shuffled[part == which]), plan, grid, PAIRS))
    parts.add(journey_tables(EVENTS.empty_table(), plan, grid, PAIRS))
    same(whole, parts)


def test_what_is_not_known_yet_changes_nothing(shop: Shop, batch_of: BatchOf, plan: Plan, grid: Grid) -> None:
    log = shop(1)
    now = plan.as_of_us
    holds = (log["occurred_us"] < now) & (log["known_us"] <= now) & ~(log["until_us"].fillna(2**62) <= now)
    assert (~holds).any()
    same(
        journey_tables(batch_of(log), plan, grid, PAIRS),
        journey_tables(batch_of(log[holds]), plan, grid, PAIRS),
    )
