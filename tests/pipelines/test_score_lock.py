"""Two runs in one folder: the second says so; a run that is gone holds nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from features.errors import InputError
from pipelines.score_lock import held, in_use


def test_the_second_run_is_told_which_process_is_at_it(tmp_path: Path) -> None:
    with held(tmp_path / "parts"):
        assert in_use(tmp_path / "parts")
        with pytest.raises(InputError, match=f"process {os.getpid()}"), held(tmp_path / "parts"):
            raise AssertionError("held twice")
    assert not in_use(tmp_path / "parts") and not list(tmp_path.iterdir())


def test_a_killed_run_holds_nothing(tmp_path: Path) -> None:
    program = (
        "import os, sys, pathlib; from pipelines.score_lock import held\n"
        "with held(pathlib.Path(sys.argv[1])): os._exit(9)"
    )
    assert (
        subprocess.run([sys.executable, "-c", program, str(tmp_path / "parts")], check=False).returncode == 9
    )
    assert (tmp_path / "parts.lock").exists() and not in_use(tmp_path / "parts")
    with held(tmp_path / "parts"):
        assert in_use(tmp_path / "parts")
