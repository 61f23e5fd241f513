import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect } from 'vitest';
import type { Fault, HubEndpoint } from '../../sandbox/faults.ts';
import type { StepResult } from '../../sandbox/runner/runner.ts';
import { TestProxy } from '../proxy.ts';
import {
  agentsOf,
  codeOf,
  errorOf,
  LONG_TIMERS,
  notingSignals,
  preload,
  type Sandbox,
  test,
  waitFor,
} from './sandbox.ts';

interface Cancelled {
  readonly result: StepResult;
  /** from the signal to the end of the process, in milliseconds */
  readonly took: number;
}

/** How a run is cancelled. */
interface Cancelling {
  readonly signal?: NodeJS.Signals;
  /** code to run in the action's process before it starts */
  readonly codes?: readonly string[];
  /** is called, and waited for, after the signal was sent */
  readonly onSent?: () => Promise<void>;
}

/** Runs the action, and cancels it as soon as an endpoint has seen a request. */
async function cancelAt(
  sandbox: Sandbox,
  endpoint: HubEndpoint,
  fault: Fault,
  { signal = 'SIGINT', codes = [], onSent }: Cancelling = {},
): Promise<Cancelled> {
  sandbox.hub.faults.push({ at: endpoint, fault });
  let send: (signal: NodeJS.Signals) => void = () => {};
  const running = sandbox.main(
    { name: 'a\nb', concurrency: '1' },
    {
      ...preload(...codes),
      onStart: (kill) => {
        send = kill;
      },
    },
  );
  await waitFor(() => sandbox.hub.seen(endpoint).length > 0);
  send(signal);
  const sent = performance.now();
  await onSent?.();
  const result = await running;
  return { result, took: performance.now() - sent };
}

describe.skipIf(process.platform === 'win32').concurrent('a cancelled job', () => {
  test.for(['SIGINT', 'SIGTERM'] as const)(
    'abandons a token request immediately (%s)',
    async (signal, { start }) => {
      const sandbox = await start();
      const cancelling = { signal, codes: [LONG_TIMERS] };
      const { result } = await cancelAt(sandbox, 'token', { kind: 'silence' }, cancelling);
      expect(result.exitCode).toBe(1);
      expect(codeOf(result)).toBe('cancelled');
      expect(sandbox.hub.seen('create')).toEqual([]);
      expect(agentsOf(result)).toEqual([
        { name: 'a', code: 'cancelled', message: expect.any(String) },
        { name: 'b', code: 'cancelled', message: expect.any(String) },
      ]);
    },
  );

  test('lets a create finish, delivers it, and starts no other', async ({ start }) => {
    const sandbox = await start();
    const { promise: until, resolve: release } = Promise.withResolvers<void>();
    const file = path.join(sandbox.runner.temporary, 'signal');
    const onSent = async () => {
      await waitFor(() => existsSync(file));
      release();
    };
    const cancelling = { codes: [notingSignals(file)], onSent };
    const { result } = await cancelAt(sandbox, 'create', { kind: 'hold', until }, cancelling);
    expect(result.exitCode).toBe(1);
    expect(codeOf(result)).toBe('cancelled');
    expect(agentsOf(result)).toMatchObject([
      { name: 'a', clientId: 'mqtt1_a' },
      { name: 'b', code: 'cancelled', message: expect.any(String) },
    ]);
    expect(agentsOf(result)[0]).not.toHaveProperty('code');
    expect(sandbox.hub.seen('create')).toHaveLength(1);
    expect(await sandbox.read('.insights-hub/mqtt1_a.key')).toBe(
      sandbox.hub.agents.get('mqtt1_a')?.pair.privateKey,
    );
  });

  test('succeeds if everything was delivered nevertheless', async ({ start }) => {
    const sandbox = await start();
    sandbox.hub.faults.push({ at: 'create', fault: { kind: 'delay', milliseconds: 1000 } });
    let send: (signal: NodeJS.Signals) => void = () => {};
    const running = sandbox.main(
      {},
      {
        onStart: (kill) => {
          send = kill;
        },
      },
    );
    await waitFor(() => sandbox.hub.seen('create').length > 0);
    send('SIGINT');
    expect((await running).exitCode).toBe(0);
  });

  test.for(['silence', 'silence-after'] as const)(
    'does not know the result of a create that is unanswered after 5 s (%s)',
    async (kind, { start }) => {
      const sandbox = await start();
      const { result, took } = await cancelAt(sandbox, 'create', { kind });
      expect(result.exitCode).toBe(1);
      expect(codeOf(result)).toBe('cancelled');
      expect(errorOf(result)).toMatch(
        /a: \[outcome-unknown\] It is unknown whether .*client id mqtt1_a/,
      );
      expect(agentsOf(result)).toEqual([
        { name: 'a', code: 'outcome-unknown', message: expect.any(String) },
        { name: 'b', code: 'cancelled', message: expect.any(String) },
      ]);
      expect(took).toBeGreaterThan(4000);
      expect(took).toBeLessThan(40_000);
      await sandbox.post(result);
      expect(await sandbox.files()).toEqual([]);
    },
  );

  test('does not send a create whose connection is still being opened', async ({ start }) => {
    const sandbox = await start();
    const proxy = await TestProxy.start({ silent: true });
    let send: (signal: NodeJS.Signals) => void = () => {};
    const onStart = (kill: typeof send) => {
      send = kill;
    };
    const env = { HTTPS_PROXY: `http://${proxy.host}`, ...preload(LONG_TIMERS).env };
    const inputs = { ...sandbox.tokenInputs, 'api-url': 'https://gateway.test/api/{api}/v3' };
    const running = sandbox.main(inputs, { env, onStart });
    await waitFor(() => proxy.connects.length > 0);
    send('SIGINT');
    const result = await running;
    await proxy.stop();
    expect(codeOf(result)).toBe('cancelled');
    expect(sandbox.hub.requests).toEqual([]);
  });

  test('is not killed by the signal if it only has to finish', async ({ start }) => {
    const sandbox = await start();
    const late = preload(
      `process.once('beforeExit', () => {
        process.kill(process.pid, 'SIGTERM');
        setTimeout(() => {}, 50);
      });`,
    );
    const result = await sandbox.main({}, late);
    expect(result.exitCode).toBe(0);
  });

  test('does not wait for another try', async ({ start }) => {
    const sandbox = await start();
    const fault = { kind: 'status', status: 503, headers: { 'retry-after': '30' } } as const;
    const { result } = await cancelAt(sandbox, 'create', fault, { codes: [LONG_TIMERS] });
    expect(codeOf(result)).toBe('cancelled');
    expect(agentsOf(result)).toEqual([
      { name: 'a', code: 'cancelled', message: expect.any(String) },
      { name: 'b', code: 'cancelled', message: expect.any(String) },
    ]);
  });
});
