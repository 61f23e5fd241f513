import type { Interruption } from '../http/time-limit.ts';

/** What is under way when a job is cancelled may take this long to finish, in milliseconds. */
const GRACE = 5_000;

/**
 * Listens to the runner's wish to cancel the job: SIGINT, and SIGTERM some seconds later. The
 * process must be gone a few seconds after that, or it is killed.
 */
export function listenForInterruption(): Interruption & { readonly dispose: () => void } {
  const cancelled = new AbortController();
  const graceOver = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const onSignal = () => {
    cancelled.abort();
    timer ??= setTimeout(() => graceOver.abort(), GRACE);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    cancelled: cancelled.signal,
    graceOver: graceOver.signal,
    dispose() {
      clearTimeout(timer);
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
