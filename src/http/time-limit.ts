/** Signals that the job has to end. */
export interface Interruption {
  /** Aborts when the job is cancelled: nothing new may start. */
  readonly cancelled: AbortSignal;
  /** Aborts some seconds later: calls in progress are stopped. */
  readonly graceOver: AbortSignal;
}

/** The parts of a time limit that calls use. */
export type Limit = Omit<TimeLimit, 'finishing' | 'end'>;

/** The time that the network calls of one agent may take. */
export class TimeLimit {
  readonly seconds: number;
  readonly #stop = new AbortController();
  readonly #stopAll = new AbortController();
  /** Stops waits, and everything that can be repeated. */
  readonly signal = this.#stop.signal;
  /** Stops what should be finished once it has started. */
  readonly graceSignal = this.#stopAll.signal;
  #endsAt: number;
  #timer: NodeJS.Timeout;
  #pauses = 0;
  /** the time that was left when the first pause began, in milliseconds */
  #left = 0;
  readonly #interruption: Interruption;

  /** `spent` is the part of the time that is already used up, in milliseconds. */
  constructor(seconds: number, interruption: Interruption, spent = 0) {
    const left = Math.max(0, seconds * 1000 - spent);
    this.seconds = seconds;
    this.#endsAt = performance.now() + left;
    this.#timer = setTimeout(() => this.end(), left);
    this.#interruption = interruption;
    const { cancelled, graceOver } = interruption;
    cancelled.addEventListener('abort', this.#onCancelled);
    graceOver.addEventListener('abort', this.#onGraceOver);
    if (cancelled.aborted) this.#onCancelled();
    if (graceOver.aborted) this.#onGraceOver();
  }

  /** milliseconds */
  remaining(): number {
    return this.#endsAt - performance.now();
  }

  /**
   * Stops the clock until the returned function is called. If pauses overlap, the clock runs again
   * when the last one is over.
   */
  pause(): () => void {
    if (this.#pauses === 0) this.#left = this.remaining();
    this.#pauses += 1;
    clearTimeout(this.#timer);
    this.#endsAt = Number.POSITIVE_INFINITY;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#pauses -= 1;
      if (this.#pauses > 0) return;
      this.#endsAt = performance.now() + this.#left;
      // In a cancelled job, the limit still applies to what may finish.
      if (!this.graceSignal.aborted) this.#timer = setTimeout(() => this.end(), this.#left);
    };
  }

  get cancelled(): boolean {
    return this.#interruption.cancelled.aborted;
  }

  /** The same limit for work that finishes, including retries, even if the job is cancelled. */
  get finishing(): Limit {
    const { cancelled } = this.#interruption;
    return {
      seconds: this.seconds,
      signal: this.graceSignal,
      graceSignal: this.graceSignal,
      remaining: () => this.remaining(),
      pause: () => this.pause(),
      get cancelled() {
        return cancelled.aborted;
      },
    };
  }

  /** Call it when the work is done. Stops everything that is still in progress. */
  end(): void {
    // Without a reason, each would create an exception with a stack.
    this.#stop.abort('it is over');
    this.#stopAll.abort('it is over');
    clearTimeout(this.#timer);
    // Not AbortSignal.any(), whose signals stay in memory until the next major garbage collection.
    this.#interruption.cancelled.removeEventListener('abort', this.#onCancelled);
    this.#interruption.graceOver.removeEventListener('abort', this.#onGraceOver);
  }

  readonly #onCancelled = () => this.#stop.abort();
  readonly #onGraceOver = () => this.#stopAll.abort();
}

/** Waits for all work. If some of it fails, stops the rest and waits for it before throwing. */
export async function allWithin(limit: TimeLimit, work: readonly Promise<unknown>[]) {
  try {
    await Promise.all(work);
  } finally {
    limit.end();
    await Promise.allSettled(work);
  }
}
