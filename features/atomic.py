"""Write beside, move into place: after a crash there is the old output or the new one, never half."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``; move it into place when the block ends well.

    Parameters
    ----------
    path : Path
        The file or folder to replace. The block creates either at the path it is given.

    Yields
    ------
    Path
        Where to write. Removed if the block raises.

    Examples
    --------
    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "scores.csv"
    >>> with replacing(target) as beside:
    ...     _ = beside.write_text("customer_id")
    >>> target.read_text()
    'customer_id'
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part{path.suffix}")
    _sweep(path)
    try:
        yield beside
        if (path.is_dir() and not path.is_symlink()) or (beside.is_dir() and path.exists()):
            # A folder cannot be swapped in one step: what is there goes aside first and is deleted last.
            aside = path.with_name(f".{path.name}.{os.getpid()}.old{path.suffix}")
            path.rename(aside)
            beside.rename(path)
            _remove(aside)
        else:
            beside.replace(path)
    finally:
        _remove(beside)


@contextmanager
def workspace(path: Path) -> Iterator[Path]:
    """Give a temporary folder beside ``path`` that is gone afterwards, also if the process was killed.

    Parameters
    ----------
    path : Path
        Names the folder; nothing is ever written there. What a killed process left beside it is removed.

    Yields
    ------
    Path
        An empty folder.

    Examples
    --------
    >>> import tempfile
    >>> with workspace(Path(tempfile.mkdtemp()) / "build") as folder:
    ...     _ = (folder / "half.parquet").write_text("")
    >>> list(folder.parent.iterdir())
    []
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = path.with_name(f".{path.name}.{os.getpid()}.part")
    _sweep(path)
    folder.mkdir()
    try:
        yield folder
    finally:
        _remove(folder)


def _sweep(path: Path) -> None:
    """Remove what killed processes left beside ``path``; those of living ones are theirs.

    An old folder that was set aside by a process killed before the new one took its place goes back.
    """
    for left in path.parent.glob(f".{path.name}.*"):
        pid = left.name.removeprefix(f".{path.name}.").split(".")[0]
        if pid.isdigit() and (int(pid) == os.getpid() or not _alive(int(pid))):
            if left.name.startswith(f".{path.name}.{pid}.old") and not path.exists():
                left.rename(path)
            else:
                _remove(left)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
