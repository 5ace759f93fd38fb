"""How a process listens."""

import socket
from pathlib import Path

from services.serving import listening
from shared.settings import load


def test_the_parts_of_an_answer_do_not_wait_for_one_another(tmp_path: Path) -> None:
    """Connections that are kept open would else wait for the acknowledgement of an answer's head, 40 ms each time."""
    settings = load(tmp_path, port=0)
    with listening(settings) as listener, socket.create_connection(listener.getsockname()[:2]):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
