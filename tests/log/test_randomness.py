"""Random bytes drawn ahead: never the same twice, whoever draws them."""

import os
from concurrent.futures import ThreadPoolExecutor

from shared.log.randomness import random_bytes

KEY = 32


def _keys(count: int) -> list[bytes]:
    return [random_bytes(KEY) for _ in range(count)]


def test_no_bytes_come_twice_and_all_come_in_the_length_asked_for() -> None:
    assert len(set(_keys(2_000))) == 2_000
    lengths = (0, 1, 12, 8_191, 8_192, 8_193, 100_000)
    assert [len(random_bytes(length)) for length in lengths] == [*lengths]
    assert random_bytes(100_000)[-KEY:] != bytes(KEY)


def test_threads_draw_from_no_common_store() -> None:
    with ThreadPoolExecutor(4) as threads:
        drawn = [key for keys in threads.map(_keys, [1_000] * 8) for key in keys]
    assert len(set(drawn)) == len(drawn) == 8_000


def test_a_forked_process_draws_others_than_its_parent() -> None:
    random_bytes(1)  # something is at hand that both would have
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, random_bytes(KEY))
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, KEY) not in {random_bytes(KEY) for _ in range(300)}
