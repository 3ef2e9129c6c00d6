"""Small line icons of touchpoints, drawn by hand on a grid of 16 x 16."""

from __future__ import annotations

from models.reporting.journey_map.svg import Svg, short

#: Icon to its strokes.
ICONS = {
    "page": "M2 3h12v10H2zM2 6h12M4 4.5h.1M6 4.5h.1",
    "search": "M7 2.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9M10.3 10.3L14 14",
    "cart": "M1.5 2.5h2.2l1.8 8h7l1.6-5.8H4.3M6.4 13.2h.1M11.6 13.2h.1",
    "bag": "M3 5.5h10l.8 8.5H2.2zM5.5 7.5V4.6a2.5 2.5 0 0 1 5 0v2.9",
    "store": "M2 6.5L3.2 2.5h9.6L14 6.5zM3 6.5V14h10V6.5M6.5 14v-4h3v4",
    "mail": "M1.8 3.5h12.4v9H1.8zM1.8 4l6.2 5l6.2-5",
    "phone": "M4.2 2l2 3.2l-1.3 1.4a9 9 0 0 0 4.4 4.5l1.5-1.4L14 11.8l-1.4 2.1C6.500 14.500 1.700 9 2.200 3.300z",
    "chat": "M2 3h12v8H7.500L4.200 13.800V11H2z",
    "star": "M8 1.800l1.900 4l4.300.6l-3.100 3l.8 4.400L8 11.700l-3.900 2.100l.8-4.400l-3.100-3l4.300-.6z",
    "people": "M5.500 7.500a2.400 2.400 0 1 0 0-4.800a2.400 2.400 0 1 0 0 4.800M1.500 13.500c0-5.300 8-5.300 8 0"
    "M10.600 7.300a2 2 0 1 0-.7-3.900M11.300 9.300c2 .2 3.200 1.600 3.200 4.200",
    "megaphone": "M2 6.300v3.400h2.500L12.500 13V3L4.500 6.300zM5 9.800l1 4h2l-1-3.200",
    "card": "M1.800 3.500h12.400v9H1.800zM1.800 6.500h12.400M4 10h3",
    "back": "M6 3L2.500 6.500L6 10M2.500 6.500H10a3.500 3.500 0 0 1 0 7H6",
    "dot": "M8 5.500a2.500 2.500 0 1 0 0 5a2.500 2.500 0 1 0 0-5",
}  # fmt: skip
_KINDS = {
    "page_view": "page", "content_view": "page", "product_view": "page", "search": "search", "cart_add": "cart",
    "cart_remove": "cart", "checkout": "cart", "purchase": "bag", "store_visit": "store", "email_sent": "mail",
    "email_open": "mail", "email_click": "mail", "ticket_open": "phone", "ticket_close": "phone", "chat": "chat",
    "review": "star", "survey": "star", "referral": "people", "share": "people", "ad_impression": "megaphone",
    "ad_click": "megaphone", "loyalty_earn": "card", "loyalty_redeem": "card", "discount": "card", "return": "back",
    "subscribe": "mail", "unsubscribe": "mail", "quote_request": "chat",
}  # fmt: skip


def icon_of(kind: str, channel: str | None) -> str:
    """Choose the icon of a touchpoint.

    Examples
    --------
    >>> icon_of("purchase", "store"), icon_of("purchase", "web"), icon_of("delivery", None)
    ('store', 'bag', 'dot')
    """
    return "store" if channel == "store" and kind == "purchase" else _KINDS.get(kind, "dot")


def draw_icon(svg: Svg, name: str, x: float, y: float, colour: str) -> None:
    """Draw an icon with its upper left corner at a place."""
    svg.path(
        ICONS[name], transform=f"translate({short(x)} {short(y)})", fill="none", stroke=colour, stroke_width=1.4,
        stroke_linejoin="round", stroke_linecap="round",
    )  # fmt: skip
