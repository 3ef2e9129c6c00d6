"""Dutch words of shopping and of customer service, with their weight."""

from __future__ import annotations

from collections.abc import Iterator

from features.sentiment._words import Lexicon, phrase_weights, weights

_WORDS = weights(
    {
        3: """
        aanrader briljant dolblij dolenthousiast fantastisch fenomenaal formidabel geniaal geweldig grandioos
        heerlijk juweeltje magnifiek onovertroffen perfect prachtig schitterend subliem topproduct topservice
        toppertje toppie uitmuntend uitstekend verrukt voortreffelijk vlekkeloos wauw weergaloos wow wereldklasse
        """,
        2: """
        aanbevelen aanbevolen aangenaam beter best behulpzaam betrouwbaar blij bekwaam complimenten compliment
        dankbaar deskundig duidelijk eenvoudig eerlijk enthousiast fijn fraai gaaf geholpen gelukkig gemakkelijk
        genieten genoten geslaagd geruststellend glashelder goed grappig handig hartelijk helder hulpvaardig
        inspirerend keurig klantvriendelijk knap kundig kwalitatief lekker leuk lief lieverd liefs meedenkend mooi
        moeiteloos netjes overzichtelijk passie plezierig plezier pluim prettig prima probleemloos professioneel
        rap razendsnel schoon simpel snel soepel sterk stevig stijlvol stipt super supersnel superblij tevreden top
        trots verbeterd vertrouwen verzorgd vlot voordelig vriendelijk vrolijk waardevol warm welkom zacht zorgvuldig
        zorgzaam
        """,
        1: """
        aardig actueel compleet goedkoop attent bedankt begrip begripvol beviel bevalt comfortabel correct dank dankjewel degelijk
        gelukt gezellig gratis interessant klopt lukt meevaller nuttig opgelost past
        praktisch positief redelijk ruim spontaan toegankelijk vers vertrouwd voldoende werkt
        """,
        0: "gemiddeld gewoon middelmaat neutraal normaal oke oké ok standaard",
        -1: """
        duur helaas jammer kaal koud langzaam lastig minder omslachtig onhandig probleem problemen saai
        stroef traag twijfel vervelend vraagtekens wachten wachtrij wachttijd zonde zwak krap klacht klachten
        """,
        -2: """
        achteruitgang afgrijselijk afraden afgeraden arrogant beschadigd beroerd boos chaos chaotisch defect
        droevig eng ergerlijk ergernis flut fout fouten foutief frustrerend frustratie gebrekkig gebroken gebarsten
        gedoe gefrustreerd geirriteerd geïrriteerd gescheurd geweigerd hopeloos incompleet incompetent irritant
        irriteert kapot kras krassen kwaad kwijt lek lomp luidruchtig matig mankement mislukt misleidend misleiding
        misser nadeel negatief nep niks ondeugdelijk onbereikbaar onbeleefd onbetrouwbaar onbegrijpelijk onbruikbaar
        onduidelijk oneerlijk onjuist onkundig onnodig onoverzichtelijk onprofessioneel onterecht ontevreden ontbreekt
        ontbrak onveilig onverzorgd onvoldoende onvolledig onvriendelijk onzin overlast pech puinhoop rommel rommelig
        rot ruw scheef schimmel slap slecht slechter slordig smerig stinkt storing stuk tegengevallen teleurgesteld
        teleurstellend teleurstelling tegenviel tegenvallend tegenvaller treurig troep uitverkocht vals verdrietig
        verkeerd verloren vertraagd vertraging vies vertrouwensbreuk vuil waardeloos weigerde weigert
        woedend zeuren zinloos zwaarbeschadigd
        """,
        -3: """
        afgrijzen afschuwelijk bedonderd bedrog bedriegers belachelijk bedroevend beschamend dieptriest diefstal
        dramatisch drama hufters idioot klote kut kutservice oplichters oplichterij opgelicht onacceptabel onaanvaardbaar
        ongehoord rampzalig ramp respectloos schandalig schande shit verschrikkelijk vreselijk walgelijk
        wanhopig wanprestatie zwendel
        """,
    }
)
_PHRASES = phrase_weights(
    {
        3: """
        raad * iedereen aan, niets dan lof, niks dan lof, beter kan niet, kan niet beter, helemaal top, echt top,
        meer dan tevreden, duim omhoog, alle lof, overtreft mijn verwachtingen, boven verwachting, niets op aan te merken,
        niks op aan te merken, niets te klagen, niks te klagen, tien met een griffel, wat een service, topkwaliteit
        """,
        2: """
        op tijd, in orde, volgens afspraak, zoals beloofd, zoals verwacht, goede prijs, een aanwinst, dik tevreden,
        zonder problemen, zonder gedoe, geen problemen, geen probleem, geen klachten, geen enkel probleem, geen gedoe,
        niet duur, eerder dan verwacht, sneller dan verwacht, beter dan verwacht, kom * zeker terug, bestel * zeker weer,
        bestel hier vaker, de volgende dag in huis, dag later in huis, snel in huis, goed bereikbaar, heel blij mee, blij mee, doet wat het moet doen, volgende keer weer, raad * aan, zeker aan te raden,
        prijs kwaliteit, niks mis mee, niets mis mee, nooit problemen, in één keer goed, voor herhaling vatbaar,
        dank je wel, hartelijk dank, nog nooit zo goed
        """,
        1: "niet slecht, valt mee, viel mee, valt reuze mee, niet verkeerd, niet gek",
        0: """
        gaat wel, kan beter en slechter, niet alleen, alvast bedankt, bij voorbaat dank, bvd, met vriendelijke groet,
        vriendelijke groet, hartelijke groet, zo zo, niet goed en niet slecht, noch goed noch slecht, graag gedaan,
        niet bijzonder, niets bijzonders, niks bijzonders, zo lang mogelijk, hoe lang, goedemorgen, goedemiddag,
        goede morgen, goede middag, klantenservice, zo snel mogelijk, beste klantenservice, beste heer, beste mevrouw,
        geen mening, het kan ermee door, hoe werkt, past dit, past deze, werkt dit, werkt deze,
        niet meer of minder, goed doel, meer of minder, ter herinnering, waar kan ik, dank u voor uw bestelling
        """,
        -1: """
        kan beter, had beter gekund, beter kunnen, niet ideaal, niet optimaal, niet handig, valt tegen, niet overtuigd,
        nog steeds niet, nog steeds geen, nog altijd niet, nog altijd geen, te klein, te groot, te strak, te kort,
        te lang, te zacht, te hard, te dun, te dik, te zwaar, te zoet, te weinig, te ingewikkeld, te langzaam,
        niet wat ik, niet zoals op de foto, had meer verwacht, meer van verwacht, wel wat duur, aan de prijs
        """,
        -2: """
        te laat, te duur, veel te, viel tegen, valt erg tegen, vies tegen, viel vies tegen, niet aangekomen,
        nooit aangekomen, niet ontvangen, nooit ontvangen, niet geleverd, nooit geleverd, niet bezorgd, nooit bezorgd,
        geen reactie, geen antwoord, nooit antwoord, niet bereikbaar, slecht bereikbaar, laat * op zich wachten,
        raad * niet aan, raad * niemand aan, niet aan te raden, geen aanrader, geen zin, werkt niet, doet het niet, niet doet,
        uit elkaar, doet niets, doet niks, klopt niet, past niet, zonde van * geld, kom niet meer terug,
        lang wachten, weken wachten, uren wachten, uur wachten, weken gewacht, uren gewacht, dagen gewacht, in de wacht,
        van het kastje naar de muur, niet te bereiken, verkeerde maat, geld terug, zonder resultaat,
        geen gehoor, niet serieus, niet opgelost, niet nagekomen, niet volgens afspraak, zonder bericht,
        zonder uitleg, geen oplossing, niet vooruit te branden, laat te wensen over, niet op tijd, niet gelukt,
        lukt niet, lukte niet, lukt maar niet, niet goed, niet teruggebeld, nooit teruggebeld, weinig hulp, geen hulp,
        niet geholpen, na een week al, ligt eruit, doet pijn
        """,
        -3: """
        nooit meer, nooit weer, eens maar nooit weer, weggegooid geld, blijf weg, niet kopen, koop dit niet, trap er niet in,
        een ramp, geen cent waard, nul service, nul sterren, helemaal niets, slaat nergens op, om te huilen
        """,
    }
)
_BOOSTERS = {
    **dict.fromkeys(
        """bijzonder echt enorm erg extreem gigantisch heel helemaal hartstikke ontzettend onwijs ronduit totaal
        uiterst uitermate verdomd vreselijk volledig volstrekt waanzinnig zeer zo super mega dik reuze""".split(),
        1.4,
    ),
    **dict.fromkeys("beetje enigszins ietwat iets nogal tamelijk vrij wat redelijk best lichtelijk".split(), 0.7),
}


