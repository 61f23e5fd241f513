import { InsightsHub } from '../../sandbox/insights-hub/insights-hub.ts';
import { makePairs } from '../../sandbox/insights-hub/pairs.ts';
import { obeyOrders } from '../processes/helper.ts';

/** So many key pairs are handed out in turn. */
const PAIRS = 64;

export type HubOrders = {
  /** starts a hub with empty books, and as many key pairs as asked for; the answer is the inputs that lead an action there */
  readonly open: {
    readonly order: { readonly latency: number; readonly pairs?: number };
    readonly answer: Readonly<Record<string, string>>;
  };
  /** ends that hub, and tells what it saw */
  readonly close: { readonly order: object; readonly answer: HubCounts };
};

export interface HubCounts {
  readonly agents: number;
  readonly tokenRequests: number;
  readonly creates: number;
  readonly mostInFlight: number;
}

let pairs = makePairs(PAIRS);
let made = PAIRS;
let hub: InsightsHub | undefined;

obeyOrders<HubOrders>({
  open: async ({ latency, pairs: wanted = PAIRS }) => {
    if (wanted > made) {
      pairs = makePairs(wanted);
      made = wanted;
    }
    hub = await InsightsHub.start({ latency, pairs: await pairs });
    const { tenant, technicalUser, urls } = hub;
    return {
      tenant,
      'oauth-client-id': technicalUser.id,
      'oauth-client-secret': technicalUser.secret,
      ...urls,
    };
  },
  close: async () => {
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
  },
});
