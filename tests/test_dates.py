"""When invented questions ask about: each with the day on which it is asked, and what must be understood."""

from __future__ import annotations

import time
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from rag.dates import TimeExpression, find_times

WED, FRI, SUN, MON = "2025-10-22", "2025-10-24", "2025-10-26", "2025-10-27"
NEW_YEAR, MARCH = "2026-01-01", "2025-03-15"

# "a/b" is from a until b, a side left empty is open, a single day stands alone; an event follows its bounds.
DAYS = [
    (FRI, "What was signed on 24 October 2025?", "2025-10-24"),
    (FRI, "Who spoke in Oslo on Oct. 23?", "2025-10-23"),
    (FRI, "What happened on October 24th?", "2025-10-24"),
    (FRI, "What happened on October 25?", "2024-10-25"),
    (FRI, "What happened on the 24th of October?", "2025-10-24"),
    (FRI, "What happened on Friday, October 24, 2025?", "2025-10-24"),
    (FRI, "Who sailed on Sat. 25 October 2025?", "2025-10-25"),
    (FRI, "Was the ferry sold on 2025-10-03?", "2025-10-03"),
    (FRI, "What was signed on 24/10?", "2025-10-24"),
    (FRI, "What was signed on 10/24/2025?", "2025-10-24"),
    (FRI, "Who died on 3.10.2025?", "2025-10-03"),
    (FRI, "Will the harbour reopen on November 1?", "2025-11-01"),
    (FRI, "Who will the minister meet in Seoul on Oct. 29?", "2025-10-29"),
    (FRI, "Who spoke on the 20th of October in 1980?", "1980-10-20"),
    (FRI, "Who signed in today?", "2025-10-24"),
    (FRI, "What happened on February 29?", "2024-02-29"),
    (FRI, "What was the ballot of 7 October 2023 about?", "2023-10-07"),
    (FRI, "What happened on the 24th?", "2025-10-24"),
    (FRI, "What was decided on the 28th?", "2025-09-28"),
    (FRI, "What will be decided on the 20th?", "2025-11-20"),
    (FRI, "Who meets on the 28th?", "2025-10-28"),
    (FRI, "Who spoke on the 24th of last month?", "2025-09-24"),
    (MARCH, "What was said on the 31st?", "2025-01-31"),
    (FRI, "Who resigned yesterday?", "2025-10-23"),
    (FRI, "Who is in town today?", "2025-10-24"),
    (FRI, "Who will speak tomorrow?", "2025-10-25"),
    (FRI, "What burned last night?", "2025-10-23"),
    (NEW_YEAR, "What burned last night?", "2025-12-31"),
    (FRI, "Where was he this morning?", "2025-10-24"),
    (FRI, "What happened the day before yesterday?", "2025-10-22"),
    (FRI, "Who arrives the day after tomorrow?", "2025-10-26"),
    (FRI, "What happened three days ago?", "2025-10-21"),
    (FRI, "What happened sixty days ago?", "2025-08-25"),
    (FRI, "What happened a week ago today?", "2025-10-17"),
    (FRI, "What did the board say on Friday?", "2025-10-24"),
    (FRI, "Will they meet on Friday?", "2025-10-31"),
    (WED, "What did the board say on Friday?", "2025-10-17"),
    (WED, "Will they meet on Friday?", "2025-10-24"),
    (WED, "Who is on strike on Thursday?", "2025-10-23"),
    (FRI, "What happened last Friday?", "2025-10-17"),
    (WED, "What happened last Monday?", "2025-10-20"),
    (FRI, "Who will speak next Monday?", "2025-10-27"),
    (SUN, "What was said this Friday?", "2025-10-24"),
    (FRI, "Is the minister who resigned on Tuesday back?", "2025-10-21"),
    (FRI, "Will the strike announced on Monday go ahead?", "2025-10-20"),
    (FRI, "Will the treaty be signed on Monday?", "2025-10-27"),
    (FRI, "What is scheduled for Monday?", "2025-10-27"),
    (FRI, "What happened on Monday night?", "2025-10-20"),
    (FRI, "Who spoke on Monday of last week?", "2025-10-13"),
    (FRI, "WHO LEFT ON THURSDAY?", "2025-10-23"),
    (FRI, "who left on monday?", "2025-10-20"),
    (FRI, "Who left on Thurs.?", "2025-10-23"),
    (FRI, "What did Monday's vote decide?", "2025-10-20"),
]  # fmt: skip

