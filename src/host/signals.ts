import type { Interruption } from '../http/time-limit.ts';

/** What is under way when a job is cancelled may take this long to finish, in milliseconds. */
const GRACE = 5_000;

/** What a runner sends, one after the other; on Windows Ctrl+C and Ctrl+Break. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGBREAK'] as const;

/**
 * Listens to the signals that cancel a job: SIGINT, and SIGTERM some seconds later. The process must
 * be gone a few seconds after that, or it is killed. Listens to the very end: a signal must not end
 * a process that only has to print its result.
 */
export function listenForSignals(): Interruption {
  const cancelled = new AbortController();
  const graceOver = new AbortController();
  const onSignal = () => {
    if (cancelled.signal.aborted) return;
    cancelled.abort();
    setTimeout(() => graceOver.abort(), GRACE).unref();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return { cancelled: cancelled.signal, graceOver: graceOver.signal };
}
