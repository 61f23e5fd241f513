import { follow } from './follow.ts';

/** Why the job wants to end, and since when nothing new may start. */
export interface Interruption {
  /** Aborts when the job is cancelled: nothing new starts. */
  readonly cancelled: AbortSignal;
  /** Aborts some seconds later: what is under way ends. */
  readonly graceOver: AbortSignal;
}

/**
 * The time that the network work of one agent may take. `signal` ends waiting, and everything that
 * can be repeated; `graceSignal` ends what should rather be finished once it has begun.
 */
export class TimeLimit {
  readonly seconds: number;
  readonly #endsAt: number;
  readonly #timer: NodeJS.Timeout;
  readonly #stop = new AbortController();
  readonly #stopAll = new AbortController();
  readonly #interruption: Interruption;
  readonly #unfollow: readonly (() => void)[];

  /** `spent` is the part of the time that is used up already, in milliseconds. */
  constructor(seconds: number, interruption: Interruption, spent = 0) {
    const left = Math.max(0, seconds * 1000 - spent);
    this.seconds = seconds;
    this.#endsAt = performance.now() + left;
    this.#timer = setTimeout(() => this.#abort(), left);
    this.#interruption = interruption;
    this.#unfollow = [
      follow(interruption.cancelled, () => this.#stop.abort()),
      follow(interruption.graceOver, () => this.#stopAll.abort()),
    ];
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  get graceSignal(): AbortSignal {
    return this.#stopAll.signal;
  }

  /** milliseconds */
  remaining(): number {
    return this.#endsAt - performance.now();
  }

  /** The same for what is finished, with repetitions, also when the job is cancelled. */
  get finishing(): Pick<TimeLimit, 'signal' | 'graceSignal' | 'remaining'> {
    const { graceSignal } = this;
    return { signal: graceSignal, graceSignal, remaining: () => this.remaining() };
  }

  get cancelled(): boolean {
    return this.#interruption.cancelled.aborted;
  }

  /** Ends what is still under way, because it is pointless. */
  end(): void {
    this.dispose();
    this.#abort();
  }

  /** To be called when the work is done. */
  dispose(): void {
    clearTimeout(this.#timer);
    for (const unfollow of this.#unfollow) unfollow();
  }

  #abort(): void {
    this.#stop.abort();
    this.#stopAll.abort();
  }
}

/**
 * Waits for all the work. When some of it fails, the rest is pointless: it is ended, and over before
 * the failure is thrown.
 */
export async function allWithin(
  limit: TimeLimit,
  work: readonly Promise<unknown>[],
): Promise<void> {
  try {
    await Promise.all(work);
  } finally {
    limit.end();
    await Promise.allSettled(work);
  }
}
