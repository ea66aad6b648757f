"""What no mandate, review or policy allows, asked over HTTP: refused, each with rule, reason, policy and basis."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from domain.kernel import Actor, Role, Sphere, StreamId, UnitId
from domain.policies.shipped import SHIPPED
from services.postgres import Embedded
from tests.api.client import Said, give, refused, seen
from tests.api.conftest import Live, served
from tests.services.acting import PARIS, Party, entrusted, holder, party, unit_of
from tests.services.test_handle import give as order
from tests.services.test_handle import person

TODAY = datetime.now(ZoneInfo(PARIS)).date()
TEXT = {"en": "As told."}


@dataclass(frozen=True, slots=True)
class Country:
    """Units, a token for whoever signs for each, and a mandate of the region to the city that may be passed on."""

    live: Live
    region: Party
    city: Party
    village: Party
    mandate: StreamId
    tokens: dict[UnitId, str]

    def asks(self, who: Party, address: str, /, **said: Any) -> Said:
        return give(self.live, address, said, token=self.tokens[who.unit])

    def no(self, code: str, who: Party, address: str, /, **said: Any) -> Any:
        """The refusal, with all that it has to say."""
        return whole(refused(self.asks(who, address, **said), 409, code))

    def terms(self, giver: Party, recipient: Party, territory: Party, **changed: Any) -> dict[str, Any]:
        return {
            "giver": str(giver.unit), "recipient": str(recipient.unit), "territory": str(territory.unit),
            "kind": "delegation", "instrument": "agreement", "function": "04.5", "purpose": TEXT,
            "legal_basis": "Transport Act, art. 4", "starts_on": str(TODAY), **changed,
        }  # fmt: skip

    def under(self, recipient: Party, **changed: Any) -> dict[str, Any]:
        """Terms on which the city passes on what it was entrusted with."""
        return {**self.terms(self.city, recipient, self.city), "under": str(self.mandate), **changed}


def whole(problem: Any) -> Any:
    """A refusal says why, which policy or rules it rests on, and whether a law is behind that."""
    assert problem["detail"].startswith(problem["reason"].rstrip("."))
    assert "@" in problem["policy"]["policy"] or problem["policy"]["parameter"] == problem["code"]
    assert problem["policy"]["basis"] in ("law", "default")
    assert problem["policy"]["basis"] == "default" or problem["policy"]["citation"]
    assert problem["policy"].get("citation") != ""
    return problem


def token(live: Live, actor: Actor) -> str:
    issued, _ = live.run(live.services.tokens.issue(actor, timedelta(days=1)))
    return str(issued)


@pytest.fixture(scope="module")
def register(server: Embedded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A register of these tests' own: mandates without money would stand among those that the README's tour shows."""
    with served(server, "http_bad_input", tmp_path_factory.mktemp("bad_input")) as found:
        yield found


@pytest.fixture(scope="module")
def country(register: Live) -> Country:
    live = register

    async def told() -> tuple[Party, Party, Party, StreamId]:
        region = await holder(live.services, "Bad Region")
        city, village = await party(live.services, "Bad City"), await party(live.services, "Bad Village")
        await order(live.services, live.services.registrar, "units.set-parent", city.unit, parent=region.unit)
        ends_on = TODAY + timedelta(days=1000)
        return region, city, village, await entrusted(live.services, region, city, city.unit, ends_on=ends_on)

    region, city, village, mandate = live.run(told())
    tokens = {one.unit: token(live, one.signatory) for one in (region, city, village)}
    return Country(live, region, city, village, mandate, tokens)


# --- mandates ---


def test_nobody_gives_more_than_they_hold(country: Country) -> None:
    region, city = country.region, country.city
    country.no("nemo-plus-iuris", region, "mandates/draft", **country.terms(region, city, city, function="07.3"))
    country.no("nemo-plus-iuris", city, "mandates/draft", **country.terms(city, country.village, city))
    country.no("self-mandate", region, "mandates/draft", **country.terms(region, region, city))


def test_what_is_passed_on_stays_within_what_was_entrusted(country: Country) -> None:
    city, village = country.city, country.village
    longer = {"ends_on": str(TODAY + timedelta(days=1001))}
    within = {"ends_on": str(TODAY + timedelta(days=10))}
    address = "mandates/sub-delegate"
    country.no("beyond-scope", city, address, **country.under(village, function="04", **within))
    beyond = {"territory": str(country.village.unit), **within}
    country.no("beyond-territory", city, address, **country.under(village, **beyond))
    country.no("beyond-time", city, address, **country.under(village, **longer))
    country.no("beyond-time", city, address, **country.under(village))
    country.no("mandate-cycle", city, address, **country.under(country.region, **within))
    country.no("self-mandate", city, address, **country.under(city, **within))


