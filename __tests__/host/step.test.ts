import {
  getDefaultAutoSelectFamilyAttemptTimeout,
  setDefaultAutoSelectFamilyAttemptTimeout,
} from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { Failure } from '../../src/failure.ts';
import { GitHubRunner } from '../../src/host/github-runner.ts';
import { listenForSignals } from '../../src/host/signals.ts';
import { runPostStep, runStep } from '../../src/host/step.ts';
import { Secret } from '../../src/secret.ts';
import { VERSION } from '../../src/version.ts';
import { guardProcess, startJob } from './job.ts';

type Listener = (...args: readonly unknown[]) => void;

async function run(how: typeof runStep, work: (runner: GitHubRunner) => Promise<void>) {
  const addedTo = guardProcess();
  const job = await startJob({ RUNNER_DEBUG: '1' });
  const runner = new GitHubRunner();
  await how(runner, () => work(runner));
  const calling = (event: Parameters<typeof addedTo>[0], ...args: readonly unknown[]) => {
    for (const listener of addedTo(event)) (listener as Listener)(...args);
  };
  return { job, addedTo, calling };
}

const LATE = '::error::[timeout] Too late.';
const BUG =
  '::error::[internal] An unexpected Error occurred. This is a bug. Run the job again with debug logging, and report what it shows to the maintainers of this action.';
const WHERE = `::debug::Version ${VERSION} of the action, on Node ${process.version}, ${process.platform} ${process.arch}`;
const errorsIn = (lines: readonly string[]) => lines.filter((line) => line.startsWith('::error'));

describe('a step', () => {
  test('passes when its work is done', async () => {
    const { job, addedTo } = await run(runStep, async (runner) => {
      // Until then it counts as failed.
      expect(process.exitCode).toBe(1);
      runner.info('done');
    });
    expect(process.exitCode).toBe(0);
    expect(job.lines()).toEqual([WHERE, 'done']);
    expect(addedTo('beforeExit')).toEqual([]);
  });

  test('fails with what its work throws', async () => {
    const { job, addedTo } = await run(runStep, async () => {
      throw new Failure('timeout', 'Too late.');
    });
    expect(process.exitCode).toBe(1);
    expect(job.lines()).toEqual([WHERE, LATE]);
    expect(addedTo('beforeExit')).toEqual([]);
  });

  test('fails with an exception that nobody caught, before or after its work is done', async () => {
    const addedTo = guardProcess();
    const job = await startJob();
    const raise = (error: unknown) => {
      for (const listener of addedTo('uncaughtException')) (listener as Listener)(error);
    };
    await runStep(new GitHubRunner(), async () => raise(new Error('during')));
    expect(process.exitCode).toBe(1);
    expect(errorsIn(job.lines())).toEqual([BUG]);

    const { job: other, calling } = await run(runStep, async () => {});
    expect(process.exitCode).toBe(0);
    calling('uncaughtException', new Error('after'));
    expect(process.exitCode).toBe(1);
    expect(errorsIn(other.lines())).toContain(BUG);
  });

  test('reports only the first failure', async () => {
    const { job, calling } = await run(runStep, async () => {
      throw new Failure('timeout', 'Too late.');
    });
    calling('uncaughtException', new Error('later'));
    expect(errorsIn(job.lines())).toEqual([LATE]);
  });

  test('fails when nothing is left to wait for', async () => {
    const addedTo = guardProcess();
    const job = await startJob();
    const empty = Promise.withResolvers<void>();
    const running = runStep(new GitHubRunner(), () => empty.promise);
    const [onEmpty] = addedTo('beforeExit');
    (onEmpty as Listener)();
    expect(process.exitCode).toBe(1);
    expect(errorsIn(job.lines())).toEqual([BUG]);
    empty.resolve();
    await running;
    expect(process.exitCode).toBe(1);
  });

  test("shows Node's own warnings to developers only", async () => {
    const { job, calling } = await run(runStep, async () => {});
    expect(process.listenerCount('warning')).toBe(1);
    calling('warning', { name: 'DeprecationWarning', message: 'old' });
    expect(job.lines()).toEqual([WHERE, '::debug::DeprecationWarning: old']);
  });
});

describe.each([
  ['a step', runStep],
  ['a post step', runPostStep],
])('the addresses of a host, in %s,', (_, how) => {
  test.each([
    [250, 2_000],
    [3_000, 3_000],
  ])('have enough time for a distant network: %i ms become %i', async (given, expected) => {
    const before = getDefaultAutoSelectFamilyAttemptTimeout();
    onTestFinished(() => setDefaultAutoSelectFamilyAttemptTimeout(before));
    setDefaultAutoSelectFamilyAttemptTimeout(given);
    let found = 0;
    await run(how, async () => {
      found = getDefaultAutoSelectFamilyAttemptTimeout();
    });
    expect(found).toBe(expected);
  });
});

describe('a post step', () => {
  const FAILED = '::warning::The clean-up after the job failed';

  test('logs nothing when its work is done', async () => {
    const { job } = await run(runPostStep, async () => {});
    expect(job.lines()).toEqual([]);
    expect(process.exitCode).not.toBe(1);
  });

  test.each([
    ['a failure', new Failure('timeout', 'Too late, sesame.'), '[timeout] Too late, ***.'],
    ['a bug', new TypeError('sesame'), '(TypeError)'],
  ])('warns of %s, and does not fail', async (_, error, why) => {
    const { job } = await run(runPostStep, async (runner) => {
      runner.secrets.mask([new Secret('sesame')]);
      throw error;
    });
    expect(job.lines()).toEqual(['::add-mask::sesame', `${FAILED} ${why}`]);
    expect(process.exitCode).not.toBe(1);
  });

  test('warns of an exception that nobody caught', async () => {
    const { job, calling } = await run(runPostStep, async () => {});
    calling('uncaughtException', new TypeError('sesame'));
    expect(job.lines()).toEqual([`${FAILED} (TypeError)`]);
    calling('warning', { name: 'Warning', message: 'old' });
    expect(job.lines().at(-1)).toBe('::debug::Warning: old');
  });
});

describe.each(['SIGINT', 'SIGTERM'] as const)('%s', (name) => {
  test('cancels the job, and stops work in progress 5 s later', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const addedTo = guardProcess();
    try {
      const { cancelled, graceOver } = listenForSignals();
      const states = () => [cancelled.aborted, graceOver.aborted];
      const signal = () => {
        for (const listener of addedTo(name)) (listener as Listener)(name);
      };
      expect(states()).toEqual([false, false]);
      signal();
      expect(states()).toEqual([true, false]);
      vi.advanceTimersByTime(4_000);
      // A second signal gives no more time.
      signal();
      expect(vi.getTimerCount()).toBe(1);
      vi.advanceTimersByTime(999);
      expect(states()).toEqual([true, false]);
      vi.advanceTimersByTime(1);
      expect(states()).toEqual([true, true]);
    } finally {
      vi.useRealTimers();
    }
  });
});

test.each(Object.entries({ runStep, runPostStep }))(
  'SIGUSR1 opens no debugger in %s',
  async (_, how) => {
    const { addedTo } = await run(how, async () => {});
    expect(addedTo('SIGUSR1')).toHaveLength(1);
  },
);
