from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.contract import DAY_US
from models.actions.decision_segments import SegmentSources, audit_groups, decision_segments
from models.rfm import RFM_COLUMNS

FIRST, SECOND = 100, 128


@pytest.fixture
def sources(tmp_path: Path) -> SegmentSources:
    _, frequency, value = RFM_COLUMNS["purchase"]
    rows = [
        {"customer_id": who, "cutoff_us": day * DAY_US, frequency: float(who), value: 10.0}
        for day in (FIRST, SECOND)
        for who in range(4)
        if (who, day) != (3, FIRST)
    ]
    pd.DataFrame(rows).to_parquet(tmp_path / "features.parquet", index=False)
    known = [(0, "age", "young", 0), (1, "age", "old", 120), (1, "shoe", "43", 0)]
    columns = ["customer_id", "attribute", "value", "known_us"]
    people = pd.DataFrame(known, columns=columns).assign(known_us=lambda all_: all_["known_us"] * DAY_US)
    people.to_parquet(tmp_path / "customers.parquet", index=False)
    return SegmentSources(tmp_path / "features.parquet", tmp_path / "customers.parquet", ("age",))


def test_segments_are_as_known_at_the_midnight_of_the_decision(sources: SegmentSources) -> None:
    who = np.array([1, 0, 1, 3, 3])
    day = np.array([SECOND, FIRST, FIRST, SECOND, FIRST], dtype=np.float32)
    found = decision_segments(who, day, np.full(5, "buy", dtype=object), sources)
    assert found["age"].tolist() == ["old", "young", "unknown", "unknown", "unknown"]
    assert found["value"].tolist() == ["low", "none", "low", "top", "unknown"]
    assert "phase" not in found and "shoe" not in found


def test_groups_at_the_moment_of_scoring(sources: SegmentSources) -> None:
    groups = audit_groups(np.array([2, 1, 0]), SECOND * DAY_US, sources)
    assert {name: group.tolist() for name, group in groups.items()} == {"age": ["unknown", "old", "young"]}
    absent = SegmentSources(sources.features, Path("nowhere.parquet"), ("age",))
    assert audit_groups(np.array([1]), SECOND * DAY_US, absent)["age"].tolist() == ["unknown"]


def test_no_decisions_have_no_segments(sources: SegmentSources) -> None:
    nothing = np.empty(0, dtype=np.int64)
    assert decision_segments(nothing, nothing.astype(np.float32), nothing.astype(object), sources) == {}
