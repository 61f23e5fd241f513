import type { Destination } from './destination.ts';

/** A destination that is loaded when it is prepared, so that the token's request goes out before. */
export function lateDestination(load: () => Promise<Destination>): Destination {
  return {
    prepare: async (agents, limit) => (await load()).prepare(agents, limit),
    deliver: async (issued, limit) => (await load()).deliver(issued, limit),
    keep: async (delivery) => (await load()).keep(delivery),
  };
}
