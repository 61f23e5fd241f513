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

/** The lines that are too wide for a narrow window; only lines to copy may be. */
const tooWide = (text: string) =>
  text.split('\n').filter((line) => line.length > 100 && !line.includes('mosquitto_pub -'));

/** What a section of the demo's output shows. */
const sectionOf = (stdout: string, title: string) =>
  stdout.split(/\n── /).find((section) => section.startsWith(`${title} ─`)) ?? '';

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
    { args: ['delete'], exitCode: 0, shows: 'What exists before the step' },
    {
      args: ['delete', '--fault', 'create:403', '--fault', 'broker:http'],
      exitCode: 0,
      shows: 'The fault broker:http did not happen',
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

  test('has colours on request', async () => {
    const { stdout } = await demo(['delete'], { FORCE_COLOR: '1' });
    expect(stdout).toContain('\u001b[32mExit code 0: the action succeeded.');
    expect(tooWide(stripVTControlCharacters(stdout))).toEqual([]);
  });

  test('folds its sections in GitHub Actions', async () => {
    const { stdout } = await demo(['delete'], { GITHUB_ACTIONS: 'true' });
    const commands = stdout.split('\n').filter((line) => line.trimStart().startsWith('::'));
    expect(commands.slice(0, 2)).toEqual(['::group::What exists before the step', '::endgroup::']);
    expect(commands.every((line) => /^::(group::.+|endgroup::)$/.test(line))).toBe(true);
  });

  test('prints one JSON document without secrets with --json', async () => {
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

  test('shows the certificate, agent and asset that existed before', async () => {
    const { stdout } = await demo(['delete']);
    const before = sectionOf(stdout, 'What exists before the step');
    expect(before).toMatch(/^certificate [0-9A-Z]{26} of mqtt1_device001$/m);
    expect(before).toMatch(/^agent mqtt1_device001 .*ONBOARDED/m);
    expect(before).toMatch(/^asset .* with external id mqtt1_device001$/m);
  });

  test('keeps to the quota of the smallest tenants on request', async () => {
    const { stdout } = await demo(['--json', '--quota', 'xxs', '--dry-run']);
    expect(JSON.parse(stdout).step.with['rate-limit']).toBe('1/30s');
    const slow = await demo(['--quota', 'xxs', '--name', 'a', '--name', 'b', '--dry-run']);
    expect(slow.stdout).toContain("Insights Hub's quotas make this take at least 30 s.");
  });

  test('shows paths as the outputs have them, and lines to copy in one piece', async () => {
    const { stdout } = await demo([]);
    const outputs = sectionOf(stdout, 'Outputs');
    const [, key = ''] = /^privateKeyPath +(\S+)$/m.exec(outputs) ?? [];
    expect(path.isAbsolute(key)).toBe(true);
    const files = sectionOf(stdout, 'Files in the workspace');
    const [, workspace = ''] = /\n(.+):\n/.exec(files) ?? [];
    const listed = [...files.matchAll(/^0\d{3} +\d+ {2}(.+)$/gm)];
    expect(listed.map(([, name = '']) => path.join(workspace, name))).toContain(key);
    const commands = stdout.split('\n').filter((line) => line.includes('mosquitto_pub -'));
    // Once in the log, and once in the job summary.
    expect(commands).toHaveLength(2);
    for (const command of commands) expect(command).toMatch(`--key ${key} -t tc/`);
    for (const command of commands) expect(command).toMatch(/ -m '\{.*\}'$/);
  });

  test('links from the job summary to the page on failures, as in a workflow', async () => {
    const { stdout } = await demo(['--json', '--fault', 'create:403']);
    const url = 'https://github.com/OWNER/REPO/blob/v1/docs/troubleshooting.md#forbidden';
    expect(JSON.parse(stdout).summary).toContain(`](${url})`);
  });

  test('folds fingerprints in the middle', async () => {
    const { stdout } = await demo([]);
    for (const title of ['The certificate', 'Outputs']) {
      const bytes = /(?:[0-9A-F]{2}:){15}[0-9A-F]{2}/.source;
      const folded = new RegExp(`^(?:SHA-256|fingerprint) +${bytes}:\n +${bytes}$`, 'm');
      expect(sectionOf(stdout, title)).toMatch(folded);
    }
  });

  test('only says that it may take long if there are faults', async () => {
    const [quiet, faulty] = await Promise.all([demo([]), demo(['--fault', 'token:503'])]);
    expect(sectionOf(quiet.stdout, 'The workflow step')).not.toMatch(/\b\d+ s\b/);
    expect(sectionOf(faulty.stdout, 'The workflow step')).toContain('this may take 20 s.');
  });

  test('connects as the first of several agents with pushed secrets', async () => {
    const args = ['--name', 'a', '--name', 'b', '--destination', 'repository'];
    // The first agent's secrets are written last.
    const { stdout } = await demo([...args, '--fault', 'create:slow', '--json']);
    expect(JSON.parse(stdout).messages).toMatchObject([{ clientId: 'mqtt1_a' }]);
  });

  test('stores the private key in the requested format', async () => {
    const inFile = await demo(['--key-format', 'pkcs8']);
    expect(sectionOf(inFile.stdout, 'The certificate')).toMatch(/PKCS#8\nthey match +yes\n/);
    const pushed = await demo(['--key-format', 'pkcs8', '--destination', 'environment']);
    expect(
      sectionOf(pushed.stdout, 'GitHub secrets, decrypted with the key that only GitHub has'),
    ).toMatch(/_PRIVATE_KEY, \d+ bytes, the issued key, as PKCS#8\n.*_CERTIFICATE.*as issued\n/);
  });

  test('refuses wrong options with exit code 2', async () => {
    for (const args of [['--nothing'], ['--fault', 'create:nothing'], ['nothing']]) {
      const { exitCode, stdout, stderr } = await demo(args);
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
      expect(stderr).toMatch(/nothing.*For all options, run "npm start -- --help"\.\n$/s);
    }
  });

  test.each([
    [['--client-id', 'x'], '--client-id is for delete only.'],
    [['delete', '--ephemeral'], '--ephemeral is for create only.'],
    [['delete', '--shape', 'flat'], '--shape is for create and serve only.'],
    [['serve', '--debug'], '--debug is for create and delete only.'],
    [['--quota', 'xl'], '--quota takes one of: xxs, xs, off.'],
    [['delete', '--key-format', 'pkcs8'], '--key-format is for create only.'],
    [['--key-format', 'pkcs1'], '--key-format takes one of: issued, pkcs8.'],
    [['--variables'], '--variables needs --destination repository or environment.'],
    [['--fault', 'create:onboarded'], '--fault create:onboarded is not a known fault.'],
    [['--fault', 'create:403:0'], '--fault create:403:0 is not a known fault.'],
    [['serve', 'more'], 'Unexpected argument: more.'],
  ])('refuses %j, which can have no effect', async (args, says) => {
    const { exitCode, stderr } = await demo(args);
    expect(exitCode).toBe(2);
    expect(stderr.replaceAll('\n', ' ')).toContain(says);
  });
});
