"""The one error for anything the user can mend."""

from __future__ import annotations


class InputError(ValueError):
    """Something in the data, ``params.yaml`` or ``conf/`` is not as agreed.

    The message says what was found, what is allowed and what to change.

    Examples
    --------
    >>> raise InputError("orders.csv: column 'date' is missing; found 'datum'; set options.columns.occurred")
    Traceback (most recent call last):
    ...
    features.errors.InputError: orders.csv: column 'date' is missing; found 'datum'; set options.columns.occurred
    """
