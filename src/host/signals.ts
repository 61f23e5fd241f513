import type { Interruption } from '../http/time-limit.ts';

/** How long calls in progress may take to finish when a job is cancelled, in milliseconds. */
const GRACE = 5_000;

/** The signals that a runner sends, one after the other; on Windows, Ctrl+C and Ctrl+Break. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGBREAK'] as const;

/**
 * Listens for the signals that cancel a job: SIGINT, and SIGTERM some seconds later. A few seconds
 * after that, the runner kills the process. Listens until the process exits, so that a signal can't
 * stop a process that only has to print its result.
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
