"""Several exports of one company as one source: each part is read by its own adapter, in its own folder."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

import pyarrow as pa
from pydantic import Field

from features.errors import InputError
from features.fingerprint import fingerprint
from features.manifest import inside
from features.settings import Name, Settings, SourceSettings
from features.sources import kind_of
from features.sources._base import Declaration, Source
from features.sources._batches import CanonicalBatch, RawBatch, RawFile

logger = logging.getLogger(__name__)


class PartOptions(Settings):
    """One part: its kind, its folder inside the source's, the options of that kind.

    ``optional``: without its folder the part is left out; else that is an error.
    """

    kind: Name
    folder: str = "."
    optional: bool = False
    options: dict[str, Any] = Field(default_factory=dict)


class CombinedOptions(Settings):
    """Options of the kind ``combined``: the parts by name; ``events.source`` holds these names."""

    parts: Annotated[dict[Name, PartOptions], Field(min_length=1)]


class Combined(Source):
    """Reads each part with its own adapter; ids of one space mean the same in all parts."""

    Options = CombinedOptions
    options: CombinedOptions

    def __init__(self, name: str, settings: SourceSettings, folder: Path, now_us: int) -> None:
        super().__init__(name, settings, folder, now_us)
        self._parts: dict[str, Source] = {}
        for part, wanted in self.options.parts.items():
            with self._explained(part):
                opened = self._open(part, wanted, now_us)
            if opened is not None:
                self._parts[part] = opened
        if not self._parts:
            raise InputError(
                f"conf/sources/{name}.yaml: no part of options.parts has a folder in {folder}; change path, or the "
                f"folder of a part ({', '.join(one.folder for one in self.options.parts.values())})"
            )

    def _open(self, part: str, wanted: PartOptions, now_us: int) -> Source | None:
        kind = kind_of(wanted.kind, "kind")
        if issubclass(kind, Combined):
            raise InputError("kind is combined; a part cannot have parts: name them all in one file")
        folder = inside(self.folder, wanted.folder)
        if not folder.exists():
            if wanted.optional:
                logger.info("%s: part %s is left out: no folder %s", self.name, part, wanted.folder)
                return None
            raise InputError(
                f"no folder {wanted.folder} in {self.folder}; put the files there, change folder, or say "
                "optional: true"
            )
        own = {"kind": wanted.kind, "path": (wanted.folder,), "options": wanted.options}
        return kind(part, self.settings.model_copy(update=own), folder, now_us)

    @contextmanager
    def _explained(self, part: str) -> Iterator[None]:
        """Say in an error of a part where its settings stand."""
        try:
            yield
        except InputError as error:
            place = f"conf/sources/{self.name}.yaml (options.parts.{part})"
            said = str(error).replace(f"conf/sources/{part}.yaml", place)
            raise InputError(f"part {part} of source {self.name}: {said}") from error

    def use_key(self, key: bytes) -> None:
        """Take the key of the pseudonyms, for every part."""
        super().use_key(key)
        for part in self._parts.values():
            part.use_key(key)

    def parts(self) -> dict[str, Source]:
        """Name the parts that are there."""
        return self._parts

    def declaration(self) -> Declaration:
        """Say what the parts together can produce."""
        declared = [part.declaration() for part in self._parts.values()]
        return Declaration(
            tuple(sorted({kind for one in declared for kind in one.kinds})),
            tuple(sorted({channel for one in declared for channel in one.channels})),
            tuple(dict.fromkeys(action for one in declared for action in one.actions)),
        )

    def raw_files(self) -> tuple[RawFile, ...]:
        """Name the files of every part, with the folder of the part before each name."""
        return tuple(self._files)

    @cached_property
    def _files(self) -> dict[RawFile, RawFile]:
        """Give each file as this source names it, and as its part does."""
        found = {}
        for name, part in self._parts.items():
            folder = PurePosixPath(self.options.parts[name].folder)
            with self._explained(name):
                files = part.raw_files()
            for file in files:
                found[replace(file, name=(folder / file.name).as_posix(), part=name)] = file
        return found

    def batches(self, file: RawFile) -> Iterator[RawBatch]:
        """Read a file as its part does."""
        own = self._files[file]
        with self._explained(file.part):
            for batch in self._parts[file.part].batches(own):
                # The adapter must find the names it gave; whose they are goes along.
                yield replace(batch, file=replace(own, part=file.part))

    def canonical(self, batch: RawBatch) -> CanonicalBatch:
        """Turn a raw batch into a canonical batch as its part does; ids of events differ between parts."""
        part = batch.file.part
        with self._explained(part):
            found = self._parts[part].canonical(batch)
        if not found.events.num_rows:
            return found
        place = found.events.column_names.index("event_id")
        salted = fingerprint(
            {"part": pa.repeat(part, found.events.num_rows), "event_id": found.events["event_id"]}
        )
        return replace(found, events=found.events.set_column(place, "event_id", pa.array(salted)))

    def decisions(self, seen: pa.Table, complete_until_us: int) -> pa.Table | None:
        """Give the decisions that parts can only tell once all is read."""
        told = [part.decisions(seen, complete_until_us) for part in self._parts.values()]
        given = [decisions for decisions in told if decisions is not None]
        return pa.concat_tables(given) if given else None

    def missing_days(self) -> list[str]:
        """Days for which any part has no data; ``parts`` of meta.json tells which."""
        return sorted({day for part in self._parts.values() for day in part.missing_days()})


SOURCE = Combined
