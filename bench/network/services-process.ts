import { GitHub } from '../../sandbox/github/github.ts';
import { ServerAuthority } from '../../sandbox/insights-hub/authority.ts';
import { InsightsHub } from '../../sandbox/insights-hub/insights-hub.ts';
import { makePairs } from '../../sandbox/insights-hub/pairs.ts';
import { obeyOrders } from '../processes/helper.ts';

/** Number of key pairs that are issued in turn. */
const PAIRS = 16;

export type ServicesOrders = {
  /** starts the services with a certificate for these hosts */
  readonly open: { readonly order: { readonly hosts: readonly string[] }; readonly answer: Access };
  /** requests since the last call */
  readonly count: { readonly order: object; readonly answer: Asked };
};

export interface Access {
  /** the CA of the services' certificate, as PEM */
  readonly ca: string;
  readonly hubPort: number;
  readonly gitHubPort: number;
  readonly tenant: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly repository: string;
  readonly gitHubToken: string;
}

export interface Asked {
  readonly requests: number;
  /** the written secrets, opened, by name */
  readonly secrets: Readonly<Record<string, string>>;
}

async function startServices(hosts: readonly string[]) {
  const authority = await ServerAuthority.create('Bench Root CA');
  const identity = await authority.issueServer({ names: hosts });
  const tls = { ...identity, minVersion: 'TLSv1.3' } as const;
  const hub = await InsightsHub.start({ tls, pairs: await makePairs(PAIRS) });
  const github = await GitHub.start({ tls, lenient: true });
  return { ca: authority.certificate, hub, github };
}

let services: Awaited<ReturnType<typeof startServices>> | undefined;

obeyOrders<ServicesOrders>({
  open: async ({ hosts }) => {
    services = await startServices(hosts);
    const { ca, hub, github } = services;
    return {
      ca,
      hubPort: portOf(hub.origin),
      gitHubPort: portOf(github.origin),
      tenant: hub.tenant,
      clientId: hub.technicalUser.id,
      clientSecret: hub.technicalUser.secret,
      repository: github.repository,
      gitHubToken: github.issueToken(),
    };
  },
  count: () => {
    if (services === undefined) throw new Error('there are no services');
    const { hub, github } = services;
    const requests = hub.requests.splice(0).length + github.requests.splice(0).length;
    hub.replies.splice(0);
    github.replies.splice(0);
    const secrets = Object.fromEntries(github.vault.secrets);
    github.vault.secrets.clear();
    return { requests, secrets };
  },
});

function portOf(origin: string): number {
  return Number(new URL(origin).port);
}
