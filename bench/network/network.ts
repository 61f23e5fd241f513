import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Helper } from '../processes/helper.ts';
import type { Values } from '../processes/job-folder.ts';
import type { RelayOrders } from './relay-process.ts';
import type { Access, Asked, ServicesOrders } from './services-process.ts';

/** Separate hosts, as in reality, for the token service, the gateway and GitHub. */
const HOSTS = ['127.0.0.1', '127.0.0.2', '127.0.0.3'] as const;

/** Insights Hub and GitHub over TLS 1.3, at any distance. */
export interface Network {
  readonly tenant: string;
  /** what leads the action to them: inputs, and variables of its job */
  readonly action: ActionAccess;
  /** the variables that lead a shell script to them */
  readonly script: Values;
  setRoundTrip(milliseconds: number): Promise<void>;
  /** requests since the last call, and the number of connections */
  count(): Promise<Asked & { readonly connections: number }>;
  stop(): void;
}

interface ActionAccess {
  readonly inputs: Values;
  readonly gitHubToken: string;
  readonly env: Values;
}

/** Starts services and relays, in separate processes. The CA's file is written to the directory. */
export async function startNetwork(directory: string): Promise<Network> {
  const services = new Helper<ServicesOrders>(script('services-process.ts'));
  const relay = new Helper<RelayOrders>(script('relay-process.ts'));
  const stop = () => {
    services.stop();
    relay.stop();
  };
  try {
    const access = await services.ask('open', { hosts: HOSTS });
    const targets = [access.hubPort, access.hubPort, access.gitHubPort];
    const relays = HOSTS.map((host, index) => ({ host, target: targets[index] ?? 0 }));
    const { ports } = await relay.ask('open', { relays });
    const authority = path.join(directory, 'root-ca.pem');
    await writeFile(authority, access.ca);
    return {
      tenant: access.tenant,
      ...waysTo(
        access,
        HOSTS.map((host, index) => `${host}:${ports[index]}`),
        authority,
      ),
      setRoundTrip: async (milliseconds) => {
        await relay.ask('setRoundTrip', { milliseconds });
      },
      count: async () => {
        const { connections } = await relay.ask('count', {});
        const asked = await services.ask('count', {});
        return { ...asked, connections: connections.reduce((sum, count) => sum + count, 0) };
      },
      stop,
    };
  } catch (error) {
    stop();
    throw error;
  }
}

function waysTo(access: Access, hosts: readonly string[], authority: string) {
  const [tokens, gateway, gitHub] = hosts;
  const { tenant, clientId, clientSecret, repository, gitHubToken } = access;
  return {
    action: {
      inputs: {
        tenant,
        'oauth-client-id': clientId,
        'oauth-client-secret': clientSecret,
        'token-url': `https://${tokens}/{tenant}/oauth/token`,
        'api-url': `https://${gateway}/api/{api}/v3`,
      },
      gitHubToken,
      env: { NODE_EXTRA_CA_CERTS: authority, GITHUB_API_URL: `https://${gitHub}/api/v3` },
    },
    script: {
      CA: authority,
      CLIENT_ID: clientId,
      CLIENT_SECRET: clientSecret,
      TOKEN_URL: `https://${tokens}/${tenant}/oauth/token`,
      API_URL: `https://${gateway}/api/mindconnectmqtt/v3`,
      ...{ GH_HOST: `${gitHub}`, GH_REPO: `${gitHub}/${repository}` },
      ...{ GH_ENTERPRISE_TOKEN: gitHubToken, GH_NO_UPDATE_NOTIFIER: '1', SSL_CERT_FILE: authority },
    },
  };
}

function script(name: string): string {
  return path.join(import.meta.dirname, name);
}
