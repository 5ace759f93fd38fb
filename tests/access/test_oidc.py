"""Signing in by a real OpenID provider, whose keys change under it. Everyone is invented (synthetic)."""

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from joserfc import jwt
from sqlalchemy import Engine

from shared.access.oidc import Round
from shared.access.sign_in import Shown
from shared.contracts.codes import Role
from shared.contracts.model import Refused
from tests.access.parts import LOG, Clock, Entrance
from tests.access.provider import OpenId, openid, signing_key

FOREIGN = signing_key()
BACK = "http://127.0.0.1:8000/sign-in/oidc/callback"


@pytest.fixture
def provider() -> Iterator[OpenId]:
    with openid(Clock()) as found:
        yield found


@pytest.fixture
def known(log_engine: Engine, provider: OpenId) -> Entrance:
    """An installation whose people sign in there; one of them is linked to an account."""
    entrance = entrance_of(log_engine, provider)
    entrance.accounts.open("office-li")
    entrance.accounts.grant("office-li", Role.OFFICE, LOG, "test")
    entrance.accounts.link("office-li", provider.issuer, "subject-1")
    return entrance


def entrance_of(engine: Engine, provider: OpenId, **changed: str) -> Entrance:
    settings = {
        "oidc_issuer": provider.issuer, "oidc_client_id": provider.client_id,
        "oidc_client_secret": provider.client_secret,
    }  # fmt: skip
    made = Entrance(engine, settings=settings | changed)
    provider.clock = made.clock
    return made


def there(entrance: Entrance) -> tuple[Round, dict[str, str]]:
    """To the provider and back, as a browser goes."""
    address, round = entrance.sign_in.to_provider(BACK)
    answer = httpx2.get(address)
    assert answer.status_code == 302
    back = urlsplit(answer.headers["location"])
    assert back._replace(query="").geturl() == BACK
    return round, dict(parse_qsl(back.query))


def came(entrance: Entrance) -> Shown:
    return entrance.sign_in.by_provider(*there(entrance))


def refused_of(entrance: Entrance) -> str:
    """The code with which somebody who comes back is refused."""
    round, answer = there(entrance)
    with pytest.raises(Refused) as refused:
        entrance.sign_in.by_provider(round, answer)
    assert refused.value.known == {}, "and nothing is said beside it"
    return refused.value.code


def test_who_is_linked_gets_a_session(known: Entrance) -> None:
    visitor = known.sessions.visitor(known.sign_in.opened(came(known)))
    assert (visitor.actor.id, visitor.actor.role, visitor.log) == ("office-li", Role.OFFICE, LOG)


def test_who_is_not_linked_gets_none(known: Entrance, provider: OpenId) -> None:
    provider.subject = "subject-2"
    assert refused_of(known) == "no_account"
    known.accounts.open("closed")
    known.accounts.link("closed", provider.issuer, "subject-2")
    assert refused_of(known) == "no_membership"
    known.accounts.close("closed")
    assert refused_of(known) == "no_account"


def test_keys_that_change_under_a_running_system_are_fetched_again(known: Entrance, provider: OpenId) -> None:
    for algorithm in ("RS256", "ES256", "RS256"):
        provider.rotate(algorithm)
        assert came(known).account.name == "office-li"
        assert came(known).account.name == "office-li"
    assert provider.asked["/jwks"] == 3, "once for each key"
    assert provider.asked["/.well-known/openid-configuration"] == 1


def test_a_provider_whose_keys_have_no_names_may_change_them_too(known: Entrance, provider: OpenId) -> None:
    for _ in range(2):
        provider.key = signing_key()
        provider.sign = lambda claims: jwt.encode({"alg": "RS256"}, claims, provider.key)
        assert came(known).account.name == "office-li"


Spoil = Callable[[OpenId], None]


def spoiled(**claims: Any) -> Spoil:
    def spoil(provider: OpenId) -> None:
        def change(held: dict[str, Any]) -> None:
            held.update(claims)
            for name in [name for name, value in held.items() if value is None]:
                del held[name]

        provider.spoil = change

    return spoil


def aged(**seconds: int) -> Spoil:
    """Times that lie so many seconds from now."""

    def spoil(provider: OpenId) -> None:
        now = int(provider.clock().timestamp())
        provider.spoil = lambda held: held.update({name: now + by for name, by in seconds.items()})

    return spoil


def signed(how: Callable[[OpenId, dict[str, Any]], str]) -> Spoil:
    def spoil(provider: OpenId) -> None:
        provider.sign = lambda claims: how(provider, claims)

    return spoil


def unsigned(provider: OpenId, claims: dict[str, Any]) -> str:
    header, body, _ = provider.signed(claims).split(".")
    return f"eyJhbGciOiJub25lIn0.{body}."


def symmetric(provider: OpenId, claims: dict[str, Any]) -> str:
    """Signed with the public key as if it were a shared secret. (No library does so any more.)"""
    header = json.dumps({"alg": "HS256", "kid": provider.key.kid}).encode()
    said = f"{urlsafe_b64encode(header).decode()}.{provider.signed(claims).split('.')[1]}".replace("=", "")
    digest = hmac.digest(provider.key.as_pem(private=False), said.encode(), "sha256")
    return f"{said}.{urlsafe_b64encode(digest).decode()}".replace("=", "")


