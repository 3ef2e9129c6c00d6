"""Find what is registered: one file in a folder is one family, label, source, metric or estimator."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
from typing import Any


def discover(package: ModuleType, attribute: str) -> dict[str, Any]:
    """Collect ``attribute`` from every module of a package, keyed by file name.

    Parameters
    ----------
    package : module
        A package whose modules each define ``attribute``.
    attribute : str
        The name every module must define, for example ``"FAMILY"``.

    Returns
    -------
    dict of str to object
        Sorted by name, so that column order never depends on the file system.

    Raises
    ------
    AttributeError
        If a module lacks the attribute; files starting with ``_`` are helpers and are left alone.

    Examples
    --------
    >>> import features.families
    >>> "recency" in discover(features.families, "FAMILY")
    True
    """
    found: dict[str, Any] = {}
    for name in sorted(module.name for module in pkgutil.iter_modules(package.__path__)):
        if name.startswith("_"):
            continue
        module = importlib.import_module(f"{package.__name__}.{name}")
        if not hasattr(module, attribute):
            raise AttributeError(f"{module.__name__} must define {attribute}; see CONTRIBUTING.md")
        found[name] = getattr(module, attribute)
    return found
