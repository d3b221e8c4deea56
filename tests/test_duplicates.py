"""Copies are told from look-alikes: the planted pairs of the sample, and properties of signatures and clusters."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path
from types import FrameType

import numpy as np
import pytest
from hypothesis import given, strategies as st

from eval.sample.copying import CopyPair, halves, pairs
from index.documents import Block, Document
from index.duplicates.copies import (
    BANDS,
    LEAST_WORDS,
    MOST_MISSING,
    Body,
    body,
    body_of_passage,
    components,
    is_copy,
    other_figures,
    repeats,
    shared,
    signature,
    text_groups,
)

PLANTED = pairs()
KINDS = sorted({pair.kind for pair in PLANTED})
STORY = (
    "The harbour council of Skerrin closed the north pier on Monday after engineers had found cracks in four of its "
    "pillars. Repairs will cost 3.2 million crowns and take until the end of June, the harbour master said. Until "
    "then the mail boat lands at the fish quay, and passengers walk across the market. Shopkeepers welcomed that."
)


def prints(passage: str, text: Body) -> bool:
    return body_of_passage(passage).figures <= text.figures and repeats(body_of_passage(passage), text)


def found(pair: CopyPair) -> bool:
    """Whether a pair shares a band and is then taken for copies, as the index does."""
    one, other = Body(pair.one), Body(pair.other)
    return bool(np.intersect1d(signature(one), signature(other)).size) and is_copy(one, other)


def words(count: int, seed: int) -> list[str]:
    chance = random.Random(seed)
    return [f"word{chance.randrange(10**6)}" for _ in range(count)]


LETTERS = str.maketrans("0123456789", "abcdefghij")


def test_the_planted_set_is_large_and_the_same_every_time() -> None:
    assert pairs() == PLANTED
    assert sum(pair.copy for pair in PLANTED) >= 150
    assert sum(not pair.copy for pair in PLANTED) >= 150
    for kind in KINDS:
        assert len({pair.copy for pair in PLANTED if pair.kind == kind}) == 1, kind


def test_the_halves_of_the_planted_set_share_no_text() -> None:
    dev, test = ({p.one for p in halves(PLANTED, half)} for half in ("dev", "test"))
    assert not dev & test


@pytest.mark.parametrize("kind", KINDS)
def test_a_planted_pair_is_told_for_what_it_is(kind: str) -> None:
    of_kind = [pair for pair in PLANTED if pair.kind == kind]
    right = sum(found(pair) == pair.copy for pair in of_kind)
    assert right >= 0.95 * len(of_kind)


def test_precision_and_recall_on_the_half_that_chose_nothing() -> None:
    test = halves(PLANTED, "test")
    taken = [pair for pair in test if found(pair)]
    right = sum(pair.copy for pair in taken)
    assert right >= 0.95 * len(taken)
    assert right >= 0.95 * sum(pair.copy for pair in test)


def test_a_report_that_fills_the_same_form_is_no_copy() -> None:
    form = (
        "The Kessin 30 index closed {} per cent higher at {} points on Monday in a quiet session before the holiday. "
        "Banks gained {} per cent and miners lost {} per cent, while the crown traded at {} cents in the evening."
    )
    one, other = form.format("0.4", "4512", "2.1", "3.3", "91"), form.format("1.9", "4711", "0.2", "5.6", "88")
    assert shared(Body(one), Body(other)) > 0.5
    assert not is_copy(Body(one), Body(other))
    assert is_copy(Body(one), Body(one.replace("closed", "ended")))


def test_a_corrected_copy_is_a_copy_and_its_figure_is_not_printed_before() -> None:
    corrected = STORY.replace("3.2 million", "4.7 million")
    assert is_copy(Body(STORY), Body(corrected))
    assert not prints("Repairs will cost 4.7 million crowns and take until the end of June", Body(STORY))
    assert prints("Repairs will cost 3.2 million crowns and take until the end of June", Body(STORY))


def test_place_and_day_before_the_first_sentence_need_not_be_in_the_copy() -> None:
    first = STORY.split(". ")[0]
    assert prints(f"SKERRIN, 10 March (Island Wire) - {first}.", Body(STORY))
    assert not prints(f"On 10 March, the wire says, {first}.", Body(STORY))


def test_quotation_marks_case_and_line_breaks_do_not_matter() -> None:
    one = Body(STORY + " “We’ll walk,” she said.")
    other = Body(STORY.replace(" ", "\n", 30).upper() + ' "WE\'LL WALK," SHE SAID.')
    assert (signature(one) == signature(other)).all()


NOTE = "The night boat to Tolm left the north pier {} minutes late on Monday."


def test_short_texts_are_copies_where_all_but_one_figure_is_the_same() -> None:
    assert len(Body(NOTE)) < LEAST_WORDS
    one, other = (set(signature(Body(NOTE.format(late))).tolist()) for late in (9, 12.5))
    assert len(one) == 1
    assert one == other
    assert is_copy(Body("Photo: AP"), Body("PHOTO - AP"))
    assert is_copy(Body(NOTE.format(9)), Body(NOTE.format("12.5")))
    assert is_copy(Body(NOTE.format("three")), Body(NOTE.format("2.4 million")))
    twice = NOTE.replace("Monday", "{} May")
    assert is_copy(Body(twice.format(9, 3)), Body(twice.format(9, 4)))
    assert not is_copy(Body(twice.format(9, 3)), Body(twice.format(12, 4)))
    assert not is_copy(Body(NOTE.format(9)), Body(NOTE.format(9).replace("Tolm", "Skerrin")))
    assert not is_copy(Body(NOTE.format(9)), Body(NOTE.format(9).replace("late", "early")))


@pytest.mark.parametrize(
    ("one", "other"), [("Harle 12, Kessin 14, Tarn 9", "Harle 3, Kessin 1, Tarn 2"), ("1904", "7")]
)
def test_a_line_of_a_table_says_its_figures(one: str, other: str) -> None:
    assert is_copy(Body(one), Body(one))
    assert not is_copy(Body(one), Body(other))


def test_a_text_without_words_is_no_copy() -> None:
    assert signature(Body("")).size == 0
    assert not is_copy(Body(""), Body(" - "))
    assert shared(Body(""), Body(NOTE)) == 0.0
    assert prints(STORY, Body("")) is False
    assert not repeats(Body(""), Body(""))


def test_one_other_figure_makes_no_other_report_however_few_names_there_are() -> None:
    text = (
        "The repairs of the old pier will cost {} million crowns and take until the end of next summer, the "
        "master of the harbour told the council."
    )
    assert LEAST_WORDS <= len(Body(text.format(3))) < 1 / MOST_MISSING
    assert is_copy(Body(text.format("3.2")), Body(text.format("1,900")))


def test_figures_that_are_spelled_otherwise_are_the_same() -> None:
    told = "{} boats brought {} boxes of herring to the quay."
    assert prints(told.format("Three", "3,400"), Body(told.format("3", "3400")))
    assert not prints(
        "Three boats brought herring to the quay today.", Body("Two boats brought herring to the quay today.")
    )
    assert not prints("It cost 3 million crowns to mend the pier.", Body("It cost 3 billion crowns to mend the pier."))


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("3.2 million", "4.7 million", ("4.7 million",)),
        ("3.2 million", "2 billion", ("2 billion",)),
        ("four", "six", ("six",)),
        ("Monday", "Tuesday", ()),
        ("four of its pillars", "its pillars", ()),
    ],
)
def test_the_figures_that_another_version_has_instead_are_named(before: str, after: str, told: tuple[str, ...]) -> None:
    version = STORY.replace(before, after) + " In 1999 all was different, and 12 people knew."
    assert version != STORY
    assert other_figures(Body(STORY), Body(version)) == told


def test_passages_with_other_figures_are_one_text() -> None:
    texts = [NOTE.format(n) for n in range(3, 30)]
    assert list(text_groups([*texts, STORY, *texts, STORY])) == [0] * 27 + [27] + [0] * 27 + [27]


def test_tables_are_not_one_text_for_being_full_of_figures() -> None:
    rows = ["Harle 12 14 9 4 31 22 5", "Harle 9 9 1 2 33 1 2", "Harle 12 14 9 4 31 22 5"]
    assert list(text_groups(rows)) == [0, 1, 0]


def test_many_texts_are_not_compared_with_one_another() -> None:
    """Each text is covered once for each first text that shares a run with it: linear for copies, none for others."""
    compared = 0

    def count(frame: FrameType, event: str, _: object) -> None:
        nonlocal compared
        compared += event == "call" and frame.f_code is repeats.__code__

    texts = [NOTE.format(n) for n in range(300)] + [" ".join(words(20, seed)).translate(LETTERS) for seed in range(300)]
    before = sys.getprofile()
    sys.setprofile(count)
    try:
        groups = list(text_groups(texts))
    finally:
        sys.setprofile(before)
    assert len(set(groups)) == 301
    assert compared == 299


def test_the_body_is_what_stands_outside_title_and_byline() -> None:
    document = Document(
        f"Pier closed\nBy Ada\n{STORY}",
        blocks=(Block(0, 11, "title"), Block(12, 18, "byline"), Block(19, 19 + len(STORY), "body")),
    )
    assert body(document) == STORY
    assert body(Document(STORY)) == STORY


def test_the_number_of_shared_bands_follows_from_the_similarity() -> None:
    """Two mins of a band agree with probability J²: for J = 116 / 296, 48 bands share 7.4 on average."""
    counts = []
    for seed in range(200):
        text = words(300, seed)
        whole, part = (signature(Body(" ".join(w))) for w in (text, text[:120]))
        counts.append(int((whole == part).sum()))
    assert np.mean(counts) == pytest.approx(BANDS * (116 / 296) ** 2, rel=0.08)


def test_unrelated_texts_share_no_band() -> None:
    keys = [set(signature(Body(" ".join(words(300, seed)))).tolist()) for seed in range(60)]
    assert sum(len(one & other) for n, one in enumerate(keys) for other in keys[:n]) == 0


def test_signatures_are_the_same_in_every_process() -> None:
    code = f"from index.duplicates.copies import Body, signature; print(signature(Body({STORY!r})).tolist())"
    there = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parent.parent,
        env={"PYTHONHASHSEED": "7"},
    )  # fmt: skip
    assert there.stdout.strip() == str(signature(Body(STORY)).tolist())


@given(st.lists(st.sampled_from(STORY.split()), max_size=60), st.lists(st.sampled_from(STORY.split()), max_size=60))
def test_being_a_copy_is_mutual_and_sharing_a_share(one: list[str], other: list[str]) -> None:
    a, b = Body(" ".join(one)), Body(" ".join(other))
    assert is_copy(a, b) == is_copy(b, a)
    assert 0 <= shared(a, b) <= 1
    assert is_copy(a, a) == (len(a) > 0)


@given(st.sets(st.tuples(st.integers(0, 12), st.integers(0, 12)).filter(lambda pair: pair[0] != pair[1])))
def test_clusters_are_the_links_closed(links: set[tuple[int, int]]) -> None:
    mutual = links | {(b, a) for a, b in links}
    names = components({number: [b for a, b in mutual if a == number] for number in range(13)})
    assert set(names) == {number for link in links for number in link}
    assert all(names[a] == names[b] for a, b in links)
    assert all(min(number for number in names if names[number] == name) == name for name in names.values())
    reached = {frozenset({number}) for number in names}
    for a, b in links:
        joined = {group for group in reached if a in group or b in group}
        reached = (reached - joined) | {frozenset().union(*joined)}
    assert len(reached) == len(set(names.values()))
