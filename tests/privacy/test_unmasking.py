"""Opened by two, or at once in an emergency and looked at afterwards. All data is invented (synthetic)."""

from datetime import timedelta
from typing import Any

from services.privacy.commands import (
    AskUnmasking,
    BreakGlass,
    EndUnmasking,
    GrantUnmasking,
    RefuseUnmasking,
    ReviewGlass,
)
from services.privacy.ledgers import unmaskings
from services.privacy.unmasking import DECIDER, Facts
from shared.contracts.access import Purpose
from shared.contracts.event import Actor
from shared.contracts.frozen import replace
from shared.contracts.privacy import (
    Emergency,
    GlassBroken,
    GlassReviewed,
    UnmaskingAsked,
    UnmaskingEnded,
    UnmaskingGranted,
    UnmaskingRefusal,
    UnmaskingRefused,
)
from tests.assignment.invented import WENBO
from tests.mistakes import YOUSHENG
from tests.privacy.invented import CASE, GUARD, OTHER, kept
from tests.spec import CLERK, START, At, Spec, at
from tests.spec import spec as of_decider

KNOWN = Facts(kept())
ASK: Any = AskUnmasking(case=CASE, community=WENBO, purpose=Purpose.SUPERVISION)
BREAK: Any = BreakGlass(case=CASE, community=WENBO, purpose=Emergency.MISSING_PERSON)
ASKED = UnmaskingAsked(case=CASE, community=WENBO, purpose=Purpose.SUPERVISION, by=CLERK.id)
GRANTED = UnmaskingGranted(case=CASE, until=START + timedelta(hours=25))
REFUSED = UnmaskingRefused(case=CASE, reason=UnmaskingRefusal.NOT_NEEDED)
ENDED = UnmaskingEnded(case=CASE)
BROKEN = GlassBroken(
    case=CASE, community=WENBO, purpose=Emergency.MISSING_PERSON, until=START + timedelta(hours=1), by=CLERK.id
)  # fmt: skip
GRANT: Any = GrantUnmasking(hours=24)
REFUSE: Any = RefuseUnmasking(reason=UnmaskingRefusal.NOT_NEEDED)
END: Any = EndUnmasking()
REVIEW: Any = ReviewGlass(justified=True)
STRANGER = Actor(id="clerk-9", role="clerk")


def spec(*given: Any) -> Spec:
    return of_decider(DECIDER).given(*given)


def by(actor: Actor, given: Spec, command: Any) -> Spec:
    return given.when(command, by=actor, facts=KNOWN)


def test_somebody_asks_and_another_grants_for_some_hours() -> None:
    by(CLERK, spec(), ASK).then(ASKED)
    by(GUARD, spec(ASKED), GRANT).then(GRANTED)
    by(OTHER, spec(ASKED), REFUSE).then(REFUSED)


def test_nobody_grants_or_refuses_what_they_asked_for() -> None:
    own = UnmaskingAsked(case=CASE, community=WENBO, purpose=Purpose.SUPERVISION, by=GUARD.id)
    for command in (GRANT, REFUSE):
        by(GUARD, spec(own), command).then_refused("same_person")
        spec(own).when(at(-1, command), by=OTHER).then_refused("before_last_act")


def test_it_is_decided_once() -> None:
    for history in ((ASKED, GRANTED), (ASKED, REFUSED), (ASKED, ENDED), (BROKEN,)):
        for command in (GRANT, REFUSE):
            by(GUARD, spec(*history), command).then_refused("already_decided")
    for command in (GRANT, REFUSE, END, REVIEW):
        by(GUARD, spec(), command).then_refused("unknown_unmasking", field="stream")
    for command in (ASK, BREAK):
        by(CLERK, spec(ASKED), command).then_refused("already_asked", field="stream")


def test_what_is_asked_for_lies_where_the_asker_says() -> None:
    """So that who belongs to one community reaches no other."""
    for facts in (Facts(), Facts(kept(community=YOUSHENG)), Facts(kept(community=None))):
        for command in (ASK, BREAK):
            spec().when(command, facts=facts).then_refused("unknown_subject", field="case")
    of_nowhere = AskUnmasking(case="officer/judge-1", community=None, purpose=Purpose.CHECKING)
    spec().when(of_nowhere, facts=KNOWN).then_refused("unknown_subject")


def test_what_was_erased_cannot_be_opened() -> None:
    for command in (ASK, BREAK):
        spec().when(command, facts=Facts(kept(erased_at=START))).then_refused("already_erased", field="case")


