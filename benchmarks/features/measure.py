"""Run one command and tell what it cost: CPU seconds, wall seconds and peak memory, its children included."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

#: Seconds between two looks at the memory of a process tree.
LOOK_S = 0.1


@dataclass(frozen=True)
class Cost:
    """What a process and its children cost.

    Attributes
    ----------
    cpu_s : float
        User and system seconds.
    wall_s : float
        Seconds.
    peak_mb : float
        Peak resident memory in MB: of the largest process, or of the whole tree at the worst of ten looks a
        second, whichever is more.
    """

    cpu_s: float
    wall_s: float
    peak_mb: float

    def best(self, other: Cost) -> Cost:
        """Take the lower of each number."""
        mine, theirs = asdict(self), asdict(other)
        return Cost(**{name: min(mine[name], theirs[name]) for name in mine})


def measure(command: Sequence[str], folder: Path) -> tuple[Cost, str]:
    """Run a command in a folder and wait for it.

    Returns
    -------
    tuple of Cost and str
        What it cost, and what it printed.

    Raises
    ------
    RuntimeError
        If it fails; with the end of what it said.

    Examples
    --------
    >>> cost, said = measure([sys.executable, "-c", "print(6 * 7)"], Path())
    >>> said.strip(), cost.cpu_s > 0
    ('42', True)
    """
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stderr is not None
    errors: list[str] = []
    drain = threading.Thread(target=lambda stream: errors.append(stream.read()), args=(process.stderr,))
    tree = _Tree(process.pid)
    drain.start()
    tree.start()
    said = process.stdout.read()
    # wait4, not wait: it alone tells the usage of this one child and of the children it waited for.
    _, status, used = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    tree.stop()
    drain.join()
    process.stdout.close()
    process.stderr.close()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{''.join(errors)[-3000:]}")
    # A new process starts with the peak of its parent: a peak no higher than ours may be ours.
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    unit = 2**20 if sys.platform == "darwin" else 1024
    largest = used.ru_maxrss / unit if used.ru_maxrss > own else 0.0
    return Cost(used.ru_utime + used.ru_stime, wall_s, max(largest, tree.peak_mb)), said


class _Tree(threading.Thread):
    """Looks at the memory of a process and its descendants; sees nothing where there is no /proc."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak_mb = 0.0
        self._pid = pid
        self._ended = threading.Event()

    def run(self) -> None:
        while True:
            self.peak_mb = max(self.peak_mb, _resident_mb(_family(self._pid)))
            if self._ended.wait(LOOK_S):
                break

    def stop(self) -> None:
        self._ended.set()
        self.join()


def _family(pid: int) -> list[int]:
    """Give a process and all its living descendants."""
    found = [pid]
    for one in found:
        for children in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                found += [int(child) for child in children.read_text().split()]
            except OSError:  # ended between the two looks
                continue
    return found


def _resident_mb(pids: Sequence[int]) -> float:
    """Add up resident memory; pages of files and shared memory count once, as the largest share."""
    own, shared = 0, 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/statm").read_text().split()
        except OSError:
            continue
        own += int(fields[1]) - int(fields[2])
        shared = max(shared, int(fields[2]))
    return (own + shared) * os.sysconf("SC_PAGE_SIZE") / 2**20