SPANS = [
    (FRI, "Who was elected in October 2025?", "2025-10-01/2025-10-31"),
    (FRI, "Who was elected in October?", "2025-10-01/2025-10-31"),
    (FRI, "Which ministers resigned in December?", "2024-12-01/2024-12-31"),
    (FRI, "Who will visit in November?", "2025-11-01/2025-11-30"),
    (FRI, "Are there elections in Portugal in May?", "2025-05-01/2025-05-31"),
    (FRI, "Will May meet Macron in May?", "2026-05-01/2026-05-31"),
    (FRI, "what did prices do in march?", "2025-03-01/2025-03-31"),
    (FRI, "And in July?", "2025-07-01/2025-07-31"),
    (FRI, "What were the October inflation figures?", "2025-10-01/2025-10-31"),
    (FRI, "What did the March jobs report say?", "2025-03-01/2025-03-31"),
    (FRI, "What did he say in his May 2025 interview?", "2025-05-01/2025-05-31"),
    (FRI, "What happened last October?", "2024-10-01/2024-10-31"),
    (MARCH, "What happened last October?", "2024-10-01/2024-10-31"),
    (FRI, "What was said in early October?", "2025-10-01/2025-10-10"),
    (FRI, "What was said in mid-March?", "2025-03-11/2025-03-20"),
    (FRI, "Which laws take effect at the end of October?", "2025-10-21/2025-10-31"),
    (FRI, "What was said at the beginning of March?", "2025-03-01/2025-03-10"),
    (FRI, "What sank in the first week of October?", "2025-10-01/2025-10-07"),
    (FRI, "What was agreed the week of October 15?", "2025-10-13/2025-10-19"),
    (FRI, "What was agreed in March–April 2025?", "2025-03-01/2025-04-30"),
    (FRI, "What was built between October and December 2024?", "2024-10-01/2024-12-31"),
    (FRI, "What was said between 3 and 7 March?", "2025-03-03/2025-03-07"),
    (FRI, "Who met from October 20 to October 23?", "2025-10-20/2025-10-23"),
    (FRI, "What happened October 1-3, 2024?", "2024-10-01/2024-10-03"),
    (FRI, "Who met between the 20th and the 22nd?", "2025-10-20/2025-10-22"),
    (FRI, "Who met from 24 October to 3 November 2025?", "2025-10-24/2025-11-03"),
    (FRI, "What was said from Monday to Wednesday?", "2025-10-20/2025-10-22"),
    (FRI, "What will they discuss from Monday to Wednesday?", "2025-10-27/2025-10-29"),
    (FRI, "What did it cost in the years between 2020 and 2022?", "2020-01-01/2022-12-31"),
    (FRI, "Who governed from 2020 to 2022?", "2020-01-01/2022-12-31"),
    (FRI, "Who governed in 2020-22?", "2020-01-01/2022-12-31"),
    (FRI, "Who was elected in 2024?", "2024-01-01/2024-12-31"),
    (FRI, "What about 2005?", "2005-01-01/2005-12-31"),
    (FRI, "Who won the 2024 election?", "2024-01-01/2024-12-31"),
    (FRI, "Who starred at the Olympics 2024?", "2024-01-01/2024-12-31"),
    (FRI, "What is in the Phase One deal of 2020?", "2020-01-01/2020-12-31"),
    (FRI, "What was said in late 2024?", "2024-09-01/2024-12-31"),
    (FRI, "What grew in the first half of 2024?", "2024-01-01/2024-06-30"),
    (FRI, "What happened in the 1990s?", "1990-01-01/1999-12-31"),
    (FRI, "What happened in the late '90s?", "1996-09-01/1999-12-31"),
    (FRI, "Who ruled in the 19th century?", "1800-01-01/1899-12-31"),
    (FRI, "What did firms earn in Q3 2024?", "2024-07-01/2024-09-30"),
    (FRI, "What did firms earn in the third quarter?", "2025-07-01/2025-09-30"),
    (FRI, "What was spent in the second quarter of last year?", "2024-04-01/2024-06-30"),
    (FRI, "What did the firm earn last quarter?", "2025-07-01/2025-09-30"),
    (FRI, "What happened this week?", "2025-10-20/2025-10-26"),
    (FRI, "What happened last week?", "2025-10-13/2025-10-19"),
    (SUN, "What happened last week?", "2025-10-13/2025-10-19"),
    (MON, "What happened last week?", "2025-10-20/2025-10-26"),
    (NEW_YEAR, "What happened last week?", "2025-12-22/2025-12-28"),
    (FRI, "What opens next week?", "2025-10-27/2025-11-02"),
    (FRI, "What happened in the past week?", "2025-10-18/2025-10-24"),
    (FRI, "What happened in the last seven days?", "2025-10-18/2025-10-24"),
    (FRI, "What happened over the past two weeks?", "2025-10-11/2025-10-24"),
    (FRI, "What happened in the last three days?", "2025-10-22/2025-10-24"),
    (FRI, "What happened in the past 24 hours?", "2025-10-23/2025-10-24"),
    (FRI, "Did they meet in the last few months?", "2025-04-25/2025-10-24"),
    (FRI, "What changed over the last year?", "2024-10-25/2025-10-24"),
    (FRI, "Who starts in the next two weeks?", "2025-10-24/2025-11-06"),
    (FRI, "What happened a week ago?", "2025-10-13/2025-10-19"),
    (FRI, "What happened two months ago?", "2025-08-01/2025-08-31"),
    (NEW_YEAR, "What happened two months ago?", "2025-11-01/2025-11-30"),
    (FRI, "What happened 3 years ago?", "2022-01-01/2022-12-31"),
    (FRI, "What happened a few weeks ago?", "2025-09-27/2025-10-24"),
    (FRI, "Will they be back in two weeks' time?", "2025-11-03/2025-11-09"),
    (FRI, "What burned this month?", "2025-10-01/2025-10-31"),
    (FRI, "What burned last month?", "2025-09-01/2025-09-30"),
    (NEW_YEAR, "What burned last month?", "2025-12-01/2025-12-31"),
    (FRI, "Who won the prize this year?", "2025-01-01/2025-12-31"),
    (FRI, "Who won the prize last year?", "2024-01-01/2024-12-31"),
    (FRI, "What was shut earlier this year?", "2025-01-01/2025-10-24"),
    (FRI, "What will open later this year?", "2025-10-24/2025-12-31"),
    (FRI, "Where did they camp this summer?", "2025-06-01/2025-08-31"),
    (FRI, "How cold was last winter?", "2024-12-01/2025-02-28"),
    (FRI, "What will open this winter?", "2025-12-01/2026-02-28"),
    (FRI, "What was lost in the summer of 2003?", "2003-06-01/2003-08-31"),
    (FRI, "Who was hurt over the weekend?", "2025-10-18/2025-10-19"),
    (SUN, "Who was hurt over the weekend?", "2025-10-25/2025-10-26"),
    (FRI, "Who won last weekend?", "2025-10-18/2025-10-19"),
    (FRI, "What will happen this weekend?", "2025-10-25/2025-10-26"),
    (FRI, "What happened in recent days?", "2025-10-18/2025-10-24"),
    (FRI, "What happened in recent weeks?", "2025-09-27/2025-10-24"),
    (FRI, "What did the mayor say recently?", "2025-09-25/2025-10-24"),
    (FRI, "What will happen in the coming days?", "2025-10-24/2025-10-30"),
    (FRI, "Which laws take effect at the end of the month?", "2025-10-21/2025-10-31"),
]  # fmt: skip