def _stems(word: str) -> Iterator[str]:
    """Give what an inflected form may come from: snelle -> snel, trage -> traag, waardeloze -> waardeloos."""
    if word.endswith("s") and len(word) > 4:
        yield word[:-1]  # iets moois
    if word.endswith(("ere", "er")) and len(word) > 5:
        yield from _bare(word.removesuffix("e").removesuffix("er"))
    if word.endswith("ste") and len(word) > 6:
        yield from _bare(word.removesuffix("ste"))
    if word.endswith("e") and len(word) > 3:
        yield from _bare(word[:-1])
    if word.endswith("en") and len(word) > 5:
        yield from _bare(word[:-2])


def _bare(stem: str) -> Iterator[str]:
    yield stem
    if len(stem) > 2 and stem[-1] == stem[-2]:
        yield stem[:-1]
    hard = stem[:-1] + {"v": "f", "z": "s"}.get(stem[-1], stem[-1])
    yield hard
    if len(hard) > 2 and hard[-2] in "aeou" and hard[-3] not in "aeiou":
        yield f"{hard[:-1]}{hard[-2]}{hard[-1]}"


DUTCH = Lexicon(
    words=_WORDS,
    phrases=_PHRASES,
    negations=frozenset("niet geen nooit niemand zonder nauwelijks amper nergens noch allesbehalve weinig".split()),
    turned_after=frozenset("werkt bevalt beviel past klopt lukt helpt hielp hielpen voldoet deugt werkte".split()),
    boosters=_BOOSTERS,
    contrasts=frozenset("maar echter desondanks".split()),
    common=frozenset(
        """de het een en ik je jij u uw mijn niet geen is was zijn wordt van voor met op te dat dit die deze er ook
        maar nog wel heb heeft had hebben bij naar om als dan wat waar hoe kan kunnen wil graag al aan uit over na
        zo veel meer ons onze wij we jullie hun door tot mij me zeer heel erg bestelling pakket levering geleverd
        bezorgd klantenservice bedankt product gekocht goed snel""".split()
    ),
    stems=_stems,
)
