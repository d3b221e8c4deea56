"""The words of English that the project knows: one list for each kind."""

from __future__ import annotations

from index.lexicon import MONTHS, WEEKDAYS


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


BE = _words("am is are was were be been being isn't aren't wasn't weren't")
DO = _words("do does did don't doesn't didn't")
WILL = _words("will won't 'll shall may might")
"""What they say lies ahead."""
MODAL = WILL | _words("can could would should must can't cannot couldn't wouldn't shouldn't mustn't")
HAVE = _words("have has had haven't hasn't hadn't having")
AUXILIARY = BE | DO | MODAL | HAVE
FINITE = AUXILIARY - {"be", "been", "being", "having"}
"""May stand before a subject."""
FINITE_PATTERN = "|".join(sorted(word for word in FINITE - {"cannot"} if word.isalpha()))
"""Those that are one plain word, as a regular expression."""
PAST_AUXILIARY = _words("was were wasn't weren't did didn't had hadn't has hasn't have haven't")
"""What they say lies behind."""
BECOMING = _words("go goes went get gets got become becomes became remain remains stay stays")
WH = _words("who whom whose what which when where why how who's what's where's how's when's whats")
ADVERBIAL_WH = _words("when where why how")
ARTICLES = _words("a an the")
DETERMINERS = ARTICLES | _words("any some all each every both either no another such")
PREPOSITIONS = _words(
    """of in on at to for from with by about after before between against during over under into onto through since
    until till without within around near among across behind despite like as than toward towards per via beyond
    outside inside along upon off out up down"""
)
PLACING = _words("in at on near around from to outside inside across")
CONJUNCTIONS = _words("and or but nor so if because that while although though whether unless")
SUBJECTS = _words("i you we he she it they someone anyone everyone nobody")
POSSESSIVES = _words("my your his her its our their")
DEMONSTRATIVES = _words("this that these those")
PRONOUNS = (
    SUBJECTS
    | POSSESSIVES
    | _words(
        """me us him them hers theirs mine ours yours this these those here there one himself
    herself itself themselves ones it's he's she's they're they've there's that's i'm i've we're we've you're
    you've nobody anybody everybody anything something nothing everything"""
    )
)
ADVERBS = _words(
    """still also really ever already now today just only even once again yet ago currently exactly actually most more
    less least very too not never always often usually much many then else instead so first later earlier soon
    together ahead away back anyway worth"""
)
ASKING = _words("""tell me us describe explain list give show compare contrast discuss please let say know think""")
FUNCTION = (
    AUXILIARY | WH | DETERMINERS | PREPOSITIONS | CONJUNCTIONS | PRONOUNS | ADVERBS | ASKING | _words("go goes get got")
)

PREDICATES = _words(
    """able afraid alive available aware bad best better big cheap clear common dangerous dead different difficult
    early easy effective enough expensive famous fast free full good great guilty hard harmful harder healthy
    high illegal important innocent involved known late legal low married necessary new old open popular
    possible ready reliable responsible rich right safe same serious significant similar small strong successful
    sure tall true unique unusual useful worse worst wrong younger older traditional easier larger treatable
    powerful effective"""
)
PLAIN_ADJECTIVES = PREDICATES | _words(
    """main major key primary chief other certain several few interesting modern current recent latest typical specific
    particular general basic essential biggest largest greatest highest smallest next last two three"""
)
"""Say so little that a noun with them alone in front is no better named."""

RELATIONAL = _words(
    """advantage disadvantage benefit drawback downside upside pro con cause reason symptom effect side-effect type
    kind sort variety form category example instance difference similarity use usage application function
    feature characteristic property attribute trait member part component element layer aspect stage phase step
    theme character history origin beginning founding background invention discovery development purpose aim
    goal objective impact importance significance influence consequence implication result outcome role
    relationship relation connection contribution criticism controversy evidence definition meaning concept
    principle risk danger side cost price size population capital leader founder author inventor owner head
    successor predecessor winner loser victim price value treatment cure remedy alternative option solution
    source detail condition requirement term rule date location place name age number amount total deadline
    reaction response status future limit limitation challenge problem issue opponent supporter critic demand
    participant legacy work plot cast ending model version"""
)
"""Nouns of something: without saying of what, they are taken from what was spoken of."""

TWO_SIDED = _words(
    """impact effect influence relationship relation connection role contribution reaction response similarity source
    example instance implication"""
)
"""Those that still lack their "of" when another preposition follows: the impact on prices."""

OTHER_SIDED = _words("role relationship relation connection contribution")
"""Those that, with their "of", still do not say in what."""

BELONGING = _words("member part")
"""Those that lack their "of" even where it is said who the member is."""

UNIQUE = _words(
    """government president parliament police army world state economy weather internet sun moon earth sea press public
    media senate congress house court pope king queen prime election past future world war law right left north
    south east west end beginning way time year month week day moment morning evening night us uk eu un"""
)
"""Nouns that "the" may stand before although nobody has mentioned them."""

VERBS = _words(
    """accuse achieve add affect agree allow announce appear appoint apply arrest arrive ask attack avoid become begin
    believe belong bring build buy carry celebrate choose collapse collide come compare conquer consider contain
    continue convince create cure decide declare defeat defend demolish deny destroy determine develop die
    differ discover divert domesticate eat elect encounter end enter evolve exist expand expect explain export
    fail feel find finish fix fly follow forbid form found generate give go grow happen have hear help hide hire
    hit hold hurt identify import improve include increase invade invent invest involve join keep kill know
    launch lead learn leave lie live lose maintain make marry mean measure meet move negotiate occur offer
    operate own pay perform praise prefer prepare prevent produce promise promote propose protect prove provide
    publish punish reach react receive recommend recover reduce refuse reject relate rely remain remember remove
    replace reply require resign resolve respond retire reveal rule save say scrap sell send serve settle shrink
    sink sit solve speak spend spread stand start steal stop succeed suffer suggest suspend take teach tell
    think treat try understand urge wear weigh win withdraw write"""
)
"""Verbs that are hardly ever nouns."""

