"""Change top-level words of ``params.yaml`` in place, keeping its comments (``make repro SOURCE=ga4``)."""

from __future__ import annotations

import re
from pathlib import Path

from features.atomic import replacing
from features.errors import InputError
from pipelines.params import Params, load_journey, load_source, read_settings

EDITABLE = ("source", "journey", "language")


def edit(root: Path, assignments: list[str]) -> dict[str, str]:
    """Set ``key=value`` pairs and check the result; on a mistake the file stays as it was.

    Parameters
    ----------
    root : Path
        Folder of ``params.yaml``.
    assignments : list of str
        For example ``["source=ga4"]``; allowed keys are ``source``, ``journey`` and ``language``.

    Returns
    -------
    dict of str to str
        What changed: key to new value.

    Raises
    ------
    InputError
        If a key is not editable here, or its value does not exist.
    """
    path = root / "params.yaml"
    before = text = path.read_text(encoding="utf-8")
    changed = {}
    for assignment in assignments:
        key, _, value = assignment.partition("=")
        if key not in EDITABLE or not re.fullmatch(r"[a-z0-9][a-z0-9_]*", value):
            raise InputError(f"cannot set {assignment!r}; allowed: {', '.join(EDITABLE)}=<name>")
        text, found = re.subn(rf"(?m)^{key}: *\S+(?P<rest>.*)$", rf"{key}: {value}\g<rest>", text, count=1)
        if not found:
            raise InputError(f"params.yaml has no line '{key}: ...' to change")
        changed[key] = value
    if "source" in changed:
        load_source(changed["source"], root)
    if "journey" in changed:
        load_journey(changed["journey"], root)
    if text != before:
        with replacing(path) as beside:
            beside.write_text(text, encoding="utf-8")
            read_settings(beside, Params)
    return changed
