"""Words of a GA4 export to canonical words: tables to read and to extend, no rules.

The events are those of GA4's own documentation: collected automatically (web and app), by enhanced measurement,
and recommended (all properties, retail, leads, games). A name that is not here becomes ``other``: a custom event
is still the user's own act, its meaning is told with the option ``kinds``.
"""

from __future__ import annotations

#: GA4 event name -> kind.
KINDS_OF = {
    # Looking around. One page seen is one page_view: what GA4 sends beside it is not a second one.
    "page_view": "page_view",
    "screen_view": "page_view",
    "scroll": "content_view",  # read nine tenths of the page
    "video_start": "content_view",
    "video_progress": "content_view",
    "video_complete": "content_view",
    "file_download": "content_view",
    "form_start": "content_view",
    "select_content": "content_view",
    "view_item_list": "content_view",
    "select_item": "content_view",  # the click in a list; the product's own view_item follows
    "view_cart": "content_view",  # a look into the basket: neither a step in nor one on
    "view_search_results": "search",
    "search": "search",
    "view_item": "product_view",
    "add_to_wishlist": "product_view",  # interest in one product, no basket
    # Towards an order.
    "add_to_cart": "cart_add",
    "remove_from_cart": "cart_remove",
    "begin_checkout": "checkout",
    "add_shipping_info": "checkout",
    "add_payment_info": "checkout",
    "generate_lead": "quote_request",
    # Orders, in the shop and in an app store.
    "purchase": "purchase",
    "in_app_purchase": "purchase",
    "app_store_subscription_convert": "purchase",  # a trial became a paid subscription
    "app_store_subscription_renew": "purchase",
    "refund": "return",
    "app_store_refund": "return",
    # What we do (never behaviour), and the answer to it.
    "view_promotion": "ad_impression",
    "ad_impression": "ad_impression",
    "ad_exposure": "ad_impression",
    "notification_receive": "ad_impression",
    "notification_foreground": "ad_impression",
    "notification_send": "ad_impression",
    "firebase_in_app_message_impression": "ad_impression",
    "fiam_impression": "ad_impression",
    "select_promotion": "ad_click",
    "ad_click": "ad_click",
    "notification_open": "ad_click",
    "firebase_in_app_message_action": "ad_click",
    "fiam_action": "ad_click",
    # Using, belonging, telling others.
    "tutorial_begin": "product_use",
    "tutorial_complete": "product_use",
    "level_start": "product_use",
    "level_end": "product_use",
    "level_up": "product_use",
    "post_score": "product_use",
    "unlock_achievement": "product_use",
    "sign_up": "subscribe",
    "join_group": "subscribe",
    "app_store_subscription_cancel": "unsubscribe",
    "app_remove": "unsubscribe",  # the app is taken off the phone
    "share": "share",
    "earn_virtual_currency": "loyalty_earn",
    "spend_virtual_currency": "loyalty_redeem",
    # Marks of the tag itself: they say that somebody came, stayed or was known, not what was done.
    "user_engagement": "other",  # carries the seconds spent
    "session_start": "other",
    "first_visit": "other",
    "first_open": "other",
    "login": "other",  # the link to the customer comes from user_id
    "campaign_details": "other",
    "firebase_campaign": "other",
    "dynamic_link_first_open": "other",
    "dynamic_link_app_open": "other",
    "dynamic_link_app_update": "other",
    # Known, and of no meaning to a journey, or with one that only the shop can tell (option kinds).
    "click": "other",  # an outbound link
    "form_submit": "other",  # a question, a newsletter, a search ...
    "notification_dismiss": "other",
    "firebase_in_app_message_dismiss": "other",
    "fiam_dismiss": "other",
    "ad_reward": "other",
    "ad_query": "other",
    "adunit_exposure": "other",
    "app_update": "other",
    "app_clear_data": "other",
    "app_exception": "other",
    "os_update": "other",
    "error": "other",
    # Steps of a sales team with a lead: written down by us, at a moment of ours.
    "qualify_lead": "other",
    "disqualify_lead": "other",
    "working_lead": "other",
    "close_convert_lead": "other",
    "close_unconvert_lead": "other",
}

#: Kinds whose number of items means something.
COUNTED = ("cart_add", "cart_remove", "checkout", "purchase", "return")

