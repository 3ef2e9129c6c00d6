"""Two exports that overlap: what the later one tells more of a row is not lost, in whatever order they are read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from features.ingest import ingest
from features.settings import SourceSettings

NOW_US = int(datetime(2024, 6, 1, tzinfo=UTC).timestamp()) * 1_000_000
RHYTHM = {"step_days": 7, "churn_horizon_days": 7, "readiness_horizon_days": 7}
HEADER = "ticket_id,customer_id,channel,opened_at,closed_at,csat\n"
OPEN = "t1,K1,email,2024-01-02T10:00:00,,\n"
CLOSED = "t1,K1,email,2024-01-02T10:00:00,2024-01-03T10:00:00,4\n"


@pytest.mark.parametrize("contents", [(OPEN, CLOSED), (CLOSED, OPEN), (CLOSED, CLOSED)])
def test_a_ticket_closed_since_the_first_export_is_closed_once(
    contents: tuple[str, str], tmp_path: Path
) -> None:
    (tmp_path / "raw").mkdir()
    for number, content in enumerate(contents):
        (tmp_path / "raw" / f"tickets_{number}.csv").write_text(HEADER + content)
    text = {"kind": "service", "title": "t", "path": ["raw"], "id_key": "public", "rhythm": RHYTHM}
    settings = SourceSettings.model_validate_json(json.dumps(text))
    out = tmp_path / "canonical"
    meta = ingest("desk", settings, tmp_path, out, tmp_path / "ids.parquet", now_us=NOW_US, threads=1)
    rows = pq.read_table(out / "events.parquet").to_pylist()
    assert [(row["kind"], row["rating"]) for row in rows] == [("ticket_open", None), ("ticket_close", 4.0)]
    counts = meta["counts"]
    assert (counts["rows_in"], counts["kept"], counts["deduplicated"]) == (2, 1, 1)
