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
        The repository root; relative paths start there.
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
    from features.discovery import discover
    from features.errors import InputError
    from features.manifest import resolve

    kinds = discover(sys.modules[__name__], "SOURCE")
    if settings.kind not in kinds:
        raise InputError(f"conf/sources/{name}.yaml: kind is {settings.kind!r}; allowed: {', '.join(kinds)}")
    folder = resolve(settings.path, root, name=name)
    source: Source = kinds[settings.kind](name, settings, folder, now_us)
    return source
