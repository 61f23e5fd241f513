import { setImmediate } from 'node:timers/promises';

/**
 * Gives each caller a turn of the event loop of its own, in the order of their calls. Answers that
 * arrive together are dealt with one after the other that way, and what follows from one, such as
 * the next request, is sent before the next one is looked at: undici sends it one turn later, so
 * that everyone waits for two. Otherwise the requests of a fleet bunch: all wait for the last
 * answer, are sent together, and their answers arrive together again.
 */
export function turns(): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  return () => {
    last = last.then(() => setImmediate()).then(() => setImmediate());
    return last;
  };
}
