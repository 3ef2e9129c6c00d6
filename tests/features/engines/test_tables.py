from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.cutoffs import day_of
from features.engines import tables
from features.engines.tables import merge, put_aside
from features.plan import PLAN_DIGEST, Plan

PHASES = pa.array(["buying", "dormant"])


def rows(plan: Plan, customers: list[int], first: int = 0) -> pa.Table:
    """Rows of some customers at every cutoff from the ``first`` on; values that tell who and when."""
    cutoffs = plan.all_cutoffs[first:]
    moment = np.repeat(np.array(cutoffs, dtype=np.int64), len(customers))
    customer = np.tile(np.array(customers, dtype=np.int64), len(cutoffs))
    code = pa.array((customer % 2).astype(np.int8))
    return pa.table(
        {"customer_id": customer, "cutoff_us": moment,
         "phase": pa.DictionaryArray.from_arrays(code, PHASES),
         "x__y": (customer * 3 + moment % 1000).astype(np.float32),
         "z__label": pa.array(customer.astype(np.float32), mask=customer % 3 == 0)}
    )  # fmt: skip


def merged(plan: Plan, parts: list[pa.Table], folder: Path) -> dict[str, bytes]:
    folder.mkdir()
    for number, part in enumerate(parts):
        put_aside("features", number, part, plan, folder)
    merge("features", plan, folder, folder / "out", 2)
    return {path.name: path.read_bytes() for path in sorted((folder / "out").iterdir())}


def test_there_is_one_file_per_cutoff_sorted_by_customer(plan: Plan, tmp_path: Path) -> None:
    found = merged(plan, [rows(plan, [1, 5]), rows(plan, [2, 9])], tmp_path / "one")
    assert list(found) == [f"{day_of(cutoff)}.parquet" for cutoff in plan.all_cutoffs]
    for cutoff_us in plan.all_cutoffs:
        table = pq.read_table(tmp_path / "one" / "out" / f"{day_of(cutoff_us)}.parquet")
        assert table["customer_id"].to_pylist() == [1, 2, 5, 9]
        assert set(table["cutoff_us"].to_pylist()) == {cutoff_us}
        assert table["phase"].to_pylist() == ["dormant", "buying", "dormant", "dormant"]
        assert table["z__label"].to_pylist() == [1.0, 2.0, 5.0, None]
        assert table.schema.metadata == {PLAN_DIGEST: plan.digest.encode()}


@pytest.mark.parametrize("group_rows", [3, 4, 8, 1 << 16])
@pytest.mark.parametrize(
    "split",
    [
        [[0, 1, 2], [3, 4, 5, 6, 7]],
        [[0], [], [1, 2, 3, 4, 5, 6], [7]],
        [[0, 2, 4, 6], [1, 3, 5, 7]],
        [[5, 6, 7], [0, 1, 2, 3, 4]],
    ],
)
def test_how_rows_were_batched_changes_no_byte(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, split: list[list[int]], group_rows: int
) -> None:
    monkeypatch.setattr(tables, "GROUP_ROWS", group_rows)
    whole = merged(plan, [rows(plan, list(range(8)))], tmp_path / "whole")
    assert merged(plan, [rows(plan, part) for part in split], tmp_path / "split") == whole
    newest = tmp_path / "split" / "out" / f"{day_of(plan.as_of_us)}.parquet"
    metadata = pq.read_metadata(newest)
    groups = [metadata.row_group(place).num_rows for place in range(metadata.num_row_groups)]
    assert groups == [len(part) for part in np.array_split(np.arange(8), range(group_rows, 8, group_rows))]


def test_a_cutoff_that_nobody_was_known_at_has_a_file(plan: Plan, tmp_path: Path) -> None:
    found = merged(plan, [rows(plan, [4, 7], first=2), rows(plan, [1, 2], first=3)], tmp_path / "late")
    assert len(found) == len(plan.all_cutoffs)
    counts = [pq.read_metadata(path).num_rows for path in sorted((tmp_path / "late" / "out").iterdir())]
    assert counts == [0, 0, 2] + [4] * (len(counts) - 3)
    nobody = merged(plan, [rows(plan, []), rows(plan, [])], tmp_path / "nobody")
    schemas = {pq.read_schema(pa.BufferReader(data)) for data in (*found.values(), *nobody.values())}
    assert len(schemas) == 1


def test_a_batch_that_is_computed_twice_gives_the_same(plan: Plan, tmp_path: Path) -> None:
    put_aside("features", 7, rows(plan, [3]), plan, tmp_path)
    (one,) = tmp_path.iterdir()
    before = one.read_bytes()
    put_aside("features", 7, rows(plan, [3]), plan, tmp_path)
    assert one.read_bytes() == before
