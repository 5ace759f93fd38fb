"""Who may send what: a community's clerk keeps its work ledger (§3.1.4), the office may do all that a clerk may."""

from typing import Final

from shared.contracts.codes import Role

OFFICE: Final = frozenset({Role.OFFICE})
"""Who serves where is the office's to decide (§3.1)."""
CLERKS: Final = frozenset({Role.CLERK, Role.OFFICE})
LEADERS: Final = frozenset({Role.LEADER, Role.OFFICE})
"""Who answers for a case is said by the leader who answers for the community (§3.3.1), or by the office."""
OFFICERS: Final = frozenset({Role.OFFICER, Role.CLERK, Role.OFFICE})
"""Officers record their work; a clerk may enter it for them (the actor's `on_behalf_of` says for whom)."""
REACTIONS: Final = frozenset({Role.SERVICE})
