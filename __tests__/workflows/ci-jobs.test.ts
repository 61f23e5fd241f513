import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { GitHub } from '../../sandbox/github/github.ts';
import { playWorkflow } from '../workflow/play.ts';
import { ROOT, read, type WorkflowStep, workflowOf } from './files.ts';

const CI = read('.github/workflows/ci.yml');
const { action, conclusion } = workflowOf(CI).jobs;
const CONTAINER = 'Read the files in a container';

/**
 * The job that runs the actions as the player can play it: what only GitHub has is left out, a
 * container is this machine, and the step that must fail, which the player would take for the job's
 * failure, is left out.
 */
function playable(): string {
  const steps = (action?.steps ?? []).flatMap((step): WorkflowStep[] => {
    const { uses = '', run = '' } = step;
    if (step.name === CONTAINER) return [containerStep(step)];
    if (uses.startsWith('actions/checkout@')) return [{ run: 'git init --quiet' }];
    if (uses.startsWith('actions/') || uses.startsWith('./.github/')) return [];
    if (step['continue-on-error'] || step.name === 'Check that it was refused') return [];
    if (run.startsWith('npm ')) return [];
    return [{ ...step, ...(run && { run: withRoot(run) }) }];
  });
  const text = stringify({
    name: 'CI',
    on: 'push',
    jobs: { action: { 'runs-on': 'ubuntu-24.04', steps } },
  });
  return text.replaceAll(/uses: \.\/(\w*)$/gm, (_, folder: string) => {
    return `uses: OWNER/REPO${folder && `/${folder}`}@v1`;
  });
}

const withRoot = (script: string) =>
  script.replaceAll('.ci/', `${ROOT}/.ci/`).replaceAll(/^node /gm, `${process.execPath} `);

/** The command of a container, as a script. */
function containerStep({ name = '', with: given = {} }: WorkflowStep): WorkflowStep {
  return { name, run: withRoot(`${given['entrypoint']} ${given['args']}`) };
}

describe.skipIf(process.platform === 'win32')('the job of CI that runs the actions', () => {
  test('passes with the sandbox that its steps start, and leaves nothing behind', {
    timeout: 180_000,
  }, async () => {
    const github = await GitHub.start();
    const event = { name: 'push', payload: {} };
    const played = await playWorkflow({ workflow: playable(), event, github, actions: ROOT });
    await github.stop();
    const { steps = [], files, result } = played.jobs['action'] ?? {};
    const { outputs: sandbox = {} } = steps.find(({ id }) => id === 'sandbox') ?? {};
    try {
      expect(steps.filter(({ outcome }) => outcome !== 'success')).toEqual([]);
      expect(result).toBe('success');
      const log = steps.flatMap((step) => step.log);
      expect(log).toContain('ok      key and certificate belong together');
      expect(log.join('\n')).toContain('can be read in a container');
      expect(files?.filter((file) => !file.startsWith('.git'))).toEqual([]);
      expectAfterJob(sandbox);
    } finally {
      if (sandbox['pid'] !== undefined) await end(Number(sandbox['pid']));
    }
  });

  test('has a check of files that can fail', () => {
    const { status, stdout } = spawnSync(
      process.execPath,
      [path.join(ROOT, '.ci/check-agent.ts')],
      {
        env: { CLIENT_ID: 'mqtt1_other', EXPECTED_CLIENT_ID: 'mqtt1_device001' },
        encoding: 'utf8',
      },
    );
    expect(status).toBe(1);
    expect(stdout).toContain('NOT OK  the client id is tenant and name');
    expect(stdout).toContain('NOT OK  .key is a file');
  });
});

/** What the job's last post step finds: neither the directory nor the agent, or it fails. */
function expectAfterJob(sandbox: Readonly<Record<string, string>>): void {
  const { inputs } = parse(read('.github/actions/after-job/action.yml')) as { inputs: object };
  const after = (more: Readonly<Record<string, string>>) => {
    const given: Readonly<Record<string, string>> = { ...sandbox, ...more };
    const env = Object.keys(inputs).map((name) => [
      `INPUT_${name.toUpperCase()}`,
      given[name] ?? '',
    ]);
    return spawnSync(process.execPath, [path.join(ROOT, '.github/actions/after-job/post.js')], {
      env: { ...Object.fromEntries(env), GITHUB_WORKSPACE: ROOT },
      encoding: 'utf8',
      timeout: 30_000,
    });
  };
  const gone = { directory: '.insights-hub-that-is-gone', 'client-id': 'mqtt1_ephemeral' };
  expect(after(gone)).toMatchObject({ status: 0, stderr: '' });
  expect(after({ ...gone, directory: 'src' }).stdout).toContain('NOT OK');
  expect(after({ ...gone, directory: 'src' }).status).toBe(1);
  expect(after({ ...gone, 'oauth-client-secret': 'another' }).status).toBe(1);
}

/** Stops the sandbox, which deletes its files, and waits until it has stopped, for 30 s at most. */
async function end(pid: number): Promise<void> {
  process.kill(pid, 'SIGTERM');
  for (const last = performance.now() + 30_000; performance.now() < last; ) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await wait(50);
  }
  process.kill(pid, 'SIGKILL');
  throw new Error('the sandbox did not end');
}

test.skipIf(process.platform === 'win32')(
  'the conclusion passes only if all other jobs have',
  () => {
    const script = conclusion?.steps[0]?.run ?? '';
    const concluded = (...results: readonly string[]) =>
      spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], {
        env: { ...process.env, RESULTS: results.join(' ') },
        encoding: 'utf8',
      }).status;
    expect(concluded('success', 'success')).toBe(0);
    expect(concluded()).not.toBe(0);
    for (const other of ['failure', 'cancelled', 'skipped']) {
      expect(concluded(other, 'success')).not.toBe(0);
      expect(concluded('success', other, 'success')).not.toBe(0);
    }
  },
);

test('a sandbox that does not start fails the step that starts it', async () => {
  const temporary = await mkdtemp(path.join(tmpdir(), 'start-sandbox-'));
  try {
    const { status, stderr } = spawnSync(
      process.execPath,
      [path.join(ROOT, '.ci/start-sandbox.ts'), '--unknown'],
      { env: { RUNNER_TEMP: temporary }, encoding: 'utf8', timeout: 50_000 },
    );
    expect(status).toBe(1);
    expect(stderr).toContain('The sandbox did not start');
    expect(stderr).toContain('--unknown');
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
});
