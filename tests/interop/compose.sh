#!/usr/bin/env bash
# Does Compose understand docker-compose.yml, in both its forms? Nothing is started.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

project=$(mktemp -d)
trap 'rm -rf "$project"' EXIT
cp docker-compose.yml "$project"
# Every installation writes its own; Compose insists on the file.
echo "PROG_STRENGTH_MCP_TOKEN=any" >"$project/.env"
cd "$project"
docker-compose config --quiet
config=$(docker-compose config)
[ "$(grep -c 'PROG_STRENGTH_MCP_TOKEN: any' <<<"$config")" = 2 ]
docker-compose --profile edge config --quiet
: >.env
if docker-compose config --quiet 2>/dev/null; then
    echo "compose starts without PROG_STRENGTH_MCP_TOKEN" >&2
    exit 1
fi
echo "ok compose: agent and workout server, with and without a Caddy of their own; never without the token between them"
