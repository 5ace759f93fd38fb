"""The communities' order 排名: worked out when asked, never stored, and only for those who may be shown it."""

from collections.abc import Iterable, Mapping
from fractions import Fraction

from services.assessment.exact import exactly
from services.assessment.ledgers.scores import Row
from shared.contracts.assessment import RankUse
from shared.contracts.codes import Role

_MAY_SEE: Mapping[RankUse, frozenset[str] | None] = {
    RankUse.NOBODY: frozenset(),
    RankUse.OFFICE: frozenset({Role.OFFICE.value, Role.AUDITOR.value}),
    RankUse.PUBLIC: None,  # everyone
}


def ranks(publication: Iterable[Row], use: RankUse, role: str | None) -> dict[str, int]:
    """Rank by row id, for the rows of one publication that have enough to compare; empty where `role` may not see it.

    Equal shares have the same rank, and the next is passed over: 1, 2, 2, 4.
    """
    allowed = _MAY_SEE[use]
    if allowed is not None and role not in allowed:
        return {}
    shares = {row.id: exactly(row.points) / exactly(row.possible) for row in publication if row.rankable}
    return {id: 1 + _above(share, shares.values()) for id, share in shares.items()}


def _above(share: Fraction, shares: Iterable[Fraction]) -> int:
    return sum(other > share for other in shares)
