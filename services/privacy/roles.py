"""Who may send what: nobody alone decides that something is opened or erased (个人信息保护法 51, 52)."""

from typing import Final

from shared.contracts.codes import Role

GUARDS: Final = frozenset({Role.PRIVACY, Role.OFFICE})
"""Of two persons who must agree, both are of these."""
PRIVACY: Final = frozenset({Role.PRIVACY})
"""The privacy officer 个人信息保护负责人."""
REVIEWERS: Final = PRIVACY
"""Who looks at an emergency's opening afterwards."""
DUE: Final = frozenset({Role.PRIVACY, Role.OFFICE, Role.SERVICE})
"""Who restricts: people, and the clock."""
ASKING: Final = frozenset({Role.CLERK, Role.OFFICER, Role.LEADER, Role.OFFICE, Role.AUDITOR, Role.PRIVACY})
AT_ONCE: Final = frozenset({Role.CLERK, Role.OFFICER, Role.LEADER, Role.OFFICE})
"""Who may meet an emergency."""
DESKS: Final = frozenset({Role.CLERK, Role.OFFICE, Role.PRIVACY})
"""Where a person may come with a request."""
OVERSIGHT: Final = frozenset({Role.PRIVACY, Role.OFFICE, Role.AUDITOR})
"""Who reads the ledgers of privacy."""
REACTIONS: Final = frozenset({Role.SERVICE})
