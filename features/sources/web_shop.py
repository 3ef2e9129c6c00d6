"""A web shop: orders, their lines, and what was sent back.

What becomes what: a line is a ``purchase`` of the customer of its order at the moment of the order; its value is
quantity times unit price, less the discount of the line, less its share of the discount of the order (by amount,
never below zero; shipping is not counted). The first line of an order with a coupon also tells the ``discount`` that
was given on the order and its lines: a treatment, campaign = the coupon. A returned line is a ``return``, value below
zero, known when it came back. Orders tell which e-mail address is which customer; an order without customer number is
the address's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.addresses import hidden
from features.pseudonyms import email_ids
from features.sources._base import Declaration
from features.sources._batches import CanonicalBatch
from features.sources._columns import as_mask
from features.sources._orders import LINES, ORDERS, line_keys, one_per_line, one_per_order, totals
from features.sources._people import refuse_before, unlike
from features.sources._rows import ChannelOptions, Exports, RawTable, places
from features.sources._typed_rows import Rows

#: Channels that need no translation.
USUAL = ("web", "app", "phone", "store", "email", "chat")


class WebShopOptions(ChannelOptions):
    """Options of the kind ``web_shop``.

    ``skip_status``: orders that were never sold, and their lines. ``cancelled_status``: those of these words with which
    an order is not skipped if it says when it was cancelled.
    """

    skip_status: tuple[str, ...] = ("cancelled", "test")
    cancelled_status: tuple[str, ...] = ("cancelled",)


class WebShop(Exports):
    """Reads the tables ``orders``, ``order_lines`` and, where there is one, ``returns``."""

    Options = WebShopOptions
    options: WebShopOptions
    tables: ClassVar[Mapping[str, RawTable]] = {
        "orders": RawTable(
            needed=("order_id", "ordered_at"),
            optional=(
                "customer_id", "email", "channel", "status", "cancelled_at", "coupon_code", "discount", "country",
            ),
            key=("order_id",),
            role="attributes",
        ),
        "order_lines": RawTable(
            needed=("order_id", "line_no", "quantity", "unit_price"),
            optional=("category", "discount"),
            key=("order_id", "line_no"),
        ),
        "returns": RawTable(
            needed=("order_id", "returned_at", "amount"),
            optional=("return_id", "line_no", "quantity"),
            key=("return_id",),
            required=False,
        ),
    }  # fmt: skip

    def declaration(self) -> Declaration:
        """Say what the source can produce."""
        return Declaration(("discount", "purchase", "return"), self.options.declared(*USUAL))

    def readers(self) -> Mapping[str, Callable[[Rows], CanonicalBatch]]:
        """Give the function of each table."""
        return {"orders": self._orders, "order_lines": self._lines, "returns": self._returns}

    def _orders(self, rows: Rows) -> CanonicalBatch:
        order = self._order(rows)
        ids, known = order["source_id"], order["ordered_us"]
        return rows.result(
            attributes=[rows.attribute("country", rows.text("country"), ids, known)],
            links=[rows.link(unlike(order["email"], order["customer"]), order["customer"], known)],
        )

    def _lines(self, rows: Rows) -> CanonicalBatch:
        line = self._line(rows)
        order = self._order_of(rows, line["order_id"])
        amount = line["amount"].to_numpy(zero_copy_only=False)
        total = order["total"].to_numpy(zero_copy_only=False)
        given = np.minimum(order["discount"].fill_null(0.0).to_numpy(zero_copy_only=False), total)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(total > 0, given * amount / total, 0.0)
        common = {"channel": order["channel"], "category": line["category"]}
        who, when = order["source_id"], order["ordered_us"]
        value, quantity = pa.array(amount - share, mask=np.isnan(amount)), rows.number("quantity")
        bought = rows.event(who, when, "purchase", value=value, quantity=quantity, **common)
        cancelled = rows.event(
            who, order["cancelled_us"], "return", what="cancelled", quantity=quantity,
            where=as_mask(pc.is_valid(order["cancelled_us"])), value=pc.subtract(0.0, value), **common,
        )  # fmt: skip
        first = as_mask(pc.equal(line["key"], order["first_line"])) & as_mask(pc.is_valid(order["coupon"]))
        coupon = rows.event(
            who, when, "discount", what="coupon", where=first, channel=order["channel"],
            campaign=order["coupon"], value=order["given"],
        )  # fmt: skip
        return rows.result(bought, extra=[coupon, cancelled])

    def _returns(self, rows: Rows) -> CanonicalBatch:
        order = self._order_of(rows, rows.text("order_id", required=True))
        returned = rows.moment("returned_at")
        rows.verdict.reject(
            as_mask(pc.less(returned, order["ordered_us"])), "returned_at lies before the order"
        )
        rows.verdict.reject(
            as_mask(pc.greater_equal(returned, order["cancelled_us"])),
            "its order was cancelled: all of it is taken back already",
        )
        line = places(self._sold["key"], line_keys(rows.text("order_id"), rows.text("line_no")))
        amount = pc.abs(
            rows.number("amount", required=True)
        )  # some shops write what they pay back below zero
        back = rows.event(
            order["source_id"], returned, "return", channel=order["channel"], value=pc.negate(amount),
            category=self._sold["category"].take(line), quantity=pc.abs(rows.number("quantity")),
        )  # fmt: skip
        return rows.result(back)

    def _order(self, rows: Rows) -> dict[str, pa.Array]:
        """Read orders and judge them (schema ORDERS)."""
        status = pc.utf8_lower(rows.text("status"))
        cancelled = rows.moment("cancelled_at", required=False)
        timed = as_mask(pc.is_valid(cancelled))
        takes_back = [word.lower() for word in self.options.cancelled_status]
        for word in self.options.skip_status:
            skipped = as_mask(pc.equal(status, word.lower())) & ~(timed & (word.lower() in takes_back))
            rows.verdict.reject(skipped, f"skipped by rule: status is {word}")
        customer = hidden(rows.text("customer_id"), self.key)
        email, ordered = email_ids(rows.text("email"), self.key), rows.moment("ordered_at")
        refuse_before(rows, "cancelled_at", cancelled, "ordered_at", ordered)
        order = {
            "order_id": rows.text("order_id", required=True),
            "customer": customer,
            "email": email,
            "source_id": pc.coalesce(customer, email),
            "ordered_us": ordered,
            "cancelled_us": cancelled,
            "channel": rows.word("channel", self.options.words(*USUAL), other="other").fill_null("web"),
            "coupon": rows.text("coupon_code"),
            "discount": rows.number("discount", least=0),
        }
        nobody = as_mask(pc.is_null(order["source_id"]))
        rows.verdict.reject(nobody, "order has neither a customer number nor an e-mail address")
        return {**order, "reason": rows.verdict.reasons()}

    def _line(self, rows: Rows) -> dict[str, pa.Array]:
        """Read order lines and judge them (schema LINES)."""
        order_id, line_no = rows.text("order_id", required=True), rows.text("line_no", required=True)
        price = rows.number("unit_price", required=True, least=0)
        quantity = rows.number("quantity", required=True)
        rows.verdict.reject(as_mask(pc.less_equal(quantity, 0.0)), "quantity is not above zero")
        off = rows.number("discount", least=0).fill_null(0.0)
        amount = pc.subtract(pc.multiply(price, quantity), off)
        # Half a cent is what rounding leaves of a line that was given away.
        rows.verdict.reject(as_mask(pc.less(amount, -0.005)), "discount is larger than the line")
        return {
            "order_id": order_id,
            "key": line_keys(order_id, line_no),
            "category": rows.text("category"),
            "amount": pc.max_element_wise(amount, 0.0, skip_nulls=False),
            "off": off,
            "kept": pa.array(rows.verdict.kept),
        }

    def _order_of(self, rows: Rows, order_ids: pa.Array) -> dict[str, pa.Array]:
        """Look the order of each row up; reject rows whose order is not there, or was rejected itself."""
        found = places(self._known_orders["order_id"], order_ids)
        rows.verdict.reject(as_mask(pc.is_null(found)), "order is not in the export")
        order = {name: self._known_orders[name].take(found) for name in self._known_orders}
        for reason in sorted(pc.unique(order["reason"]).drop_null().to_pylist()):
            rows.verdict.reject(as_mask(pc.equal(order["reason"], reason)), f"its order: {reason}")
        return order

    @cached_property
    def _known_orders(self) -> dict[str, pa.Array]:
        """Every order once, with the sum of its lines and the key of the first."""
        orders = [pa.table(self._order(rows), schema=ORDERS) for rows in self.whole("orders")]
        return totals(one_per_order(pa.concat_tables([ORDERS.empty_table(), *orders])), self._sold)

    @cached_property
    def _sold(self) -> dict[str, pa.Array]:
        """Every order line that can be read, once."""
        lines = [pa.table(self._line(rows), schema=LINES) for rows in self.whole("order_lines")]
        return one_per_line(pa.concat_tables([LINES.empty_table(), *lines]))


SOURCE = WebShop