#: GA4's default channel group -> channel. Audio and video that are bought, and what is bought on a network that is
#: not named, are reach: ``display``. Cross-network (Performance Max) is sold by Google Ads beside search.
GROUPS = {
    "direct": "direct",
    "cross-network": "paid_search",
    "paid shopping": "paid_search",
    "paid search": "paid_search",
    "paid social": "social",
    "paid video": "display",
    "paid other": "display",
    "display": "display",
    "organic shopping": "referral",
    "organic social": "social",
    "organic video": "social",
    "organic search": "organic_search",
    "ai assistant": "referral",
    "email": "email",
    "affiliates": "affiliate",
    "referral": "referral",
    "audio": "display",
    "sms": "sms",
    "mobile push notifications": "push",
}

_SEARCH = (
    r"^((www|m|[a-z]{1,2})\.)?(search\.)?(google|bing|yahoo|duckduckgo|baidu|ecosia|yandex|startpage|qwant|aol|"
    r"naver|seznam|sogou|brave)(\.[a-z]{2,3}){0,2}$"
)
_SOCIAL = (
    r"(facebook|instagram|pinterest|reddit|twitter|linkedin|tiktok|snapchat|threads\.net|whatsapp|messenger|"
    r"vkontakte|quora|tumblr|^x\.com|^t\.co$|^lnkd\.in|^fb$|^ig$|^vk\.|\.vk\.|^bsky\.|mastodon)"
)
_VIDEO = r"((^|\.)youtube\.|^youtube$|vimeo|twitch|dailymotion|^youtu\.be)"
_SHOPPING = (
    r"(shopping|beslist|kieskeurig|tweakers|vergelijk|(^|\.)(amazon|bol|ebay|etsy|marktplaats|idealo)(\.|$))"
)
_PAID = r"^(.*cp.*|ppc|retargeting|paid.*|sem)$"

#: (source, medium, campaign must match, in small letters) -> channel; the first row that fits holds, else nothing
#: is known. The model is GA4's default channel group, with one difference: what a marketer wrote as medium (email,
#: affiliate, sms, push) is believed before a list of sites.
CHANNEL_RULES = (
    (r"^\(?direct\)?$", r"^(\(none\)|\(not set\)|none|)$", r"", "direct"),
    (r"", r"", r"cross-network", "paid_search"),
    (r"", r"^paid.?social$", r"", "social"),
    (_SOCIAL, _PAID, r"", "social"),
    (_VIDEO, _PAID, r"", "display"),
    (r"", r"^(cpc|ppc|paid.?search|paid.?shopping|sem)$", r"", "paid_search"),
    (_SEARCH, _PAID, r"", "paid_search"),
    (r"", r"^(display|banner|expandable|interstitial|cpm|audio)$", r"", "display"),
    (r"", r"^affiliates?$", r"", "affiliate"),
    (r"", _PAID, r"", "display"),
    (r"", r"^(e[-_ ]?mail|newsletter)$", r"", "email"),
    (r"", r"^(sms|text.?message)$", r"", "sms"),
    (r"", r"(push$|mobile|notification)", r"", "push"),
    (r"^firebase$", r"", r"", "push"),
    (r"", r"^(social([-_ ]?(network|media))?|sm|.*video.*)$", r"", "social"),
    (_SOCIAL, r"^(|referral|organic|link|app)$", r"", "social"),
    (_VIDEO, r"^(|referral|organic|link|app)$", r"", "social"),
    (_SHOPPING, r"^(|referral|organic)$", r"", "referral"),
    (r"", r"^organic$", r"", "organic_search"),
    (_SEARCH, r"^(|referral)$", r"", "organic_search"),
    (r"^(e[-_ ]?mail|newsletter)", r"", r"", "email"),
    (r"^sms$", r"", r"", "sms"),
    (r"", r"^(referral|app|link)$", r"", "referral"),
)

#: What GA4 writes where it knows nothing.
NOTHING = (
    "",
    "(not set)",
    "Not available in demo dataset",
    "(not provided)",
    "<Other>",
    "(data deleted)",
    "(none)",
    "undefined",
    "null",
)

#: Words of consent (``privacy_info``): text today, 0/1 or true/false in older exports. ``Unset`` says nothing.
GRANTED = ("yes", "true", "granted", "1")
DENIED = ("no", "false", "denied", "0")
