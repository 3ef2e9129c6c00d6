"""Words of the demo shop: names, products, cities, and what customers write, in Dutch and in English."""

from __future__ import annotations

SHOP = "Lampion & Linnen"
SITE = "https://www.lampionenlinnen.example"
STORES = ("Utrecht", "Zwolle", "Breda", "Groningen", "Haarlem")
CITIES = (
    "Amsterdam", "Rotterdam", "Den Haag", "Utrecht", "Eindhoven", "Groningen", "Tilburg", "Almere", "Breda",
    "Nijmegen", "Apeldoorn", "Haarlem", "Arnhem", "Amersfoort", "Zwolle", "Leiden", "Maastricht", "Dordrecht",
)  # fmt: skip
FIRST_NAMES = (
    "Emma", "Julia", "Sanne", "Fleur", "Lotte", "Anouk", "Fatima", "Noor", "Eva", "Iris", "Marieke", "Ingrid",
    "Daan", "Sem", "Lucas", "Bram", "Thijs", "Ruben", "Mohammed", "Jeroen", "Pieter", "Wouter", "Kees", "Hans",
)  # fmt: skip
LAST_NAMES = (
    "de Jong", "Jansen", "de Vries", "van den Berg", "Bakker", "van Dijk", "Visser", "Smit", "Meijer", "de Boer",
    "Mulder", "de Groot", "Bos", "Vos", "Peters", "Hendriks", "van Leeuwen", "Dekker", "Brouwer", "de Wit",
    "Dijkstra", "Smits", "de Graaf", "van der Meer", "Yilmaz", "El Amrani", "Kok", "Jacobs", "de Haan", "Vermeulen",
)  # fmt: skip
#: Per category: typical price (euro) and nouns its products are named after.
PRODUCTS: dict[str, tuple[float, tuple[str, ...]]] = {
    "wonen": (34.0, ("Vaas", "Kussen", "Plaid", "Spiegel", "Wandrek", "Bijzettafel", "Kaarsenhouder", "Mand")),
    "keuken": (22.0, ("Snijplank", "Theepot", "Kom", "Pannenset", "Schort", "Voorraadpot", "Karaf", "Messenset")),
    "tuin": (29.0, ("Tuinstoel", "Plantenbak", "Vuurschaal", "Gieter", "Hangmat", "Windlicht", "Parasol", "Nestkast")),
    "textiel": (26.0, ("Dekbedovertrek", "Handdoek", "Gordijn", "Tafelkleed", "Sprei", "Badmat", "Laken", "Deken")),
    "verlichting": (45.0, ("Lampion", "Tafellamp", "Hanglamp", "Lichtsnoer", "Wandlamp", "Leeslamp", "Kapje", "Spot")),
    "kinderkamer": (24.0, ("Nachtlampje", "Opbergkist", "Speelkleed", "Groeimeter", "Boekenplank", "Mobiel", "Klok",
                           "Tipi")),
}  # fmt: skip
COLOURS = ("zand", "oker", "mosgroen", "nachtblauw", "terracotta", "wit", "grijs")

#: (what the customer wrote, in Dutch, in English) per mood: good, so-so, bad.
REVIEWS: dict[str, tuple[tuple[str, str], ...]] = {
    "good": (
        ("Prachtige kwaliteit, heel blij mee!", "Beautiful quality, very happy with it!"),
        (
            "Snel geleverd en precies zoals op de foto. Een aanrader.",
            "Fast delivery and just like the picture. Recommended.",
        ),
        ("Geweldig product, mooi afgewerkt.", "Great product, nicely finished."),
    ),
    "fair": (
        ("Prima voor de prijs, niets bijzonders.", "Fine for the price, nothing special."),
        ("Kleur valt iets anders uit dan verwacht.", "The colour is a little different than expected."),
    ),
    "bad": (
        ("Kapot aangekomen, erg teleurgesteld.", "Arrived broken, very disappointed."),
        ("Slechte kwaliteit en waardeloze service.", "Poor quality and terrible service."),
    ),
}
COMMENTS: dict[str, tuple[tuple[str, str], ...]] = {
    "good": (
        (
            "Fijne winkel, vriendelijke mensen en snelle levering.",
            "Lovely shop, friendly people and fast delivery.",
        ),
        ("Altijd tevreden, ik kom graag terug.", "Always satisfied, I love to come back."),
    ),
    "fair": (
        ("Het was in orde, levering kon sneller.", "It was okay, delivery could be faster."),
        ("Goede producten maar vrij duur.", "Good products but rather expensive."),
    ),
    "bad": (
        (
            "Lang gewacht en niemand reageert op mijn mail. Slecht!",
            "Waited long and nobody answers my mail. Bad!",
        ),
        (
            "Verkeerd artikel gekregen en veel gedoe met terugsturen.",
            "Got the wrong item and a lot of hassle to return it.",
        ),
    ),
}
#: (subject, message) per language.
TICKETS: tuple[tuple[tuple[str, str], tuple[str, str]], ...] = (
    (("Bezorging", "Mijn pakket is nog niet geleverd, waar blijft het?"),
     ("Delivery", "My parcel has not been delivered yet, where is it?")),
    (("Retour", "Ik wil een artikel terugsturen, hoe werkt dat?"),
     ("Return", "I would like to return an item, how does that work?")),
    (("Klacht", "Het product is kapot aangekomen en ik ben erg teleurgesteld."),
     ("Complaint", "The product arrived broken and I am very disappointed.")),
    (("Betaling", "Mijn betaling is mislukt, kunnen jullie helpen?"),
     ("Payment", "My payment failed, can you help?")),
    (("Vraag over een product", "Is dit artikel ook in een andere maat op voorraad?"),
     ("Question about a product", "Is this item in stock in another size?")),
)  # fmt: skip
CHATS = (
    ("Klant: Is de lampion ook geschikt voor buiten? Medewerker: Ja, mits onder een afdak.", "nl"),
    ("Klant: Wanneer is het kussen weer op voorraad? Medewerker: Over ongeveer twee weken.", "nl"),
    ("Customer: Do you ship to Belgium? Agent: Yes, within three days.", "en"),
)
RETURN_REASONS = ("past niet", "beschadigd", "anders dan verwacht", "te laat", "bedacht")
