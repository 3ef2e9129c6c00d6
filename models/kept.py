"""Keeps what was read from a file or folder for the next batch, as long as nothing in it changes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from threading import RLock
from typing import TypeVar

T = TypeVar("T")
Stamp = tuple[tuple[str, int, int, int], ...]


def kept(most: int) -> Callable[[Callable[[Path], T]], Callable[[Path], T]]:
    """Make a reader remember what it read; what it gives must not be changed by anybody.

    Parameters
    ----------
    most : int
        Files or folders that are remembered, the latest.

    Examples
    --------
    >>> import tempfile
    >>> path, read = Path(tempfile.mkdtemp()) / "words.txt", []
    >>> @kept(1)
    ... def words(path: Path) -> str:
    ...     read.append(path.name)
    ...     return path.read_text()
    >>> _ = path.write_text("one")
    >>> words(path), words(path), len(read)
    ('one', 'one', 1)
    >>> _ = path.write_text("another")
    >>> words(path), len(read)
    ('another', 2)
    """

    def remember(read: Callable[[Path], T]) -> Callable[[Path], T]:
        known: OrderedDict[Path, tuple[Stamp, T]] = OrderedDict()
        lock = RLock()

        @wraps(read)
        def reader(path: Path) -> T:
            with lock:
                stamp = _stamp(path)
                found = known.pop(path, None)
                if found is None or found[0] != stamp:
                    found = stamp, read(path)
                known[path] = found
                while len(known) > most:
                    known.popitem(last=False)
                return found[1]

        return reader

    return remember


def _stamp(path: Path) -> Stamp:
    """Tell a file, or every file in a folder, from any other that may take its place."""
    files = sorted(path.rglob("*")) if path.is_dir() else [path] if path.exists() else []
    states = [(str(file), file.stat()) for file in files]
    return tuple((name, state.st_ino, state.st_mtime_ns, state.st_size) for name, state in states)
