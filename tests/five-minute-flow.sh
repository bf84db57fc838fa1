#!/usr/bin/env bash
# The five-minute flow, request by request, against a running Perpetuo: sign up, add a provider key, send a request, read
# the log and the usage, open the console. Run it once against a fresh system; a second run needs another EMAIL.
#
#     CONTROL_URL=http://localhost:3000 GATEWAY_URL=http://localhost:8080 tests/five-minute-flow.sh
set -euo pipefail

control=${CONTROL_URL:-http://localhost:3000}
gateway=${GATEWAY_URL:-http://localhost:8080}
email=${EMAIL:-test@example.com}
started=$SECONDS

# Prints a member of the JSON on standard input; `value` is the parsed text.
field() {
  node -e 'const value = JSON.parse(require("node:fs").readFileSync(0, "utf8")); console.log(eval(process.argv[1]))' "$1"
}

# Stops with the text of the answer unless the expression holds for it.
expect() {
  local answer=$1 expression=$2
  if [ "$(printf '%s' "$answer" | field "Boolean($expression)")" != true ]; then
    printf 'FAILED: %s\nin the answer: %s\n' "$expression" "$answer" >&2
    exit 1
  fi
}

echo "1. Sign up"
signup=$(curl -sS -X POST "$control/auth/signup" -H 'content-type: application/json' \
  -d "{\"email\":\"$email\",\"password\":\"Password123!\",\"name\":\"Test User\"}")
expect "$signup" 'value.success && value.data.user.email && value.data.workspace.name === "Default Workspace"'
expect "$signup" '/^pk_[0-9a-f]{48}$/.test(value.data.api_key)'
token=$(printf '%s' "$signup" | field value.data.token)
workspace=$(printf '%s' "$signup" | field value.data.workspace.id)
api_key=$(printf '%s' "$signup" | field value.data.api_key)

echo "2. Add a provider key"
provider=$(curl -sS -X POST "$control/workspaces/$workspace/providers" -H "authorization: Bearer $token" \
  -H 'content-type: application/json' -d '{"provider":"openai","api_key":"sk-proj-five-minute-flow","priority":1}')
expect "$provider" 'value.success && value.data.provider === "openai" && value.data.last_four === "flow"'
expect "$provider" '!JSON.stringify(value).includes("sk-proj-five")'

echo "3. Send a request"
body='{"model":"gpt-4","messages":[{"role":"user","content":"Hello, world!"}]}'
completion=$(curl -sS -X POST "$gateway/v1/chat/completions" -H "authorization: Bearer $api_key" \
  -H 'content-type: application/json' -d "$body")
expect "$completion" 'value.object === "chat.completion" && value.choices[0].message.content.length > 0'
expect "$completion" 'value.usage.total_tokens > 0'

echo "4. Stream one"
stream=$(curl -sS -N -X POST "$gateway/v1/chat/completions" -H "authorization: Bearer $api_key" \
  -H 'content-type: application/json' -d "${body%\}},\"stream\":true}")
case $stream in
  'data: {'*'data: [DONE]') ;;
  *) printf 'FAILED: not a whole stream: %s\n' "$stream" >&2 && exit 1 ;;
esac

echo "5. Read the log and the usage"
for _ in 1 2 3 4 5 6 7 8 9 10; do
  logs=$(curl -sS "$control/workspaces/$workspace/logs" -H "authorization: Bearer $token")
  [ "$(printf '%s' "$logs" | field 'value.data?.total ?? 0')" -ge 2 ] && break
  sleep 0.5
done
expect "$logs" 'value.success && value.data.total === 2 && value.data.page === 1 && value.data.limit === 50'
expect "$logs" 'value.data.items.every((item) => item.provider_used === "openai" && item.model === "gpt-4")'
expect "$logs" 'value.data.items.every((item) => item.status_code === 200 && item.cost_usd > 0)'
expect "$logs" 'value.data.items.every((item) => item.input_tokens > 0 && item.output_tokens > 0)'
expect "$logs" 'value.data.items.every((item) => item.request_id && item.duration_ms >= 0 && item.created_at)'
usage=$(curl -sS "$control/workspaces/$workspace/usage" -H "authorization: Bearer $token")
expect "$usage" 'value.success && value.data.total_requests === 2 && value.data.total_cost_usd > 0'
expect "$usage" 'value.data.total_input_tokens > 0 && value.data.total_output_tokens > 0'

echo "6. Open the console"
console=$(curl -sS "$control/")
case $console in
  *'<div id="root"'*) ;;
  *) printf 'FAILED: not the console: %s\n' "$console" >&2 && exit 1 ;;
esac

echo "five-minute flow: passed in $((SECONDS - started)) s"
