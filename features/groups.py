"""Groups: events sorted into a few named heaps, so that one pass counts them all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Groups:
    """A heap for each event of a view.

    Attributes
    ----------
    code : array of int64
        One per event: the number of its heap, -1 for none.
    number : int
        How many heaps there are.
    """

    code: NDArray[np.int64]
    number: int

    @classmethod
    def of_words(cls, codes: NDArray[np.generic], wanted: list[int], known: int) -> Groups:
        """Make a heap of each wanted code, in that order.

        Parameters
        ----------
        codes : array of int
            One per event, in ``[-1, known)``; -1 is none.
        wanted : list of int
            Codes that get a heap; all others get none.
        known : int
            How many codes there are.

        Examples
        --------
        >>> Groups.of_words(np.array([2, -1, 0], dtype=np.int8), [0, 2], 3).code.tolist()
        [1, -1, 0]
        """
        # One place more than there are codes: the code -1 reads the last, which stays -1.
        table = np.full(known + 1, -1, dtype=np.int64)
        table[wanted] = np.arange(len(wanted))
        return cls(table.take(codes.astype(np.intp, copy=False)), len(wanted))

    def offsets(self, size: int) -> NDArray[np.int64]:
        """Say where each event's heap begins, if every heap takes ``size`` places and no heap comes first.

        Counting those of no heap and dropping them costs less than selecting the others.

        Examples
        --------
        >>> Groups(np.array([1, -1, 0]), 2).offsets(10).tolist()
        [20, 0, 10]
        """
        places = self.code + 1
        places *= size
        return places
