"""Keeping freed memory is told to glibc, and changes nothing elsewhere."""

from __future__ import annotations

import ctypes
import platform

import pytest

from features.engines.memory import keep_freed_memory


def test_glibc_takes_every_option() -> None:
    assert keep_freed_memory() is (platform.libc_ver()[0] == "glibc")


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())

    assert keep_freed_memory() is False
