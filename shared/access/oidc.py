"""Signing in by another's provider 统一身份认证: OpenID Connect, the code flow with PKCE, state and nonce.

What the provider says of itself (discovery) and its keys are kept for a while; the keys are fetched again when a token
names one that is not among them, so that a provider may change its keys at any time.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from shared.contracts.model import Refused

STRONG: Final = frozenset({"mfa", "otp", "hwk", "swk", "pop"})
"""Methods (`amr`, RFC 8176) that are a second factor, or more."""
_ALGORITHMS: Final = ("RS256", "PS256", "ES256")
_SCOPE: Final = "openid"
"""Nothing but who it is: neither a name nor an address is asked for."""
_KEPT: Final = timedelta(hours=1)
_LEEWAY_SECONDS: Final = 60
_TIMEOUT_SECONDS: Final = 5.0
_AWAY: Final = timedelta(seconds=10)
"""How long a provider that did not answer is not asked again: else each that comes would wait for it anew."""
_RANDOM_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Client:
    """How this installation is known to the provider."""

    issuer: str
    id: str
    secret: str | None
    title: str
    """What the sign-in page calls the provider."""


@dataclass(frozen=True, slots=True)
class Round:
    """One way to the provider and back; kept in a sealed cookie meanwhile."""

    state: str
    nonce: str
    verifier: str
    back: str
    """Where the provider sends the browser back to."""


@dataclass(frozen=True, slots=True)
class Known:
    """Whom the provider knows."""

    subject: str
    strong: bool
    """Whether more than a password was shown there."""


class Provider:
    """Talks to the provider. Calls wait for the network: they are made beside the event loop."""

    def __init__(self, client: Client, clock: Callable[[], datetime], random: Callable[[int], bytes]) -> None:
        self.client, self._clock, self._random = client, clock, random
        self._metadata: tuple[datetime, Mapping[str, Any]] | None = None
        self._away_since: datetime | None = None
        self._keys: KeySet | None = None

    def begin(self, back: str) -> tuple[str, Round]:
        """Where to send the browser, and what to hold its answer against. Raises `Refused("provider_away")`."""
        round = Round(self._drawn(), self._drawn(), self._drawn(), back)
        endpoint = self._said("authorization_endpoint")
        with self._session(back) as session:
            url, _ = session.create_authorization_url(
                endpoint, state=round.state, nonce=round.nonce, code_verifier=round.verifier
            )
        return str(url), round

    def finish(self, round: Round, answer: Mapping[str, str]) -> Known:
        """Who came back with that answer; raises `Refused`: `sign_in_refused` without saying why, `provider_away`."""
        code, state = answer.get("code", ""), answer.get("state", "")
        # A provider that says who it is must be ours (RFC 9207).
        issuer = answer.get("iss", self.client.issuer)
        if not code or not hmac.compare_digest(state.encode(), round.state.encode()) or issuer != self.client.issuer:
            raise Refused("sign_in_refused")
        endpoint = self._said("token_endpoint")
        try:
            with self._session(round.back) as session:
                token = session.fetch_token(endpoint, code=code, code_verifier=round.verifier)
            claims = self._claims(str(token["id_token"]), token.get("access_token"), round.nonce)
        except httpx2.HTTPError:
            raise Refused("provider_away") from None
        except (AuthlibBaseError, JoseError, KeyError, ValueError, TypeError):
            raise Refused("sign_in_refused") from None
        methods = claims.get("amr") or ()
        return Known(str(claims["sub"]), not STRONG.isdisjoint(map(str, methods)))

    # tokens -------------------------------------------------------------------------------------------------------

    def _claims(self, token: str, access_token: Any, nonce: str) -> Mapping[str, Any]:
        """What an ID token says, once its signature, issuer, audience, times and nonce are right."""
        read = self._signed(token)
        wanted = {
            "iss": {"essential": True, "value": self.client.issuer},
            "aud": {"essential": True, "value": self.client.id},
            "nonce": {"essential": True, "value": nonce},
        }
        given = {"nonce": nonce, "client_id": self.client.id, "access_token": access_token}
        claims = CodeIDToken(read.claims, read.header, wanted, given)
        claims.validate(now=int(self._clock().timestamp()), leeway=_LEEWAY_SECONDS)
        return dict(claims)

    def _signed(self, token: str) -> jwt.Token:
        """The token, where one of the provider's keys has signed it. Keys that are held may be of yesterday."""
        if self._keys is not None:
            try:
                return jwt.decode(token, self._keys, algorithms=_ALGORITHMS)
            except (InvalidKeyIdError, BadSignatureError):
                pass
        self._keys = KeySet.import_key_set(self._fetched(self._said("jwks_uri")))  # type: ignore[arg-type]  # checked by it
        return jwt.decode(token, self._keys, algorithms=_ALGORITHMS)

    # the network --------------------------------------------------------------------------------------------------

    def _said(self, name: str) -> str:
        """What the provider says of itself; raises `Refused("provider_away")`."""
        now = self._clock()
        if self._metadata is None or now - self._metadata[0] > _KEPT:
            self._metadata = now, self._discovered(now)
        said = self._metadata[1].get(name)
        if not isinstance(said, str):
            raise Refused("provider_away")
        return said

    def _discovered(self, now: datetime) -> Mapping[str, Any]:
        if self._away_since is not None and timedelta() <= now - self._away_since < _AWAY:
            raise Refused("provider_away")
        try:
            metadata = self._fetched(self.client.issuer.rstrip("/") + "/.well-known/openid-configuration")
        except (httpx2.HTTPError, ValueError):
            self._away_since = now
            raise Refused("provider_away") from None
        if metadata.get("issuer") != self.client.issuer:  # OpenID Connect Discovery §4.3
            raise Refused("provider_away")
        return metadata

    def _fetched(self, address: str) -> dict[str, Any]:
        """A document of the provider's; raises `httpx2.HTTPError`, `ValueError`."""
        with httpx2.Client(timeout=_TIMEOUT_SECONDS) as http:
            found = http.get(address).raise_for_status().json()
        if not isinstance(found, dict):
            raise ValueError("no JSON object")  # noqa: TRY004  # of what came over the network
        return found

    def _session(self, back: str) -> OAuth2Client:
        return OAuth2Client(
            self.client.id, self.client.secret, scope=_SCOPE, redirect_uri=back, code_challenge_method="S256",
            timeout=_TIMEOUT_SECONDS,
        )  # fmt: skip

    def _drawn(self) -> str:
        return urlsafe_b64encode(self._random(_RANDOM_BYTES)).rstrip(b"=").decode()
