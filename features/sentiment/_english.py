"""English words of shopping and of customer service, with their weight."""

from __future__ import annotations

from collections.abc import Iterator

from features.sentiment._words import Lexicon, phrase_weights, weights, word_set

_WORDS = weights(
    {
        3: """
        amazing awesome brilliant delighted exceeded excellent exceptional extraordinary fabulous fantastic
        flawless gorgeous incredible love loved loves magnificent marvellous marvelous outstanding perfect
        perfection perfectly phenomenal spectacular splendid stunning superb terrific thrilled unbeatable
        wonderful wow
        """,
        2: """
        accurate appreciate appreciated bargain beautiful best better charming clean clear comfortable comfy
        commend compliments convenient courteous delicious delightful dependable durable easily easy
        effective efficient effortless elegant enjoy enjoyable enjoyed enjoying fast favorite favourite
        fresh friendly fun generous glad good grateful great handy happy helpful honest impressed impressive
        improved intuitive kind knowledgeable liked lovely loyal neat nice patient perk pleasant pleased
        pleasure polite professional prompt promptly proud quick quickly recommend recommended reliable
        respectful responsive rewarding safe satisfactory satisfied satisfying seamless simple sleek smooth
        smoothly soft solid speedy spotless sturdy stylish super superfast superior supportive swift
        thorough top trusted trustworthy useful valuable warm welcoming worth worthwhile yay
        """,
        1: """
        adequate affordable ample cheers correct decent fair fine interesting positive resolved solved
        sufficient thank thanks works
        """,
        0: """
        average mediocre neutral normal ok okay ordinary so-so standard unremarkable
        """,
        -1: """
        cheap complaint complaints complicated delay delays dull expensive hassle issue issues lacking less
        meh noisy overpriced pricey problem problems sadly slow slower stiff tight unclear underwhelming
        unfortunately wait waiting weak
        """,
        -2: """
        angry annoyed annoying arrogant bad badly blurry bothersome broke broken buggy careless chaos
        chaotic clumsy confused confusing cracked crap crashed crashes crashing crooked damage damaged dead
        deceived deceptive defect defective delayed difficult dirty disappointed disappointing
        disappointment disappoints disconnected dishonest dismissive dissatisfied dropped error errors faded
        fail failed failing fails failure fake fault faulty flawed flimsy frustrated frustrating frustration
        furious hate hated ignored ignores inaccurate incompetent incomplete inconvenient incorrect inferior
        irritated irritating junk lacks lazy leaking leaks lied lies lost lousy mess messy misleading
        missing mistake mistakes nonsense painful pathetic poor poorly refused regret ridiculous rip ripped
        rubbish rude ruined sad scratched scratches shabby shoddy shrank shrunk sloppy smelly stained stinks
        stuck stupid torn trash ugly unable unacceptable unanswered unavailable uncomfortable unfair
        unfriendly unhappy unhelpful unpleasant unprofessional unreliable unresolved unresponsive unsafe
        unsatisfied untrustworthy unusable upset useless waste wasted worn worse wrong
        """,
        -3: """
        abysmal appalling atrocious awful disaster disastrous disgrace disgraceful disgusted disgusting
        dreadful fraud horrendous horrible horrid liars nightmare outrageous scam scammed scammers shameful
        shit shocking terrible worst worthless
        """,
    }
)
_PHRASES = phrase_weights(
    {
        3: """
        above and beyond, beyond my expectations, can't fault, can't recommend * enough,
        cannot fault, cannot recommend * enough, could not be better, could not be happier,
        couldn't be better, couldn't be happier, exceeded my expectations, five stars, hats off,
        highly recommend, highly recommended, nothing but praise, second to none, spot on, thumbs up,
        top notch
        """,
        2: """
        as advertised, as described, as expected, as promised, better than expected, does the job,
        does what it says, earlier than expected, easy to, faster than expected, good value,
        next day delivery, no complaints, no hassle, no issue, no issues, no problem, no problems,
        not expensive, nothing to complain, on time, sorted it out, sorted out, value for money, well done,
        well made, well packaged, well packed, went out of their way, will be back, will buy again,
        will order again, without a hitch, without any issues, without any problems, without issues,
        without problems, works great, works perfectly, works well, worth every penny, would buy again
        """,
        1: """
        can't complain, cannot complain, no regrets, not bad, not too bad, nothing wrong
        """,
        0: """
        any kind, as soon as possible, at best, at least, best regards, best wishes, customer support,
        dear sir, fair enough, good afternoon, good evening, good morning, goods, how long, i would like,
        i'd like, in good time, in the end, is it safe, kind of, kind regards, kindly, like to, looks like,
        neither good nor bad, no idea, no opinion, not only, nothing special, on top, on top of,
        please clear, so so, thank you in advance, thanks in advance, this kind, to be fair,
        too much to ask, top of, warm regards, what is the best way, what kind, would like to
        """,
        -1: """
        a bit pricey, could be better, could have been better, expected better, expected more, let down,
        not as expected, not great, not ideal, not impressed, not worth, room for improvement, still hasn't,
        still haven't, still no, still not, still waiting, too big, too complicated, too hard, too heavy,
        too little, too long, too short, too slow, too small, too soft, too sweet, too thick, too thin,
        too tight
        """,
        -2: """
        can't recommend, cannot recommend, charged twice, did not arrive, did not fit, did not work,
        didn't arrive, didn't fit, didn't receive, didn't work, does not fit, does not work, doesn't fit,
        doesn't work, falling apart, falls apart, fell apart, had to chase, has not arrived, hasn't arrived,
        have not received, have to chase, haven't received, hung up, kept waiting,
        leaves much to be desired, money back, never answered, never arrived, never called back,
        never delivered, never received, never replied, no answer, no help, no longer works, no one answers,
        no reply, no response, no solution, no use, nobody answers, not a single answer, not a single reply,
        not arrived, not as advertised, not as described, not delivered, not good, not received,
        not recommend, not working, nothing works, on hold, out of stock, passed around, stopped working,
        too expensive, too late, waste of time, weeks to, won't work, would not recommend,
        wouldn't recommend, wrong size
        """,
        -3: """
        a joke, a total joke, avoid at all, buyer beware, customer service is a joke, do not buy, don't buy,
        money down the drain, never again, never buy * again, never order * again, never shop * again,
        rip off, ripped off, stay away, steer clear, waste of money, worst ever, zero stars
        """,
    }
)
_BOOSTERS = {
    **dict.fromkeys(
        word_set(
            """
            absolutely amazingly clearly completely deeply enormously entirely especially exceptionally
            extremely fully highly hugely incredibly insanely particularly really remarkably seriously so
            super surprisingly terribly too totally truly utterly very
            """
        ),
        1.4,
    ),
    **dict.fromkeys(
        word_set(
            """
            bit fairly kinda little moderately partly pretty quite rather slightly somewhat
            """
        ),
        0.7,
    ),
}


