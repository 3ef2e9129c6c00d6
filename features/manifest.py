"""Where the raw files of a source are, and what exactly they hold."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
from pathlib import Path

from features.atomic import replacing
from features.errors import InputError
from features.settings import SourceSettings

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")


def resolve(candidates: tuple[str, ...], root: Path, *, name: str = "<name>") -> Path:
    """Find the folder (or file) of a source: the first candidate that exists.

    Parameters
    ----------
    candidates : tuple of str
        Key ``path`` of ``conf/sources/<name>.yaml``: a path relative to the repository root, an absolute
        path, or ``package:<module>/<folder>`` for a folder inside an installed package. ``${NAME:-default}``
        stands for an environment variable.
    root : Path
        The repository root.
    name : str
        Name of the source, for the message.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    InputError
        If no candidate exists; the message names them all.

    Examples
    --------
    >>> resolve(("nowhere", "package:features/sources"), Path("/")).name
    'sources'
    """
    tried = []
    for candidate in candidates:
        path = _locate(candidate, root)
        if path is not None and path.exists():
            return path
        tried.append(candidate if path is None or str(path) == candidate else f"{candidate} (= {path})")
    raise InputError(
        f"source {name}: none of these places exists: {'; '.join(tried) or '(none given)'}. Put the raw "
        f"files in one of them, install the package named, or change path in conf/sources/{name}.yaml"
    )


def _locate(candidate: str, root: Path) -> Path | None:
    text = _VARIABLE.sub(lambda found: os.environ.get(found[1]) or found[2] or "", candidate)
    if not text.startswith("package:"):
        return root / Path(text).expanduser() if text else None
    module, _, inside = text.removeprefix("package:").partition("/")
    try:
        spec = importlib.util.find_spec(module)  # finds without importing: some packages read data on import
    except (ImportError, ValueError):
        return None
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations))) / inside


def inside(folder: Path, name: str) -> Path:
    """Give ``folder / name``, refusing a name that leads outside the folder.

    Examples
    --------
    >>> inside(Path("/data"), "../etc/passwd")
    Traceback (most recent call last):
    ...
    features.errors.InputError: raw file '../etc/passwd' lies outside /data; name files inside the folder only
    """
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"raw file {name!r} lies outside {folder}; name files inside the folder only")
    return path


def write_manifest(name: str, settings: SourceSettings, root: Path, out: Path) -> bool:
    """Write the manifest of a source: each raw file that is read, its size and SHA-256, and which id key holds.

    Parameters
    ----------
    name : str
        Name of the source.
    settings : SourceSettings
        Its settings.
    root : Path
        The repository root.
    out : Path
        The manifest (JSON). Holds no machine path and no time, so that the same files give the same bytes.

    Returns
    -------
    bool
        Whether the content changed; an unchanged manifest is not written again.
    """
    from features.sources import open_source

    source = open_source(name, settings, root, now_us=0)
    files = source.raw_files()
    listed = [
        {"name": file.name, "bytes": file.path.stat().st_size, "sha256": _sha256(file.path)} for file in files
    ]
    # The digest of the key, not the key: with another one every pseudonym changes, so ingest must run again.
    key = hashlib.sha256(source.key).hexdigest()[:12]
    content = {"source": name, "kind": settings.kind, "id_key": key, "files": listed}
    text = json.dumps(content, indent=1, sort_keys=True) + "\n"
    if out.is_file() and out.read_text(encoding="utf-8") == text:
        return False
    with replacing(out) as beside:
        beside.write_text(text, encoding="utf-8")
    return True


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
