"""Invented people (synthetic): names, telephone and ID numbers that belong to nobody, in the forms of real ones."""

from hypothesis import strategies as st

PHONE = "19900001234"
LANDLINE = "037100012345"
"""Twelve digits, as a community's code has."""
ID_NUMBER = "410105194902310019"
"""The thirty-first of February: nobody was born on that day; the check digit fits."""
NAME = "虚构何某"
OTHER_PHONE, OTHER_ID_NUMBER, OTHER_NAME = "19900005678", "410105194902320014", "虚构沈某"


def check_digit(seventeen: str) -> str:
    """The last digit of an identity number (GB 11643)."""
    weighed = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(seventeen))
    return "10X98765432"[weighed % 11]


MOBILES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
LANDLINES = st.from_regex(r"0[0-9]{2,3}[0-9]{7,8}", fullmatch=True)
ID_NUMBERS = st.from_regex(r"[1-8][0-9]{16}", fullmatch=True).map(lambda digits: digits + check_digit(digits))
OLD_ID_NUMBERS = st.from_regex(r"[1-8][0-9]{14}", fullmatch=True)
NAMES = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=2, max_size=4)
MADE_IDS = st.from_regex(r"[0-9a-f]{20}", fullmatch=True)
"""Cases and officers have such."""
CHOSEN_IDS = st.from_regex(r"(judge|prosecutor|police|lawyer|clerk|leader)-[0-9]{1,3}", fullmatch=True)
PARTIES = st.builds(lambda case, place: f"case/{case}#parties/{place}", MADE_IDS, st.integers(0, 9))
PEOPLE = st.one_of(MOBILES, LANDLINES, ID_NUMBERS, OLD_ID_NUMBERS, NAMES, MADE_IDS, CHOSEN_IDS, PARTIES)
"""Whatever might be handed to a scorer in place of an institution."""