def test_a_chain_is_no_longer_than_the_policy_allows(country: Country) -> None:
    live, village = country.live, country.village

    async def passed_on() -> tuple[StreamId, Party]:
        ends_on = TODAY + timedelta(days=10)
        child = await entrusted(
            live.services, country.city, village, country.city.unit, country.mandate, ends_on=ends_on
        )
        return child, await party(live.services, "Bad Hamlet")

    child, hamlet = live.run(passed_on())
    ends_on = str(TODAY + timedelta(days=5))
    said = {**country.terms(village, hamlet, country.city), "under": str(child), "ends_on": ends_on}
    found = country.no("too-deep", village, "mandates/sub-delegate", **said)
    assert found["policy"]["parameter"] == "max_subdelegation_depth"
    assert found["policy"]["policy"].startswith("mandate@")


def test_a_notice_dated_back_leaves_the_recipient_its_days(country: Country) -> None:
    region, city, begun = country.region, country.city, TODAY - timedelta(days=200)
    on = {"effective_on": str(begun)}
    drafted = country.asks(region, "mandates/draft", **country.terms(region, city, city, starts_on=str(begun)), **on)
    address = f"mandates/{drafted.json['stream']}"
    for who, step in ((region, "offer"), (city, "accept"), (region, "activate")):
        assert country.asks(who, f"{address}/{step}", **on).status == 201
    past = {"ground": "persistent_breach", "because": "As the letter says.", "effective_on": str(begun)}
    found = country.no("notice-too-short", region, f"{address}/give-notice", ends_on=str(TODAY), **past)
    assert found["facts"]["earliest"] >= str(TODAY + timedelta(days=90))
    assert country.asks(region, f"{address}/give-notice", **past).status == 201
    heard = {"held_on": str(begun), "account": TEXT}
    assert country.asks(region, f"{address}/record-hearing", **heard).status == 201
    country.no("notice-running", region, f"{address}/revoke", because="At once.")


def test_a_mandate_s_money_moves_to_another_currency(country: Country) -> None:
    live, region = country.live, country.region
    drafted = country.asks(region, "mandates/draft", **country.terms(region, country.city, country.city))
    treasurer = live.run(person(live.services, region.unit, Role.FINANCE_OFFICER, by=region.signatory))
    paid = token(live, treasurer)

    def says(step: str, **said: Any) -> Said:
        return give(live, f"mandates/{drafted.json['stream']}/{step}", said, token=paid)

    def money(amount: str, currency: str) -> dict[str, str]:
        return {"amount": amount, "currency": currency}

    line = {"budget_line": "1", "budget_year": TODAY.year}
    for currency in ("BGN", "EUR"):
        sum_ = money("1000", currency)
        assert says("attach-estimate", yearly=sum_, revenue=sum_, method=TEXT).status == 201
        funded = says("commit-funding", yearly=sum_, **line)
        assert funded.status == 201
        (row,) = seen(live, "mandates", funded.json["position"], key=drafted.json["stream"]).items
        assert {name: row["funded"][name] for name in sum_} == sum_
    refused(says("commit-funding", yearly=money("1", "BGN"), **line), 409, "currency-mismatch")


def test_spheres_are_not_crossed_where_that_is_unlawful(country: Country) -> None:
    region, city = country.region, country.city
    within = country.terms(region, city, city, kind="deconcentration", instrument="act")
    country.no("crosses-spheres", region, "mandates/draft", **within)


def test_a_law_that_bars_two_spheres_is_cited(country: Country) -> None:
    live = country.live

    async def germany() -> tuple[Party, UnitId]:
        federation = await unit_of(live.services, "Bad Bund", Sphere.NATIONAL, "Europe/Berlin", "DE")
        town = await unit_of(live.services, "Bad Stadt", Sphere.LOCAL, "Europe/Berlin", "DE", federation)
        return Party(federation, await person(live.services, federation, Role.AUTHORISED_SIGNATORY)), town

    federation, town = live.run(germany())
    country.tokens[federation.unit] = token(live, federation.signatory)
    said = {**country.terms(federation, federation, federation), "recipient": str(town)}
    found = country.no("spheres-barred", federation, "mandates/draft", **said)
    assert found["policy"] == {
        "policy": "mandate/DE@1", "parameter": "barred", "basis": "law", "citation": "Grundgesetz, Art. 84(1) s. 7",
    }  # fmt: skip


