"""English words for months, weekdays and numbers: the one list of them."""

from __future__ import annotations

MONTHS = tuple(
    "january february march april may june july august september october november december".split()
)  # fmt: skip
MONTHS_SHORT = tuple(month[:3] for month in MONTHS)

NEWS_MONTHS = tuple("Jan Feb March April May June July Aug Sept Oct Nov Dec".split())
"""As agencies write them before a day; those that they shorten have a full stop."""

MONTH = "|".join(f"{month[:3]}(?:{month[3:]})?" for month in MONTHS).replace("sep(?:t", "sept?(?:").replace("(?:)?", "")
"""A regular expression for a month in lower case, in full or short, without the full stop."""

WEEKDAYS = tuple("monday tuesday wednesday thursday friday saturday sunday".split())

WEEKDAY = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?"
"""A regular expression for a weekday in lower case, in full or short, without the full stop."""

NUMBERS = {
    **{word: value for value, word in enumerate(
        """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
        seventeen eighteen nineteen""".split()
    )},
    **{word: 10 * ten for ten, word in enumerate(
        "twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2
    )},
}  # fmt: skip
"""Numbers of one word, with what they stand for."""

MAGNITUDES = {"hundred": 100, "thousand": 1_000, "million": 10**6, "billion": 10**9, "trillion": 10**12}

NUMBER_WORDS = {*NUMBERS, *MAGNITUDES}.union(
    """no none half third quarter dozen dozens hundreds thousands millions billions first second once twice percent
    several both""".split()
)
"""All words that are figures, or parts of one."""

MONTH_NUMBERS = {name: n for n, month in enumerate(MONTHS, start=1) for name in (month, month[:3], f"{month[:3]}.")}
MONTH_NUMBERS |= {"sept": 9, "sept.": 9}
"""1 to 12 by every name of a month in lower case: in full, and short with and without the full stop."""


def month_number(written: str) -> int:
    """1 to 12, of a month in digits or by its name, in full or short. Raises ValueError for what is none.

    >>> month_number("09"), month_number("Sept"), month_number("may")
    (9, 9, 5)
    """
    if written.isdigit():
        return int(written)
    if (number := MONTH_NUMBERS.get(written.lower())) is None:
        raise ValueError(f"{written!r} is no month")
    return number
