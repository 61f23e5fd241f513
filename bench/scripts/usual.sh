#!/usr/bin/env bash
# What the action does, by hand, as people write it: jq for each field, a mask for each line.
# With SECRETS=true, it also pushes key and certificate, with gh.
set -euo pipefail
umask 077
mkdir -p "$DIRECTORY"

response=$(curl -fsS --cacert "$CA" -u "$CLIENT_ID:$CLIENT_SECRET" \
  -d grant_type=client_credentials "$TOKEN_URL")
token=$(echo "$response" | jq -r .access_token)
echo "::add-mask::$token"

response=$(curl -fsS --cacert "$CA" -H "Authorization: Bearer $token" \
  -H 'Content-Type: application/json' \
  -d "$(jq -n --arg name "$NAME" '{name: $name}')" "$API_URL/agentCertificates")
agent_id=$(echo "$response" | jq -r .agentId)
client_id=$(echo "$response" | jq -r .clientId)
key=$(echo "$response" | jq -r .privateKey | awk '{ gsub(/\\n/, "\n"); print }')
certificate=$(echo "$response" | jq -r .publicKey | awk '{ gsub(/\\n/, "\n"); print }')

while IFS= read -r line; do
  echo "::add-mask::$line"
done <<<"$key"

echo "$key" >"$DIRECTORY/$client_id.key"
echo "$certificate" >"$DIRECTORY/$client_id.pem"
echo "agentId=$agent_id" >>"$GITHUB_OUTPUT"
echo "clientId=$client_id" >>"$GITHUB_OUTPUT"

if [ "${SECRETS:-}" = true ]; then
  gh secret set INSIGHTS_HUB_AGENT_PRIVATE_KEY <"$DIRECTORY/$client_id.key"
  gh secret set INSIGHTS_HUB_AGENT_CERTIFICATE <"$DIRECTORY/$client_id.pem"
fi
