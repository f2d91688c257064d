#!/usr/bin/env bash
# Does Compose understand docker-compose.yml, in both its forms? Nothing is started.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

project=$(mktemp -d)
trap 'rm -rf "$project"' EXIT
cp docker-compose.yml "$project"
# Every installation writes its own; Compose insists on the file.
: >"$project/.env"
cd "$project"
docker-compose config --quiet
docker-compose --profile edge config --quiet
echo "ok compose: the agent alone, and with a Caddy of its own"
