import { obeyOrders } from '../processes/helper.ts';
import { type Relay, type RelayOptions, startRelay } from './relay.ts';

export type RelayOrders = {
  /** starts a relay for each target; returns their ports, in the same order */
  readonly open: {
    readonly order: { readonly relays: readonly RelayOptions[] };
    readonly answer: { readonly ports: readonly number[] };
  };
  readonly setRoundTrip: {
    readonly order: { readonly milliseconds: number };
    readonly answer: object;
  };
  /** number of connections of each relay since the last call */
  readonly count: {
    readonly order: object;
    readonly answer: { readonly connections: readonly number[] };
  };
};

let relays: readonly Relay[] = [];
let counted: readonly number[] = [];

obeyOrders<RelayOrders>({
  open: async (order) => {
    relays = await Promise.all(order.relays.map(startRelay));
    return { ports: relays.map(({ port }) => port) };
  },
  setRoundTrip: ({ milliseconds }) => {
    for (const relay of relays) relay.setRoundTrip(milliseconds);
    return {};
  },
  count: () => {
    const before = counted;
    counted = relays.map((relay) => relay.connections());
    return { connections: counted.map((all, index) => all - (before[index] ?? 0)) };
  },
});
