"""An OpenID provider of the tests' own: an HTTP server that speaks discovery, JWKS, authorize and token, and whose keys
change. It signs with the library that the product verifies with; what a token must say is written from the standard.

It says of everybody that they have signed in. What it says wrongly on purpose is set by the test. Nobody in it is real
(synthetic).
"""

import base64
import hashlib
import json
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeyParameters, KeySet, RSAKey

Signing = RSAKey | ECKey


def signing_key(algorithm: str = "RS256") -> Signing:
    """A new key with a name of its own."""
    given: KeyParameters = {"kid": secrets.token_hex(4), "use": "sig", "alg": algorithm}
    return RSAKey.generate_key(2048, given) if algorithm.startswith("RS") else ECKey.generate_key("P-256", given)


FIRST = signing_key()


@dataclass
class OpenId:
    """The provider, and what it knows."""

    clock: Callable[[], Any]
    client_id: str = "sanguan"
    client_secret: str = "a secret of this test"
    issuer: str = ""
    subject: str = "subject-1"
    amr: list[str] | None = None
    key: Signing = field(default_factory=lambda: FIRST)
    spoil: Callable[[dict[str, Any]], Any] = lambda claims: None
    """Changes the claims of the next tokens."""
    sign: Callable[[dict[str, Any]], str] | None = None
    """Signs them otherwise than by the key."""
    answers: int = 200
    """The status of everything but discovery."""
    away: bool = False
    """Whether it answers nothing but 503, its discovery included."""
    asked: Counter[str] = field(default_factory=Counter)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def rotate(self, algorithm: str = "RS256") -> None:
        """Another key in place of the old one."""
        self.key = signing_key(algorithm)

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/jwks",
            "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        }  # fmt: skip

    def authorized(self, asked: dict[str, str]) -> str:
        """Where the browser goes back to."""
        assert asked["client_id"] == self.client_id
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert asked["scope"] == "openid"
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state'], 'iss': self.issuer})}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """The answer of the token endpoint: a code is good once, for its client, address and verifier."""
        user, _, secret = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        if (unquote(user), unquote(secret)) != (self.client_id, self.client_secret):
            return 401, {"error": "invalid_client"}
        asked = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked is None or asked["code_challenge"] != challenge or asked["redirect_uri"] != form["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        return 200, {
            "access_token": secrets.token_urlsafe(16), "token_type": "Bearer", "expires_in": 300,
            "id_token": self.id_token(asked.get("nonce", "")),
        }  # fmt: skip

    def id_token(self, nonce: str) -> str:
        """Who signed in, as a signed token."""
        now = int(self.clock().timestamp())
        claims: dict[str, Any] = {
            "iss": self.issuer, "sub": self.subject, "aud": self.client_id, "iat": now, "exp": now + 300,
            "nonce": nonce,
        }  # fmt: skip
        if self.amr is not None:
            claims["amr"] = self.amr
        self.spoil(claims)
        return self.signed(claims) if self.sign is None else self.sign(claims)

    def signed(self, claims: dict[str, Any], key: Signing | None = None, **header: Any) -> str:
        by = key or self.key
        return jwt.encode({"alg": by.alg, "kid": by.kid, **header}, claims, by, algorithms=["RS256", "ES256"])


@contextmanager
def openid(clock: Callable[[], Any]) -> Iterator[OpenId]:
    """A provider that serves on a port of its own until the end."""
    provider = OpenId(clock)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            at = urlsplit(self.path)
            provider.asked[at.path] += 1
            match at.path:
                case "/.well-known/openid-configuration":
                    self._json(503 if provider.away else 200, provider.metadata())
                case "/jwks":
                    public: Any = KeySet([provider.key]).as_dict(private=False)
                    self._json(provider.answers, public)
                case "/authorize":
                    to = provider.authorized(dict(parse_qsl(at.query)))
                    self.send_response(302)
                    self.send_header("location", to)
                    self.send_header("content-length", "0")
                    self.end_headers()
                case _:
                    self._json(404, {})

        def do_POST(self) -> None:
            provider.asked[self.path] += 1
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            status, said = provider.token(form, self.headers.get("authorization", ""))
            self._json(provider.answers if provider.answers != 200 else status, said)

        def _json(self, status: int, said: dict[str, Any]) -> None:
            raw = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: it would fill the tests' output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