OPEN = [
    (FRI, "What has happened since Monday?", "2025-10-20/"),
    (FRI, "What has changed since last week?", "2025-10-13/"),
    (FRI, "How has the war changed since 2022?", "2022-01-01/"),
    (FRI, "What has been built from 2020 onwards?", "2020-01-01/"),
    (FRI, "What has changed since the beginning of October?", "2025-10-01/"),
    (FRI, "Will the truce hold until Friday?", "/2025-10-31"),
    (FRI, "What was said before October 20?", "/2025-10-19"),
    (FRI, "What was said after March 10?", "2025-03-11/"),
    (WED, "Will they decide by Friday?", "/2025-10-24"),
    (FRI, "How many had died as of Tuesday?", "/2025-10-21"),
    (FRI, "What will be built by the end of October?", "/2025-10-31"),
    (FRI, "Who ran the bank prior to 2019?", "/2018-12-31"),
    (FRI, "Was he back on or before 5 March?", "/2025-03-05"),
]  # fmt: skip

ORDERS = [
    (FRI, "What is the latest news on the strike?", "latest"),
    (FRI, "What is the most recent poll?", "latest"),
    (FRI, "Which is the newest member state?", "latest"),
    (FRI, "Who is the current president?", "latest"),
    (FRI, "Where is the ship now?", "latest"),
    (FRI, "Who is currently on trial?", "latest"),
    (FRI, "How many have died so far?", "latest"),
    (FRI, "When were the climbers last seen?", "latest"),
    (FRI, "When was the last time they met?", "latest"),
    (FRI, "What was the earliest report of the leak?", "earliest"),
    (FRI, "When did the virus first appear?", "earliest"),
]  # fmt: skip

