"""Copies are told from look-alikes: the planted pairs of the sample, and properties of signatures and clusters."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.sample.copying import Pair, halves, pairs
from index.documents import Block, Document
from index.duplicates import (
    BANDS,
    LEAST_WORDS,
    Body,
    body,
    components,
    is_copy,
    said,
    says,
    shared,
    signature,
)

PLANTED = pairs()
KINDS = sorted({pair.kind for pair in PLANTED})
STORY = (
    "The harbour council of Skerrin closed the north pier on Monday after engineers had found cracks in four of its "
    "pillars. Repairs will cost 3.2 million crowns and take until the end of June, the harbour master said. Until "
    "then the mail boat lands at the fish quay, and passengers walk across the market. Shopkeepers welcomed that."
)


def prints(passage: str, text: Body) -> bool:
    return says(said(passage), text)


def found(pair: Pair) -> bool:
    """Whether a pair shares a band and is then taken for copies, as the index does."""
    one, other = Body.of_text(pair.one), Body.of_text(pair.other)
    return bool(np.intersect1d(signature(one), signature(other)).size) and is_copy(one, other)


def words(count: int, seed: int) -> list[str]:
    chance = random.Random(seed)
    return [f"word{chance.randrange(10**6)}" for _ in range(count)]


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
    assert shared(Body.of_text(one), Body.of_text(other)) > 0.5
    assert not is_copy(Body.of_text(one), Body.of_text(other))
    assert is_copy(Body.of_text(one), Body.of_text(one.replace("closed", "ended")))


def test_a_corrected_copy_is_a_copy_and_its_figure_is_not_printed_before() -> None:
    corrected = STORY.replace("3.2 million", "4.7 million")
    assert is_copy(Body.of_text(STORY), Body.of_text(corrected))
    assert not prints("Repairs will cost 4.7 million crowns and take until the end of June", Body.of_text(STORY))
    assert prints("Repairs will cost 3.2 million crowns and take until the end of June", Body.of_text(STORY))


def test_place_and_day_before_the_first_sentence_need_not_be_in_the_copy() -> None:
    first = STORY.split(". ")[0]
    assert prints(f"SKERRIN, 10 March (Island Wire) - {first}.", Body.of_text(STORY))
    assert not prints(f"On 10 March, the wire says, {first}.", Body.of_text(STORY))


def test_quotation_marks_case_and_line_breaks_do_not_matter() -> None:
    one = Body.of_text(STORY + " “We’ll walk,” she said.")
    other = Body.of_text(STORY.replace(" ", "\n", 30).upper() + ' "WE\'LL WALK," SHE SAID.')
    assert (signature(one) == signature(other)).all()


def test_texts_too_short_to_tell_have_no_signature_and_no_copies() -> None:
    short = Body.of_text(" ".join(["harbour"] * (LEAST_WORDS - 1)))
    assert signature(short).size == 0
    assert not is_copy(short, short)
    assert signature(Body.of_text("")).size == 0
    assert shared(Body.of_text(""), short) == 0.0
    assert prints(STORY, Body.of_text("")) is False


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
        whole, part = (signature(Body.of_text(" ".join(w))) for w in (text, text[:120]))
        counts.append(int((whole == part).sum()))
    assert np.mean(counts) == pytest.approx(BANDS * (116 / 296) ** 2, rel=0.08)


def test_unrelated_texts_share_no_band() -> None:
    keys = [set(signature(Body.of_text(" ".join(words(300, seed)))).tolist()) for seed in range(60)]
    assert sum(len(one & other) for n, one in enumerate(keys) for other in keys[:n]) == 0


def test_signatures_are_the_same_in_every_process() -> None:
    code = f"from index.duplicates import Body, signature; print(signature(Body.of_text({STORY!r})).tolist())"
    there = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parent.parent,
        env={"PYTHONHASHSEED": "7"},
    )  # fmt: skip
    assert there.stdout.strip() == str(signature(Body.of_text(STORY)).tolist())


@given(st.lists(st.sampled_from(STORY.split()), max_size=60), st.lists(st.sampled_from(STORY.split()), max_size=60))
def test_being_a_copy_is_mutual_and_sharing_a_share(one: list[str], other: list[str]) -> None:
    a, b = Body.of_text(" ".join(one)), Body.of_text(" ".join(other))
    assert is_copy(a, b) == is_copy(b, a)
    assert 0 <= shared(a, b) <= 1
    assert len(a) < LEAST_WORDS or is_copy(a, a)


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
