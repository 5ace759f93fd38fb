"""The addresses of the forms: which there are, each of them, and what was recorded where no other page shows it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from starlette.routing import BaseRoute

from shared.access.visitor import Visitor
from shared.command import Desk
from shared.contracts.codes import Role
from shared.contracts.model import Refused, Service, Within
from shared.web.forms.form import COMMAND_ID, RECORDED, CommandForm, roles_of
from shared.web.pages import Ask, Page, Site, roles_that_send
from shared.web.words import Words


def routes(site: Site) -> list[BaseRoute]:
    """`/forms`, `/{service}/forms`, `/{service}/forms/{command}`, `/{service}/forms/recorded`."""
    services = [one for desk in site.node.desks.values() if (one := FormsOfService(site, desk)).forms]
    if not services:
        return []

    elsewhere = [one for one in site.node.storage.services if one.name not in site.node.desks]

    def all_of_them(ask: Ask) -> Page:
        return _index(ask, services, elsewhere)

    return [
        site.page("/forms", all_of_them, roles_that_send(site.node.storage.services), within=Within.OPEN),
        *(route for one in services for route in one.routes()),
    ]


class FormsOfService:
    """All forms of a service."""

    def __init__(self, site: Site, desk: Desk) -> None:
        self._site, self.service = site, desk.service
        self.forms: list[CommandForm] = []
        for decider in desk.service.deciders:
            self.forms += [CommandForm(site, desk, one, self.forms) for one in decider.accepts if roles_of(one)]

    @property
    def roles(self) -> frozenset[Role]:
        """Who gets any of them."""
        return frozenset(role for form in self.forms for role in form.rule.roles)

    def routes(self) -> list[BaseRoute]:
        """What there is, what was recorded, and each form."""

        def index(ask: Ask) -> Page:
            return _index(ask, [self])

        path = f"/{self.service.name}/forms"
        return [
            self._site.page(path, index, self.roles, within=Within.OPEN),
            self._site.page(f"{path}/recorded", self.recorded, self.roles, within=Within.OPEN),
            *(route for form in self.forms for route in form.routes()),
        ]

    def for_visitor(self, visitor: Visitor, words: Words) -> Mapping[str, Sequence[CommandForm]]:
        """What a visitor may send, by what it is about."""
        found = defaultdict[str, list[CommandForm]](list)
        for form in self.forms:
            if form.is_for(visitor):
                found[form.about(words)].append(form)
        return found

    def recorded(self, ask: Ask) -> Page:
        """What one command has recorded, for whoever knows its id; raises `Refused("not_found")`."""
        id = ask.query(RECORDED)
        before = self._site.node.storage.log.answered(ask.log, id) if COMMAND_ID.fullmatch(id) else None
        if before is None:
            raise Refused("not_found")
        first = before.answer.position
        shows = {
            "stream": before.answer.stream,
            "events": [(first + place, type) for place, type in enumerate(before.answer.types)],
            "linked": ask.community is None,  # the record is the whole sub-district's
            "back": f"/{self.service.name}/forms",
        }
        return Page("site/form_recorded.html", ask.words("form_recorded"), shows)


def _index(ask: Ask, services: Sequence[FormsOfService], elsewhere: Sequence[Service] = ()) -> Page:
    """What a visitor may send; of services that other processes serve, where that is listed."""
    listed = [(one.service, one.for_visitor(ask.visitor, ask.words)) for one in services]
    shows = {
        "listed": [(service, groups) for service, groups in listed if groups],
        "elsewhere": [one for one in elsewhere if ask.visitor.actor.role in roles_that_send([one])],
    }
    return Page("site/forms.html", ask.words("forms"), shows)
