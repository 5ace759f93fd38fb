"""The databases that tests of the tree and the audit run on."""

from tests.log.conftest import database as database
