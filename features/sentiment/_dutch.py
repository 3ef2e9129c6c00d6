"""Dutch words of shopping and of customer service, with their weight."""

from __future__ import annotations

from collections.abc import Iterator

from features.sentiment._words import Lexicon, phrase_weights, weights, word_set

_WORDS = weights(
    {
        3: """
        aanrader briljant dolblij dolenthousiast fantastisch fenomenaal formidabel geniaal geweldig
        grandioos heerlijk juweeltje magnifiek onovertroffen perfect prachtig schitterend subliem toppertje
        toppie topproduct topservice uitmuntend uitstekend verrukt vlekkeloos voortreffelijk wauw weergaloos
        wereldklasse wow
        """,
        2: """
        aanbevelen aanbevolen aangenaam behulpzaam bekwaam best beter betrouwbaar blij compliment
        complimenten dankbaar deskundig duidelijk eenvoudig eerlijk enthousiast fijn fraai gaaf geholpen
        gelukkig gemakkelijk genieten genoten geruststellend geslaagd glashelder goed grappig handig
        hartelijk helder hulpvaardig inspirerend keurig klantvriendelijk knap kundig kwalitatief lekker leuk
        lief liefs lieverd meedenkend moeiteloos mooi netjes overzichtelijk passie plezier plezierig pluim
        prettig prima probleemloos professioneel rap razendsnel schoon simpel snel soepel sterk stevig
        stijlvol stipt super superblij supersnel tevreden top trots verbeterd vertrouwen verzorgd vlot
        voordelig vriendelijk vrolijk waardevol warm welkom zacht zorgvuldig zorgzaam
        """,
        1: """
        aardig actueel attent bedankt begrip begripvol bevalt beviel comfortabel compleet correct dank
        dankjewel degelijk gelukt gezellig goedkoop gratis interessant klopt lukt meevaller nuttig opgelost
        past positief praktisch redelijk ruim spontaan toegankelijk vers vertrouwd voldoende werkt
        """,
        0: """
        gemiddeld gewoon middelmaat neutraal normaal ok oke oké standaard
        """,
        -1: """
        duur helaas jammer kaal klacht klachten koud krap langzaam lastig minder omslachtig onhandig
        probleem problemen saai stroef traag twijfel vervelend vraagtekens wachten wachtrij wachttijd zonde
        zwak
        """,
        -2: """
        achteruitgang afgeraden afgrijselijk afraden arrogant beroerd beschadigd boos chaos chaotisch defect
        droevig eng ergerlijk ergernis flut fout fouten foutief frustratie frustrerend gebarsten gebrekkig
        gebroken gedoe gefrustreerd geirriteerd gekrompen gescheurd geweigerd geïrriteerd hopeloos
        incompetent incompleet irritant irriteert kapot kras krassen krimpt kwaad kwijt lek lomp luidruchtig
        mankement matig misleidend misleiding mislukt misser nadeel negatief nep niks onbegrijpelijk
        onbeleefd onbereikbaar onbetrouwbaar onbruikbaar ondeugdelijk onduidelijk oneerlijk onjuist onkundig
        onnodig onoverzichtelijk onprofessioneel ontbrak ontbreekt ontbreken onterecht ontevreden onveilig
        onverzorgd onvoldoende onvolledig onvriendelijk onzin overlast pech puinhoop rommel rommelig rot ruw
        scheef schimmel slap slecht slechter slordig smerig spijt stinkt storing stuk tegengevallen
        tegenvallend tegenvaller tegenviel teleurgesteld teleurstellend teleurstelling treurig troep
        uitverkocht vals verdrietig verkeerd verkleurd verloren vertraagd vertraging vertrouwensbreuk vies
        vuil waardeloos weigerde weigert woedend zeuren zinloos zwaarbeschadigd
        """,
        -3: """
        afgrijzen afschuwelijk bedonderd bedriegers bedroevend bedrog belachelijk beschamend diefstal
        dieptriest drama dramatisch hufters idioot klote kut kutservice onaanvaardbaar onacceptabel
        ongehoord opgelicht oplichterij oplichters ramp rampzalig respectloos schandalig schande shit
        verschrikkelijk vreselijk walgelijk wanhopig wanprestatie zwendel
        """,
    }
)
_PHRASES = phrase_weights(
    {
        3: """
        alle lof, beter kan niet, boven verwachting, duim omhoog, echt top, helemaal top, kan niet beter,
        meer dan tevreden, niets dan lof, niets op aan te merken, niets te klagen, niks dan lof,
        niks op aan te merken, niks te klagen, overtreft mijn verwachtingen, raad * iedereen aan,
        tien met een griffel, topkwaliteit, wat een service
        """,
        2: """
        bestel * zeker weer, bestel hier vaker, beter dan verwacht, blij mee, dag later in huis,
        dank je wel, de volgende dag in huis, dik tevreden, doet wat het moet doen, een aanwinst,
        eerder dan verwacht, geen enkel probleem, geen gedoe, geen klachten, geen probleem, geen problemen,
        goed bereikbaar, goede prijs, hartelijk dank, heel blij mee, in orde, in één keer goed,
        kom * zeker terug, niet duur, niets mis mee, niks mis mee, nog nooit zo goed, nooit problemen,
        op tijd, prijs kwaliteit, raad * aan, snel in huis, sneller dan verwacht, volgende keer weer,
        volgens afspraak, voor herhaling vatbaar, zeker aan te raden, zoals beloofd, zoals verwacht,
        zonder gedoe, zonder problemen
        """,
        1: """
        niet gek, niet slecht, niet verkeerd, valt mee, valt reuze mee, viel mee
        """,
        0: """
        alvast bedankt, beste heer, beste klantenservice, beste mevrouw, bij voorbaat dank, bvd,
        dank u voor uw bestelling, gaat wel, geen mening, goed doel, goede middag, goede morgen,
        goedemiddag, goedemorgen, graag gedaan, hartelijke groet, het kan ermee door, hoe lang, hoe werkt,
        kan beter en slechter, klantenservice, meer of minder, met vriendelijke groet, niet alleen,
        niet bijzonder, niet goed en niet slecht, niet meer of minder, niets bijzonders, niks bijzonders,
        noch goed noch slecht, past deze, past dit, ter herinnering, vriendelijke groet, waar kan ik,
        werkt deze, werkt dit, zo lang mogelijk, zo snel mogelijk, zo zo
        """,
        -1: """
        aan de prijs, beter kunnen, had beter gekund, had meer verwacht, kan beter, meer van verwacht,
        niet handig, niet ideaal, niet optimaal, niet overtuigd, niet wat ik, niet zoals op de foto,
        nog altijd geen, nog altijd niet, nog steeds geen, nog steeds niet, te dik, te dun, te groot,
        te hard, te ingewikkeld, te klein, te kort, te lang, te langzaam, te strak, te weinig, te zacht,
        te zoet, te zwaar, valt tegen, wel wat duur
        """,
        -2: """
        dagen gewacht, doet het niet, doet niets, doet niks, doet pijn, geen aanrader, geen antwoord,
        geen gehoor, geen hulp, geen oplossing, geen reactie, geen zin, geld terug, in de wacht, klopt niet,
        kom niet meer terug, laat * op zich wachten, laat te wensen over, lang wachten, ligt eruit,
        loopt * vast, loopt vast, lukt maar niet, lukt niet, lukte niet, na een week al, niet aan te raden,
        niet aangekomen, niet bereikbaar, niet bezorgd, niet doet, niet geholpen, niet geleverd,
        niet gelukt, niet goed, niet nagekomen, niet ontvangen, niet op tijd, niet opgelost, niet serieus,
        niet te bereiken, niet teruggebeld, niet volgens afspraak, niet vooruit te branden,
        nooit aangekomen, nooit antwoord, nooit bezorgd, nooit geleverd, nooit ontvangen, nooit teruggebeld,
        past niet, raad * niemand aan, raad * niet aan, slecht bereikbaar, slecht geholpen, te duur, te laat,
        uit elkaar, uren gewacht, uren wachten, uur wachten, valt erg tegen, van het kastje naar de muur, veel te,
        verkeerde maat, viel tegen, viel vies tegen, vies tegen, weinig hulp, weken gewacht, weken wachten,
        werkt niet, zonde van * geld, zonder bericht, zonder resultaat, zonder uitleg
        """,
        -3: """
        blijf weg, een ramp, eens maar nooit weer, geen cent waard, helemaal niets, koop dit niet,
        niet kopen, nooit meer, nooit weer, nul service, nul sterren, om te huilen, slaat nergens op,
        trap er niet in, weggegooid geld
        """,
    }
)
_BOOSTERS = {
    **dict.fromkeys(
        word_set(
            """
            bijzonder dik echt enorm erg extreem gigantisch hartstikke heel helemaal mega ontzettend onwijs
            reuze ronduit super totaal uitermate uiterst verdomd volledig volstrekt vreselijk waanzinnig
            zeer zo
            """
        ),
        1.4,
    ),
    **dict.fromkeys(
        word_set(
            """
            beetje best enigszins iets ietwat lichtelijk nogal redelijk tamelijk vrij wat
            """
        ),
        0.7,
    ),
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
    negations=word_set(
        """
        allesbehalve amper geen nauwelijks nergens niemand niet noch nooit weinig zonder
        """
    ),
    turned_after=word_set(
        """
        bevalt beviel deugt helpt hielp hielpen klopt lukt past voldoet werkt werkte
        """
    ),
    boosters=_BOOSTERS,
    contrasts=word_set(
        """
        desondanks echter maar
        """
    ),
    common=word_set(
        """
        aan al als bedankt bestelling bezorgd bij dan dat de deze die dit door een en er erg geen gekocht
        geleverd goed graag had heb hebben heeft heel het hoe hun ik is je jij jullie kan klantenservice
        kunnen levering maar me meer met mij mijn na naar niet nog om ons onze ook op over pakket product
        snel te tot u uit uw van veel voor waar was wat we wel wij wil wordt zeer zijn zo
        """
    ),
    stems=_stems,
)
