import { InsightsHub } from '../sandbox/insights-hub/insights-hub.ts';
import { makePairs } from '../sandbox/insights-hub/pairs.ts';

/** So many key pairs are handed out in turn. */
const PAIRS = 64;

export type HubOrder =
  | { readonly kind: 'open'; readonly latency: number }
  | { readonly kind: 'close' };

/** What is answered to each order. */
export interface HubAnswers {
  readonly open: Readonly<Record<string, string>>;
  readonly close: HubCounts;
}

export interface HubCounts {
  readonly agents: number;
  readonly tokenRequests: number;
  readonly creates: number;
  readonly mostInFlight: number;
}

const pairs = makePairs(PAIRS);
let hub: InsightsHub | undefined;

process.on('message', (order: HubOrder) => {
  obey(order).then(
    (answer) => process.send?.(answer),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});

async function obey(order: HubOrder): Promise<HubAnswers[HubOrder['kind']]> {
  if (order.kind === 'close') return close();
  hub = await InsightsHub.start({ latency: order.latency, pairs: await pairs });
  const { tenant, technicalUser, urls } = hub;
  return {
    tenant,
    'oauth-client-id': technicalUser.id,
    'oauth-client-secret': technicalUser.secret,
    ...urls,
  };
}

async function close(): Promise<HubCounts> {
  if (hub === undefined) throw new Error('there is no hub to close');
  const counts = {
    agents: hub.agents.size,
    tokenRequests: hub.seen('token').length,
    creates: hub.seen('create').length,
    mostInFlight: hub.mostInFlight,
  };
  await hub.stop();
  hub = undefined;
  return counts;
}
