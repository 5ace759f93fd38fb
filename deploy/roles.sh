#!/bin/sh
# Run by PostgreSQL's image when the database is made.
set -e
psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -f /etc/sanguan/roles.sql \
	-v owner_password="$(cat /run/secrets/owner_password)" \
	-v process_password="$(cat /run/secrets/process_password)"
