from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.contract import EVENTS
from features.engines.persons import each, persons, whole_persons
from features.errors import InputError
from features.row_groups import write_table
from features.settings import EngineSettings

COLUMNS = ("event_id", "customer_id", "occurred_us", "kind", "channel")


def batches_of(events: Path, folder: Path, batch_events: int) -> list[pa.Table]:
    folder.mkdir(exist_ok=True)
    return list(persons(events, EngineSettings(batch_events=batch_events, threads=1), folder, COLUMNS))


def rows_of(batches: list[pa.Table]) -> list[tuple[object, ...]]:
    return sorted(tuple(row.values()) for batch in batches for row in batch.to_pylist())


@pytest.mark.parametrize("batch_events", [1, 40, 10_000])
def test_a_person_is_in_one_batch_and_nothing_is_lost(
    log: Path, events: pa.Table, tmp_path: Path, batch_events: int
) -> None:
    batches = batches_of(log, tmp_path, batch_events)
    seen = [set(batch["person_id"].to_pylist()) for batch in batches]
    assert sum(map(len, seen)) == len(set.union(*seen)) == 14
    assert len(batches) == {1: 14, 40: len(batches), 10_000: 1}[batch_events]
    assert 1 < len(batches_of(log, tmp_path, 40)) <= 14
    assert batches[0].column_names == ["person_id", *COLUMNS]
    assert rows_of(batches) == rows_of([events.select(["person_id", *COLUMNS])])


def test_a_batch_holds_little_more_than_asked_beside_one_person(log: Path, tmp_path: Path) -> None:
    for batch in batches_of(log, tmp_path, 40):
        counts = np.sort(np.unique(batch["person_id"].to_numpy(), return_counts=True)[1])
        assert counts[:-1].sum() < 2 * 40


@pytest.mark.parametrize("batch_events", [1, 40, 10_000])
def test_files_in_no_order_are_sorted_first(
    log: Path, unsorted: Path, tmp_path: Path, batch_events: int
) -> None:
    batches = batches_of(unsorted, tmp_path / "s", batch_events)
    assert rows_of(batches) == rows_of(batches_of(log, tmp_path / "l", 10_000))
    person = np.concatenate([batch["person_id"].to_numpy() for batch in batches])
    assert (np.diff(person) >= 0).all()
    alone = batches_of(unsorted / "one.parquet", tmp_path / "a", batch_events)
    assert sum(map(len, alone)) == 200


def test_a_person_larger_than_a_batch_stays_whole() -> None:
    stream = pa.table({"person_id": [1, 2] + [3] * 50 + [4]}).to_batches(max_chunksize=7)
    found = [batch["person_id"].to_pylist() for batch in whole_persons(stream, 5)]
    assert found == [[1, 2], [3] * 50, [4]]


def test_nobody_is_one_empty_batch(tmp_path: Path) -> None:
    empty = tmp_path / "empty.parquet"
    write_table(empty, EVENTS, iter([]), sorted_by=("person_id",))
    (batch,) = batches_of(empty, tmp_path / "e", 5)
    assert (len(batch), batch.column_names) == (0, ["person_id", *COLUMNS])
    folder = tmp_path / "folder"
    folder.mkdir()
    pq.write_table(EVENTS.empty_table(), folder / "part.parquet")
    (batch,) = batches_of(folder, tmp_path / "f", 5)
    assert (len(batch), batch.column_names) == (0, ["person_id", *COLUMNS])


@pytest.mark.parametrize("chunk", [1, 2, 100])
def test_what_only_says_it_is_sorted_is_refused(chunk: int) -> None:
    stream = pa.table({"person_id": [1, 1, 2, 1]}).to_batches(max_chunksize=chunk)
    with pytest.raises(InputError, match="sorted by person_id, but is not; run `klantreis ingest` again"):
        list(whole_persons(stream, 2))


def test_a_file_that_only_says_it_is_sorted_is_refused(events: pa.Table, tmp_path: Path) -> None:
    backwards = events.take(np.arange(len(events))[::-1])
    write_table(tmp_path / "events.parquet", EVENTS, iter([backwards]), sorted_by=("person_id",))
    with pytest.raises(InputError, match="klantreis ingest"):
        batches_of(tmp_path / "events.parquet", tmp_path / "x", 50)


@pytest.mark.parametrize("threads", [1, 3])
def test_results_come_in_the_order_of_the_batches(threads: int) -> None:
    def slow_at_first(number: int, batch: pa.Table) -> int:
        time.sleep(0.02 if number == 0 else 0)
        return number * 10 + len(batch)

    batches = [pa.table({"person_id": [1] * size}) for size in (3, 1, 2)]
    assert list(each(slow_at_first, batches, EngineSettings(threads=threads))) == [3, 11, 22]


def test_few_batches_are_held_at_once() -> None:
    read, done, most = 0, 0, 0
    lock = threading.Lock()

    def reading() -> Iterator[pa.Table]:
        nonlocal read
        for _ in range(20):
            read += 1
            yield pa.table({"person_id": [1]})

    def kernel(number: int, batch: pa.Table) -> None:
        nonlocal done, most
        with lock:
            most = max(most, read - done)
            done += 1

    list(each(kernel, reading(), EngineSettings(threads=2)))
    assert done == 20
    assert most <= 5


def test_a_kernel_that_fails_says_so() -> None:
    def kernel(number: int, batch: pa.Table) -> None:
        raise InputError(f"batch {number}")

    with pytest.raises(InputError, match="batch 0"):
        list(each(kernel, [pa.table({"person_id": [1]})] * 9, EngineSettings(threads=2)))
