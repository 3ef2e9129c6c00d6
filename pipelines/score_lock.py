"""One run at a time works in a folder; another one says so instead of taking its files away."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from features.errors import InputError


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a folder for this run alone; the lock goes with the process, also when it is killed.

    Parameters
    ----------
    folder : Path
        It need not be there. The lock is a file beside it, ``<folder>.lock``.

    Raises
    ------
    InputError
        If another run holds it.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp()) / "parts"
    >>> with held(folder), held(folder):
    ...     pass
    Traceback (most recent call last):
    ...
    features.errors.InputError: another run (process ...) is scoring this very list; wait for it: its scores ...
    """
    path = folder.with_name(f"{folder.name}.lock")
    number = _locked(path)
    if number is None:
        raise InputError(
            f"another run (process {path.read_text().strip() or 'not known'}) is scoring this very list; wait for it: "
            "its scores are those that this run would give"
        )
    try:
        os.truncate(number, 0)
        os.write(number, f"{os.getpid()}\n".encode())
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(number)


def in_use(folder: Path) -> bool:
    """Tell whether a run holds a folder (`held`)."""
    path = folder.with_name(f"{folder.name}.lock")
    if not path.exists():
        return False
    number = _locked(path)
    if number is not None:
        path.unlink(missing_ok=True)
        os.close(number)
    return number is None


def _locked(path: Path) -> int | None:
    """Open and lock a file; None where another has the lock."""
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            number = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except FileNotFoundError:  # the folder went with the last of another run
            continue
        if not _lock(number):
            os.close(number)
            return None
        if path.exists() and os.path.samestat(os.fstat(number), path.stat()):
            return number
        os.close(number)  # the run that held it took the file away in the meantime


def _lock(number: int) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows: there nobody is warned
        return True
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True
