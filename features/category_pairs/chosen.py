"""Some customers of a batch as a history of their own, so that a value per category costs no more than it must."""

from __future__ import annotations

from functools import partial

import numpy as np

from features.history import Frame, History, Ints
from features.lazy import Lazy

#: Columns that the measures of pairs read.
_COLUMNS = ("day", "occurred_us", "kind", "channel", "category_word", "value", "quantity")


def of_customers(history: History, rows: Ints) -> History:
    """Keep the events of some customers, who become the rows 0, 1, ... in the given (rising) order.

    Parameters
    ----------
    history : History
        A view of a batch.
    rows : array of int64
        Customer rows, rising.

    Returns
    -------
    History
        Without codes of (customer, value) pairs: only verbs that need none.
    """
    place = np.full(history.frame.customers, -1, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    kept = history.where(place[history.row] >= 0)
    frame = Frame(len(rows), history.frame.cutoff_us, history.frame.windows_days, history.frame.lookback_days)
    columns = {name: partial(kept.column, name) for name in _COLUMNS}
    return History(Lazy({**columns, "row": lambda: place[kept.row]}), None, frame, {}, history.words)
