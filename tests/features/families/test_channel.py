"""Channel: changes of channel by hand."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pytest

from features.contract import DAY_US
from features.plan import Plan
from features.settings import JourneySettings
from features.table import build

T = 100
WORDS = {"nl": "", "en": ""}
Row = Callable[..., dict[str, float]]


@pytest.fixture
def row(canonical: Callable[..., pa.Table]) -> Row:
    """What the family says on day 100 of a customer with these (day, channel)."""
    plan = Plan(
        source="test", currency="EUR", kinds=("page_view", "email_sent"), channels=("web", "app", "email"),
        complete_until_us=T * DAY_US, missing_days=(), as_of_us=T * DAY_US, cutoffs={}, contracts=(),
        families=("channel",), windows_days=(7, 28), lookback_days=90, mean_gap_days=28.0,
        journey=JourneySettings(name="none", title=WORDS, phases=(), dormant=WORDS),
    )  # fmt: skip

    def of(*events: tuple[float, str | None], kind: str = "page_view") -> dict[str, float]:
        days, channels = [day for day, _ in events], [channel for _, channel in events]
        log = canonical(
            occurred_us=[round(day * DAY_US) for day in days], channel=channels, kind=[kind] * len(days)
        )
        (found,) = build(log, plan)[0].to_pylist()
        return {name.removeprefix("channel__"): value for name, value in found.items()}

    return of


def test_a_switch_within_a_day_is_no_switch_between_days(row: Row) -> None:
    found = row((50.1, "web"), (50.2, "app"), (50.3, "web"), (60.1, "web"), (60.2, "app"))
    assert found["switch_share"] == pytest.approx((3 + 0.1) / (4 + 1))
    assert found["day_switch_share"] == pytest.approx((0 + 0.1) / (1 + 1))
    assert (found["last_is_first"], found["used"]) == (0, 2)
    assert found["last_share"] == pytest.approx(2 / 5)


def test_who_moved_to_the_app_lately_changed_main_channel(row: Row) -> None:
    moved = row((20, "web"), (30, "web"), (40, "web"), (90, "app"), (95, "app"))
    assert moved["main_changed"] == 1
    # Two fifths and three fifths against all in the app, with two events of evidence.
    assert moved["mix_shift"] == pytest.approx(3 / 5 * 2 / 3)
    stayed = row((20, "web"), (30, "web"), (90, "web"), (95, "app"))
    assert stayed["main_changed"] == 0


def test_what_has_no_channel_or_is_ours_changes_nothing(row: Row) -> None:
    found = row((50, "web"), (51, None), (52, "web"))
    assert (found["switch_share"], found["web_share"]) == (pytest.approx(0.1 / 2), pytest.approx(2 / 3))
    ours = row((50, "web"), (52, "email"), kind="email_sent")
    assert (ours["used"], ours["switch_share"], ours["web_recency"]) == (0, pytest.approx(0.1), 90)
