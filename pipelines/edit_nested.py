"""Change values below a block of ``params.yaml`` in place, keeping its comments and its layout."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from features.atomic import replacing
from features.errors import InputError
from pipelines.params import Params, read_settings


def edit_below(root: Path, block: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Set values below a top-level block and check the result; on a mistake the file stays as it was.

    Parameters
    ----------
    root : Path
        Folder of ``params.yaml``.
    block : str
        For example ``train``.
    values : mapping
        Dotted key below the block to its value, for example ``{"lightgbm.num_leaves": 31}``.

    Returns
    -------
    dict
        What changed: dotted key to new value.

    Raises
    ------
    InputError
        If the block is not laid out as one key per line, or the result is not valid.
    """
    path = root / "params.yaml"
    before = path.read_text(encoding="utf-8")
    text, changed = before, {}
    for key, value in values.items():
        new = with_value(text, (block, *key.split(".")), value)
        if new != text:
            changed[f"{block}.{key}"] = value
        text = new
    if changed:
        with replacing(path) as beside:
            beside.write_text(text, encoding="utf-8")
            read_settings(beside, Params)
    return changed


def with_value(text: str, keys: tuple[str, ...], value: Any) -> str:
    r"""Give the text with one value changed; a key that is not there yet is added at the top of its block.

    Parameters
    ----------
    text : str
        YAML in block layout, one key per line, two spaces per level.
    keys : tuple of str
        From the top-level block down.
    value : object
        A number, a word or a list of these.

    Raises
    ------
    InputError
        If the block the key belongs in is not there in this layout.

    Examples
    --------
    >>> print(with_value("train:\n  trees:\n    leaves: 15   # few\n", ("train", "trees", "leaves"), 31), end="")
    train:
      trees:
        leaves: 31   # few
    """
    lines = text.split("\n")
    start, end = 0, len(lines)
    for depth, key in enumerate(keys[:-1]):
        place = _line_of(lines, key, depth, start, end)
        if place is None or not re.fullmatch(r"\s*[\w-]+:\s*(#.*)?", lines[place].rstrip("\r")):
            name, rest = ".".join(keys[: depth + 1]), ".".join(keys)
            raise InputError(
                f"params.yaml has no block {name!r} with one key per line; write {rest}: {_written(value)} yourself"
            )
        start, end = place + 1, _end_of(lines, depth, place + 1, end)
    depth = len(keys) - 1
    place = _line_of(lines, keys[-1], depth, start, end)
    if place is None:
        lines.insert(start, f"{'  ' * depth}{keys[-1]}: {_written(value)}")
        return "\n".join(lines)
    head = lines[place].partition(":")[0]
    comment = re.search(r"\s+#.*$|\s*$", lines[place])
    lines[place] = f"{head}: {_written(value)}{comment.group() if comment else ''}"
    return "\n".join(lines)


def _line_of(lines: list[str], key: str, depth: int, start: int, end: int) -> int | None:
    wanted = re.compile(rf"{'  ' * depth}{re.escape(key)}:(\s|$)")
    return next((place for place in range(start, end) if wanted.match(lines[place])), None)


def _end_of(lines: list[str], depth: int, start: int, end: int) -> int:
    """Find the first line after a block: one that is indented no further than the block's own key."""
    for place in range(start, end):
        told = lines[place].strip()
        if told and not told.startswith("#") and len(lines[place]) - len(lines[place].lstrip()) <= 2 * depth:
            return place
    return end


def _written(value: Any) -> str:
    return json.dumps(value)