def test_no_unit_acts_before_it_existed(country: Country) -> None:
    region, city = country.region, country.city
    early = country.terms(region, city, city, starts_on="1999-12-31")
    country.no("unit-not-alive", region, "mandates/draft", **early)
    country.no("unit-not-alive", region, "mandates/draft", **country.terms(region, city, city), effective_on="1999-12")


def test_a_suspension_by_mutual_consent_takes_the_word_of_both(country: Country) -> None:
    live, region, village = country.live, country.region, country.village
    mandate = live.run(entrusted(live.services, region, village, region.unit, ends_on=TODAY + timedelta(days=9)))
    address, why = f"mandates/{mandate}", {"because": "Both want to think again.", "lang": "en"}
    country.no("no-suspension-offered", village, f"{address}/agree-suspension")
    offered = country.asks(region, f"{address}/suspend", ground="mutual", **why)
    assert (offered.status, offered.json["events"]) == (201, ["mandate-suspension-offered.1"])
    refused(country.asks(region, f"{address}/agree-suspension"), 403, "forbidden")
    agreed = country.asks(village, f"{address}/agree-suspension")
    assert agreed.json["events"][0] == "mandate-suspended.1"
    row = seen(live, f"mandates/{mandate}", agreed.json["position"]).json["item"]
    assert (row["state"], row["suspended_for"]) == ("suspended", "mutual")


def test_exclusive_mandates_over_the_whole_and_over_a_part_exclude_one_another(country: Country) -> None:
    region, city, village = country.region, country.city, country.village

    def agreed(territory: Party) -> str:
        terms = country.terms(region, village, territory, exclusive=True)
        address = f"mandates/{country.asks(region, 'mandates/draft', **terms).json['stream']}"
        assert country.asks(region, f"{address}/offer").status == 201
        assert country.asks(village, f"{address}/accept").status == 201
        return address

    both = {"Bad Region": agreed(region), "Bad City": agreed(city)}
    sentences = {
        "Bad Region": "in Bad Region, or in a part of it.",
        "Bad City": "in all of Bad Region, where this territory lies.",
    }
    for first, then in (("Bad Region", "Bad City"), ("Bad City", "Bad Region")):
        assert country.asks(region, f"{both[first]}/activate").status == 201
        found = country.no("already-claimed", region, f"{both[then]}/activate")
        assert found["detail"] == f"Somebody else is entrusted with 04.5 exclusively {sentences[then]}"
        assert found["facts"]["held_by"] == [both[first].removeprefix("mandates/")]
        why = {"ground": "incapacity", "because": "We cannot.", "lang": "en"}
        assert country.asks(village, f"{both[first]}/return", **why).status == 201
        both[first] = agreed(region if first == "Bad Region" else city)
    assert country.asks(region, f"{both['Bad Region']}/activate").status == 201


# --- opinions ---


@dataclass(frozen=True, slots=True)
class Scrutiny:
    """A draft of a State, scrutinised by one league of municipalities, and another league that has no seat."""

    country: Country
    state: Party
    league: Party
    other: Party

    def opened(self, on: date) -> str:
        said = {
            "polity": str(self.state.unit), "author": str(self.state.unit), "author_kind": "government",
            "draft": {"reference": "Bill 1", "title": TEXT}, "competence": "shared", "languages": ["fr"],
            "roll": [{"unit": str(self.league.unit), "kind": "association"}], "effective_on": str(on),
            "justification": {
                "statement": TEXT, "indicators": [{"measure": TEXT}], "financial_impact": TEXT,
                "territorial_impact": TEXT, "burden": TEXT, "consulted": TEXT,
            },
        }  # fmt: skip
        made = self.country.asks(self.state, "reviews/open", **said)
        assert made.status == 201, made.body
        stream = str(UUID(made.json["stream"]))
        sent = self.country.asks(self.state, f"reviews/{stream}/complete-transmission", effective_on=str(on))
        assert sent.status == 201, sent.body
        return stream


def opinion(of: Party, **changed: Any) -> dict[str, Any]:
    return {"chamber": str(of.unit), "grounds": ["necessity"], "reasons": TEXT, **changed}


@pytest.fixture(scope="module")
def scrutiny(country: Country) -> Scrutiny:
    live = country.live

    async def told() -> tuple[Party, Party, Party]:
        state = await unit_of(live.services, "Bad State", Sphere.NATIONAL, place="FR")
        found = [Party(state, await person(live.services, state, Role.AUTHORISED_SIGNATORY))]
        for name in ("Bad League", "Bad Other League"):
            league = await unit_of(live.services, name, place="FR")
            found.append(Party(league, await person(live.services, league, Role.FORUM_SECRETARIAT)))
        return found[0], found[1], found[2]

    state, league, other = live.run(told())
    country.tokens.update({one.unit: token(live, one.signatory) for one in (state, league, other)})
    return Scrutiny(country, state, league, other)


