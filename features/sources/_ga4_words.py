"""Words of a GA4 export to canonical words: tables to read and to extend, no rules."""

from __future__ import annotations

#: GA4 event name -> kind. Anything else becomes ``other`` (still the user's own action: a custom event).
#: ``view_promotion`` is what WE showed; ``session_start`` and ``first_visit`` only say that the user came.
KINDS_OF = {
    # looking around
    "page_view": "page_view",
    "screen_view": "page_view",
    "scroll": "content_view",
    "user_engagement": "content_view",
    "view_item_list": "content_view",
    "select_content": "content_view",
    "video_start": "content_view",
    "video_progress": "content_view",
    "video_complete": "content_view",
    "file_download": "content_view",
    "view_search_results": "search",
    "search": "search",
    "view_item": "product_view",
    "select_item": "product_view",
    # towards an order
    "add_to_cart": "cart_add",
    "remove_from_cart": "cart_remove",
    "begin_checkout": "checkout",
    "add_shipping_info": "checkout",
    "add_payment_info": "checkout",
    "generate_lead": "quote_request",
    "purchase": "purchase",
    "in_app_purchase": "purchase",
    "refund": "return",
    # what we do, and the answer to it
    "view_promotion": "ad_impression",
    "ad_impression": "ad_impression",
    "notification_receive": "ad_impression",
    "select_promotion": "ad_click",
    "ad_click": "ad_click",
    "notification_open": "ad_click",
    # after the order
    "sign_up": "subscribe",
    "share": "share",
    "earn_virtual_currency": "loyalty_earn",
    "spend_virtual_currency": "loyalty_redeem",
    # marks of the tag itself, and clicks on outbound links
    "session_start": "other",
    "first_visit": "other",
    "first_open": "other",
    "click": "other",
}

#: (what medium must match, what source must match) -> channel; the first row that fits holds, else ``other``.
CHANNEL_RULES = (
    (r"^\(none\)$", r"^\(direct\)$", "direct"),
    (r"^(cpc|ppc|paid.?search|sem)$", r"", "paid_search"),
    (r"^(display|banner|cpm|interstitial|expandable)$", r"", "display"),
    (r"^organic$", r"", "organic_search"),
    (r"^(social|social.?network|social.?media|sm|paid.?social)$", r"", "social"),
    (
        r"^referral$",
        r"(facebook|instagram|twitter|linkedin|pinterest|youtube|reddit|tiktok|^t\.co$)",
        "social",
    ),
    (r"^(e-?mail|newsletter)$", r"", "email"),
    (r"^affiliate$", r"", "affiliate"),
    (r"^sms$", r"", "sms"),
    (r"(push|notification)", r"", "push"),
    (r"^referral$", r"", "referral"),
)

#: What GA4 writes where it knows nothing.
NOTHING = ("", "(not set)", "(not provided)", "<Other>", "(data deleted)")
