"""The time expressions of a question, resolved against the day on which it is asked.

Conventions, where English leaves a choice:

- Weeks are ISO weeks, Monday to Sunday, and a weekend is a Saturday and a Sunday. "last week", "last month" and "last
  year" are the calendar units before today's; so is "last weekend" of the week before.
- "the past week", "the last week" after in, over, during, within or for, and "last seven days" end today and count it:
  today-6 to today. "the next two days" are today and tomorrow. "the past day" and "the last 24 hours" are yesterday and
  today.
- A date without its year, a weekday, "the 24th", a season or a quarter is by the tense beside it: after a past tense
  the last that has begun (today included), after "will" and the like the first that is not over (a single day: after
  today), else the nearest. "last Friday" and "last October" are the last that lie wholly before today, "next" the first
  wholly after it. "this October" is that of today's year, "this Friday" of today's week, unless the tense says
  otherwise.
- "three days ago" is that day, "two weeks ago" the ISO week, "two months ago" the month, "a year ago" the year.
- early, mid and late are thirds, beginning is early and end is late: of days in a week or month (1–10, 11–20, 21–),
  of months in what is longer (January–April, May–August, September–December).
- "recently" is 30 days. "a few" and "recent" are 7 days, 4 weeks, 6 months, 5 years or 3 decades, ending today.
- Seasons are those of the north, in whole months: spring is March to May; winter is December to February and belongs to
  the year of its December. Centuries begin with a round year: the 19th is 1800 to 1899.
- "since X" begins with the first day of X; "until", "by" and "as of X" end with its last; "before" and "after" leave X
  out. "after Monday's vote" has an event, and a bound that takes in the Monday.
- 24/10 and 10/24 are read, after "on" and the like; 3/4, which is two days, is not.

Holidays, durations ("for two weeks", "90-day pause") and habits ("every Friday") are none of these.

>>> from datetime import date
>>> friday = date(2025, 10, 24)
>>> [time.describe() for time in find_times("What was signed in October before the Geneva talks?", today=friday)]
['in October [1–31 Oct 2025]', 'before the Geneva talks']
>>> [time.describe() for time in find_times("Who will they meet next Monday?", today=friday)]
['next Monday [27 Oct 2025]']
"""

from __future__ import annotations

from rag.dates.expressions import TimeExpression, find_times

__all__ = ["TimeExpression", "find_times"]
