import { InsightsHub } from '../../sandbox/insights-hub/insights-hub.ts';
import { makePairs } from '../../sandbox/insights-hub/pairs.ts';
import { obeyOrders } from '../processes/helper.ts';

/** Number of key pairs that are issued in turn. */
const PAIRS = 64;

export type HubOrders = {
  /** starts an empty hub; returns the inputs that lead an action to it */
  readonly open: {
    readonly order: { readonly latency: number };
    readonly answer: Readonly<Record<string, string>>;
  };
  /** stops that hub, and returns what it saw */
  readonly close: { readonly order: object; readonly answer: HubCounts };
};

export interface HubCounts {
  readonly agents: number;
  readonly tokenRequests: number;
  readonly creates: number;
  readonly mostInFlight: number;
}

const pairs = makePairs(PAIRS);
let hub: InsightsHub | undefined;

obeyOrders<HubOrders>({
  open: async ({ latency }) => {
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