EVENTS = [
    (FRI, "What was said before the Geneva talks?", "before: the Geneva talks"),
    (FRI, "Who was hurt after the strike began?", "after: the strike began"),
    (FRI, "Who met during the summit?", "during: the summit"),
    (FRI, "What has changed since the ballot?", "after: the ballot"),
    (FRI, "What did she do until she became prime minister?", "before: she became prime minister"),
    (FRI, "What did Beijing do after Trump took office?", "after: Trump took office"),
    (FRI, "What did the king do during his visit to Japan?", "during: his visit to Japan"),
    (FRI, "What has he said since taking office?", "after: taking office"),
    (FRI, "Before the vote, what did he promise?", "before: the vote"),
    (FRI, "Who spoke after the talks between China and Japan?", "after: the talks between China and Japan"),
    (FRI, "Did the bank fail before the court ruled?", "before: the court ruled"),
    (FRI, "Who chaired the board before Vera Lind withdrew?", "before: Vera Lind withdrew"),
    (FRI, "What is known ahead of the vote?", "before: the vote"),
    (FRI, "Who fled in the wake of the attack?", "after: the attack"),
    (FRI, "Who led before Monday's vote?", "before: Monday's vote /2025-10-20"),
    (FRI, "What did Carney say after last week's summit?", "after: last week's summit 2025-10-13/"),
    (FRI, "What did polls say before the 2024 election?", "before: the 2024 election /2024-12-31"),
    (FRI, "What did they do after the crash on Monday?", "after: the crash on Monday 2025-10-20/"),
    (FRI, "What was banned two years after the October 7 attack?", "after: the October 7 attack"),
]  # fmt: skip

