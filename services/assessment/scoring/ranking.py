"""The communities' order 排名: worked out when asked, never stored, and only for those who may be shown it."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from fractions import Fraction
from typing import Final

from services.assessment.ledgers import rulebooks
from services.assessment.ledgers.scores import LEDGER, Row
from services.assessment.rules.versions import edition
from services.assessment.scoring.measuring import Institution
from shared.contracts.assessment import IndicatorScore, Period, RankUse, Rulebook
from shared.contracts.codes import Named, Role
from shared.contracts.frozen import dataclass
from shared.contracts.model import Asking, Look, Refused
from shared.queries import needed

_MAY_SEE: Final[Mapping[RankUse, frozenset[str] | None]] = {
    RankUse.NOBODY: frozenset(),
    RankUse.OFFICE: frozenset({Role.OFFICE.value, Role.AUDITOR.value}),
    RankUse.PUBLIC: None,  # everyone
}


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the order; `shared` where others have the same 并列."""

    place: int
    shared: bool


def ranks(publication: Iterable[Row], use: RankUse, role: str | None) -> dict[str, Place]:
    """Places by row id, for the rows of one publication that have enough to compare; empty where `role` may not see it.

    Equal shares have the same place, and the next is passed over: 1, 2, 2, 4.
    """
    if not _may_see(use, role):
        return {}
    shares = {row.id: row.share for row in publication if row.rankable and row.share is not None}
    return {id: _place(share, list(shares.values())) for id, share in shares.items()}


def shown_to(books: Iterable[Rulebook]) -> RankUse:
    """Who may see the order of scores made under these rulebooks (at least one): whom all of them allow."""
    return min((book.ranks for book in books), key=list(RankUse).index)


def _may_see(use: RankUse, role: str | None) -> bool:
    allowed = _MAY_SEE[use]
    return allowed is None or role in allowed


def _place(share: Fraction, shares: list[Fraction]) -> Place:
    return Place(1 + sum(other > share for other in shares), shares.count(share) > 1)


# those without a place ------------------------------------------------------------------------------------------------


class NoPlace(Named):
    """Why a community has no place."""

    BELOW_MINIMUM = "below_minimum", "数量少，不作比较", "too few to compare"
    NOT_MEASURED = "not_measured", "没有可考核的指标", "nothing could be measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why one has no place: below which indicator's minimum; of no indicator where nothing was measured at all."""

    why: NoPlace
    indicator: str | None = None
    clause: str | None = None
    denominator: int = 0
    minimum: int = 0


def reasons(row: Row, rulebook: Rulebook) -> tuple[Reason, ...]:
    """Everything for which a community has no place; none where it has one. The sub-district is in no order."""
    if Institution(row.community).whole:
        return ()
    least = {one.code: one.minimum for one in rulebook.indicators}
    few = tuple(_below(one, least.get(one.code, 0)) for one in row.indicators if not one.enough)
    return few if row.share is not None else (Reason(why=NoPlace.NOT_MEASURED), *few)


def _below(one: IndicatorScore, least: int) -> Reason:
    return Reason(
        why=NoPlace.BELOW_MINIMUM, indicator=one.code, clause=one.clause, denominator=one.denominator, minimum=least
    )


# as it is asked for ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A community's place, and what it rests on."""

    community: str
    id: str
    """Of its score."""
    place: int
    shared: bool
    """Whether others have the same place 并列."""
    points: str
    possible: str
    """Exact fractions."""
    per_cent: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unplaced:
    """A community without a place, and why."""

    community: str
    id: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """The order of one publication 排名, by the share of the points that could be had."""

    log: str
    position: int
    """Of the ledgers that were looked at."""
    publication: str
    period: Period
    as_of: date
    shown_to: RankUse
    """Who may see it, as the rulebook says."""
    places: tuple[Placed, ...]
    without: tuple[Unplaced, ...]


def ranking_asked(look: Look, asking: Asking) -> Ranking:
    """The answer to a query; raises `Refused`."""
    return ranking(look, needed(asking.said, "publication", "month-2015-06.2015-07-20"), asking.by.role)


def ranking(look: Look, publication: str, role: str) -> Ranking:
    """The order of a publication.

    Raises `Refused`: unknown_publication; not_ranked where the rulebook has no order, role_not_allowed where it keeps
    it from this role.
    """
    rows = look.rows(LEDGER, publication=publication)
    if not rows:
        raise Refused("unknown_publication", field="publication")
    adopted = look.rows(rulebooks.LEDGER)
    books = {row.id: edition(adopted, row.rulebook, row.rulebook_version).rulebook for row in rows}
    use = shown_to(books.values())
    if use is RankUse.NOBODY:
        raise Refused("not_ranked", field="publication")
    if not _may_see(use, role):
        raise Refused("role_not_allowed", roles=", ".join(sorted(_MAY_SEE[use] or ())))
    first = rows[0]
    return Ranking(
        log=look.log, position=look.position, publication=publication, as_of=first.as_of, shown_to=use,
        period=first.full_period,
        places=tuple(sorted(_placed(rows, use, role), key=lambda one: (one.place, one.community))),
        without=tuple(
            Unplaced(community=row.community, id=row.id, reasons=why) for row in rows
            if (why := reasons(row, books[row.id]))
        ),
    )  # fmt: skip


def _placed(rows: Iterable[Row], use: RankUse, role: str) -> Iterator[Placed]:
    known = {row.id: row for row in rows}
    for id, held in ranks(known.values(), use, role).items():
        row = known[id]
        yield Placed(
            community=row.community, id=id, place=held.place, shared=held.shared, points=row.points.exact,
            possible=row.possible.exact, per_cent=row.per_cent,
        )  # fmt: skip
