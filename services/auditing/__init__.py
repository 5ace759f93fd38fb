"""`sanguan audit`: what an auditor does with the record. One module for each command."""

from services.auditing import bundling, diffing, explaining, replaying, rotating, verifying, witnessing
from services.auditing.app import audit_app

__all__ = ["audit_app", "bundling", "diffing", "explaining", "replaying", "rotating", "verifying", "witnessing"]