NOUNS_TOO = _words(
    """aim answer approve attempt ban blame block bomb break call cancel cause change charge claim close control cook
    cost cut damage deal delay demand drive drop earn estimate exit face fall fear fight fire force gain hope
    impact influence invite lack land last limit look lower need object open order organise park pass plan play
    power press protest question raise race rank read release report rest return reverse rise run score see seek
    sign speed strike study supply support surprise survive target test threaten trade travel turn use view
    visit vote walk want warn watch work worry"""
)

_IRREGULAR = tuple(
    tuple(forms.split("/"))
    for forms in """
    bear/bore/born beat/beat/beaten become/became/become begin/began/begun bet/bet/bet bid/bid/bid blow/blew/blown
    break/broke/broken bring/brought/brought build/built/built buy/bought/bought catch/caught/caught
    choose/chose/chosen come/came/come cost/cost/cost cut/cut/cut dig/dug/dug do/did/done draw/drew/drawn
    drink/drank/drunk drive/drove/driven eat/ate/eaten fall/fell/fallen feed/fed/fed feel/felt/felt fight/fought/fought
    find/found/found flee/fled/fled fly/flew/flown freeze/froze/frozen get/got/got give/gave/given go/went/gone
    grow/grew/grown have/had/had hear/heard/heard hide/hid/hidden hit/hit/hit hold/held/held hurt/hurt/hurt
    keep/kept/kept know/knew/known lead/led/led leave/left/left lend/lent/lent lie/lay/lain lose/lost/lost
    make/made/made mean/meant/meant meet/met/met pay/paid/paid put/put/put quit/quit/quit read/read/read
    ride/rode/ridden rise/rose/risen run/ran/run say/said/said see/saw/seen seek/sought/sought sell/sold/sold
    send/sent/sent set/set/set shake/shook/shaken shoot/shot/shot show/showed/shown shut/shut/shut sing/sang/sung
    sink/sank/sunk sit/sat/sat sleep/slept/slept slide/slid/slid speak/spoke/spoken spend/spent/spent split/split/split
    spread/spread/spread stand/stood/stood steal/stole/stolen strike/struck/struck sue/sued/sued swear/swore/sworn
    sweep/swept/swept swim/swam/swum take/took/taken teach/taught/taught tell/told/told think/thought/thought
    throw/threw/thrown use/used/used wake/woke/woken wear/wore/worn win/won/won withdraw/withdrew/withdrawn
    write/wrote/written
    """.split()
)
"""Base, past and participle of the verbs whose past is not told by an -ed behind three letters or more."""
BASE_FORMS = {past: base for base, past, _ in _IRREGULAR}
"""The verb of each irregular past."""
PAST_FORMS = frozenset(BASE_FORMS) - _words("bet bid read used")
"""Irregular pasts, without those that are mostly a noun, the present or a participle."""
PARTICIPLES = PAST_FORMS | {participle for base, _, participle in _IRREGULAR if participle != base}

SAYING = _words("said says told tells added adds warned warns argued argues asked asks wrote writes")
"""Stand beside the words of somebody and the name."""
CLAIMING = SAYING | _words(
    """announced announces believed believes thought thinks promised promises predicted predicts admitted admits
    insisted insists claimed claims denied denies"""
)
"""Stand before what somebody says or thinks."""
BEFORE_THAT = _words("say tell add argue announce explain suggest believe think know mean hear agree understand")
"""Verbs behind which "that" begins a clause and points at nothing."""

REACTIONS = _words(
    """respond react reply say agree disagree object compare help differ answer want think vote win happen decide"""
)
"""Verbs of somebody to something; at the end of a question, the something is missing."""

NOT_PEOPLE = _words(
    """council ministry party university college bank line lines shipping company corporation corp inc ltd group union
    museum island islands city bay river lake mount mountain street bridge airport port harbour harbor court
    agency commission committee department office parliament congress senate house association federation league
    authority act agreement treaty war battle area park plan project institute foundation times post news states
    kingdom republic nations republican democratic north south east west new united eve lottery board court team
    club movement festival"""
) | {*MONTHS, *WEEKDAYS}
TITLES = _words(
    """mr mrs ms dr sir president premier minister secretary senator governor chancellor judge king queen prince
    princess pope general captain chairman chairwoman mayor professor"""
)
NAME_PARTICLES = _words("al bin da de del der des di du el ibn la le van von")
"""Small words inside a name."""
SHIPS = _words("ship boat ferry vessel tanker liner trawler freighter yacht submarine frigate schooner steamer")
"""Things that "she" may stand for."""
ORDINALS = {"first": 0, "former": 0, "second": 1, "third": 2, "fourth": 3, "last": -1, "latter": -1}

NO_ADVERBS = _words(
    """family ally reply supply assembly monopoly anomaly fly jelly rally bully butterfly belly lily july"""
)
NO_SUPERLATIVES = _words(
    """test forest interest protest harvest request west guest invest arrest contest honest modest conquest midwest
    rest"""
)
