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

#: (what the customer wrote, in Dutch, in English) per mood: good, so-so, bad. What is exported is one of these,
#: often with a word more (`MORE`).
REVIEWS: dict[str, tuple[tuple[str, str], ...]] = {
    "good": (
        ("Prachtige kwaliteit, heel blij mee!", "Beautiful quality, very happy with it!"),
        ("Snel geleverd en precies zoals op de foto.", "Fast delivery and just like the picture."),
        ("Geweldig product, mooi afgewerkt.", "Great product, nicely finished."),
        (
            "Staat prachtig in de woonkamer, mooie warme kleur.",
            "Looks beautiful in the living room, lovely colour.",
        ),
        ("Heerlijk zacht en goed van kwaliteit.", "Wonderfully soft and good quality."),
        ("Mooier dan verwacht, echt een topaankoop.", "More beautiful than expected, an excellent buy."),
        ("Stevig, handig en fijn in gebruik.", "Sturdy, handy and a pleasure to use."),
        (
            "Mijn dochter is er dolblij mee, heel leuk cadeau.",
            "My daughter is delighted, a very nice present.",
        ),
    ),
    "fair": (
        ("Prima voor de prijs, niets bijzonders.", "Fine for the price, nothing special."),
        ("Kleur valt iets anders uit dan verwacht.", "The colour is a little different than expected."),
        ("Doet wat het moet doen.", "Does what it should do."),
        ("Iets kleiner dan ik dacht, lees de maten goed.", "A bit smaller than I thought, mind the sizes."),
        ("Mooi, maar wel vrij duur.", "Nice, but rather expensive."),
        ("In elkaar zetten duurde een uur.", "Putting it together took an hour."),
    ),
    "bad": (
        ("Kapot aangekomen, erg teleurgesteld.", "Arrived broken, very disappointed."),
        ("Slechte kwaliteit, na een week al stuk.", "Poor quality, broken after a week."),
        ("Lijkt in niets op de foto, een miskoop.", "Nothing like the picture, a bad buy."),
        ("Slecht afgewerkt en het ruikt vies.", "Badly finished and it smells awful."),
        ("Lelijke kleur en veel te duur.", "Ugly colour and much too expensive."),
        ("Er ontbraken schroeven, heel vervelend.", "Screws were missing, very annoying."),
    ),
}
COMMENTS: dict[str, tuple[tuple[str, str], ...]] = {
    "good": (
        (
            "Fijne winkel, vriendelijke mensen en snelle levering.",
            "Lovely shop, friendly people and fast delivery.",
        ),
        ("Altijd tevreden, ik kom graag terug.", "Always satisfied, I love to come back."),
        ("Mooie spullen en alles netjes ingepakt.", "Beautiful things and everything nicely packed."),
        ("Goed geholpen door de klantenservice, top!", "Helped very well by customer service, great!"),
        (
            "Makkelijk besteld en de volgende dag al in huis, super.",
            "Easy to order and here the next day, superb.",
        ),
        ("Leuke collectie en eerlijke prijzen.", "Nice collection and fair prices."),
        ("Retourneren ging heel makkelijk, prettige winkel.", "Returning was very easy, a pleasant shop."),
    ),
    "fair": (
        ("Het was in orde, levering kon sneller.", "It was okay, delivery could be faster."),
        ("Goede producten maar vrij duur.", "Good products but rather expensive."),
        ("Zoeken op de site gaat wat omslachtig.", "Searching the site is a bit of work."),
        ("Verzendkosten mogen wel wat omlaag.", "Shipping costs could come down."),
        ("Ruime keus, maar niet alles was op voorraad.", "Wide choice, but not everything was in stock."),
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
        ("Slechte service, ik bestel hier niet meer.", "Terrible service, I will not order here again."),
        (
            "Pakket beschadigd en geld terug duurt eeuwig, waardeloos.",
            "Parcel damaged and the refund takes forever, worthless.",
        ),
        (
            "Teleurgesteld: te laat geleverd voor de verjaardag.",
            "Disappointed: delivered too late for the birthday.",
        ),
    ),
}
#: What some add.
MORE: dict[str, tuple[tuple[str, str], ...]] = {
    "good": (
        ("Een aanrader!", "Recommended!"),
        ("Bedankt!", "Thanks!"),
        ("Ik bestel zeker weer.", "I will surely order again."),
        ("Vijf sterren waard.", "Worth five stars."),
        ("Ook de verpakking was mooi.", "The packaging was nice too."),
    ),
    "fair": (
        ("Verder geen opmerkingen.", "No further remarks."),
        ("We zien wel hoe lang het meegaat.", "We will see how long it lasts."),
        ("Levering duurde drie dagen.", "Delivery took three days."),
    ),
    "bad": (
        ("Nooit meer.", "Never again."),
        ("Ik heb het teruggestuurd.", "I have sent it back."),
        ("Jammer van het geld.", "A waste of money."),
        ("Nog steeds geen antwoord gekregen.", "Still no answer received."),
    ),
}
#: (subject, message) per language.
TICKETS: tuple[tuple[tuple[str, str], tuple[str, str]], ...] = (
    (("Bezorging", "Mijn pakket is nog niet geleverd, waar blijft het?"),
     ("Delivery", "My parcel has not been delivered yet, where is it?")),
    (("Bezorging", "Volgens de bezorger is het pakket afgegeven, maar ik heb niets ontvangen."),
     ("Delivery", "The courier says it was handed over, but I have received nothing.")),
    (("Bezorging", "Kan ik het bezorgadres van mijn bestelling nog wijzigen?"),
     ("Delivery", "Can I still change the delivery address of my order?")),
    (("Retour", "Ik wil een artikel terugsturen, hoe werkt dat?"),
     ("Return", "I would like to return an item, how does that work?")),
    (("Retour", "Ik wacht al twee weken op mijn geld terug, dit is echt slecht."),
     ("Return", "I have been waiting for my refund for two weeks, this is really bad.")),
    (("Klacht", "Het product is kapot aangekomen en ik ben erg teleurgesteld."),
     ("Complaint", "The product arrived broken and I am very disappointed.")),
    (("Klacht", "Er zat een verkeerde kleur in de doos, heel vervelend."),
     ("Complaint", "There was a wrong colour in the box, very annoying.")),
    (("Betaling", "Mijn betaling is mislukt, kunnen jullie helpen?"),
     ("Payment", "My payment failed, can you help?")),
    (("Betaling", "De kortingscode werkt niet in de winkelwagen."),
     ("Payment", "The discount code does not work in the cart.")),
    (("Vraag over een product", "Is dit artikel ook in een andere maat op voorraad?"),
     ("Question about a product", "Is this item in stock in another size?")),
    (("Vraag over een product", "Kan het dekbedovertrek op zestig graden gewassen worden?"),
     ("Question about a product", "Can the duvet cover be washed at sixty degrees?")),
    (("Account", "Ik kan niet meer inloggen en krijg geen mail om mijn wachtwoord te herstellen."),
     ("Account", "I cannot log in any more and get no mail to reset my password.")),
)  # fmt: skip
CHATS = (
    ("Klant: Is de lampion ook geschikt voor buiten? Medewerker: Ja, mits onder een afdak.", "nl"),
    ("Klant: Wanneer is het kussen weer op voorraad? Medewerker: Over ongeveer twee weken.", "nl"),
    ("Klant: Past de parasol ook in een voet van 38 mm? Medewerker: Ja, dat past.", "nl"),
    ("Klant: Kan ik ophalen in de winkel in Zwolle? Medewerker: Ja, vanaf morgen na twaalf uur.", "nl"),
    (
        "Klant: Welke maat gordijn heb ik nodig? Medewerker: Reken anderhalf keer de breedte van het raam.",
        "nl",
    ),
    ("Klant: Mijn bestelling is onvolledig. Medewerker: Wat vervelend, ik stuur het ontbrekende na.", "nl"),
    ("Klant: Top, bedankt voor de snelle hulp! Medewerker: Graag gedaan.", "nl"),
    ("Customer: Do you ship to Belgium? Agent: Yes, within three days.", "en"),
    ("Customer: Is the wood treated? Agent: Yes, with natural oil.", "en"),
)
RETURN_REASONS = ("past niet", "beschadigd", "anders dan verwacht", "te laat", "bedacht")
