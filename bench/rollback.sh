#!/usr/bin/env bash
# The runbook as a shell script: what an operator runs by hand, with the same number of good results of each check.
# usage: rollback.sh <namespace> <deployment> <service url> <metrics port> <health> <chat> <agents> <metrics>
set -euo pipefail
namespace=$1 deployment=$2 url=$3 metrics_port=$4
health=$5 chat=$6 agents=$7 metrics=$8

kubectl rollout undo "deployment/$deployment" -n "$namespace" >/dev/null
kubectl rollout status "deployment/$deployment" -n "$namespace" --timeout=120s >/dev/null

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
addresses=$(kubectl get pods -n "$namespace" -l "app=$deployment" -o jsonpath='{.items[*].status.podIP}')
for ((good = 0; good < metrics; good += 1)); do
  for address in $addresses; do
    curl -sf -m 5 "http://$address:$metrics_port/metrics" >/dev/null
  done
done
