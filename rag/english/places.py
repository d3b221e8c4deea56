"""What kind of place a name is: country, US state, continent, city. Names by GeoNames (CC BY 4.0)."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources
from typing import Literal, get_args

from rag.english.grammar import answer_key

PlaceKind = Literal["country", "state", "continent", "city"]

_CALLED: dict[str, PlaceKind] = {
    "country": "country", "countries": "country", "nation": "country", "nations": "country",
    "state": "state", "states": "state", "continent": "continent", "continents": "continent",
    "city": "city", "cities": "city", "capital": "city",
}  # fmt: skip


def place_kind(noun: str) -> PlaceKind | None:
    """The kind of place that a noun asks for.

    >>> place_kind("African country"), place_kind("labor union")
    ('country', None)
    """
    words = noun.casefold().split()
    return _CALLED.get(words[-1]) if words else None


def kinds_of(name: str) -> frozenset[PlaceKind]:
    """Every kind of place that bears a name; none where the name is not known.

    >>> sorted(kinds_of("Georgia")), sorted(kinds_of("the White House"))
    (['country', 'state'], [])
    """
    return _names().get(answer_key(name), frozenset())


_SURE_CITIES = frozenset("beijing berlin brussels gaza london moscow paris tibet tokyo washington".split())


def is_surely_place(name: str) -> bool:
    """Whether a single name is hardly ever somebody's: a country, a continent, or a city of the news.

    >>> is_surely_place("Georgia"), is_surely_place("Victoria")
    (True, False)
    """
    return name.casefold() in _SURE_CITIES or not kinds_of(name).isdisjoint({"country", "continent"})


@lru_cache
def _names() -> dict[str, frozenset[PlaceKind]]:
    listed: dict[PlaceKind, list[str]] = json.loads(
        resources.files("rag").joinpath("data/places.json").read_text("utf-8")
    )
    kinds: dict[str, set[PlaceKind]] = {}
    for kind in get_args(PlaceKind):
        for name in listed[kind]:
            kinds.setdefault(answer_key(name), set()).add(kind)
    return {name: frozenset(found) for name, found in kinds.items()}
