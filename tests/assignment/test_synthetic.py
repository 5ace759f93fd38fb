"""A log is declared synthetic before anything stands in it, or never (§3.1.4). Everyone in it is invented."""

from dataclasses import replace

from services.assignment import directory
from services.assignment.commands import DeclareSynthetic, RegisterCommunity
from services.assignment.directory import Facts
from services.assignment.ledgers import declarations
from shared.contracts.assignment import CommunityRegistered, CommunityVoided, SyntheticDeclared
from tests.assignment.invented import WENBO, box
from tests.declarations import recorded
from tests.spec import spec

DIRECTORY = replace(spec(directory.DECIDER), facts=Facts())
DECLARE = DeclareSynthetic(code="410105010", made_by="示例演练组")
DECLARED = SyntheticDeclared(made_by="示例演练组")
REGISTERED = CommunityRegistered(code=WENBO, name="文博社区", grids=("1网格",), households=1200)


def test_an_empty_log_is_declared_synthetic_and_communities_follow() -> None:
    DIRECTORY.when(DECLARE).then(DECLARED)
    register = RegisterCommunity(code=WENBO, name="文博社区", grids=("1网格",), households=1200)
    DIRECTORY.given(DECLARED).when(register).then(REGISTERED)


def test_a_log_that_holds_a_community_is_never_declared_synthetic() -> None:
    DIRECTORY.given(REGISTERED).when(DECLARE).then_refused("directory_not_empty")
    voided = CommunityVoided(code=WENBO, names=("文博社区",), reason=box("误登"))
    DIRECTORY.given(REGISTERED, voided).when(DECLARE).then_refused("directory_not_empty")
    DIRECTORY.when(DECLARE, facts=Facts(any_community=True)).then_refused("directory_not_empty")


def test_it_is_declared_once_and_for_its_own_sub_district() -> None:
    DIRECTORY.given(DECLARED).when(DECLARE).then_refused("directory_not_empty")
    DIRECTORY.when(replace(DECLARE, code="410105011")).then_refused("foreign_sub_district", field="code")


def test_the_ledger_says_so_under_the_logs_own_code() -> None:
    told = recorded(DECLARED, id="410105010")
    assert list(declarations.LEDGER.keys(told)) == ["410105010"]
    row = declarations.LEDGER.evolve(None, told, "410105010")
    assert row == declarations.Row(made_by="示例演练组", declared_at=told.occurred_at)
