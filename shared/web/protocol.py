"""HTTP as the server speaks it: uvicorn's own protocol, with a limit to what comes before a body.

A body is read no further than its address allows (`shared.web.gate`). A request's head is read before anybody is asked
who they are, and the parser keeps all of it: a stranger who sends a head that never ends would take all memory.
"""

from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST_HEAD: Final = 64 * 1024
"""Bytes of a request's first line and its headers, about: what arrives together is looked at together."""
_TOO_LARGE: Final = b"The head of this request is too large."
_ANSWER: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"content-length: %d\r\nconnection: close\r\n\r\n%s" % (len(_TOO_LARGE), _TOO_LARGE)
)


class HeadTooLarge(Exception):
    """Ends the reading of a request."""


class LimitedHead(HttpToolsProtocol):
    """Answers 431 where a head is larger than the limit, and hears no more of it."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._message, self._in_head, self._head_bytes, self._too_large = 0, False, 0, False

    def data_received(self, data: bytes) -> None:
        """Count what belongs to a head that goes on, and nothing else: a body's beginning may arrive with its head."""
        if self.transport.is_closing():
            return
        going_on = self._message if self._in_head else None
        super().data_received(data)
        if self._in_head and self._message == going_on:
            self._head_bytes += len(data)
            if self._head_bytes > LARGEST_HEAD:
                self._too_large = True
                self.send_400_response("")

    def on_message_begin(self) -> None:
        """Another request on this connection."""
        super().on_message_begin()
        self._message, self._in_head, self._head_bytes = self._message + 1, True, 0

    def on_headers_complete(self) -> None:
        """The whole head is there; raises `HeadTooLarge` where that is more than it may be."""
        self._in_head = False
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > LARGEST_HEAD:
            self._too_large = True
            raise HeadTooLarge
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """What is no request of HTTP is answered by uvicorn."""
        if self._too_large:
            self.logger.warning("The head of a request is too large.")
            self.transport.write(_ANSWER)
            self.transport.close()
        else:
            super().send_400_response(msg)