def _stems(word: str) -> Iterator[str]:
    """Give what a form may come from: promptly -> prompt, bargains -> bargain, kindest -> kind."""
    word = word.removesuffix("'s")
    for ending in ("ly", "s", "er", "est", "r", "st"):
        if word.endswith(ending) and len(word) > len(ending) + 3:
            yield word.removesuffix(ending)
    if word.endswith(("ier", "iest")):
        yield word.removesuffix("er").removesuffix("est")[:-1] + "y"


ENGLISH = Lexicon(
    words=_WORDS,
    phrases=_PHRASES,
    negations=word_set(
        """
        ain't aren't barely can't cannot cant couldn't didn't didnt doesn't doesnt don't dont hadn't hardly
        hasn't haven't isn't isnt neither never no nobody none nor not nothing shouldn't wasn't wasnt
        weren't without won't wont wouldn't
        """
    ),
    turned_after=frozenset(),
    boosters=_BOOSTERS,
    contrasts=word_set(
        """
        although but however nevertheless though yet
        """
    ),
    common=word_set(
        """
        a about after all an and are as at be been before bought but by can could delivered delivery did do
        does for from good great had has have how i in is it its just me more much my not of on order our
        package product service so thanks that the their these they this those to too very was we were what
        when where who will with would you your
        """
    ),
    stems=_stems,
)
