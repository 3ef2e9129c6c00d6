"""Events of some persons: whole, in order, and nobody else's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from features.errors import InputError
from pipelines.paths import Project
from pipelines.person_events import person_events


@pytest.mark.parametrize("group_rows", [10_000_000, 50])
def test_whole_persons_in_the_order_of_the_log(shop: Path, group_rows: int) -> None:
    source = shop / "data/canonical/events.parquet"
    everything = pq.read_table(source)
    sorting = pq.read_metadata(source).row_group(0).sorting_columns
    pq.write_table(everything, source, row_group_size=group_rows, sorting_columns=sorting)
    persons = np.unique(everything["person_id"].to_numpy())[[3, 50, 51, -1]]
    count = person_events(Project(shop), np.append(persons, 12345), shop / "theirs.parquet")
    found = pq.read_table(shop / "theirs.parquet")
    mask = np.isin(everything["person_id"].to_numpy(), persons)
    assert found.equals(everything.filter(mask)) and count == mask.sum() > 0
    assert pq.read_metadata(shop / "theirs.parquet").row_group(0).sorting_columns == sorting


def test_nobody_wanted_gives_an_empty_table(shop: Path) -> None:
    assert person_events(Project(shop), np.zeros(0, np.int64), shop / "theirs.parquet") == 0
    assert pq.read_metadata(shop / "theirs.parquet").num_rows == 0


def test_without_a_log_the_stage_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="klantreis ingest"):
        person_events(Project(tmp_path), np.zeros(0, np.int64), tmp_path / "theirs.parquet")