def test_only_who_is_on_the_roll_gives_an_opinion_and_only_one(scrutiny: Scrutiny) -> None:
    country, review = scrutiny.country, scrutiny.opened(TODAY)
    address = f"reviews/{review}/submit-opinion"
    country.no("not-on-the-roll", scrutiny.other, address, **opinion(scrutiny.other))
    assert country.asks(scrutiny.league, address, **opinion(scrutiny.league)).status == 201
    country.no("opinion-given", scrutiny.league, address, **opinion(scrutiny.league))


def test_an_opinion_is_withdrawn_once_and_another_given_while_the_clock_runs(scrutiny: Scrutiny) -> None:
    country, review = scrutiny.country, scrutiny.opened(TODAY)
    withdraw: dict[str, Any] = {"chamber": str(scrutiny.league.unit), "because": "The board decided otherwise."}
    address = f"reviews/{review}/withdraw-opinion"
    country.no("no-such-opinion", scrutiny.league, address, **withdraw)
    assert country.asks(scrutiny.league, f"reviews/{review}/submit-opinion", **opinion(scrutiny.league)).status == 201
    assert country.asks(scrutiny.league, address, **withdraw).status == 201
    country.no("withdrawn-already", scrutiny.league, address, **withdraw)
    assert country.asks(scrutiny.league, f"reviews/{review}/submit-opinion", **opinion(scrutiny.league)).status == 201
    country.no("opinion-given", scrutiny.league, f"reviews/{review}/submit-opinion", **opinion(scrutiny.league))


def test_a_late_opinion_is_kept_and_not_counted_and_a_second_one_refused(scrutiny: Scrutiny) -> None:
    country, review = scrutiny.country, scrutiny.opened(TODAY - timedelta(days=300))
    address = f"reviews/{review}/submit-opinion"
    kept = country.asks(scrutiny.league, address, **opinion(scrutiny.league))
    assert kept.status == 201
    assert kept.json["events"] == ["opinion-received-late.1"]
    country.no("opinion-given", scrutiny.league, address, **opinion(scrutiny.league))


def test_a_clock_that_was_seen_standing_still_runs_again_from_today_at_the_earliest(
    scrutiny: Scrutiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    country, review = scrutiny.country, scrutiny.opened(TODAY - timedelta(days=2))
    note = {"because": "A language version was missing."}
    address = f"reviews/{review}"
    assert country.asks(scrutiny.state, f"{address}/suspend-clock", **note).status == 201
    office = country.live.services.office
    told = office.clock()
    monkeypatch.setattr(office, "clock", lambda: told + timedelta(days=5))
    past = {"effective_on": str(TODAY + timedelta(days=1)), **note}
    found = country.no("resumed-unseen", scrutiny.state, f"{address}/resume-clock", **past)
    assert found["facts"]["earliest"] == str(TODAY + timedelta(days=5))
    assert country.asks(scrutiny.state, f"{address}/resume-clock", **note).status == 201


def test_nobody_gives_an_opinion_before_they_existed(scrutiny: Scrutiny) -> None:
    country, review = scrutiny.country, scrutiny.opened(TODAY)
    early = opinion(scrutiny.league, effective_on="1999")
    country.no("unit-not-alive", scrutiny.league, f"reviews/{review}/submit-opinion", **early)
    before = opinion(scrutiny.league, effective_on=str(TODAY - timedelta(days=1)))
    country.no("before-opening", scrutiny.league, f"reviews/{review}/submit-opinion", **before)


# --- policies ---


@pytest.mark.parametrize(
    "changed",
    [
        {"orange.fraction": "1/4"},
        {"yellow.afsj_art76": "2/3"},
        {"scrutiny_weeks": "0"},
        {"suspend": "01-01..08-31"},
        {"orange.procedures": "none"},
        {f"votes.{seat}": "0" for seat in ("unicameral", "chamber", "regional", "local", "association")},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_policy_that_contradicts_itself_is_refused(country: Country, changed: dict[str, str]) -> None:
    live = country.live
    shipped = next(one for one in SHIPPED if (one.name, one.jurisdiction) == ("scrutiny", "EU"))
    values = [
        {"parameter": one.parameter, "value": changed.get(one.parameter, one.value), "basis": "default"}
        for one in shipped.values
    ]
    admin = token(live, live.run(person(live.services, country.region.unit, Role.POLICY_ADMIN)))
    said = {"name": "scrutiny", "jurisdiction": "XK", "in_force_from": str(TODAY), "values": values}
    whole(refused(give(live, "policies/adopt", said, token=admin), 409, "values-contradict"))
