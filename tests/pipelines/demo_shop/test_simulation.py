"""Rates of the simulated shop lie where those of real shops lie (sources: notes/next-best-action.md, section 5a)."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.demo_shop.exports.people import people_of
from pipelines.demo_shop.happenings import CARTED, ORDERED
from pipelines.demo_shop.log import Log, keep_log
from pipelines.demo_shop.settings import DemoSettings

SETTINGS = DemoSettings(customers=6_000, days=364, seed=5)


@pytest.fixture(scope="module")
def log() -> Log:
    return keep_log(SETTINGS)


def test_the_same_seed_gives_the_same_lives(log: Log) -> None:
    again = keep_log(SETTINGS)
    assert all(np.array_equal(again.orders[name], values) for name, values in log.orders.items())
    other = keep_log(SETTINGS.model_copy(update={"seed": 6}))
    assert len(other.orders["day"]) != len(log.orders["day"])


def test_web_rates(log: Log) -> None:
    depth = log.sessions["depth"]
    carts, orders = int((depth == CARTED).sum()), int((depth == ORDERED).sum())
    assert 0.65 < carts / (carts + orders) < 0.80  # cart abandonment about 70 % (Baymard)
    assert 0.015 < orders / len(depth) < 0.04  # conversion of visits
    assert 0.35 < (depth == 0).mean() < 0.6  # bounce


def test_many_visitors_come_once_and_never_buy(log: Log) -> None:
    passer = log.start.passer
    assert 0.2 < passer.mean() < 0.3 and not (passer & log.start.customer).any()
    number = np.bincount(log.sessions["person"], minlength=len(passer))
    met = passer & (number > 0)
    assert met.sum() > 1_000 and (number[met] == 1).all()
    of_passers = met[log.sessions["person"]]
    assert (log.sessions["depth"][of_passers] == 0).mean() > 0.5
    assert not passer[log.orders["person"]].any() and not passer[log.joins["person"]].any()


def test_the_year_has_seasons(log: Log) -> None:
    week = np.bincount(log.orders["day"] // 7, minlength=52)
    assert week[45:51].mean() > 1.25 * week[34:44].mean()  # Black Friday to Christmas, against autumn
    assert week[29:33].mean() < week[34:44].mean()  # holidays


def test_mail_rates(log: Log) -> None:
    mails = log.mails
    opened, clicked = mails["open_day"] >= 0, mails["click_s"] >= 0
    assert 0.2 < opened.mean() < 0.4
    assert 0.015 < clicked.mean() < 0.06
    assert 0.0005 < mails["unsubscribed"].mean() < 0.005
    assert not (clicked & ~opened).any()
    assert not (opened & mails["bounced"].astype(bool)).any()


def test_buying_again_returning_and_asking_for_help(log: Log) -> None:
    orders = log.orders
    number = np.bincount(orders["person"])
    assert (
        0.25 < (number > 1).sum() / (number > 0).sum() < 0.5
    )  # repeat purchase within a year: 15-36 %, and regulars
    assert 0.12 < orders["returned"].mean() < 0.20
    assert 0.08 < len(log.tickets["person"]) / len(orders["person"]) < 0.25
    assert 0.10 < orders["survey"].mean() < 0.22


def test_nobody_acts_before_they_come_or_once_lost_and_mail_needs_consent(log: Log) -> None:
    weekly = log.weekly
    lived = np.isfinite(weekly["order_hazard"])
    assert (weekly["order_hazard"][weekly["ordered"].astype(bool)] > 0).all()
    assert ((weekly["order_hazard"][lived] >= 0) & (weekly["order_hazard"][lived] < 1)).all()
    people = people_of(log, SETTINGS)
    mails = log.mails
    assert (mails["day"] * 86_400 + 86_400 > people.known_mail_s[mails["person"]]).all()
    assert log.start.consent[mails["person"]].all()
    gone = {}
    for person, day in zip(
        mails["person"][mails["unsubscribed"]].tolist(),
        mails["day"][mails["unsubscribed"]].tolist(),
        strict=True,
    ):
        gone[person] = day
    later = [day for person, day in zip(mails["person"].tolist(), mails["day"].tolist(), strict=True)
             if day > gone.get(person, 10**9)]  # fmt: skip
    assert gone and not later


def test_only_known_customers_who_are_not_dormant_are_decided_about(log: Log) -> None:
    people = people_of(log, SETTINGS)
    for week, phase, decided in log.decisions:
        assert SETTINGS.decides(week)
        assert (people.customer_s[decided.person] <= week * 604_800).all()
        assert (phase[decided.person] != 5).all()


def test_orders_of_one_person_are_at_most_one_a_week_and_within_the_day(log: Log) -> None:
    orders = log.orders
    keys = orders["person"] * 1_000 + orders["day"] // 7
    assert len(np.unique(keys)) == len(keys)
    within = orders["second"] % 86_400
    # 07:00 to 22:00 UTC: the same day in Amsterdam, summer and winter.
    assert (within > 7 * 3_600).all() and (within < 22 * 3_600).all()