WRONG = """
Will May resign?|May I ask who won?|Did Theresa May resign?|What may happen to the pier?
What followed May's resignation?|Who was backed by May?|Who spoke at the May Day rally?|Who will march on Washington?
Did veterans march 24 miles?|Who spoke at the March on Washington?|Who organised the Women's March?
What is March Madness?|How does one march in step?|What did shoppers buy on Black Friday?
What is the Good Friday agreement?|What did the Sunday Times report?|Where were Friday Prayers held?
Does the mosque open every Friday?|What did the Mail on Sunday print?|Who won on Super Tuesday?
Who plays Wednesday Addams?|Did Sheffield Wednesday win?|Who runs Fridays for Future?|Who fell when 24 people ran?
How many of the 2,000 ships sailed?|Did 2025 ships pass the strait?|Is 1,984 a prime number?
Did a crowd of 2000 people gather?|Was the bridge built by 2000 workers?|How much is $2024?|Did he run 2000 metres?
How did the Second World War end?|Who won the second round?|Who was the first president?
Who was the last man standing?|Who wrote about August Wilson?|What did April Harper say?|Who is June Osborn?
Was the plan of June Osborn adopted?|What did Jan Egeland say?|Who is Mon Mothma?|What is the August body?
How far away is the sun?|How hot is the Sun?|Who sat in the front row?|Who changed the rules at the last minute?
Who brokered the last-minute deal?|What is his last name?|What is the past tense of go?|Who is her next of kin?
How much did Next plc earn?|Who hosts the Today show?|Who presents the today show?|What did USA Today report?
Who hosts Last Week Tonight?|Who starred in The Current War?|Is the ocean current slowing?
How big is the current account deficit?|Who directed Apocalypse Now?|Who arrived at the latest?
Who lives so far away from home?|Who arrived first?|What did Apollo 11 carry?|Who planned 9/11?
Who planned the September 11 attacks?|Who led the January 6 committee?|Where did Flight 1549 land?
Where does route 66 end?|How did the S&P 500 close?|Who works in room 2010?|Does Windows 2000 still run?
What is Project 2025?|What is resolution 2334?|What causes COVID-19?|Who voted 52-48?|Is 24/7 care available?
Is it 3/4 full?|What was signed on 3/4?|Did the fare rise by 24.5 percent?|Who lives on the 24th floor?
Who walked at Fashion Week?|What did Newsweek report?|What is the Year of the Dragon?|Who leads the decade-long study?
What does the 90-day pause cover?|Who broke the two-week ceasefire?|What ended the three-day strike?
Did the strike last for two weeks?|How many days did the siege take?|What did over three years of war cost?
How many years ago did Rome fall?|What was her last year in office?|What was said in the last week of the campaign?
Who held office before Trump?|Who testified before the committee?|Who appeared before the court?
Who stood before Congress?|Who spoke before the judge in Paris?|What did they say before the cameras?
Who was named after the king?|Who looks after the children?|Who is going after the cartel?
Which side is following the deal?|Who won after all?|What will happen throughout the country?
Who died during the night?|What did the Arab Spring change?|Why did prices fall?|What happened on 30 February 2025?
Who was born on 31 June?|Is 2025-13-45 a date?|What happened 9999 years ago?|Who leads the Chinese side?
How many people live in Iceland?
What grew after a few months?|What opens on July Fourth?|What is the area now known as Tolm?
Where did he move after a while?
"""
WRONG_ROWS = [question for line in WRONG.strip().splitlines() for question in line.split("|")]


def shown(found: TimeExpression) -> str:
    """An expression as the tables write it."""
    since, until = (str(day or "") for day in (found.since, found.until))
    days = since if since == until else f"{since}/{until}"
    if found.event:
        return f"{found.relation}: {found.event} {days}".rstrip()
    return found.order or days


@pytest.mark.parametrize(("today", "question", "expected"), [*DAYS, *SPANS, *OPEN, *ORDERS, *EVENTS])
def test_a_time_is_found_and_resolved(today: str, question: str, expected: str) -> None:
    assert [shown(found) for found in find_times(question, today=date.fromisoformat(today))] == [expected]


@pytest.mark.parametrize("question", WRONG_ROWS)
@pytest.mark.parametrize("today", [FRI, NEW_YEAR])
def test_what_only_looks_like_a_time_is_left_alone(question: str, today: str) -> None:
    assert find_times(question, today=date.fromisoformat(today)) == ()


