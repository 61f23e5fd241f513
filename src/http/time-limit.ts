/** Tells when the job is to end. */
export interface Interruption {
  /** Aborts when the job is cancelled: nothing new starts. */
  readonly cancelled: AbortSignal;
  /** Aborts some seconds later: what is under way ends. */
  readonly graceOver: AbortSignal;
}

/** As much of a time limit as calls have to know. */
export type Limit = Omit<TimeLimit, 'finishing' | 'end'>;

/** The time that the network work of one agent may take. */
export class TimeLimit {
  readonly seconds: number;
  readonly #stop = new AbortController();
  readonly #stopAll = new AbortController();
  /** Ends waiting, and whatever can be repeated. */
  readonly signal = this.#stop.signal;
  /** Ends what should be finished once it has begun. */
  readonly graceSignal = this.#stopAll.signal;
  #endsAt: number;
  #timer: NodeJS.Timeout;
  #pauses = 0;
  /** what was left when the first of the pauses began, in milliseconds */
  #left = 0;
  readonly #interruption: Interruption;

  /** `spent` is the part of the time that is used up already, in milliseconds. */
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
   * Stops the clock until the function that it returns is called; of several pauses at once, until
   * the last one is over.
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
      // In a cancelled job the time still ends what is in its grace.
      if (!this.graceSignal.aborted) this.#timer = setTimeout(() => this.end(), this.#left);
    };
  }

  get cancelled(): boolean {
    return this.#interruption.cancelled.aborted;
  }

  /** The same limit for what is finished, retries included, even when the job is cancelled. */
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

  /** To be called when the work is done; ends whatever is still under way. */
  end(): void {
    // Without a reason, each would cost an exception with its stack.
    this.#stop.abort('it is over');
    this.#stopAll.abort('it is over');
    clearTimeout(this.#timer);
    // Not AbortSignal.any(): its signals stay in memory until the next large garbage collection.
    this.#interruption.cancelled.removeEventListener('abort', this.#onCancelled);
    this.#interruption.graceOver.removeEventListener('abort', this.#onGraceOver);
  }

  readonly #onCancelled = () => this.#stop.abort();
  readonly #onGraceOver = () => this.#stopAll.abort();
}

/** Waits for all the work. When some of it fails, ends the rest and waits for that before throwing. */
export async function allWithin(limit: TimeLimit, work: readonly Promise<unknown>[]) {
  try {
    await Promise.all(work);
  } finally {
    limit.end();
    await Promise.allSettled(work);
  }
}
