"""A 64-bit fingerprint of the content of each row: the same on every machine and in every file."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Words = npt.NDArray[np.uint64]
_STRING_KEY = "klantreis-row-id"  # 16 characters: the SipHash key of pandas.util.hash_array


def fingerprint(columns: Mapping[str, pa.Array | pa.ChunkedArray]) -> npt.NDArray[np.int64]:
    """Hash rows by content.

    Parameters
    ----------
    columns : mapping of str to array
        The columns that make up a row, one value per row. Lists and structs are followed down.

    Returns
    -------
    array of int64
        One number per row, at least 0. Neither the order of the columns, nor that of the items of a list,
        nor a column full of nulls makes a difference.

    Notes
    -----
    SplitMix64 finaliser per value, summed over columns modulo 2**64 with the column name as salt.

    References
    ----------
    Steele, Lea, Flood (2014), Fast splittable pseudorandom number generators.

    Examples
    --------
    >>> one = fingerprint({"day": pa.array([1, 2]), "name": pa.array(["a", None])})
    >>> two = fingerprint({"name": pa.array(["a", None]), "day": pa.array([1, 2])})
    >>> bool((one == two).all())
    True
    """
    if not columns:
        raise ValueError("a fingerprint needs at least one column")
    return (_mix(_struct_words(columns)) >> np.uint64(1)).astype(np.int64)


def _struct_words(columns: Mapping[str, pa.Array | pa.ChunkedArray]) -> Words:
    total: Words | None = None
    for name in sorted(columns):
        column = columns[name]
        array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        total = np.zeros(len(array), np.uint64) if total is None else total
        if array.null_count == len(array):
            continue
        words = _mix(_words(array) ^ _string_words(pa.array([name]))[0])
        words[_null_mask(array)] = 0
        total += words
    assert total is not None
    return total


def _words(array: pa.Array) -> Words:
    """One 64-bit word per value; what stands at a null is of no account."""
    kind = array.type
    if pa.types.is_struct(kind):
        fields = {kind[i].name: array.field(i) for i in range(kind.num_fields)}
        return _struct_words(fields) if fields else np.zeros(len(array), np.uint64)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _list_words(array)
    if pa.types.is_floating(kind):
        numbers = array.cast(pa.float64()).fill_null(0.0).to_numpy(zero_copy_only=False) + 0.0  # -0.0 is 0.0
        bits: Words = np.where(np.isnan(numbers), np.nan, numbers).view(np.uint64)
        return _mix(bits)
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind) or pa.types.is_null(kind):
        whole = array.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
        return _mix(whole.view(np.uint64))
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        moments = array.cast(pa.timestamp("us", getattr(kind, "tz", None)), safe=False).cast(pa.int64())
        return _mix(moments.fill_null(0).to_numpy(zero_copy_only=False).view(np.uint64))
    return _string_words(array)


def _string_words(array: pa.Array) -> Words:
    encoded = array if pa.types.is_dictionary(array.type) else pc.dictionary_encode(array)
    uniques = encoded.dictionary.cast(pa.string()).to_numpy(zero_copy_only=False).astype(object)
    if len(uniques) == 0:
        return np.zeros(len(array), np.uint64)
    hashed: Words = pd.util.hash_array(uniques, hash_key=_STRING_KEY, categorize=False)
    words: Words = hashed[encoded.indices.fill_null(0).to_numpy(zero_copy_only=False)]
    return words


def _list_words(array: pa.Array) -> Words:
    lengths = pc.list_value_length(array).fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    items = pc.list_flatten(array)  # leaves out what lies under a null list
    words = _mix(_words(items))
    words[_null_mask(items)] = 0
    running = np.concatenate([np.zeros(1, np.uint64), np.cumsum(words, dtype=np.uint64)])
    ends = np.cumsum(lengths)
    sums: Words = running[ends] - running[ends - lengths]
    return sums


def _null_mask(array: pa.Array) -> npt.NDArray[np.bool_]:
    mask: npt.NDArray[np.bool_] = array.is_null().to_numpy(zero_copy_only=False)
    if pa.types.is_list(array.type) or pa.types.is_large_list(array.type):
        # A list without items says as much as no list (older exports leave the column out altogether).
        mask = mask | (pc.list_value_length(array).fill_null(0).to_numpy(zero_copy_only=False) == 0)
    return mask


def _mix(words: Words) -> Words:
    with np.errstate(over="ignore"):
        mixed = words + np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        result: Words = mixed ^ (mixed >> np.uint64(31))
    return result