@pytest.mark.parametrize(
    "spoil",
    [
        signed(lambda p, claims: p.signed(claims, FOREIGN)),
        signed(lambda p, claims: p.signed(claims, FOREIGN, kid=p.key.kid)),
        signed(unsigned),
        signed(symmetric),
        signed(lambda p, claims: p.signed(claims)[:-4] + "AAAA"),
        signed(lambda p, claims: "not.a.token"),
        signed(lambda p, claims: ""),
        spoiled(nonce="another"),
        spoiled(nonce=None),
        spoiled(aud="another"),
        spoiled(aud=["sanguan", "another"]),
        spoiled(aud=["sanguan", "another"], azp="another"),
        spoiled(aud=None),
        spoiled(iss="http://127.0.0.1:1"),
        spoiled(iss=None),
        spoiled(sub=None),
        spoiled(exp=None),
        spoiled(amr="otp"),
        aged(exp=-61),
        aged(iat=3_600),
        aged(nbf=3_600),
    ],
    ids=[
        "foreign key", "foreign key under a known name", "no algorithm", "symmetric", "bad signature", "no token",
        "empty", "other nonce", "no nonce", "other audience", "two audiences", "other party", "no audience",
        "other issuer", "no issuer", "no subject", "no end", "methods are no list", "expired", "of tomorrow",
        "not yet good",
    ],
)  # fmt: skip
def test_a_token_that_is_not_right_opens_nothing(known: Entrance, provider: OpenId, spoil: Spoil) -> None:
    came(known)
    spoil(provider)
    assert refused_of(known) == "sign_in_refused"
    provider.spoil, provider.sign = lambda claims: None, None
    assert came(known).account.name == "office-li", "and the next one that is right does"


def test_an_answer_belongs_to_its_question(known: Entrance) -> None:
    first, answer = there(known)
    second, other = there(known)
    for round, said in (
        (first, other),
        (second, answer),
        (first, {**answer, "state": ""}),
        (first, {"state": answer["state"]}),
        (first, {**answer, "code": "made up"}),
        (first, {**answer, "iss": "https://elsewhere.example"}),
        (Round(first.state, first.nonce, "another verifier", BACK), answer),
        (first, {"error": "access_denied", "state": answer["state"]}),
    ):
        with pytest.raises(Refused) as refused:
            known.sign_in.by_provider(round, said)
        assert refused.value.code == "sign_in_refused"


def test_a_code_is_good_once(known: Entrance) -> None:
    round, answer = there(known)
    assert known.sign_in.by_provider(round, answer).account.name == "office-li"
    with pytest.raises(Refused) as refused:
        known.sign_in.by_provider(round, answer)
    assert refused.value.code == "sign_in_refused"


def test_who_needs_a_second_factor_shows_it_there_or_here(known: Entrance, provider: OpenId) -> None:
    known.accounts.grant("office-li", Role.AUDITOR, LOG, "test")
    for methods in (None, [], ["pwd"], ["pwd", "kba"]):
        provider.amr = methods
        shown = came(known)
        assert not shown.enough
        with pytest.raises(Refused) as refused:
            known.sign_in.opened(shown)
        assert refused.value.code == "factor_needed"
    for method in ("mfa", "otp", "hwk"):
        provider.amr = ["pwd", method]
        assert known.sign_in.opened(came(known))


def test_a_provider_that_is_away_or_another_is_told_apart_from_a_refusal(
    log_engine: Engine, known: Entrance, provider: OpenId
) -> None:
    came(known)
    provider.answers = 500
    assert refused_of(known) == "provider_away"
    provider.answers = 200
    absent = entrance_of(log_engine, provider, oidc_issuer="http://127.0.0.1:9")
    with pytest.raises(Refused) as refused:
        absent.sign_in.to_provider(BACK)
    assert refused.value.code == "provider_away"
    other = entrance_of(log_engine, provider, oidc_issuer=provider.issuer + "/")
    with pytest.raises(Refused) as refused:
        other.sign_in.to_provider(BACK)
    assert refused.value.code == "provider_away", "it says that it is another"
    wrong = entrance_of(log_engine, provider, oidc_client_secret="wrong")
    assert refused_of(wrong) == "sign_in_refused"


def test_without_a_provider_there_is_none(entrance: Entrance) -> None:
    with pytest.raises(Refused) as refused:
        entrance.sign_in.to_provider(BACK)
    assert refused.value.code == "no_provider"


@pytest.mark.parametrize(
    "issuer", ["http://id.example.org", "ftp://id.example.org", "id.example.org", "https://", "https://id.example/?a=b"]
)
def test_an_issuer_is_an_encrypted_address_or_this_machine(issuer: str, log_engine: Engine) -> None:
    with pytest.raises(ValueError, match="OpenID provider"):
        Entrance(log_engine, settings={"oidc_issuer": issuer})
