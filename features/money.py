"""Amounts as a simple arithmetic expression over columns: ``price * quantity - discount``."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.errors import InputError

Numbers = npt.NDArray[np.float64]

_BINARY: dict[type[ast.operator], Callable[[Numbers, Numbers], Numbers]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
}
_QUOTED = re.compile(r"`([^`]+)`")
_LONGEST = 1000


@dataclass(frozen=True)
class Money:
    """A parsed expression. Only numbers, column names, ``+ - * /`` and parentheses exist in it.

    Examples
    --------
    >>> money = parse_money("price * `number of items` - 0.5")
    >>> money.columns
    ('price', 'number of items')
    >>> money.evaluate({"price": np.array([2.0, 3.0]), "number of items": np.array([3.0, 1.0])})
    array([5.5, 2.5])
    """

    text: str
    columns: tuple[str, ...]
    _tree: ast.expr
    _names: Mapping[str, str]

    def evaluate(self, values: Mapping[str, Numbers]) -> Numbers:
        """Compute one amount per row.

        Parameters
        ----------
        values : mapping of str to array of float
            Every column of `columns`, one number per row.

        Returns
        -------
        array of float
            Not finite where a number is missing or divided by zero.
        """
        with np.errstate(all="ignore"):
            rows = len(next(iter(values.values()))) if values else 1
            return np.broadcast_to(np.asarray(self._value(self._tree, values), np.float64), (rows,)).copy()

    def _value(self, node: ast.expr, values: Mapping[str, Numbers]) -> Numbers:
        if isinstance(node, ast.BinOp):
            return _BINARY[type(node.op)](self._value(node.left, values), self._value(node.right, values))
        if isinstance(node, ast.UnaryOp):
            inner = self._value(node.operand, values)
            return -inner if isinstance(node.op, ast.USub) else inner
        if isinstance(node, ast.Name):
            return values[self._names[node.id]]
        assert isinstance(node, ast.Constant) and isinstance(node.value, int | float)
        return np.asarray(node.value, np.float64)


def parse_money(text: str) -> Money:
    """Parse an amount; anything but arithmetic on columns is refused.

    Parameters
    ----------
    text : str
        The expression. A column name that is not a plain word stands between backticks.

    Returns
    -------
    Money
        Ready to evaluate.

    Raises
    ------
    InputError
        If the expression holds anything else.

    Examples
    --------
    >>> parse_money("__import__('os')")
    Traceback (most recent call last):
    ...
    features.errors.InputError: amount "__import__('os')": Call is not allowed; ...
    """
    names: dict[str, str] = {}

    def stand_in(found: re.Match[str]) -> str:
        names[f"_quoted_{len(names)}"] = found[1]
        return f"_quoted_{len(names) - 1}"

    plain = _QUOTED.sub(stand_in, text)
    try:
        if len(text) > _LONGEST:
            raise SyntaxError(f"longer than {_LONGEST} characters")
        tree = ast.parse(plain.strip(), mode="eval").body
        nodes = list(ast.walk(tree))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _refusal(text, f"cannot be read ({error})") from error
    for node in nodes:
        _allow(node, text)
    for node in nodes:
        if isinstance(node, ast.Name):
            names.setdefault(node.id, node.id)
    columns = tuple(dict.fromkeys(names[node.id] for node in nodes if isinstance(node, ast.Name)))
    return Money(text, columns, tree, names)


def _allow(node: ast.AST, text: str) -> None:
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            raise _refusal(text, f"{node.value!r} is not a number")
        return
    allowed = (ast.BinOp, ast.UnaryOp, ast.Name, ast.Load, ast.UAdd, ast.USub, *_BINARY)
    if not isinstance(node, allowed):
        raise _refusal(text, f"{type(node).__name__} is not allowed")


def _refusal(text: str, why: str) -> InputError:
    return InputError(
        f"amount {text!r}: {why}; write numbers, column names (between backticks where they hold spaces), "
        "+ - * / and parentheses in options.columns.value"
    )
