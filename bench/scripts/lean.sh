#!/bin/sh
# What the action does, by hand, with as few programs as it takes: curl, curl, jq, awk.
# With SECRETS=true, it also pushes key and certificate, with gh.
set -eu
umask 077
mkdir -p "$DIRECTORY"

answer=$(
  curl --fail --silent --show-error --cacert "$CA" --config - "$TOKEN_URL" <<END
user = "$CLIENT_ID:$CLIENT_SECRET"
data = "grant_type=client_credentials"
END
)
token=${answer#*'"access_token":"'}
token=${token%%'"'*}
echo "::add-mask::$token"

curl --fail --silent --show-error --cacert "$CA" --config - "$API_URL/agentCertificates" <<END |
header = "Authorization: Bearer $token"
header = "Content-Type: application/json"
data = "{\"name\":\"$NAME\"}"
END
  jq -r '.agentId, .clientId, .privateKey, .publicKey' |
  awk '
    NR == 1 { print "agentId=" $0 >> ENVIRON["GITHUB_OUTPUT"]; next }
    NR == 2 {
      print "clientId=" $0 >> ENVIRON["GITHUB_OUTPUT"]
      path = ENVIRON["DIRECTORY"] "/" $0
      next
    }
    {
      # The line ends of a PEM may be escaped.
      count = split($0, lines, /\\n/)
      for (i = 1; i <= count; i++) {
        line = lines[i]
        if (line == "") continue
        if (line ~ /^-----BEGIN .*PRIVATE KEY/) { file = path ".key"; key = 1 }
        if (line ~ /^-----BEGIN CERTIFICATE/) { file = path ".pem"; key = 0; certificate = 1 }
        if (key) print "::add-mask::" line
        print line > file
      }
    }
    END { exit !certificate }'

if [ "${SECRETS:-}" = true ]; then
  set -- "$DIRECTORY"/*.key "$DIRECTORY"/*.pem
  gh secret set INSIGHTS_HUB_AGENT_PRIVATE_KEY <"$1"
  gh secret set INSIGHTS_HUB_AGENT_CERTIFICATE <"$2"
fi
