#!/bin/sh
# Makes Temporal's two databases, or brings their schema to the version of these tools. Harmless to repeat.
# Reads SQL_PLUGIN, SQL_HOST, SQL_PORT, SQL_USER, SQL_PASSWORD, as temporal-sql-tool does.
set -eu

for database in temporal temporal_visibility; do
  temporal-sql-tool --db "$database" create-database
  temporal-sql-tool --db "$database" setup-schema --version 0.0
  temporal-sql-tool --db "$database" update-schema --schema-name "postgresql/v12/${database#temporal_}"
done