def test_the_tables_are_as_long_as_promised() -> None:
    assert len(WRONG_ROWS) >= 100
    assert len([*DAYS, *SPANS, *OPEN, *ORDERS, *EVENTS]) >= 150


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What did he say on Friday about the tariffs that will start on Monday?", ["2025-10-24", "2025-10-27"]),
        ("What did he say on Monday and Tuesday?", ["2025-10-20", "2025-10-21"]),
        ("How many have died so far this year?", ["latest", "2025-01-01/2025-12-31"]),
        ("What was signed in October before the talks?", ["2025-10-01/2025-10-31", "before: the talks"]),
        ("What was said in late August and early September?", ["2025-08-21/2025-08-31", "2025-09-01/2025-09-10"]),
    ],
)
def test_several_times_stand_in_their_order(question: str, expected: list[str]) -> None:
    assert [shown(found) for found in find_times(question, today=date.fromisoformat(FRI))] == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Who was elected in October?", "in October [1–31 Oct 2025]"),
        ("Who resigned last week?", "last week [13–19 Oct 2025]"),
        ("Who resigned yesterday?", "yesterday [23 Oct 2025]"),
        ("How cold was last winter?", "last winter [1 Dec 2024 – 28 Feb 2025]"),
        ("What happened in recent weeks?", "in recent weeks [27 Sep – 24 Oct 2025]"),
        ("What has happened since Monday?", "since Monday [from 20 Oct 2025]"),
        ("What was said before October 20?", "before October 20 [until 19 Oct 2025]"),
        ("What is the latest news?", "latest"),
        ("How many have died so far?", "so far [latest]"),
        ("Who met during the summit?", "during the summit"),
    ],
)
def test_an_expression_is_described_with_its_days(question: str, expected: str) -> None:
    (found,) = find_times(question, today=date.fromisoformat(FRI))
    assert found.describe() == expected


_PIECES = """in on since until before after between from to by the a last this next past early late mid- end of
    week month year weekend Monday friday October May march 24 3rd 2024 2025 24/10 2025-10-24 and – -
    two few days ago recently latest summer quarter Q3 1990s will was did resigned talks summit Trump 's
    ? , today yesterday now so far first 9999 0 30 February during strike began""".split()
_TEXTS = st.one_of(st.text(max_size=80), st.lists(st.sampled_from(_PIECES), max_size=14).map(" ".join))


@given(_TEXTS, st.dates())
def test_any_text_on_any_day_gives_spans_of_it_that_do_not_overlap(text: str, today: date) -> None:
    found = find_times(text, today=today)
    for expression in found:
        assert 0 <= expression.start < expression.end <= len(text)
        assert text[expression.start : expression.end] == expression.text
        assert expression.event in expression.text
        assert bool(expression.event) == bool(expression.relation)
        assert expression.since or expression.until or expression.order or expression.event
        assert expression.text in expression.describe()
        if expression.since and expression.until:
            assert expression.since <= expression.until
    assert all(first.end <= second.start for first, second in pairwise(found))


@given(st.dates(date(1600, 1, 1), date(2099, 12, 31)), st.dates(date(1900, 1, 1), date(2200, 1, 1)))
def test_a_whole_date_is_the_same_on_every_day(day: date, today: date) -> None:
    names = "January February March April May June July August September October November December".split()
    month = names[day.month - 1]
    for written in (f"{day.day} {month} {day.year}", f"{month} {day.day}, {day.year}", f"{day}"):
        (found,) = find_times(f"What happened on {written}?", today=today)
        assert (found.since, found.until) == (day, day)


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)))
def test_the_tense_keeps_to_its_side_of_today(today: date) -> None:
    for day in ("Monday", "the 24th", "3 March"):
        (was,) = find_times(f"What happened on {day}?", today=today)
        (will,) = find_times(f"What will happen on {day}?", today=today)
        assert was.since
        assert will.since
        assert was.since <= today < will.since


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)))
def test_weeks_run_from_monday_to_sunday_without_gaps(today: date) -> None:
    last, this, following = (find_times(f"What about {w} week?", today=today)[0] for w in ("last", "this", "next"))
    assert last.since
    assert this.since
    assert this.until
    assert this.since <= today <= this.until
    assert this.since.weekday() == 0
    assert last.until == this.since - timedelta(days=1)
    assert following.since == this.until + timedelta(days=1)


@pytest.mark.parametrize(
    "piece", ["in May ", "24 October to ", "last  ", "between ", "before the ", "may march ", "1-", " "]
)
def test_a_long_paste_takes_no_longer_than_its_length(piece: str) -> None:
    began = time.process_time()
    find_times((piece * 2000)[:2000], today=date.fromisoformat(FRI))
    assert time.process_time() - began < 1  # it needs a fiftieth of that
