import type { DemoOptions } from './options.ts';

/** Lines of a command for a shell. */
type Lines = readonly string[];
type Inputs = Readonly<Record<string, string>>;

/** Quotes a text as one word for a shell. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** Gets a token with curl and the credentials in the inputs. */
export function tokenLines(inputs: Inputs): Lines {
  const { token, 'app-name': appName } = inputs;
  if (token !== undefined) return [`TOKEN=${quoted(token)}`, 'echo "$TOKEN"'];
  const request = appName === undefined ? userRequest(inputs) : applicationRequest(inputs);
  return [
    `TOKEN=$(curl -sS ${request.options} \\`,
    `  ${request.url} | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')`,
    'echo "$TOKEN"',
  ];
}

function userRequest(inputs: Inputs) {
  const { tenant = '', 'oauth-client-id': id, 'oauth-client-secret': secret } = inputs;
  const url = (inputs['token-url'] ?? '').replace('{tenant}', tenant);
  return { url, options: `-u '${id}:${secret}' -d grant_type=client_credentials` };
}

function applicationRequest(inputs: Inputs) {
  const { tenant, 'oauth-client-id': id, 'oauth-client-secret': secret } = inputs;
  const { 'app-name': appName, 'app-version': appVersion } = inputs;
  const basic = Buffer.from(`${id}:${secret}`).toString('base64');
  const body = JSON.stringify({ appName, appVersion, hostTenant: tenant, userTenant: tenant });
  const options = [
    `-H 'X-SPACE-AUTH-KEY: Basic ${basic}'`,
    "-H 'Content-Type: application/json'",
    `-d ${quoted(body)}`,
  ];
  return {
    url: `${apiUrl(inputs, 'technicaltokenmanager')}/oauth/token`,
    options: options.join(' '),
  };
}

/** Creates agents with curl and that token. */
export function createLines(inputs: Inputs, { names, owner }: DemoOptions): Lines {
  return names.flatMap((name) => [
    `curl -sS -w '\\n' -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\`,
    `  -d ${quoted(JSON.stringify({ name, owner }))} \\`,
    `  ${apiUrl(inputs, 'mindconnectmqtt')}/agentCertificates`,
  ]);
}

const apiUrl = (inputs: Inputs, api: string) => (inputs['api-url'] ?? '').replace('{api}', api);

/** Publishes a message with mosquitto_pub and the files in a directory. */
export function publishLines(
  clientId: string,
  tenant: string,
  directory: string,
  { hostname, port }: URL,
): Lines {
  const timestamp = new Date().toISOString();
  return [
    `cd '${directory}'`,
    `mosquitto_pub -h ${hostname} -p ${port} -i ${clientId} --cafile root-ca.pem \\`,
    `  --cert ${clientId}.pem --key ${clientId}.key -q 1 -d \\`,
    `  -t tc/${tenant}/${clientId}/o/mc_v3/ts \\`,
    `  -m '{"timeseries":[{"timestamp":"${timestamp}","values":[`,
    `    {"dataPointId":"temperature","value":"21.5","qualityCode":"0"}]}]}'`,
  ];
}
