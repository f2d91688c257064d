#!/usr/bin/env bash
# Checks that Compose accepts docker-compose.yml, with and without its profiles. Starts nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

project=$(mktemp -d)
trap 'rm -rf "$project"' EXIT
cp docker-compose.yml "$project"
# Compose requires the file, which each installation writes.
echo "PROG_STRENGTH_MCP_TOKEN=any" >"$project/.env"
cd "$project"
docker-compose config --quiet
config=$(docker-compose config)
[ "$(grep -c 'PROG_STRENGTH_MCP_TOKEN: any' <<<"$config")" = 3 ]
docker-compose --profile edge config --quiet
docker-compose --profile postgres config --quiet
: >.env
if docker-compose config --quiet 2>/dev/null; then
    echo "compose starts without PROG_STRENGTH_MCP_TOKEN" >&2
    exit 1
fi
echo "ok compose: agent, workout server and runs, with and without a Caddy and a PostgreSQL of their own; never without the token between them"
