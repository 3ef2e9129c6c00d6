from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.contract import DAY_US, DECISIONS, EVENTS
from models.policies import contacts
from models.policies.constraints import Constraints
from models.policies.settings import Budget, ContactCap, PolicySettings

NOW = 100 * DAY_US
CHANNELS = {"mail": "email", "call": "phone"}


def event(number: int, customer: int, days_ago: float, **more: object) -> dict[str, object]:
    occurred = int(NOW - days_ago * DAY_US)
    usual = {
        "person_id": customer,
        "known_us": occurred,
        "kind": "email_sent",
        "channel": "email",
        "source": "s",
    }
    return {"event_id": number, "customer_id": customer, "occurred_us": occurred, **usual, **more}


def decision(number: int, customer: int, days_ago: float, action: str, cost: float) -> dict[str, object]:
    given = {"decision_id": number, "customer_id": customer, "decided_us": int(NOW - days_ago * DAY_US)}
    return {**given, "eligible": ["none", action], "action": action, "policy": "p", "cost": cost}


@pytest.fixture
def canonical(tmp_path: Path) -> Path:
    events = [
        event(1, 7, 1),
        event(2, 7, 6.5),
        event(3, 7, 40),  # too long ago
        event(4, 7, 2, known_us=NOW + 1),  # not known yet
        event(5, 7, 3, until_us=NOW),  # someone else's by now
        event(6, 7, 1, kind="email_open"),  # done by the customer
        event(7, 7, 1, kind="ad_impression", channel="display"),
        event(8, 8, 0),  # at the moment itself
        event(9, 9, 1),
        event(9, 9, 1, until_us=NOW + 5),  # the same event twice
    ]
    decisions = [
        decision(1, 7, 1, "mail", 0.5),
        decision(2, 9, 3, "call", 2.0),
        decision(3, 9, 5, "call", 2.0),
        decision(4, 9, 60, "call", 2.0),
        decision(5, 8, 0, "call", 2.0),
        decision(6, 8, 2, "none", 0.0),
    ]
    pq.write_table(pa.Table.from_pylist(events, schema=EVENTS), tmp_path / "events.parquet")
    pq.write_table(pa.Table.from_pylist(decisions, schema=DECISIONS), tmp_path / "decisions.parquet")
    return tmp_path


def read(canonical: Path, said: PolicySettings) -> Constraints:
    return Constraints.read(said, canonical, np.array([9, 8, 7]), NOW, CHANNELS)


def test_contacts_are_counted_as_they_were_known(canonical: Path):
    caps = (
        ContactCap(channel="email", most=1, days=28),
        ContactCap(channel="email", most=1, days=5),
        ContactCap(channel="phone", most=1),
        ContactCap(most=1),
    )
    found = [one.tolist() for one in read(canonical, PolicySettings(contact_caps=caps)).contacts]
    assert found == [[1, 0, 2], [1, 0, 1], [2, 0, 0], [2, 0, 3]]


def test_what_is_spent_of_a_budget_with_days_is_read_from_the_log(canonical: Path):
    budgets = {
        "money": Budget(limit=9, days=28),
        "calls": Budget(limit=9, days=90, uses={"call": 1.0}),
        "batch": Budget(limit=9),
    }
    assert read(canonical, PolicySettings(budgets=budgets)).spent == {"money": 4.5, "calls": 3.0}


def test_without_tables_nothing_was_done(tmp_path: Path):
    said = PolicySettings(contact_caps=(ContactCap(most=1),), budgets={"money": Budget(limit=9, days=28)})
    found = read(tmp_path, said)
    assert [one.tolist() for one in found.contacts] == [[0, 0, 0]] and not found.spent
    assert read(tmp_path, PolicySettings()).contacts == ()


def test_a_cap_over_all_counts_decisions_of_actions_without_a_channel_too(canonical: Path):
    said = PolicySettings(contact_caps=(ContactCap(most=1, days=28),))
    alone = Constraints.read(said, canonical, np.array([9, 8, 7]), NOW, {"mail": "email"})
    assert alone.contacts[0].tolist() == [2, 0, 3]


def test_the_next_customers_need_no_second_reading_of_the_log(
    canonical: Path, monkeypatch: pytest.MonkeyPatch
):
    read_of: list[str] = []
    real = contacts._counted
    monkeypatch.setattr(
        contacts, "_counted", lambda path, *more: read_of.append(path.name) or real(path, *more)
    )
    said = PolicySettings(contact_caps=(ContactCap(channel="email", most=1, days=17),))
    found = [
        Constraints.read(said, canonical, np.array(some), NOW, CHANNELS).contacts[0].tolist()
        for some in ([7], [9, 8], [], [12345])
    ]
    assert found == [[2], [1, 0], [], [0]]
    assert read_of == ["events.parquet", "decisions.parquet"]
