"""JSON on disk: bytes that depend on the content only, written whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from features.atomic import replacing
from features.errors import InputError


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON object, keys sorted.

    Raises
    ------
    ValueError
        If it holds a NaN or an infinity, which JSON does not have.
    """
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    with replacing(path) as beside:
        beside.write_text(text + "\n", encoding="utf-8")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises
    ------
    InputError
        If the file is missing, or is no JSON.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "model.json"
    >>> write_json(path, {"b": 1, "a": [0.5]})
    >>> read_json(path)
    {'a': [0.5], 'b': 1}
    """
    if not path.is_file():
        raise InputError(f"{path} is missing; run the stage that writes it: dvc repro")
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(
            f"{path} is not readable JSON ({error}); run the stage that writes it again"
        ) from error
    return content


def read_json_if_there(path: Path) -> dict[str, Any]:
    """Read a JSON object; an absent file is an empty one."""
    return read_json(path) if path.is_file() else {}