def test_who_asked_ends_it_and_so_do_those_who_grant() -> None:
    for actor in (CLERK, GUARD, OTHER):
        for begun in ((ASKED,), (ASKED, GRANTED), (BROKEN,)):
            by(actor, spec(*begun), END).then(ENDED)
    by(STRANGER, spec(ASKED, GRANTED), END).then_refused("not_yours", field="stream")
    for history in ((ASKED, REFUSED), (ASKED, GRANTED, ENDED), (BROKEN, ENDED)):
        by(CLERK, spec(*history), END).then_refused("already_over")
    spec(ASKED).when(at(-1, END)).then_refused("before_last_act")


def test_in_an_emergency_it_is_open_for_an_hour_and_looked_at_afterwards() -> None:
    by(CLERK, spec(), BREAK).then(BROKEN)
    by(GUARD, spec(BROKEN), REVIEW).then(GlassReviewed(case=CASE, justified=True))
    by(GUARD, spec(BROKEN, ENDED), REVIEW).then(GlassReviewed(case=CASE, justified=True))
    reviewed = GlassReviewed(case=CASE, justified=False)
    by(GUARD, spec(BROKEN, reviewed), REVIEW).then_refused("already_reviewed", field="stream")
    by(GUARD, spec(ASKED, GRANTED), REVIEW).then_refused("no_emergency", field="stream")
    by(Actor(id=CLERK.id, role="privacy"), spec(BROKEN), REVIEW).then_refused("same_person")


def glass(actor: str = CLERK.id, on_behalf_of: str | None = None) -> unmaskings.Row:
    """What the ledger says of an emergency that nobody has looked at."""
    return unmaskings.Row(
        id="u-1", case=CASE, actor=actor, role="clerk", on_behalf_of=on_behalf_of, purpose="violence", asked_at=START,
        emergency=True, unreviewed=True,
    )  # fmt: skip


def test_who_has_three_emergencies_unreviewed_has_no_fourth() -> None:
    def asked(by: Actor, *waiting: unmaskings.Row) -> Spec:
        return spec().when(BREAK, by=by, facts=Facts(kept(), waiting))

    asked(CLERK, glass(), glass()).then(BROKEN)
    assert asked(CLERK, *[glass()] * 3).then_refused("unreviewed_emergencies").known["count"] == 3
    asked(STRANGER, *[glass()] * 3).decided()
    for_them = Actor(id="clerk-8", role="clerk", on_behalf_of=CLERK.id)
    asked(for_them, *[glass()] * 3).then_refused("unreviewed_emergencies")
    asked(CLERK, *[glass("clerk-8", CLERK.id)] * 3).then_refused("unreviewed_emergencies")


def test_who_asks_for_somebody_is_no_other_person() -> None:
    proxy = Actor(id="clerk-8", role="clerk", on_behalf_of=GUARD.id)
    asked = UnmaskingAsked(
        case=CASE, community=WENBO, purpose=Purpose.SUPERVISION, by=proxy.id, on_behalf_of=GUARD.id
    )  # fmt: skip
    broken = replace(BROKEN, by=proxy.id, on_behalf_of=GUARD.id)
    by(proxy, spec(), ASK).then(asked)
    by(proxy, spec(), BREAK).then(broken)
    for command in (GRANT, REFUSE):
        by(GUARD, spec(asked), command).then_refused("same_person")
    by(GUARD, spec(broken), REVIEW).then_refused("same_person")
    for_asker = Actor(id="privacy-5", role="privacy", on_behalf_of=CLERK.id)
    by(for_asker, spec(ASKED), GRANT).then_refused("same_person")
    by(for_asker, spec(BROKEN), REVIEW).then_refused("same_person")


def test_nothing_is_open_for_longer_by_naming_a_moment_to_come() -> None:
    ahead = At(BREAK, START + timedelta(minutes=4))
    (broken,) = spec().when(ahead, facts=KNOWN, now=at(0, None)).decided()
    assert broken.until == START + timedelta(hours=1)
    (granted,) = spec(at(0, ASKED)).when(At(GRANT, ahead.at), by=GUARD, now=at(0, None)).decided()
    assert granted.until == START + timedelta(hours=24)


def test_the_hour_is_that_of_the_emergency_however_late_it_is_told() -> None:
    decided = spec().when(at(-3, BREAK), facts=KNOWN, now=at(0, None)).decided()
    assert decided[0].until == START - timedelta(days=3) + timedelta(hours=1)
    spec().when(at(3, BREAK), facts=KNOWN, now=at(0, None)).then_refused("in_the_future")
