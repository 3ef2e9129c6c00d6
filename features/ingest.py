"""Raw files of a source to the canonical tables, with quarantine and the row-count law."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from features.atomic import replacing
from features.canonical import Canonical
from features.contract import DAY_US
from features.errors import InputError
from features.settings import SourceSettings
from features.sources import open_source
from features.sources._base import Source
from features.sources._batches import RawFile
from features.staging import Staging

logger = logging.getLogger(__name__)

#: How raw files become staged rows, and who writes the canonical tables from them: ``(folder, source, files)``.
Reader = Callable[[Path, Source, Sequence[RawFile]], AbstractContextManager[tuple[Staging, Canonical]]]


def ingest(
    name: str,
    settings: SourceSettings,
    root: Path,
    out: Path,
    ids_out: Path,
    *,
    now_us: int,
    threads: int = 2,
    memory_gb: float = 4.0,
    reader: Reader | None = None,
) -> dict[str, Any]:
    """Read a source whole and write its canonical tables.

    Parameters
    ----------
    name : str
        Name of the source: the file in ``conf/sources``.
    settings : SourceSettings
        That file.
    root : Path
        The repository root; the key of the pseudonyms may be kept there (``features.pseudonyms.id_key``).
    out : Path
        Folder for events, customers, links, decisions, costs and quarantine (Parquet) and meta.json; replaced
        as a whole.
    ids_out : Path
        The table (contract IDS) that joins pseudonyms to the ids of the source.
    now_us : int
        The present, in microseconds: rows dated more than a day later are quarantined.
    threads, memory_gb : int, float
        What sorting may use of the machine.
    reader : callable, optional
        Who reads and sorts, if not this machine (``features.engines.spark_ingest.reader``); the bytes are the same.

    Returns
    -------
    dict
        What meta.json holds.

    Raises
    ------
    InputError
        If the files cannot be read as declared, or hold nothing that can be kept.
    """
    source = open_source(name, settings, root, now_us=now_us)
    files = [file for file in source.raw_files() if file.role != "lookup"]
    missing = source.missing_days()
    if missing:
        logger.warning(
            "%s: %d days have no data and are not read as silence: %s", name, len(missing), ", ".join(missing)
        )
    with replacing(ids_out) as ids_beside, replacing(out) as beside:
        own = reader or partial(_here, threads=threads, memory_gb=memory_gb)
        with own(beside, source, files) as (staging, canonical):
            meta = _write(canonical, staging, source, ids_beside)
        shutil.rmtree(beside / "staging")
        text = json.dumps(meta, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        (beside / "meta.json").write_text(text, encoding="utf-8")
    if meta["counts"]["quarantined"]:
        logger.warning(
            "%s: every quarantined row stands in %s, whole but for e-mail addresses, with its file, row number "
            "and reason; mend it where it comes from, or say in conf/sources/%s.yaml how to read it",
            name, out / "quarantine.parquet", name,
        )  # fmt: skip
    return meta


@contextmanager
def _here(
    folder: Path, source: Source, files: Sequence[RawFile], *, threads: int, memory_gb: float
) -> Iterator[tuple[Staging, Canonical]]:
    """Read one file after the other on this machine."""
    staging = Staging(folder / "staging", source, workers=max(1, threads - 1))
    staging.read(enumerate(files))
    staging.close()
    with closing(Canonical(folder, staging, source, threads=threads, memory_gb=memory_gb)) as canonical:
        yield staging, canonical


def _write(canonical: Canonical, staging: Staging, source: Source, ids_out: Path) -> dict[str, Any]:
    canonical.write_links()
    tally = canonical.write_events()
    reasons = canonical.write_quarantine()
    canonical.write_customers()
    canonical.write_ids(ids_out)
    tally += canonical.write_costs() + canonical.read_decisions() + canonical.count_repeated()
    counts = _settle(staging, tally, reasons, source.name)
    start_us, until_us = _span(canonical, source.settings.complete_until)
    canonical.write_decisions(source.decisions(canonical.seen(), until_us))
    declared = source.declaration()
    return {
        "source": source.name,
        "currency": source.settings.currency,
        "kinds": sorted(declared.kinds),
        "channels": sorted(declared.channels),
        "start_us": start_us,
        "complete_until_us": until_us,
        "missing_days": source.missing_days(),
        "has_decisions": declared.has_decisions,
        "actions": list(declared.actions),
        "audit_attributes": list(source.settings.audit_attributes),
        "parts": {name: _told(part) for name, part in source.parts().items()},
        "counts": counts,
        "quarantine_reasons": reasons,
    }


def _told(part: Source) -> dict[str, Any]:
    """Say what one part of the source can tell."""
    declared = part.declaration()
    return {
        "kind": part.settings.kind,
        "kinds": sorted(declared.kinds),
        "channels": sorted(declared.channels),
        "missing_days": part.missing_days(),
    }


def _settle(
    staging: Staging, tally: npt.NDArray[np.int64], reasons: dict[str, int], name: str
) -> dict[str, Any]:
    """Hold the row-count law per file: rows in = kept + quarantined + de-duplicated."""
    files: list[dict[str, Any]] = []
    totals = dict.fromkeys(("rows_in", "kept", "quarantined", "deduplicated"), 0)
    for count, (kept, dropped) in zip(staging.counts, tally.tolist(), strict=True):
        if count.file.role != "events":
            kept = count.accepted - dropped
        part = count.file.part or name
        rows = dict(zip(totals, (count.rows_in, kept, count.quarantined, dropped), strict=True))
        if rows["rows_in"] != kept + count.quarantined + dropped:
            raise RuntimeError(f"{count.file.name}: rows got lost: {rows}; a fault in the adapter of {part}")
        files.append({"file": count.file.name, "part": part, "table": count.file.table, **rows})
        totals = {key: totals[key] + rows[key] for key in totals}
    if sum(reasons.values()) != totals["quarantined"]:
        raise RuntimeError(f"{name}: quarantined {totals['quarantined']} rows, by reason {reasons}")
    logger.info(
        "%s: %d rows in = %d kept + %d quarantined + %d de-duplicated", name, *totals.values()
    )  # fmt: skip
    for reason, number in sorted(reasons.items(), key=lambda item: (-item[1], item[0])):
        logger.warning("%s: %d rows quarantined: %s", name, number, reason)
    _refuse_nothing(name, totals, reasons, int(tally[:, 0].sum()))
    return {**totals, "files": files}


def _refuse_nothing(name: str, totals: dict[str, int], reasons: dict[str, int], events: int) -> None:
    """Refuse a source that holds nothing to keep."""
    if totals["rows_in"] == 0:
        raise InputError(f"every file of source {name} is empty; change path in conf/sources/{name}.yaml")
    if events == 0:
        worst = max(sorted(reasons), key=lambda reason: reasons[reason], default="there are none")
        raise InputError(
            f"no event of source {name} could be kept: {totals['quarantined']} of {totals['rows_in']} rows "
            f"were quarantined, most often because: {worst}. Change options in conf/sources/{name}.yaml"
        )


def _span(canonical: Canonical, complete_until: date | None) -> tuple[int, int]:
    """Give the midnight before the first behaviour event and the one until which the log is complete."""
    if canonical.first_us is None or canonical.last_us is None:
        raise InputError(
            "the log holds no behaviour event at all: only treatments; there is nothing to learn from"
        )
    start_us = canonical.first_us // DAY_US * DAY_US
    if complete_until is None:
        return start_us, (canonical.last_us // DAY_US + 1) * DAY_US
    midnight = datetime(complete_until.year, complete_until.month, complete_until.day, tzinfo=UTC)
    return start_us, int(midnight.timestamp()) * 1_000_000
