import { execFile } from 'node:child_process';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';

const DEMO = path.resolve(import.meta.dirname, '../../sandbox/demo.ts');

interface Shown {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the demo to its end, where its output is no terminal. */
function demo(args: readonly string[], variables: Record<string, string> = {}): Promise<Shown> {
  const { PATH = '', HOME = '', SystemRoot = '' } = process.env;
  const env = { PATH, HOME, ...(SystemRoot && { SystemRoot }), ...variables };
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [DEMO, ...args],
      { env, timeout: 50_000 },
      (_, stdout, stderr) => resolve({ exitCode: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

const tooWide = (text: string) => text.split('\n').filter((line) => line.length > 100);

describe('the demo', () => {
  test.each([
    { args: ['--help'], exitCode: 0, shows: '--fault create:echo' },
    { args: [], exitCode: 0, shows: 'Exit code 0: the action succeeded.' },
    {
      args: ['--fault', 'create:403'],
      exitCode: 1,
      shows: 'Exit code 1: the action failed: forbidden.',
    },
    {
      args: ['--fault', 'broker:http'],
      exitCode: 1,
      shows: 'Exit code 1: the action failed: connection-failed.',
    },
    { args: ['delete'], exitCode: 0, shows: 'What there is before' },
    {
      args: ['delete', '--fault', 'create:403', '--fault', 'broker:http'],
      exitCode: 0,
      shows: 'The fault broker:http was not met',
    },
    {
      args: ['--destination', 'repository', '--variables', '--fault', 'variable:403'],
      exitCode: 1,
      shows: 'Exit code 1: the action failed: delivery-failed.',
    },
  ])('shows $args in lines of 100 characters at most', async ({ args, exitCode, shows }) => {
    const shown = await demo(args);
    expect(shown).toMatchObject({ exitCode, stderr: '' });
    expect(shown.stdout).toContain(shows);
    expect(tooWide(shown.stdout)).toEqual([]);
    expect(stripVTControlCharacters(shown.stdout)).toBe(shown.stdout);
  });

  test('has colours where they are asked for', async () => {
    const { stdout } = await demo(['delete'], { FORCE_COLOR: '1' });
    expect(stdout).toContain('\u001b[32mExit code 0: the action succeeded.');
    expect(tooWide(stripVTControlCharacters(stdout))).toEqual([]);
  });

  test('folds its sections in GitHub Actions', async () => {
    const { stdout } = await demo(['delete'], { GITHUB_ACTIONS: 'true' });
    const commands = stdout.split('\n').filter((line) => line.trimStart().startsWith('::'));
    expect(commands.slice(0, 2)).toEqual(['::group::What there is before', '::endgroup::']);
    expect(commands.every((line) => /^::(group::.+|endgroup::)$/.test(line))).toBe(true);
  });

  test('prints one JSON document with --json, and no secret in it', async () => {
    const { exitCode, stdout, stderr } = await demo(['--json']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({
      command: 'create',
      exitCode: 0,
      outputs: { clientId: 'mqtt1_device001' },
      messages: [{ clientId: 'mqtt1_device001' }],
      requests: [{ method: 'POST', path: '/mqtt1/oauth/token' }, { method: 'POST' }],
    });
    expect(report.step.with['oauth-client-secret']).toBe('***');
    const key = report.files.find(({ path: name }: { path: string }) => name.endsWith('.key'));
    if (process.platform !== 'win32') expect(key.mode).toBe('0600');
    expect(report.post.files).toEqual([]);
    expect(stdout).not.toContain('PRIVATE KEY-----');
  });

  test('shows the certificate, the agent and the asset that there were', async () => {
    const { stdout } = await demo(['delete']);
    const [, before = ''] = /What there is before.*\n([^─]+)/.exec(stdout) ?? [];
    expect(before).toMatch(/^certificate [0-9A-Z]{26} of mqtt1_device001$/m);
    expect(before).toMatch(/^agent mqtt1_device001 .*ONBOARDED/m);
    expect(before).toMatch(/^asset .* with external id mqtt1_device001$/m);
  });

  test('keeps to the quota of the smallest tenants, if it is asked to', async () => {
    const { stdout } = await demo(['--json', '--quota', 'xxs', '--dry-run']);
    expect(JSON.parse(stdout).step.with['rate-limit']).toBe('1/30s');
    const slow = await demo(['--quota', 'xxs', '--name', 'a', '--name', 'b', '--dry-run']);
    expect(slow.stdout).toContain('The quotas of Insights Hub make it take 30 s or more.');
  });

  test('refuses wrong options with exit code 2', async () => {
    for (const args of [['--nothing'], ['--fault', 'create:nothing'], ['nothing']]) {
      const { exitCode, stdout, stderr } = await demo(args);
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
      expect(stderr).toMatch(/nothing.*"npm start -- --help" lists what there is\.\n$/s);
    }
  });

  test.each([
    [['--client-id', 'x'], '--client-id is for delete only.'],
    [['delete', '--ephemeral'], '--ephemeral is for create only.'],
    [['delete', '--shape', 'flat'], '--shape is for create and serve only.'],
    [['serve', '--debug'], '--debug is for create and delete only.'],
    [['--quota', 'xl'], '--quota takes one of: xxs, xs, off.'],
    [['--fault', 'create:onboarded'], "I don't know that fault."],
    [['--fault', 'create:403:0'], "I don't know that fault."],
  ])('refuses %j, which can have no effect', async (args, says) => {
    const { exitCode, stderr } = await demo(args);
    expect(exitCode).toBe(2);
    expect(stderr.replaceAll('\n', ' ')).toContain(says);
  });
});
