"""Excel in and out (extra ``excel``): ids stay text, and no text becomes a formula.

References
----------
XlsxWriter, Workbook constructor options, https://xlsxwriter.readthedocs.io/workbook.html (``constant_memory``,
``strings_to_formulas``, ``strings_to_urls``). Microsoft, Excel specifications and limits (1,048,576 rows).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa

from features.errors import InputError

#: Rows of a sheet, the header among them.
MOST_ROWS = 1_048_576
_INSTALL = "install it with: pip install 'klantreis[excel]', or use .csv or .parquet"


def first_sheet(path: Path) -> list[list[Any]]:
    """Read the first sheet, row by row; an empty cell is ``""``.

    Raises
    ------
    InputError
        If Excel cannot be read here, or this file is none.
    """
    try:
        from python_calamine import CalamineWorkbook
    except ImportError:
        raise InputError(f"{path}: to read Excel python-calamine is needed; {_INSTALL}") from None
    try:
        return CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python(skip_empty_area=False)
    except Exception as error:  # the reader has an error of its own for every part of the format
        raise InputError(f"{path}: not readable as Excel ({error}); save it again as .xlsx or .csv") from None


def cell_text(cell: object) -> str:
    """Give a cell as the text of an id: whole numbers without a point.

    Examples
    --------
    >>> [cell_text(one) for one in (" 007", 7.0, 7.5, "")]
    [' 007', '7', '7.5', '']
    """
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def write_excel(tables: Iterable[pa.Table], path: Path) -> None:
    """Write tables of the same columns below each other into one sheet, in constant memory.

    Parameters
    ----------
    tables : iterable of pyarrow.Table
        Numbers stay numbers, texts are written as texts: a formula is never made of them. Missing values and what is
        not finite give an empty cell.
    path : Path
        The file.

    Raises
    ------
    InputError
        If Excel cannot be written here, or there are more rows than a sheet holds.
    """
    try:
        import xlsxwriter
    except ImportError:
        raise InputError(f"{path.name}: to write Excel xlsxwriter is needed; {_INSTALL}") from None
    options = {
        "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
        "strings_to_numbers": False, "nan_inf_to_errors": True,
    }  # fmt: skip
    from datetime import datetime

    book = xlsxwriter.Workbook(str(path), options)
    # The moment of writing would make every file another one.
    book.set_properties({"created": datetime(2000, 1, 1)})
    sheet, row = book.add_worksheet("scores"), 0
    for table in tables:
        if not row:
            sheet.write_row(0, 0, table.column_names)
        if row + table.num_rows >= MOST_ROWS:
            book.close()
            raise InputError(
                f"an Excel sheet holds {MOST_ROWS:,} rows and there are more; write .csv or .parquet, or score "
                "the list in pieces"
            )
        columns = [column.to_pylist() for column in table.columns]
        for values in zip(*columns, strict=True):
            row += 1
            for place, value in enumerate(values):
                if value is not None and value == value:
                    sheet.write(row, place, value)
    book.close()
