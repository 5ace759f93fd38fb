"""An answer as JSON: canonical, so that the same answer has the same bytes."""

from typing import Any

from starlette.responses import Response

from shared.log.codec import canonical


def answer(body: Any) -> Response:
    """The body as a response."""
    return Response(canonical(body), media_type="application/json")
