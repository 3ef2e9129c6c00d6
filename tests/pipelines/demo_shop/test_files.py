"""What the exports are written with: local time, money, ids."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from pipelines.demo_shop.exports.baskets import catalogue
from pipelines.demo_shop.exports.files import START_S, moments, money, numbered
from pipelines.demo_shop.settings import DemoSettings


def test_local_time_is_that_of_amsterdam() -> None:
    seconds = np.arange(0, 3 * 366 * 86_400, 3_600)
    zone = ZoneInfo("Europe/Amsterdam")
    begin = datetime(2024, 1, 1, tzinfo=UTC)
    want = [
        (begin + timedelta(seconds=int(s))).astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S") for s in seconds
    ]
    assert int(begin.timestamp()) == START_S
    assert moments(seconds).to_pylist() == want


def test_money_and_ids() -> None:
    assert money(np.array([0.0, 3.5, -0.05, -12.345, 1234.999])).to_pylist() == [
        "0.00",
        "3.50",
        "-0.05",
        "-12.34",
        "1235.00",
    ]
    assert numbered("K", np.array([1, 1_234_567]), 6).to_pylist() == ["K000001", "K1234567"]


def test_the_catalogue_is_the_same_in_every_shop() -> None:
    one, other = catalogue(), catalogue()
    assert one.number.equals(other.number) and np.array_equal(one.price, other.price)
    assert (one.price > 0).all() and len(set(one.number.to_pylist())) == len(one.number)


@pytest.mark.parametrize("days", [100, 7])
def test_days_are_whole_weeks_and_enough(days: int) -> None:
    with pytest.raises(ValueError, match="days"):
        DemoSettings(days=days)
