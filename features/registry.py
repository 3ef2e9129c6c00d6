"""Which feature families there are: the files of ``features/families``, and modules of one's own."""

from __future__ import annotations

import importlib

import features.families
from features.discovery import discover
from features.errors import InputError
from features.families._base import Family


def families() -> dict[str, Family]:
    """Give every family of ``features/families`` by name, sorted.

    Examples
    --------
    >>> "recency" in families()
    True
    """
    return discover(features.families, "FAMILY")


def family_named(name: str) -> Family:
    """Find a family: a file of ``features/families``, or a module that defines ``FAMILY``.

    Parameters
    ----------
    name : str
        ``recency``, or a module of one's own such as ``my_package.weather``.

    Raises
    ------
    InputError
        If there is no such family, or the module defines none.
    """
    module = name if "." in name else f"features.families.{name}"
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        # An import inside the family that fails is its own fault, and says so itself.
        if not module.startswith(error.name or " "):
            raise
        raise InputError(
            f"features.families in params.yaml names {name!r}; allowed: {', '.join(families())}, or a module of "
            "your own as package.module; a family is a file in features/families"
        ) from None
    family = getattr(found, "FAMILY", None)
    if not isinstance(family, Family):
        raise InputError(
            f"{module} must define FAMILY, a features.families._base.Family; see CONTRIBUTING.md"
        )
    return family
