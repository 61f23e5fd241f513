/** Counts how much work is in progress at the same time. */
export class InFlight {
  #now = 0;
  #most = 0;

  get now(): number {
    return this.#now;
  }

  get most(): number {
    return this.#most;
  }

  /** Does the work, and counts it as in progress until it succeeds or fails. */
  async during<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#now += 1;
    this.#most = Math.max(this.#most, this.#now);
    try {
      return await work();
    } finally {
      this.#now -= 1;
    }
  }
}
