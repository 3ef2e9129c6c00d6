"""What every kind of source has in common: what it declares, which files it reads, how a batch is turned."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import ValidationError

from features.contract import DAY_US
from features.errors import InputError
from features.settings import Settings, SourceSettings
from features.sources._batches import STAGED_EVENTS, CanonicalBatch, RawBatch, RawFile, Verdict
from features.sources._columns import Column, Mask, as_mask, fill_table
from features.sources._files import parquet_batches

#: No order of any shop is as large, in any currency; a number beyond is a broken field.
LARGEST_AMOUNT = 1e12


@dataclass(frozen=True)
class Declaration:
    """What a source can produce, known before a row is read."""

    kinds: tuple[str, ...]
    channels: tuple[str, ...]
    actions: tuple[str, ...] = ()

    @property
    def has_decisions(self) -> bool:
        """Whether the source comes with a log of decisions."""
        return bool(self.actions)


class Source(ABC):
    """One kind of source: a folder of raw files, read in batches, each turned into a canonical batch.

    Parameters
    ----------
    name : str
        Name of the file in ``conf/sources``, without ``.yaml``.
    settings : SourceSettings
        That file.
    folder : Path
        Where the raw files are.
    now_us : int
        The present, in microseconds: rows dated more than a day later are quarantined.
    """

    #: The frozen model that validates ``options``.
    Options: ClassVar[type[Settings]]
    #: Two staged events that agree on these are the same event.
    identity: tuple[str, ...] = ("customer_id", "occurred_us", "event_id")
    #: Whether the identity covers the whole raw row: then it does not matter which duplicate is kept.
    whole_row: bool = True
    #: What is done with duplicates.
    duplicates: Literal["drop", "keep"] = "drop"
    #: Whether its rows tell events, attributes and links only: then rows of several files may be turned together.
    events_only: bool = False
    #: The key of the pseudonyms (`use_key`), for ids that must not be shown even inside: ``email_ids``.
    key: bytes

    def __init__(self, name: str, settings: SourceSettings, folder: Path, now_us: int) -> None:
        self.name = name
        self.settings = settings
        self.folder = folder
        self.latest_us = now_us + DAY_US
        self.options: Any = validate_options(self.Options, name, settings.options)

    def use_key(self, key: bytes) -> None:
        """Take the key of the pseudonyms (``features.pseudonyms.id_key``)."""
        self.key = key

    def parts(self) -> dict[str, Source]:
        """Name what the source is made of; ``events.source`` holds these names. One by itself is its own part."""
        return {self.name: self}

    @abstractmethod
    def declaration(self) -> Declaration:
        """Say what the source can produce."""

    @abstractmethod
    def raw_files(self) -> tuple[RawFile, ...]:
        """Name the files to read, sorted; an `InputError` if one is absent."""

    @abstractmethod
    def canonical(self, batch: RawBatch) -> CanonicalBatch:
        """Turn a raw batch into a canonical batch: a pure function, the same under every engine."""

    def batches(self, file: RawFile) -> Iterator[RawBatch]:
        """Read one file in batches."""
        return parquet_batches(file)

    def decisions(self, seen: pa.Table, complete_until_us: int) -> pa.Table | None:
        """Give the decision log (contract DECISIONS), if the source can only tell it once all is read.

        A source whose rows are decisions gives them in its batches instead.

        Parameters
        ----------
        seen : table of source_id, customer_id, first_us
            One row per customer: the moment from which a behaviour event of theirs is known.
        complete_until_us : int
            Until when the log is complete.
        """
        return None

    def missing_days(self) -> list[str]:
        """Days (YYYY-MM-DD) inside the log for which the source has no data at all."""
        return []

    def check_rows(
        self, verdict: Verdict, source_ids: Column, occurred: npt.NDArray[np.int64], unread: Mask
    ) -> None:
        """Reject rows without a customer, a readable moment (else ``unread``) or a possible one."""
        missing = pc.or_kleene(pc.is_null(source_ids), pc.equal(pc.utf8_length(source_ids), 0))
        verdict.reject(as_mask(missing), "customer is missing")
        verdict.reject(unread, "occurred cannot be read as a date")
        verdict.reject(occurred < 0, "occurred lies before 1970")
        verdict.reject(occurred > self.latest_us, "occurred lies in the future")

    def events(self, rows: int, columns: Mapping[str, Any], verdict: Verdict) -> pa.Table:
        """Put one staged event per raw row together; reject rows whose value or quantity cannot be.

        A column not given is null, a single value fills it.
        """
        table = fill_table(STAGED_EVENTS, rows, columns)
        for name in ("value", "quantity"):
            beyond = as_mask(pc.greater(pc.abs(table[name]), LARGEST_AMOUNT))
            verdict.reject(beyond, f"{name} is impossibly large")
        return table


def validate_options(model: type[Settings], name: str, options: Mapping[str, Any]) -> Settings:
    """Validate the ``options`` of a source; every fault is named with its path."""
    try:
        return model.model_validate_json(json.dumps(options, default=str))
    except ValidationError as error:
        faults = []
        for fault in error.errors():
            where = ".".join(["options", *(str(part) for part in fault["loc"])])
            found = "" if fault["type"] == "missing" else f"; found {fault['input']!r}"
            faults.append(f"{where}: {fault['msg']}{found}")
        allowed = ", ".join(sorted(model.model_fields)) or "none"
        raise InputError(
            f"conf/sources/{name}.yaml: {'; '.join(faults)}. Allowed under options: {allowed}"
        ) from error
