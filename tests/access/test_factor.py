"""The second factor: who needs it, and that a code is good once. Everyone is invented (synthetic)."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.access.factor import factor_context
from shared.access.throttle import BY_ACCOUNT
from shared.access.tokens import FACTORED
from shared.contracts.codes import Role
from shared.contracts.model import Refused
from shared.log.wrapping import Masters, MasterUnknown
from tests.access.parts import LOG, PASSWORD, SOURCE, Entrance


@pytest.mark.parametrize("role", sorted(FACTORED))
def test_a_password_alone_opens_no_session_for_them(entrance: Entrance, role: Role) -> None:
    entrance.opened("auditor-wu", role, LOG)
    shown = entrance.sign_in.by_password("auditor-wu", PASSWORD, SOURCE)
    with pytest.raises(Refused) as refused:
        entrance.sign_in.opened(shown)
    assert refused.value.code == "factor_needed"
    secret = entrance.factor("auditor-wu")
    entrance.clock.on(seconds=60)
    visitor = entrance.sessions.visitor(entrance.signed_in("auditor-wu", code=entrance.code(secret)))
    assert visitor.actor.role is role


def test_others_need_it_once_they_have_set_it_up(entrance: Entrance) -> None:
    entrance.opened()
    visitor = entrance.sessions.visitor(entrance.signed_in())
    account = entrance.accounts.named("clerk-zhao")
    note, secret = entrance.sign_in.offered(account)
    entrance.sign_in.added_factor(visitor, note, entrance.code(secret), SOURCE)
    with pytest.raises(Refused) as refused:
        entrance.signed_in()
    assert refused.value.code == "factor_needed"
    note, secret = entrance.sign_in.offered(account)
    with pytest.raises(Refused) as refused:
        entrance.sign_in.added_factor(visitor, note, entrance.code(secret), SOURCE)
    assert refused.value.code == "factor_there"


def test_a_code_is_good_once_and_none_before_it_either(entrance: Entrance) -> None:
    entrance.opened("auditor-wu", Role.AUDITOR, LOG)
    secret = entrance.factor("auditor-wu")
    entrance.clock.on(seconds=300)
    assert entrance.signed_in("auditor-wu", code=entrance.code(secret))
    for steps in (0, -1):
        with pytest.raises(Refused) as refused:
            entrance.signed_in("auditor-wu", code=entrance.code(secret, steps))
        assert (refused.value.code, refused.value.field) == ("factor_refused", "code")
    assert entrance.signed_in("auditor-wu", code=entrance.code(secret, 1)), "one step ahead, and never used"


def test_the_code_that_set_it_up_is_used(entrance: Entrance) -> None:
    entrance.opened("auditor-wu", Role.AUDITOR, LOG)
    secret = entrance.factor("auditor-wu")
    with pytest.raises(Refused) as refused:
        entrance.signed_in("auditor-wu", code=entrance.code(secret))
    assert refused.value.code == "factor_refused"


def test_a_telephones_clock_may_be_off_by_one_step(entrance: Entrance) -> None:
    entrance.opened("auditor-wu", Role.AUDITOR, LOG)
    secret = entrance.factor("auditor-wu")
    for steps, good in ((-2, False), (-1, True), (2, False), (1, True)):
        entrance.clock.on(hours=1)
        code = entrance.code(secret, steps)
        if good:
            spaced = f" {code[:3]} {code[3:]} "
            assert entrance.signed_in("auditor-wu", code=spaced)
        else:
            with pytest.raises(Refused):
                entrance.signed_in("auditor-wu", code=code)


@pytest.mark.parametrize("code", ["", "000000x", "12345", "1234567", "一二三四五六", "١٢٣٤٥٦", "x" * 9_999, "\0"])
def test_what_is_no_code_is_refused(entrance: Entrance, code: str) -> None:
    entrance.opened("auditor-wu", Role.AUDITOR, LOG)
    entrance.factor("auditor-wu")
    with pytest.raises(Refused) as refused:
        entrance.signed_in("auditor-wu", code=code)
    assert refused.value.code == "factor_refused"


def test_one_code_sent_many_times_at_once_opens_once(entrance: Entrance) -> None:
    entrance.opened("auditor-wu", Role.AUDITOR, LOG)
    secret = entrance.factor("auditor-wu")
    entrance.clock.on(seconds=90)
    account, code = entrance.accounts.named("auditor-wu"), entrance.code(secret)

    def tried(_: int) -> bool:
        try:
            entrance.sign_in.factors.check(account, code)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(tried, range(16))) == 1


def test_codes_are_not_to_be_guessed(entrance: Entrance) -> None:
    entrance.opened("auditor-wu", Role.AUDITOR, LOG)
    secret = entrance.factor("auditor-wu")
    entrance.clock.on(hours=1)
    right = entrance.code(secret)
    wrong = next(f"{n:06}" for n in range(10) if f"{n:06}" not in {entrance.code(secret, s) for s in (-1, 0, 1)})
    waiting = entrance.sign_in.read(
        entrance.sign_in.noted(entrance.sign_in.by_password("auditor-wu", PASSWORD, SOURCE), "/")
    )
    for _ in range(BY_ACCOUNT.free):
        with pytest.raises(Refused):
            entrance.sign_in.by_factor(waiting, wrong, SOURCE)
    with pytest.raises(Refused) as refused:
        entrance.sign_in.by_factor(waiting, right, SOURCE)
    assert refused.value.code == "too_many_attempts"


def test_the_note_between_the_factors_is_good_for_a_while_and_for_one_account(entrance: Entrance) -> None:
    entrance.opened("auditor-wu", Role.AUDITOR, LOG)
    note = entrance.sign_in.noted(entrance.sign_in.by_password("auditor-wu", PASSWORD, SOURCE), "/cases")
    waiting = entrance.sign_in.read(note)
    assert (waiting.onward, waiting.shown.account.name, waiting.shown.strong) == ("/cases", "auditor-wu", False)
    assert (waiting.secret or "x") not in note
    offered, _ = entrance.sign_in.offered(waiting.shown.account)
    for bad in ("", "x", "é", note[:-4] + "AAAA", offered):
        with pytest.raises(Refused) as refused:
            entrance.sign_in.read(bad)
        assert refused.value.code == "form_expired"
    entrance.clock.on(seconds=601)
    with pytest.raises(Refused) as refused:
        entrance.sign_in.read(note)
    assert refused.value.code == "form_expired"


def test_a_note_ends_with_the_password_or_the_account(entrance: Entrance) -> None:
    for number, name in enumerate(("auditor-wu", "auditor-li")):
        entrance.opened(name, Role.AUDITOR, LOG)
        note = entrance.sign_in.noted(entrance.sign_in.by_password(name, PASSWORD, SOURCE), "/")
        entrance.clock.on(seconds=1)
        if number:
            entrance.accounts.close(name)
        else:
            entrance.accounts.set_password(name, "another good password")
        with pytest.raises(Refused) as refused:
            entrance.sign_in.read(note)
        assert refused.value.code == "form_expired"


def test_a_lost_factor_is_reset_by_the_operator_and_set_up_anew(entrance: Entrance) -> None:
    entrance.opened("auditor-wu", Role.AUDITOR, LOG)
    secret = entrance.factor("auditor-wu")
    entrance.accounts.reset_factor("auditor-wu")
    entrance.clock.on(hours=1)
    assert entrance.factor("auditor-wu") != secret


def test_an_offer_to_another_account_is_none(entrance: Entrance) -> None:
    entrance.opened()
    entrance.opened("clerk-qian")
    visitor = entrance.sessions.visitor(entrance.signed_in())
    note, secret = entrance.sign_in.offered(entrance.accounts.named("clerk-qian"))
    with pytest.raises(Refused) as refused:
        entrance.sign_in.added_factor(visitor, note, entrance.code(secret), SOURCE)
    assert refused.value.code == "form_expired"


def test_the_secret_is_wrapped_for_its_account_under_the_master_key(entrance: Entrance) -> None:
    entrance.opened("auditor-wu", Role.AUDITOR, LOG)
    secret = entrance.factor("auditor-wu").encode()
    wrapped = entrance.accounts.named("auditor-wu").factor
    assert wrapped is not None
    assert secret not in wrapped
    assert Masters([b"m" * 32]).unwrap(wrapped, factor_context("auditor-wu")) == secret
    for masters, account in ((Masters([b"m" * 32]), "other"), (Masters([b"n" * 32]), "auditor-wu")):
        with pytest.raises(MasterUnknown):
            masters.unwrap(wrapped, factor_context(account))
