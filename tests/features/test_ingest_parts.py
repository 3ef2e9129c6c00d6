"""Fingerprints, pseudonyms, money and moments."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import InputError
from features.fingerprint import fingerprint
from features.manifest import inside
from features.money import parse_money
from features.pseudonyms import id_key, pseudonyms
from features.sources._csv import row_numbers
from features.sources._moments import to_micros

VALUES = st.one_of(st.none(), st.text(max_size=5))
PARAMS = st.lists(
    st.fixed_dictionaries({"key": st.sampled_from("ab"), "value": st.integers(0, 3)}), max_size=3
)
ROWS = st.lists(st.tuples(VALUES, st.one_of(st.none(), st.integers(-5, 5)), PARAMS), min_size=1, max_size=30)
PARAM_TYPE = pa.list_(pa.struct([("key", pa.string()), ("value", pa.int64())]))


def columns(rows: list[tuple[object, object, object]]) -> dict[str, pa.Array]:
    text, number, params = zip(*rows, strict=True)
    return {
        "text": pa.array(text, pa.string()),
        "number": pa.array(number, pa.int64()),
        "params": pa.array(params, PARAM_TYPE),
    }


@settings(max_examples=60, deadline=None)
@given(ROWS, st.randoms(use_true_random=False))
def test_fingerprint_is_content_alone(
    rows: list[tuple[object, object, object]], random: st.DataObject
) -> None:
    whole = fingerprint(columns(rows))
    order = list(range(len(rows)))
    random.shuffle(order)  # type: ignore[attr-defined]
    assert (fingerprint(columns([rows[place] for place in order])) == whole[order]).all()
    cut = len(rows) // 2
    table = pa.table(columns(rows))
    halves = [table.slice(0, cut), table.slice(cut)]
    split = [
        fingerprint(dict(zip(half.column_names, half.columns, strict=True))) for half in halves if len(half)
    ]
    assert (np.concatenate(split) == whole).all()

    def content(row: tuple[object, object, object]) -> tuple[object, ...]:
        items = [(item["key"], item["value"]) for item in row[2]]  # type: ignore[attr-defined]
        return (row[0], row[1], tuple(sorted(items)))

    for i in range(len(rows)):
        for j in range(i):
            assert (whole[i] == whole[j]) == (content(rows[i]) == content(rows[j]))


def test_ids_never_change_between_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids are stored: a change of these numbers is a change of every canonical table."""
    monkeypatch.delenv("KLANTREIS_ID_KEY", raising=False)
    when = pa.array([1_600_000_000_000_000], pa.timestamp("us"))
    row = {"text": pa.array(["é"]), "number": pa.array([7]), "amount": pa.array([1.5]), "when": when}
    assert fingerprint(row).tolist() == [FINGERPRINT]
    assert fingerprint({**row, "new": pa.nulls(1, pa.string())}).tolist() == [FINGERPRINT]
    assert pseudonyms(pa.array(["1029"]), id_key(Path(), "public")).to_pylist() == [PSEUDONYM]


FINGERPRINT = 3_515_973_696_014_324_463
PSEUDONYM = 2_469_798_263_110_722_156


def test_values_do_not_move_between_columns() -> None:
    swapped = {"a": pa.array(["x", "y"]), "b": pa.array(["y", "x"])}
    assert len(set(fingerprint(swapped).tolist())) == 2


NUMBERS = st.integers(1, 9).map(str)
EXPRESSIONS = st.recursive(
    st.one_of(NUMBERS, st.sampled_from(["price", "count"])),
    lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from("+-*/"), inner),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None)
@given(EXPRESSIONS)
def test_money_is_arithmetic(text: str) -> None:
    values = {"price": np.array([2.0, 3.0]), "count": np.array([4.0, 5.0])}
    # Python divides bare numbers by zero with an error, numpy gives no finite number: let numpy do both.
    bare = re.sub(r"([0-9]+)", r"np.float64(\1)", text)
    with np.errstate(all="ignore"):
        expected = np.broadcast_to(eval(bare, {"np": np}, dict(values)), 2)
    money = parse_money(text)
    found = np.broadcast_to(money.evaluate({name: values[name] for name in money.columns}), 2)
    np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize(
    "text",
    [
        "price.real", "price[0]", "f(price)", "price ** 9", "price // 2", "price % 2", "price if 1 else 2",
        "'a'", "1j", "True", "[price]", "lambda: 1", "price and count", "price < 1", "(price := 1)", "",
        "price +", "1;2", "`", "(" * 5000 + "1" + ")" * 5000, "1" + "+1" * 3000,
    ],
)  # fmt: skip
def test_money_is_nothing_else(text: str) -> None:
    with pytest.raises(InputError, match=r"options\.columns\.value"):
        parse_money(text)


