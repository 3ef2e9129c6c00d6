"""English words of shopping and of customer service, with their weight."""

from __future__ import annotations

from collections.abc import Iterator

from features.sentiment._words import Lexicon, phrase_weights, weights

_WORDS = weights(
    {
        3: """
        amazing awesome brilliant delighted excellent exceptional exceeded extraordinary fabulous fantastic flawless
        gorgeous incredible love loved loves magnificent marvellous marvelous outstanding perfect perfectly perfection
        phenomenal spectacular splendid stunning superb terrific thrilled unbeatable wonderful wow
        """,
        2: """
        accurate appreciate appreciated beautiful best better bargain charming clear clean comfy commend compliments
        comfortable convenient courteous delicious delightful dependable durable easy easily effective efficient
        effortless elegant enjoy enjoyed enjoying enjoyable fast favourite favorite fresh friendly fun generous glad good
        grateful great handy happy helpful honest impressed impressive improved intuitive kind knowledgeable liked
        lovely loyal neat nice patient perk pleasant pleased pleasure polite prompt promptly professional proud
        quick quickly recommend recommended reliable respectful responsive rewarding safe satisfied satisfying
        satisfactory seamless simple sleek smooth smoothly soft solid speedy spotless stylish sturdy super superfast
        superior supportive swift thorough top trustworthy trusted useful valuable warm welcoming worthwhile worth yay
        """,
        1: """
        adequate affordable ample decent fair fine interesting positive resolved solved sufficient thank
        thanks works cheers correct
        """,
        0: "average ok okay neutral normal ordinary standard so-so mediocre unremarkable",
        -1: """
        complicated cheap delay delays expensive issue issues lacking less noisy overpriced pricey problem problems
        slow slower stiff tight unfortunately unclear wait waiting weak meh hassle complaint complaints underwhelming
        sadly dull
        """,
        -2: """
        angry annoyed annoying arrogant bad badly blurry bothersome broke broken buggy careless chaos chaotic clumsy
        confusing confused cracked crooked crashed crashes crashing crap damaged damage dead deceived deceptive defect defective
        delayed difficult dirty disappointed disappointing disappointment disappoints disconnected dishonest dismissive
        dissatisfied dropped error errors fail failed failing fails failure fake fault faulty flawed flimsy frustrated
        frustrating frustration furious hate hated incompetent incomplete ignored ignores inaccurate inconvenient incorrect inferior
        irritated irritating junk lacks lazy leaking leaks lied lies lost lousy mess messy misleading missing mistake
        mistakes nonsense painful pathetic poor poorly refused regret ridiculous rip ripped rubbish rude ruined sad
        scratched scratches shabby shoddy sloppy smelly stained stinks stuck stupid torn trash ugly unable unacceptable
        unanswered unavailable uncomfortable unfair unfriendly unhappy unhelpful unpleasant unprofessional unreliable
        unresolved unresponsive unsatisfied unsafe untrustworthy unusable upset useless wasted waste worn worse wrong
        """,
        -3: """
        abysmal appalling atrocious awful disaster disastrous disgrace disgraceful disgusted disgusting dreadful fraud
        horrendous horrible horrid liars nightmare outrageous scam scammed scammers shameful shit shocking terrible worst
        worthless
        """,
    }
)
_PHRASES = phrase_weights(
    {
        3: """
        highly recommend, highly recommended, five stars, 5 stars, second to none, above and beyond, could not be happier,
        couldn't be happier, can't fault, cannot fault, nothing but praise, couldn't be better, could not be better,
        beyond my expectations, exceeded my expectations, thumbs up, top notch, spot on, hats off
        """,
        2: """
        on time, as promised, as described, as expected, as advertised, no problems, no problem, no issues, no issue,
        no complaints, without problems, without any problems, without issues, without any issues, without a hitch,
        good value, value for money, worth every penny, well made, well packed, well packaged, works well, works great,
        works perfectly, will order again, would buy again, will buy again, will be back, next day delivery,
        earlier than expected, faster than expected, better than expected, not expensive, easy to, nothing to complain,
        no hassle, went out of their way, sorted out, sorted it out, does the job, does what it says, well done
        """,
        1: "not bad, not too bad, nothing wrong, can't complain, cannot complain, no regrets",
        0: """
        not only, thanks in advance, thank you in advance, kind regards, best regards, warm regards, best wishes, so so,
        would like to, i would like, i'd like, looks like, neither good nor bad, nothing special, good morning, good afternoon,
        good evening, how long, as soon as possible, customer support, at best, to be fair, at least, no opinion, fair enough,
        what is the best way, is it safe, no idea, in good time, dear sir, on top, on top of, top of, kind of, what kind,
        this kind, any kind, like to, please clear, too much to ask, in the end
        """,
        -1: """
        could be better, could have been better, room for improvement, not ideal, not great, not impressed, too small,
        too big, too tight, too short, too long, too soft, too hard, too thin, too thick, too heavy, too sweet, too little,
        still no, still not, still haven't, still hasn't, still waiting, let down, expected more, expected better,
        too complicated, too slow, a bit pricey, not as expected, not worth
        """,
        -2: """
        too late, too expensive, never arrived, not arrived, hasn't arrived, has not arrived, didn't arrive, did not arrive,
        never received, not received, haven't received, have not received, didn't receive, never delivered, not delivered,
        no reply, no response, no answer, never replied, never answered, does not work, doesn't work, did not work,
        didn't work, not working, stopped working, won't work, fell apart, falls apart, falling apart, no longer works,
        hung up, on hold, kept waiting, weeks to, out of stock, not as described, not as advertised, not recommend,
        wouldn't recommend, would not recommend, cannot recommend, can't recommend, never called back, wrong size,
        money back, leaves much to be desired, no help, no use, not good, doesn't fit, does not fit, did not fit,
        didn't fit, nobody answers, no one answers, passed around, waste of time, no solution, charged twice
        """,
        -3: """
        never again, never order * again, never buy * again, never shop * again, waste of money, stay away, avoid at all, do not buy, don't buy, buyer beware, rip off, ripped off,
        zero stars, worst ever, steer clear, a joke, a total joke, money down the drain, customer service is a joke
        """,
    }
)
_BOOSTERS = {
    **dict.fromkeys(
        """absolutely amazingly completely deeply enormously entirely especially exceptionally extremely fully highly
        hugely incredibly insanely particularly really remarkably seriously so super surprisingly terribly too totally
        truly utterly very""".split(),
        1.4,
    ),
    **dict.fromkeys("bit fairly kinda little moderately partly pretty quite rather slightly somewhat".split(), 0.7),
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
    negations=frozenset(
        """not no never nothing nobody none nor neither without hardly barely cannot can't don't doesn't didn't won't
        wouldn't isn't wasn't aren't weren't couldn't shouldn't haven't hasn't hadn't ain't dont doesnt didnt wont isnt
        wasnt cant""".split()
    ),
    turned_after=frozenset(),
    boosters=_BOOSTERS,
    contrasts=frozenset("but however although though yet nevertheless".split()),
    common=frozenset(
        """the a an and i you your my not is was are were be been it its this that these those of for with on to too
        in at from by as but have has had do does did can could will would what where how when who they we our their
        me so very much more all just about after before order package delivery delivered service thanks product
        bought good great""".split()
    ),
    stems=_stems,
)
