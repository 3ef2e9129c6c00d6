"""Batches of small files turned together: nothing may show that they were."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import features.turning
from features.errors import InputError
from features.ingest import ingest
from features.settings import SourceSettings
from features.sources._base import Declaration, Source
from features.sources._batches import STAGED_EVENTS, CanonicalBatch, RawBatch, RawFile
from features.sources._columns import fill_table
from features.turning import Piece, turned

START_US = int(datetime(2021, 1, 1, 12, tzinfo=UTC).timestamp()) * 1_000_000
RHYTHM = {"step_days": 7, "churn_horizon_days": 7, "readiness_horizon_days": 7}


class Numbers(Source):
    """A source of one column; every row is a visit of the customer with that number, and -1 cannot be read."""

    events_only = True

    def __init__(self) -> None:
        self.name = "numbers"

    def declaration(self) -> Declaration:
        return Declaration(("page_view",), ("web",))

    def raw_files(self) -> tuple[RawFile, ...]:
        return ()

    def canonical(self, batch: RawBatch) -> CanonicalBatch:
        numbers = batch.data["number"].combine_chunks()
        if -1 in numbers.to_pylist():
            raise pa.ArrowInvalid("-1 is no number")
        events = fill_table(STAGED_EVENTS, len(numbers), {"source_id": numbers.cast(pa.string())})
        return CanonicalBatch(pa.nulls(len(numbers), pa.string()), events, batch.rows)


def piece(number: int, values: list[Any], kind: pa.DataType | None = None, part: str = "") -> Piece:
    file = RawFile(Path(f"{number}.parquet"), f"{number}.parquet", "visits", part=part)
    data = pa.table({"number": pa.array(values, kind or pa.int64())})
    return Piece(number, file, RawBatch(file, data, np.arange(1, len(values) + 1)))


def test_rows_find_their_file_and_number_again() -> None:
    found = list(turned([piece(3, [10, 11]), piece(4, []), piece(7, [12])], Numbers()))
    assert [len(one.pieces) for one in found] == [3]
    files, rows = found[0].origins()
    assert (files.tolist(), rows.tolist()) == ([3, 3, 7], [1, 2, 1])
    assert found[0].canonical.events["source_id"].to_pylist() == ["10", "11", "12"]
    assert [(one.number, len(reasons)) for one, reasons in found[0].verdicts()] == [(3, 2), (4, 0), (7, 1)]


@pytest.mark.parametrize("workers", [1, 3])
def test_only_what_is_alike_and_small_is_put_together(workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features.turning, "TOGETHER_ROWS", 4)
    sizes = [2, 2, 1, 3, 9, 1]
    pieces = [piece(number, [number] * size) for number, size in enumerate(sizes)]
    pieces.append(piece(6, ["6"], pa.string()))
    found = list(turned(pieces, Numbers(), workers=workers))
    assert [[one.number for one in group.pieces] for group in found] == [[0, 1], [2, 3], [4], [5], [6]]
    monkeypatch.setattr(Numbers, "events_only", False)
    assert [len(group.pieces) for group in turned(pieces, Numbers(), workers=workers)] == [1] * 7


def test_the_file_that_cannot_be_turned_is_named() -> None:
    with pytest.raises(InputError, match=r"^8\.parquet: .*-1 is no number.*conf/sources/numbers\.yaml"):
        list(turned([piece(5, [1]), piece(8, [2, -1]), piece(9, [3])], Numbers()))


def days() -> Iterator[list[dict[str, Any]]]:
    """Six daily files: rows that are rejected, a day again, a day without rows, a day with another schema."""
    for day in range(6):
        told = [
            {"event_name": "page_view", "event_timestamp": START_US + day * 10 + place, "user_pseudo_id": who}
            for place, who in enumerate(("u.1", None, "u.2", "u.3")[: 4 - day % 2])
        ]
        yield [] if day == 2 else [{**one, "user_id": "K1"} for one in told] if day == 4 else told


def test_how_many_rows_are_turned_together_changes_no_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "raw").mkdir()
    kept = [list(rows) for rows in days()]
    for day, rows in enumerate([*kept, kept[3]]):
        table = pa.Table.from_pylist(rows) if rows else pa.Table.from_pylist(kept[0]).slice(0, 0)
        pq.write_table(table, tmp_path / "raw" / f"events_2021010{day + 1}.parquet")
    text = {"kind": "ga4", "title": "web", "path": ["raw"], "rhythm": RHYTHM, "id_key": "public"}
    settings = SourceSettings.model_validate_json(json.dumps(text))
    found = []
    for together, threads in ((1, 1), (6, 2), (1000, 4)):
        monkeypatch.setattr(features.turning, "TOGETHER_ROWS", together)
        out = tmp_path / f"canonical_{together}"
        meta = ingest("web", settings, tmp_path, out, tmp_path / "ids.parquet", now_us=2**51, threads=threads)
        found.append({path.name: path.read_bytes() for path in sorted(out.iterdir())})
    assert found[0] == found[1] == found[2]
    names = ("rows_in", "kept", "quarantined", "deduplicated")
    per_file = [tuple(one[name] for name in names) for one in meta["counts"]["files"]]
    usual, nothing = (3, 2, 1, 0), (0, 0, 0, 0)
    assert per_file == [(4, 3, 1, 0), usual, nothing, usual, (4, 4, 0, 0), usual, (3, 0, 1, 2)]
    quarantine = pq.read_table(out / "quarantine.parquet")
    assert quarantine["file"].to_pylist() == [f"events_2021010{day}.parquet" for day in (1, 2, 4, 6, 7)]
    assert quarantine["row"].to_pylist() == [2] * 5
