#!/usr/bin/env bash
# Runs once, on an empty volume: makes the role that owns the schema. It is no superuser; it makes the services' roles.
set -euo pipefail
psql --username postgres --set ON_ERROR_STOP=1 --set password="$OWNER_PASSWORD" <<'SQL'
CREATE ROLE perpetuo_owner LOGIN NOSUPERUSER NOBYPASSRLS CREATEROLE PASSWORD :'password';
CREATE DATABASE perpetuo OWNER perpetuo_owner;
SQL
