import type { Clock } from '../../src/http/clock.ts';
import type { Throttle } from '../../src/http/throttle.ts';
import type { Limit } from '../../src/http/time-limit.ts';
import type { Window } from '../../src/insights-hub/quotas.ts';

/** Virtual time: sleepers wake up in order, and nothing else takes any time. */
export class VirtualTime implements Clock {
  #now = 0;
  readonly #sleepers: { readonly at: number; readonly wake: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  random(): number {
    return 0.5;
  }

  sleep(milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#sleepers.push({ at: this.#now + Math.max(0, milliseconds), wake: resolve });
    return promise;
  }

  /** Lets time pass until the work is done. */
  async run<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const done = () => {
      isDone = true;
    };
    work.then(done, done);
    for (;;) {
      // Everything that follows from the last wake-up happens before the next.
      await new Promise(setImmediate);
      if (isDone) return work;
      const next = this.#sleepers.sort((a, b) => a.at - b.at).shift();
      if (next === undefined) throw new Error('everything waits for ever');
      this.#now = next.at;
      next.wake();
    }
  }
}

export interface ServiceModel {
  readonly window: Window;
  /** Kong's sliding window does: who knocks early waits longer */
  readonly countsRefused: boolean;
  readonly saysWhen: boolean;
}

/** A service that rejects requests over its quota; all jobs of a tenant share it. */
export function modelOf({ window, countsRefused, saysWhen }: ServiceModel, time: VirtualTime) {
  const times: number[] = [];
  const length = window.seconds * 1000;
  return {
    refusals: 0,
    /** Returns nothing for a success, and otherwise how long the rejection asks to wait. */
    request(): { readonly refused: boolean; readonly asked?: number } {
      const now = time.now();
      while ((times[0] ?? now) <= now - length) times.shift();
      const isOver = times.length >= window.count;
      if (!isOver || countsRefused) times.push(now);
      if (!isOver) return { refused: false };
      this.refusals += 1;
      const freeAt = (times.at(-window.count) ?? now) + length;
      return { refused: true, ...(saysWhen && { asked: Math.ceil((freeAt - now) / 1000) * 1000 }) };
    },
  };
}

const ENDLESS: Limit = {
  seconds: 300,
  signal: new AbortController().signal,
  graceSignal: new AbortController().signal,
  cancelled: false,
  remaining: () => 300_000,
  pause: () => () => {},
};

/** A job that creates so many agents, a few in parallel. Returns how many failed. */
export async function job(
  agents: number,
  throttle: Throttle,
  service: ReturnType<typeof modelOf>,
  time: VirtualTime,
  { concurrency = 4, latency = 400 } = {},
): Promise<number> {
  let left = agents;
  let failed = 0;
  const createOne = async () => {
    for (;;) {
      await throttle.turn(ENDLESS, 0);
      await time.sleep(latency / 2);
      const answer = service.request();
      await time.sleep(latency / 2);
      throttle.returned();
      if (!answer.refused) return throttle.succeeded();
      if (throttle.postpone(answer.asked, 0) === 'give-up') {
        failed += 1;
        return;
      }
    }
  };
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      await createOne();
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return failed;
}
