"""Keeps what was read from a file or folder for the next batch, as long as nothing in it changes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import wraps
from pathlib import Path
from threading import RLock
from typing import Concatenate, ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")
Reader = Callable[Concatenate[Path, P], T]
Stamp = tuple[tuple[str, int, int, int], ...]


def kept(most: int) -> Callable[[Reader[P, T]], Reader[P, T]]:
    """Make a reader remember what it read; what it gives must not be changed by anybody.

    What is asked of the file beside its path (positional, hashable) makes another reading.

    Parameters
    ----------
    most : int
        Readings that are remembered, the latest.

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

    def remember(read: Reader[P, T]) -> Reader[P, T]:
        known: OrderedDict[Hashable, tuple[Stamp, T]] = OrderedDict()
        lock = RLock()

        @wraps(read)
        def reader(path: Path, /, *asked: P.args, **named: P.kwargs) -> T:
            with lock:
                stamp, key = _stamp(path), (path, asked, tuple(named.items()))
                found = known.pop(key, None)
                if found is None or found[0] != stamp:
                    found = stamp, read(path, *asked, **named)
                known[key] = found
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
