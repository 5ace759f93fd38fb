"""A browser's session on the wire: its cookie, and the forms that it sends.

A form is taken only from a page of ours (the browser says where it comes from, and does not send a strict cookie along
with another site's), and carries the session's token: three walls where one would do.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from shared.access.sessions import Sessions
from shared.access.visitor import Visitor
from shared.contracts.model import Refused
from shared.web.gate import body_within

PLAIN_COOKIE: Final = "sanguan_session"
SAFE_COOKIE: Final = "__Host-sanguan"
"""On encrypted connections: a browser takes it from this very host alone."""
FORM_TOKEN: Final = "form_token"  # noqa: S105  # a field's name
_OWN_PATH: Final = re.compile(r"/(?:[A-Za-z0-9._~%?=&/-]*[A-Za-z0-9._~%=&-])?")


@dataclass(frozen=True, slots=True)
class FormSize:
    """How much a form may hold."""

    most_bytes: int
    most_fields: int


SMALL: Final = FormSize(16 * 1024, 50)
"""A form that was made by hand."""


def is_safe(request: Request) -> bool:
    """Whether the connection is encrypted."""
    return request.url.scheme == "https"


def session_cookie(request: Request) -> str | None:
    """What the session's cookie holds. On an encrypted connection the plain one, which might come over another, counts
    for nothing."""
    return request.cookies.get(_name(request)) or None


def keep_session(request: Request, response: Response, cookie: str) -> None:
    """Give the browser a session. It forgets it when it is closed."""
    response.set_cookie(_name(request), cookie, httponly=True, samesite="strict", secure=is_safe(request), path="/")


def drop_session(request: Request, response: Response) -> None:
    """Take the session from the browser: it was none, or is none any more."""
    response.delete_cookie(_name(request), httponly=True, samesite="strict", secure=is_safe(request), path="/")


def _name(request: Request) -> str:
    return SAFE_COOKIE if is_safe(request) else PLAIN_COOKIE


async def form_of(request: Request, size: FormSize = SMALL) -> dict[str, str]:
    """The fields of a form that a page of ours sent; raises `Refused`."""
    refuse_other_sites(request)
    try:
        body = (await body_within(request, size.most_bytes)).decode()
        form = dict(parse_qsl(body, keep_blank_values=True, max_num_fields=size.most_fields))
    except ValueError:  # no UTF-8, or more fields than any form of ours has
        raise Refused("bad_request") from None
    if any("\0" in said for said in form.values()):
        raise Refused("bad_request")
    return form


async def session_form(
    request: Request, sessions: Sessions, visitor: Visitor, size: FormSize = SMALL
) -> dict[str, str]:  # fmt: skip
    """The fields of a form of the visitor's session; raises `Refused`."""
    form = await form_of(request, size)
    sessions.check_form(visitor, form.pop(FORM_TOKEN, ""))
    return form


def refuse_other_sites(request: Request) -> None:
    """Forms are sent from our own pages only. Every browser of today says whence; an older one says its origin."""
    said = request.headers.get("sec-fetch-site")
    if said is not None:
        if said not in ("same-origin", "none"):
            raise Refused("bad_request")
        return
    origin = request.headers.get("origin")
    if origin is not None and origin != f"{request.url.scheme}://{request.headers.get('host', '')}":
        raise Refused("bad_request")


def is_own_path(said: str) -> bool:
    """Whether it is a path of this site, to which a browser may be led. `//elsewhere` is another site to a browser."""
    return _OWN_PATH.fullmatch(said) is not None and not said.startswith("//")


def came_from_elsewhere(request: Request) -> bool:
    """Whether the browser follows a link or a redirect of another site: then it keeps a strict cookie to itself."""
    return request.method == "GET" and request.headers.get("sec-fetch-site") in ("cross-site", "same-site")


def source_of(request: Request) -> str:
    """Where a request comes from, for the throttle: an address, or the network that one customer gets (IPv6)."""
    host = request.client.host if request.client is not None else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    return str(ip_network((address, 64), strict=False)) if isinstance(address, IPv6Address) else host
