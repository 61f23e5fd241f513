import type { Clock } from '../http/retry.ts';

/** A line of progress comes at most so often, in milliseconds. */
const INTERVAL = 1_000;

/** Tells how far a long list has come: at most once a second, and when it is done. */
export class Progress {
  readonly #total: number;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #tell: (line: string) => void;
  readonly #startedAt: number;
  #toldAt: number;
  #done = 0;
  #failed = 0;

  constructor(total: number, clock: Pick<Clock, 'now'>, tell: (line: string) => void) {
    this.#total = total;
    this.#clock = clock;
    this.#tell = tell;
    this.#startedAt = clock.now();
    this.#toldAt = this.#startedAt;
  }

  /** One more agent is through. */
  finished({ failed }: { readonly failed: boolean }): void {
    if (failed) this.#failed += 1;
    else this.#done += 1;
    const now = this.#clock.now();
    const isLast = this.#done + this.#failed === this.#total;
    if (!isLast && now - this.#toldAt < INTERVAL) return;
    this.#toldAt = now;
    this.#tell(
      progressLine({
        done: this.#done,
        failed: this.#failed,
        total: this.#total,
        milliseconds: now - this.#startedAt,
      }),
    );
  }
}

export interface Count {
  readonly done: number;
  readonly failed: number;
  readonly total: number;
  /** since the start */
  readonly milliseconds: number;
}

/** E.g. `120 of 1000 done, 3 failed, 877 left; 31.2 a second, 28 s to go`. */
export function progressLine({ done, failed, total, milliseconds }: Count): string {
  const left = total - done - failed;
  const counts = `${done} of ${total} done, ${failed} failed, ${left} left`;
  if (milliseconds <= 0) return counts;
  const rate = ((done + failed) * 1000) / milliseconds;
  const toGo =
    left === 0 ? `, in ${duration(milliseconds / 1000)}` : `, ${duration(left / rate)} to go`;
  return `${counts}; ${rate.toFixed(1)} a second${toGo}`;
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
