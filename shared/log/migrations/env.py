"""Alembic's entry: runs the migrations on the connection that `shared.log.schema` hands over."""

from alembic import context

from shared.log.tables import METADATA

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=METADATA, version_table="log_revision")
with context.begin_transaction():
    context.run_migrations()
