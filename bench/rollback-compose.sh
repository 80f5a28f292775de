#!/usr/bin/env bash
# Runbook 4 as a shell script: what an operator runs by hand, with the same number of good results of each
# check.
# usage: rollback-compose.sh <compose file> <service> <image> <service url> <metrics url> <health> <chat> <agents> <metrics>
set -euo pipefail
file=$1 service=$2 image=$3 url=$4 metrics_url=$5
health=$6 chat=$7 agents=$8 metrics=$9

sed -i "s|image: ${image%:*}:[^ ]*|image: $image|" "$file"
docker compose -f "$file" pull --quiet "$service" 2>/dev/null
docker compose -f "$file" up --detach --no-deps "$service" 2>/dev/null
docker ps --filter "label=com.docker.compose.service=$service" --format '{{.Image}}' | grep -qx "$image"

for ((good = 0; good < health; )); do
  curl -sf -m 5 "$url/health" | grep -q '"status":"ok"' && good=$((good + 1))
done
for ((good = 0; good < chat; )); do
  id=$(cat /proc/sys/kernel/random/uuid)
  curl -sf -m 45 -H 'Content-Type: application/json' \
    -d "{\"message\":\"rollback smoke test $RANDOM\",\"correlation_id\":\"$id\"}" "$url/api/v1/chat" |
    grep "\"correlation_id\":\"$id\"" | grep -q '"status":"success"' && good=$((good + 1))
done
for ((good = 0; good < agents; )); do
  curl -sf -m 5 "$url/api/v1/agents" | grep -q '^\[' && good=$((good + 1))
done
for ((good = 0; good < metrics; )); do
  curl -sf -m 5 "$metrics_url" >/dev/null && good=$((good + 1))
done
