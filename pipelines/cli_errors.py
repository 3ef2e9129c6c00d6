"""What a user can mend, told in one message; the rest are mistakes of ours and keep their traceback."""

from __future__ import annotations

import shutil
from pathlib import Path

from features.errors import InputError

MENDABLE = (InputError, PermissionError, FileExistsError, NotADirectoryError, IsADirectoryError)
#: As the system, SQLite and DuckDB say it; Arrow and MLflow pass these on.
DISK_FULL = ("no space left on device", "disk quota exceeded", "disk is full", "'max_temp_directory_size'")


def told(error: BaseException, folder: Path) -> str | None:
    """Give the message for an error that a user can mend.

    Parameters
    ----------
    error : BaseException
        What ended the command.
    folder : Path
        Where the command ran: a full disk is told with what is free there.

    Returns
    -------
    str or None
        None where a traceback serves better.

    Examples
    --------
    >>> told(InputError("no target 'chrun'"), Path())
    "no target 'chrun'"
    >>> told(ZeroDivisionError(), Path()) is None
    True
    """
    if isinstance(error, MENDABLE):
        return str(error)
    if _disk_full(error):
        free = shutil.disk_usage(folder).free / 1e6
        return (
            f"the disk is full: {free:,.0f} MB free in {folder.resolve()}; what was being written is removed, "
            "earlier results stand. Make room and run the same command again (`dvc gc --workspace` removes "
            "what earlier runs left in DVC's cache; a full TMPDIR says the same)\n"
            f"what the system said: {str(error).splitlines()[0]}"
        )
    return None


def _disk_full(error: BaseException | None) -> bool:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if any(words in str(error).lower() for words in DISK_FULL):
            return True
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return False
