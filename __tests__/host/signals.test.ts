import { afterEach, expect, test } from 'vitest';
import { listenForSignals } from '../../src/host/signals.ts';

/** All that a runner sends to cancel a job; the last is Windows' Ctrl+Break. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGBREAK'] as const;

/** The listeners of the test's own runner. */
const others = SIGNALS.map((signal) => [signal, new Set(process.listeners(signal))] as const);
afterEach(() => {
  for (const [signal, known] of others) {
    for (const listener of process.listeners(signal)) {
      if (!known.has(listener)) process.off(signal, listener);
    }
  }
});

/** Only the listeners that the test has added, as if the signal came. */
function send(signal: NodeJS.Signals): void {
  const known = others.find(([name]) => name === signal)?.[1];
  for (const listener of process.listeners(signal)) {
    if (!known?.has(listener)) listener(signal);
  }
}

test.each(SIGNALS)('%s cancels the job', (signal) => {
  const { cancelled, graceOver } = listenForSignals();
  expect(cancelled.aborted).toBe(false);
  send(signal);
  expect(cancelled.aborted).toBe(true);
  expect(graceOver.aborted).toBe(false);
});

test('no signal ends the process while it prints its result', () => {
  listenForSignals();
  send('SIGINT');
  for (const [signal, known] of others) {
    expect(process.listenerCount(signal)).toBeGreaterThan(known.size);
  }
});
