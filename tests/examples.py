"""How many examples a property is tried with."""

import os


def examples(many: int) -> int:
    """That many in `make test-long`; a third of them on every push, which should not wait for long."""
    return many if os.environ.get("SANGUAN_TEST_LONG") else max(5, many // 3)
