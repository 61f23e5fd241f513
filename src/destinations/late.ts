import { once } from '../once.ts';
import type { Destination } from './destination.ts';

/** A destination that is loaded when it is prepared, so that the token's request goes out before. */
export function lateDestination(load: () => Promise<Destination>): Destination {
  const loaded = once(load);
  return {
    prepare: async (agents, limit) => (await loaded()).prepare(agents, limit),
    deliver: async (issued, limit) => (await loaded()).deliver(issued, limit),
    keep: async (delivery) => (await loaded()).keep(delivery),
  };
}
