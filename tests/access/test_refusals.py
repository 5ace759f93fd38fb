"""Every refusal of sign-in is told in both languages, and tried."""

import ast
import re
from pathlib import Path
from typing import Final

from shared.errors import ACCESS_CODES, CODES
from tests.test_refusals import helpers_that_assert, texts_expected

TESTS: Final = Path(__file__).parents[1]
PLACES: Final = ("access/*.py", "web/test_sign_in.py", "system/test_users_cli.py")


def test_every_refusal_is_tried() -> None:
    files = [file for place in PLACES for file in TESTS.glob(place)]
    modules = [ast.parse(file.read_text(encoding="utf-8")) for file in files]
    asserting = {"parametrize", *helpers_that_assert(modules)}
    expected = {text for module in modules for text in texts_expected(module, asserting)}
    assert set(ACCESS_CODES) - expected == set()


def test_every_refusal_has_a_name_of_its_own_and_two_sentences() -> None:
    assert not ACCESS_CODES.keys() & CODES.keys()
    for code, sentence in ACCESS_CODES.items():
        assert re.fullmatch("[a-z_]+", code)
        assert re.search("[\u4e00-\u9fff]", sentence.zh)
        assert sentence.en.isascii()
        assert re.findall(r"\{\w+\}", sentence.zh) == re.findall(r"\{\w+\}", sentence.en)