def test_division_by_zero_is_not_finite() -> None:
    assert not np.isfinite(parse_money("price / 0").evaluate({"price": np.array([1.0])})).any()


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2024-10-27 02:30", "2024-10-27T00:30"),  # shown twice: the first, summer time
        ("2024-03-31 02:30", "2024-03-31T01:00"),  # never shown: the first moment after
        # A date without a time: before its last second it was not surely known; its midnight is yesterday, by UTC.
        ("2024-07-01", "2024-07-01T21:59:59"),
        ("20240331", "2024-03-31T21:59:59"),  # a day of 23 hours
        ("2024-07-01T00:00", "2024-06-30T22:00"),
        ("2024-07-01T12:00:00Z", "2024-07-01T12:00"),
        ("2024-07-01 12:00:00 UTC", "2024-07-01T12:00"),
        ("2024-07-01T12:00:00.5+0530", "2024-07-01T06:30:00.5"),
    ],
)
def test_moments_with_and_without_a_zone(text: str, utc: str) -> None:
    found, unread = to_micros(pa.array([text]), None, "Europe/Amsterdam")
    assert not unread.any()
    assert pd.Timestamp(found[0], unit="us") == pd.Timestamp(utc)


@pytest.mark.parametrize(
    ("values", "date_format", "expected"),
    [
        (pa.array([20240102, None]), "%Y%m%d", [1_704_153_600_000_000, None]),
        (pa.array(["1704153600", "x"]), "epoch_s", [1_704_153_600_000_000, None]),
        (pa.array([1704153600000, 2**60]), "epoch_ms", [1_704_153_600_000_000, None]),
        (pa.array(["2/1/2024", "31/2/2024"]), "%d/%m/%Y", [1_704_153_600_000_000, None]),
        (pa.array([19724, None], pa.date32()), None, [1_704_153_600_000_000, None]),
    ],
)
def test_moments_of_many_types(values: pa.Array, date_format: str | None, expected: list[int | None]) -> None:
    found, unread = to_micros(values, date_format, "UTC")
    assert [None if bad else int(one) for one, bad in zip(found, unread, strict=True)] == expected


@pytest.mark.parametrize(
    ("values", "date_format"),
    [
        (pa.array(["02-01-2024"]), "%d-%m-%Y"), (pa.array([20240102]), "%Y%m%d"),
        (pa.array([19724], pa.date32()), None),
    ],
)  # fmt: skip
def test_a_date_without_a_time_is_seen_by_no_cutoff_before_the_day_is_over(
    values: pa.Array, date_format: str | None
) -> None:
    for zone in ("Europe/Amsterdam", "America/New_York", "Asia/Tokyo"):
        found, _ = to_micros(values, date_format, zone)
        assert pd.Timestamp(found[0], unit="us", tz="UTC") == pd.Timestamp("2024-01-02T23:59:59", tz=zone)
    timed, _ = to_micros(pa.array(["02-01-2024 00:00"]), "%d-%m-%Y %H:%M", "Europe/Amsterdam")
    assert pd.Timestamp(timed[0], unit="us") == pd.Timestamp("2024-01-01T23:00")


def test_whole_numbers_need_a_format() -> None:
    with pytest.raises(InputError, match="date_format"):
        to_micros(pa.array([1704153600]), None, "UTC")


@given(st.integers(1, 50), st.integers(0, 30), st.sets(st.integers(0, 60)))
def test_row_numbers_leave_out_the_gaps(start: int, rows: int, gaps: set[int]) -> None:
    later = sorted(gap for gap in gaps if gap >= start)
    every = [number for number in range(start, start + rows + len(later)) if number not in gaps]
    assert row_numbers(start, rows, np.array(later, np.int64)).tolist() == every[:rows]


def test_names_may_not_lead_outside(tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path)) / "raw"
    folder.mkdir()
    (folder / "link").symlink_to("/etc")
    for name in ("../x", "/etc/passwd", "link/passwd"):
        with pytest.raises(InputError, match="outside"):
            inside(folder, name)
