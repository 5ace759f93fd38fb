"""A filled form as a page shows it: labels, hints, choices, and beside each field what is wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, get_args

from shared.contracts.fields import EARLIEST_YEAR, LATEST_YEAR, Division, Text
from shared.web.columns import COLUMNS
from shared.web.forms.filling import Filled, empty
from shared.web.forms.tree import NO, OCCURRED_AT, STREAM, YES, Control, Group, Leaf, Part, Picks, Rows
from shared.web.forms.wording import FormWords, ServiceForms
from shared.web.words import Pair, Words

MOST_RADIOS: Final = 4
"""Choices that are shown beside each other; of more, one is chosen from a list."""
_TOLD_FROM: Final = 200
"""Characters from which on a limit is told."""
_DIVISION: Final[Text] = get_args(Division)[1]
_DAYS: Final = {"min": f"{EARLIEST_YEAR}-01-01", "max": f"{LATEST_YEAR}-12-31"}

COMMUNITY_FIELDS: Final = frozenset({"community", "communities"})
"""What names communities: those that there are can be chosen from."""

Attributes = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several values."""

    id: str
    name: str
    value: str
    text: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A part of a form on its page. Its path is its name and its id."""

    kind: str
    """line, area, select, radios, picks, group or rows."""
    path: str
    label: str
    optional: bool = False
    required: bool = False
    """Whether the browser may insist on it."""
    fixed: str = ""
    """What stands there and cannot be changed, for people."""
    value: str = ""
    attributes: Attributes
    hints: Sequence[str] = ()
    wrong: Sequence[str] = ()
    choices: Sequence[Choice] = ()
    parts: Sequence["Drawn"] = ()
    more: bool = False
    """Whether another row may be added."""
    focused: bool = False

    @property
    def described_by(self) -> str:
        """The ids of what is said about it."""
        said = [f"{self.path}-hint"] * bool(self.hints) + [f"{self.path}-wrong"] * bool(self.wrong)
        return " ".join(said)


def label_of(path: str, own: FormWords | None, forms: ServiceForms) -> Pair:
    """What a field is called, by its path without places in lists (`data/parties/name`); its name where it has no
    words, which a test does not let pass."""
    steps = [step for step in path.split("/") if not step.isdigit()]
    inner, name = "/".join(steps[1:]), steps[-1]
    for table in (own.fields if own else {}, forms.fields, COLUMNS):
        for key in (inner, name):
            if key in table:
                return table[key]
    return name, name


def is_preset(part: Part) -> bool:
    """Whether it is the community that a command is about, so that it is known of whoever belongs to one. (Where it may
    be left out, it says that something is to be changed.)"""
    return isinstance(part, Leaf) and part.name == "community" and (part.given or part.emptied is None)


class Pen:
    """Draws the parts of one form, in one language."""

    def __init__(
        self, words: Words, own: FormWords | None, forms: ServiceForms, communities: Mapping[str, str],
        wrong: Mapping[str, Sequence[str]], about: str, *, community: str | None = None, focus: str = "",
    ) -> None:  # fmt: skip
        """`communities` are the log's, by code; `wrong` says what is wrong, by path; `about` is what an id of the
        aggregate is called, `community` the one that whoever fills it in belongs to, `focus` the path of a new row."""
        self._words, self._own, self._forms, self._communities = words, own, forms, communities
        self._wrong, self._about, self._fixed, self._focus = wrong, about, community, focus

    def draw(self, part: Part, held: Filled, path: str, *, insist: bool = True, number: int | None = None) -> Drawn:
        """A part with all below it. `insist` says whether a browser may insist on what has to be given: not in a row,
        and not in a group that may be left out, as either may stay empty."""
        label = self.label(path)
        if number is not None:
            label = self._words("form_numbered", label=label, number=number)
        own: dict[str, Any] = {
            "path": path, "label": label, "optional": not part.given, "wrong": self._wrong.get(path, ()),
            "focused": path == self._focus,
        }  # fmt: skip
        match part:
            case Leaf():
                return self._leaf(part, held, own, insist=insist and part.given)
            case Group():
                below = [
                    self.draw(one, held[one.name], f"{path}/{one.name}", insist=insist and part.given)
                    for one in part.parts
                ]
                return Drawn(kind="group", parts=below, attributes={}, **own)
            case Rows():
                rows = held or ([empty(part.of)] if part.given else [])
                below = [
                    self.draw(part.of, row, f"{path}/{place}", insist=False, number=place + 1)
                    for place, row in enumerate(rows)
                ]
                more = part.most is None or len(rows) < part.most
                return Drawn(kind="rows", parts=below, more=more, attributes={}, **own)
            case Picks():
                choices = [
                    Choice(path if place == 0 else f"{path}-{place}", f"{path}/{place}", code.value,
                           self._words.shown(code), code.value in held)
                    for place, code in enumerate(part.codes)
                ]  # fmt: skip
                return Drawn(kind="picks", choices=choices, attributes={}, **own)

    def label(self, path: str) -> str:
        """What a field is called."""
        if path == STREAM.name:
            return self._about
        if path == OCCURRED_AT.name:
            return self._words("form_occurred_at")
        return self._words.pick(*label_of(path, self._own, self._forms))

    def named(self, path: str) -> str:
        """A field's label with those of what it stands in, as a summary needs it."""
        steps, said = path.split("/"), list[str]()
        for place, step in enumerate(steps):
            if step.isdigit():
                said[-1] = self._words("form_numbered", label=said[-1], number=int(step) + 1)
            elif place or len(steps) == 1:
                said.append(self.label("/".join(steps[: place + 1])))
        return " · ".join(said)

    def _leaf(self, leaf: Leaf, held: str, own: dict[str, Any], *, insist: bool) -> Drawn:
        drawn: dict[str, Any] = {**own, "value": held, "required": insist, "hints": self._hints(leaf)}
        if leaf.name in COMMUNITY_FIELDS:
            return self._community(leaf, held, drawn)
        if leaf.control in (Control.CODE, Control.TRUTH):
            return self._choice(leaf, held, drawn)
        kind = "area" if leaf.control is Control.AREA else "line"
        return Drawn(kind=kind, attributes=_attributes(leaf), **drawn)

    def _community(self, leaf: Leaf, held: str, drawn: dict[str, Any]) -> Drawn:
        """Chosen from those that there are; of those who belong to one, always that one."""
        if self._fixed is not None and is_preset(leaf):
            name = self._communities.get(self._fixed, "")
            drawn |= {"value": self._fixed, "hints": ()}
            return Drawn(kind="fixed", fixed=f"{name} {self._fixed}".strip(), attributes={}, **drawn)
        if not self._communities:
            return Drawn(kind="line", attributes=_attributes(leaf), **drawn)
        known = [(code, f"{name} {code}") for code, name in sorted(self._communities.items())]
        if held and held not in self._communities:
            known.append((held, held))
        return self._select(known, held, {**drawn, "hints": ()}, optional=not leaf.given)

    def _choice(self, leaf: Leaf, held: str, drawn: dict[str, Any]) -> Drawn:
        if leaf.control is Control.TRUTH:
            known = [(YES, self._words.shown(True)), (NO, self._words.shown(False))]
        else:
            known = [(code.value, self._words.shown(code)) for code in leaf.codes]
        if len(known) > MOST_RADIOS:
            return self._select(known, held, drawn, optional=not leaf.given)
        if not leaf.given and not leaf.default:
            known.append(("", self._words("none")))
        path = str(drawn["path"])
        choices = [
            Choice(path if place == 0 else f"{path}-{place}", path, value, text, value == held)
            for place, (value, text) in enumerate(known)
        ]
        return Drawn(kind="radios", choices=choices, attributes={}, **drawn)

    def _select(self, known: list[tuple[str, str]], held: str, drawn: dict[str, Any], *, optional: bool) -> Drawn:
        first = "", self._words("none" if optional else "form_choose")
        choices = [Choice("", "", value, text, value == held) for value, text in (first, *known)]
        return Drawn(kind="select", choices=choices, attributes={}, **drawn)

    def _hints(self, leaf: Leaf) -> Sequence[str]:
        """What helps to fill it in: how it is kept, how it is written, how much of it."""
        words, text = self._words, leaf.text
        said = list[str]()
        if leaf.control is Control.MONTH:
            said.append(words("form_month"))
        if leaf.control is Control.MOMENT:
            said.append(words("time_zone"))
        if leaf.control is Control.NUMBER and leaf.most is not None:
            said.append(words("form_between", least=str(leaf.least), most=str(leaf.most)))
        if text == _DIVISION:
            said.append(words("form_division"))
        if text is not None and text.max_length >= _TOLD_FROM:
            said.append(words("form_at_most", count=text.max_length))
        if text is not None and text.personal:
            said.append(words("form_sealed"))
        elif text is not None and text.plain and not text.code and text.max_length >= _TOLD_FROM:
            said.append(words("form_plain"))
        return said


def _attributes(leaf: Leaf) -> Attributes:
    """The limits as HTML says them. No pattern: what is written full-width is brought to its plain form by the gate."""
    said: dict[str, str] = {}
    if leaf.control is not Control.AREA:
        said["type"] = leaf.control.value
    if leaf.text is not None:
        said["maxlength"] = str(leaf.text.max_length)
        if leaf.text.personal or leaf.text.code:
            said |= {"autocomplete": "off", "spellcheck": "false"}
    if leaf.control is Control.NUMBER:
        said |= {"inputmode": "numeric", "step": "1", "min": str(leaf.least)}
        said |= {} if leaf.most is None else {"max": str(leaf.most)}
    if leaf.control is Control.DAY:
        said |= _DAYS
    if leaf.control is Control.MONTH:
        said |= {name: day[:7] for name, day in _DAYS.items()}
        said["placeholder"] = "2015-06"
    if leaf.control is Control.MOMENT:
        said["step"] = "1"
    return said
