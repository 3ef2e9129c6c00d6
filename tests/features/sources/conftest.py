"""Small exports written by the tests, and what an adapter makes of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import features.sources
from features.discovery import discover
from features.errors import InputError
from features.settings import SourceSettings
from features.sources._base import Source
from features.sources._batches import CanonicalBatch

NOW_US = int(datetime(2024, 6, 1, tzinfo=UTC).timestamp()) * 1_000_000
RHYTHM = {"step_days": 7, "churn_horizon_days": 7, "readiness_horizon_days": 7}
KEY = b"a key of the tests"


class Export:
    """An export in a folder of its own, read batch by batch."""

    def __init__(
        self, folder: Path, kind: str, files: Mapping[str, str | bytes | pa.Table], options: Mapping[str, Any]
    ) -> None:
        self.folder = folder
        self.kind = kind
        self.options = options
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, pa.Table):
                pq.write_table(content, path)
            else:
                path.write_bytes(content.encode() if isinstance(content, str) else content)

    @cached_property
    def source(self) -> Source:
        text = {"kind": self.kind, "title": "t", "path": ["."], "rhythm": RHYTHM, "options": self.options}
        settings = SourceSettings.model_validate_json(json.dumps(text))
        kind: type[Source] = discover(features.sources, "SOURCE")[self.kind]
        source = kind("shop", settings, self.folder, NOW_US)
        source.use_key(KEY)
        return source

    @cached_property
    def told(self) -> list[tuple[str, CanonicalBatch]]:
        """Per batch its table and what was made of it; the row-count law is held for each."""
        found = []
        for file in self.source.raw_files():
            for batch in self.source.batches(file):
                canonical = self.source.canonical(batch)
                kept = canonical.reasons.null_count
                assert len(canonical.reasons) == batch.data.num_rows == len(batch.rows)
                assert canonical.extra is not None
                first = canonical.rows[~canonical.extra]
                if file.role == "events":
                    assert len(first) == len(set(first.tolist())) == kept
                rest = {"decisions": canonical.decisions, "costs": canonical.costs}.get(file.role)
                assert rest is None or rest.num_rows == kept
                found.append((file.table, canonical))
        return found

    def reasons(self, table: str) -> list[str | None]:
        """Per raw row of a table why it was rejected; None: kept."""
        return [reason for name, one in self.told if name == table for reason in one.reasons.to_pylist()]

    def rows(self, what: str) -> list[dict[str, Any]]:
        """Give all staged rows of ``events``, ``attributes``, ``links``, ``decisions`` or ``costs``."""
        return [row for _, one in self.told for row in getattr(one, what).to_pylist()]

    def refused(self) -> str:
        """Give the message with which the export is refused."""
        with pytest.raises(InputError) as caught:
            _ = self.told
        return str(caught.value)


@pytest.fixture
def export(tmp_path: Path) -> Callable[..., Export]:
    """Write an export: ``export(kind, {file: content}, **options)``."""
    made = []

    def make(kind: str, files: Mapping[str, str | bytes | pa.Table], /, **options: Any) -> Export:
        made.append(kind)
        return Export(tmp_path / f"export_{len(made)}", kind, files, options)

    return make


@pytest.fixture
def micros() -> Callable[[str], int]:
    """Write an ISO moment (UTC unless it names a zone) in microseconds."""

    def turn(text: str) -> int:
        moment = datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return round(moment.timestamp()) * 1_000_000

    return turn
