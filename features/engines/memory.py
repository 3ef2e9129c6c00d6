"""Keeps the memory of one batch for the next: giving it back and asking again costs more than the arithmetic."""

from __future__ import annotations

import ctypes
import os

#: ``mallopt`` of glibc: what to keep free at the top, what to ask for at once, and from where on to map apart (bytes).
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = (-1, 1 << 30), (-2, 1 << 26), (-3, 1 << 25)


def keep_freed_memory() -> bool:
    """Tell the C library not to give freed arrays back to the system at once; for the rest of the process.

    A batch makes and drops some hundred arrays of a few MB; as glibc comes, each is mapped, cleared page by page
    and unmapped again: a quarter of all system time (``benchmarks/features``, 10 million events).

    Returns
    -------
    bool
        Whether this C library could be told; elsewhere than on glibc nothing changes.
    """
    # Windows knows no library of "the program itself".
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if mallopt is None:
        return False
    options = _TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD
    return [mallopt(*option) for option in options] == [1, 1, 1]
