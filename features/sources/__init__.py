"""One file per kind of source; each defines ``SOURCE``, a subclass of ``features.sources._base.Source``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from features.settings import SourceSettings
    from features.sources._base import Source


def open_source(name: str, settings: SourceSettings, root: Path, *, now_us: int) -> Source:
    """Open the source ``name``: find its folder and validate its options.

    Parameters
    ----------
    name : str
        Name of the file in ``conf/sources``, without ``.yaml``.
    settings : SourceSettings
        That file.
    root : Path
        The repository root; relative paths start there, and the key of the pseudonyms is kept there.
    now_us : int
        The present, in microseconds since 1970 UTC.

    Returns
    -------
    Source
        Ready to read.

    Raises
    ------
    InputError
        If the kind is unknown, an option is wrong or no folder is found.
    """
    from features.manifest import resolve
    from features.pseudonyms import id_key

    kind = kind_of(settings.kind, f"conf/sources/{name}.yaml: kind")
    source = kind(name, settings, resolve(settings.path, root, name=name), now_us)
    source.use_key(id_key(root, settings.id_key))
    return source


def kind_of(kind: str, where: str) -> type[Source]:
    """Find the adapter of a kind; an `InputError` that begins with ``where`` if there is none."""
    from features.discovery import discover
    from features.errors import InputError

    kinds: dict[str, type[Source]] = discover(sys.modules[__name__], "SOURCE")
    if kind not in kinds:
        raise InputError(f"{where} is {kind!r}; allowed: {', '.join(kinds)}")
    return kinds[kind]
