import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect } from 'vitest';
import type { Fault } from '../../sandbox/faults.ts';
import type { StepResult } from '../../sandbox/runner/runner.ts';
import {
  agentsOf,
  codeOf,
  errorOf,
  notingSignals,
  preload,
  readyPairs,
  type Sandbox,
  test,
  UNLIMITED,
  waitFor,
  warningsOf,
} from './sandbox.ts';

const names = (count: number) => Array.from({ length: count }, (_, index) => `device${index}`);
const list = (count: number) => names(count).join('\n');

/** Puts a file into the workspace and names it. */
async function file(sandbox: Sandbox, content: string | Buffer) {
  await writeFile(path.join(sandbox.runner.workspace, 'devices.csv'), content);
  return { name: '', 'names-file': 'devices.csv' };
}

/** Creates that succeeded, by client id. */
function created({ hub }: Sandbox): ReadonlyMap<string, number> {
  const made = new Map<string, number>();
  for (const { endpoint, reply, body } of hub.replies) {
    if (endpoint !== 'create' || reply.status !== 201) continue;
    const { name } = JSON.parse(body) as { name: string };
    made.set(name, (made.get(name) ?? 0) + 1);
  }
  return made;
}

/** The files of an agent are the pair that the service issued. */
async function expectFiles(sandbox: Sandbox, name: string): Promise<void> {
  const pair = sandbox.hub.agents.get(`mqtt1_${name}`)?.pair;
  const base = `.insights-hub/mqtt1_${name}`;
  expect(await sandbox.read(`${base}.key`)).toBe(pair?.privateKey);
  expect(await sandbox.read(`${base}.pem`)).toBe(pair?.certificate);
}

describe('a fleet', () => {
  test('of 150 has its files, with one token and no more requests in parallel than allowed', async ({
    start,
  }) => {
    const sandbox = await start({ pairs: await readyPairs(40), latency: 100 });
    const inputs = await file(sandbox, `name,owner\n${names(150).join(',me@x.io\n')},\n`);
    const result = await sandbox.main({
      ...inputs,
      ...UNLIMITED,
      concurrency: '16',
      owner: 'all@x.io',
    });
    expect(result.exitCode).toBe(0);
    expect(agentsOf(result).map(({ name }) => name)).toEqual(names(150));
    for (const name of names(150)) await expectFiles(sandbox, name);
    expect(sandbox.hub.seen('token')).toHaveLength(1);
    expect(sandbox.hub.mostInFlight).toBeLessThanOrEqual(16);
    expect(sandbox.hub.mostInFlight).toBeGreaterThan(1);
    expect(sandbox.hub.agents.get('mqtt1_device0')?.owner).toBe('me@x.io');
    expect(sandbox.hub.agents.get('mqtt1_device149')?.owner).toBe('all@x.io');

    // Nothing but progress, and the result.
    const log = result.log.filter((line) => !/^\d+ of 150 done, 0 failed, .* to go$/.test(line));
    expect(log).toEqual([expect.stringMatching(/^150 agents created in \d/)]);
    expect(result.summary).toContain('150 agents created');
  });

  test('is reported exactly despite faults of every kind, a rate limit and an expiring token', async ({
    start,
  }) => {
    const sandbox = await start({ pairs: await readyPairs(40) });
    const { hub } = sandbox;
    const kinds: readonly Fault[] = [
      { kind: 'reset-before' },
      { kind: 'reset-after' },
      { kind: 'cut-off' },
      { kind: 'status', status: 400 },
      { kind: 'status', status: 401 },
      { kind: 'status', status: 408 },
      { kind: 'status', status: 500 },
      { kind: 'status-after', status: 502 },
      { kind: 'status', status: 503, headers: { 'retry-after': '1' } },
      { kind: 'status', status: 429, headers: { 'retry-after': '1' } },
      { kind: 'html' },
      { kind: 'wrong-pair' },
    ];
    for (const [index, fault] of kinds.entries()) {
      hub.faults.push({ at: 'create', fault, times: 1, after: 5 + index * 10 });
    }
    const running = sandbox.main({ ...UNLIMITED, name: list(120), concurrency: '8' });
    await waitFor(() => hub.seen('create').length > 40);
    hub.expireTokens();
    const result = await running;
    expect(codeOf(result)).toBeDefined();

    const made = created(sandbox);
    expect([...made.values()].filter((times) => times > 1)).toEqual([]);
    const told = new Map(agentsOf(result).map((agent) => [agent['name'], agent['code']]));
    expect([...told.keys()]).toEqual(names(120));
    for (const [name = '', code] of told) {
      const exists = hub.agents.has(`mqtt1_${name}`);
      if (code === undefined) await expectFiles(sandbox, name);
      else if (code === 'request-rejected' || code === 'unauthorized') expect(exists).toBe(false);
      else expect(['outcome-unknown', 'response-invalid', 'key-mismatch']).toContain(code);
      // Nothing exists that is not reported to the user.
      if (exists) expect(code === undefined || errorOf(result).includes(name)).toBe(true);
    }
    const failed = [...told.values()].filter((code) => code !== undefined);
    expect(failed.length).toBeGreaterThan(3);
    expect(failed.length).toBeLessThan(9);
    expect(hub.seen('token').length).toBeGreaterThan(1);
    expect(hub.seen('token').length).toBeLessThan(6);
  });

  test('slows down as a whole because of a rate limit', async ({ start }) => {
    const sandbox = await start({ rateLimit: { perSecond: 20, burst: 5 } });
    // In the long run it lets twice as many through, but not so many at the same time.
    const inputs = { name: list(40), 'rate-limit': '10/1s', concurrency: '16' };
    const result = await sandbox.main(inputs);
    expect(result.exitCode).toBe(0);
    expect(created(sandbox).size).toBe(40);
    // A rejected one makes all wait, so there are few rejections for each success.
    const refused = sandbox.hub.replies.filter(({ reply }) => reply.status === 429).length;
    expect(refused).toBeLessThan(60);
  });

  test.skipIf(process.platform === 'win32')(
    'that is cancelled half-way is completed by a second run, every agent once',
    async ({ start }) => {
      const sandbox = await start();
      const inputs = {
        ...UNLIMITED,
        name: list(60),
        concurrency: '4',
        'keep-files': 'true',
        'if-exists': 'skip',
      };
      let send: (signal: NodeJS.Signals) => void = () => {};
      const onStart = (kill: typeof send) => {
        send = kill;
      };
      // The creates after the first 20 are answered when the step knows that it is cancelled.
      const { promise: until, resolve: release } = Promise.withResolvers<void>();
      sandbox.hub.faults.push({ at: 'create', fault: { kind: 'hold', until }, after: 20 });
      const signal = path.join(sandbox.runner.temporary, 'signal');
      const running = sandbox.main(inputs, { onStart, ...preload(notingSignals(signal)) });
      await waitFor(() => created(sandbox).size >= 20);
      send('SIGINT');
      await waitFor(() => existsSync(signal));
      release();
      const first = await running;
      await sandbox.post(first);
      expect(codeOf(first)).toBe('cancelled');
      const before = created(sandbox).size;
      expect(before).toBeLessThan(60);

      const second = await sandbox.main(inputs);
      expect(second.exitCode).toBe(0);
      expect(second.summary).toContain(
        `${60 - before} created, ${before} skipped (their files exist)`,
      );
      expect([...created(sandbox).values()]).toEqual(Array.from({ length: 60 }, () => 1));
      for (const name of names(60)) await expectFiles(sandbox, name);
      expect(agentsOf(second).map(({ name }) => name)).toEqual(names(60));
      expect(agentsOf(second).every(({ fingerprint }) => fingerprint !== undefined)).toBe(true);
    },
  );

  test('of a thousand rejected agents has its results in a file, and a summary that fits', async ({
    start,
  }) => {
    const sandbox = await start();
    sandbox.hub.faults.push({ at: 'create', fault: { kind: 'status', status: 400 } });
    const long = names(5000).map((name) => name.padEnd(100, 'x'));
    const inputs = await file(sandbox, long.join('\n'));
    const result = await sandbox.main({ ...UNLIMITED, ...inputs, concurrency: '32' });
    expect(codeOf(result)).toBe('request-rejected');
    expect(errorOf(result).length).toBeLessThan(12_000);
    expect(errorOf(result)).toMatch(
      /And \[request-rejected\]: device10x+, .* and \d+ more, which are in /,
    );
    expect(result.outputs).not.toHaveProperty('agents');
    const [warning = ''] = warningsOf(result).filter((text) => text.includes('agents.json'));
    const results = result.outputs['agentsPath'] ?? '';
    expect(/They are in (.*)\.$/.exec(warning)?.[1]).toBe(results);
    const agents = JSON.parse(await readFile(results, 'utf8'));
    expect(agents).toHaveLength(5000);
    const message = expect.stringContaining(`Creating agent ${long[4999]} was rejected.`);
    expect(agents[4999]).toEqual({ name: long[4999], code: 'request-rejected', message });
    expect(Buffer.byteLength(result.summary)).toBeLessThan(1024 * 1024);
    await sandbox.post(result);
    expect((await sandbox.files()).filter((name) => name.startsWith('.insights'))).toEqual([]);
  });
});

describe.concurrent('an agent that already exists', () => {
  const keep = { 'keep-files': 'true', 'if-exists': 'skip' };

  test('is skipped, and its files are reported', async ({ start }) => {
    const sandbox = await start();
    const first = await sandbox.main(keep);
    const second = await sandbox.main(keep);
    expect(second.exitCode).toBe(0);
    expect(sandbox.hub.requests).toHaveLength(2);
    const { agentId: _, agentName: __, certificateId: ___, ...told } = agentsOf(first)[0] ?? {};
    expect(agentsOf(second)).toEqual([told]);
    expect(second.outputs['privateKeyPath']).toBe(first.outputs['privateKeyPath']);
    expect(second.log[0]).toMatch(/^Skipped agent \(its files exist\) device001: /);
    await sandbox.post(second);
    await expectFiles(sandbox, 'device001');
  });

  test('is skipped with its passphrase, and not with another', async ({ start }) => {
    const sandbox = await start();
    const inputs = { ...keep, 'key-passphrase': 'correct horse' };
    await sandbox.main(inputs);
    expect((await sandbox.main(inputs)).exitCode).toBe(0);
    const other = await sandbox.main({ ...keep, 'key-passphrase': 'another horse' });
    expect(codeOf(other)).toBe('destination-invalid');
    expect(errorOf(other)).toMatch(
      /: .*mqtt1_device001\.key\. .*not encrypted with `key-passphrase`\. /,
    );
    expect(sandbox.hub.seen('create')).toHaveLength(1);
  });

  test('is an error when its key is unencrypted and should not be', async ({ start }) => {
    const sandbox = await start();
    await sandbox.main(keep);
    const again = await sandbox.main({ ...keep, 'key-passphrase': 'correct horse' });
    expect(codeOf(again)).toBe('destination-invalid');
  });

  test('is not taken for another one with the same file name', async ({ start }) => {
    const sandbox = await start();
    expect((await sandbox.main({ ...keep, name: 'pump:1' })).exitCode).toBe(0);
    for (const name of ['pump_1', 'pump:1']) {
      const again = await sandbox.main({ ...keep, name });
      expect(codeOf(again)).toBe('destination-invalid');
    }
    const both = await sandbox.main({ ...keep, name: 'pump:2\npump_2' });
    expect(codeOf(both)).toBe('input-invalid');
    expect(errorOf(both)).toMatch(/"pump:2" and "pump_2" would share files/);
    expect(sandbox.hub.seen('create')).toHaveLength(1);
  });

  test('is an error by default', async ({ start }) => {
    const sandbox = await start();
    await sandbox.main(keep);
    const again = await sandbox.main();
    expect(codeOf(again)).toBe('destination-invalid');
    expect(errorOf(again)).toMatch(/set `if-exists: skip`/);
  });

  test('is an error when only some of its files exist', async ({ start }) => {
    const sandbox = await start();
    const { outputs } = await sandbox.main(keep);
    await rm(outputs['certificatePath'] ?? '');
    const again = await sandbox.main(keep);
    expect(codeOf(again)).toBe('destination-invalid');
    expect(sandbox.hub.seen('create')).toHaveLength(1);
  });

  test('is an error when the key belongs to another agent', async ({ start }) => {
    const sandbox = await start();
    const result = await sandbox.main({ ...keep, name: 'a\nb' });
    const [a, b] = agentsOf(result).map(({ privateKeyPath = '' }) => privateKeyPath);
    await writeFile(a ?? '', await readFile(b ?? ''));
    const again = await sandbox.main({ ...keep, name: 'a\nb\nc' });
    expect(codeOf(again)).toBe('destination-invalid');
    expect(sandbox.hub.seen('create')).toHaveLength(2);
  });
});

describe.concurrent('a shard', () => {
  test('has its part of the agents, whose file names are those of the whole list', async ({
    start,
  }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    const inputs = {
      ...(await file(sandbox, 'a\nb\nc\n')),
      destination: 'repository',
      'github-token': github.issueToken(),
    };
    const one = await sandbox.main({ ...inputs, shard: '1/3' });
    expect(agentsOf(one).map(({ name }) => name)).toEqual(['b']);
    expect(Object.keys(one.outputs)).toEqual(['agents']);
    expect([...github.vault.secrets.keys()].sort()).toEqual([
      'INSIGHTS_HUB_AGENT_B_CERTIFICATE',
      'INSIGHTS_HUB_AGENT_B_PRIVATE_KEY',
    ]);
  });

  test('that is empty succeeds with a notice', async ({ start }) => {
    const sandbox = await start();
    const result = await sandbox.main({ name: 'a\nb', shard: '5/6' });
    expect(result.exitCode).toBe(0);
    const file = path.join(sandbox.runner.workspace, '.insights-hub', 'agents.json');
    expect(result.outputs).toEqual({ agents: '[]', agentsPath: file });
    expect(await readFile(file, 'utf8')).toBe('[]\n');
    expect(result.commands.filter(({ name }) => name === 'notice')).toHaveLength(1);
    expect(sandbox.hub.requests).toEqual([]);
    expect(await sandbox.files()).toEqual([
      '.insights-hub',
      ...['.gitignore', 'agents.json'].map((name) => path.join('.insights-hub', name)),
    ]);
    expect(await readdir(sandbox.runner.temporary)).not.toEqual([]);
    await sandbox.post(result);
    expect(await sandbox.files()).toEqual([]);
    expect(await readdir(sandbox.runner.temporary)).toEqual([]);
  });

  test('of each job of a matrix creates every agent once', async ({ start }) => {
    const sandbox = await start();
    const results: StepResult[] = [];
    for (let job = 0; job < 3; job++) {
      results.push(await sandbox.main({ name: list(7), shard: `${job}/3` }));
    }
    const all = results.flatMap((result) => agentsOf(result).map(({ name }) => name));
    expect(all.sort()).toEqual(names(7).sort());
    expect([...created(sandbox).values()]).toEqual([1, 1, 1, 1, 1, 1, 1]);
  });
});

describe.concurrent('an invalid list', () => {
  const cases: Readonly<Record<string, [string | Buffer, Record<string, string>, RegExp]>> = {
    'beside a name': ['a\n', { name: 'b' }, /`name` and `names-file` are both set/],
    'with a name twice': ['a\nb\na\n', {}, /line 3 of devices\.csv "a" is listed twice/],
    'with invalid names': [
      'a\nb/c\n"d e"\n',
      {},
      /\(1\) line 2 .*"b\/c" contains "\/".*\(2\) line 3 .*"d e" contains a space/,
    ],
    'with clashing secret names': [
      'a-b\na_b\n',
      { destination: 'repository', 'github-token': 'ghs_token' },
      /"a-b" and "a_b" would use the same secret names, with A_B/,
    ],
    'with too many agents': [
      names(51).join('\n'),
      { destination: 'repository', 'github-token': 'ghs_token', shard: '0/60' },
      /the secrets of 50 agents \(100 secrets\), but the list has 51 agents/,
    ],
    'that is empty': ['', {}, /`names-file` "devices\.csv" is empty/],
    'of 20 MB': ['a'.repeat(20_000_000), {}, /`names-file` "devices\.csv" is larger than 1 MiB/],
    'in another encoding': [
      Buffer.from('gerät\n', 'latin1'),
      {},
      /`names-file` "devices\.csv" is not UTF-8 text/,
    ],
    'with three columns': ['a,b,c\n', {}, /line 1 of devices\.csv has 3 columns/],
    'with an invalid shard': ['a\n', { shard: '4/4' }, /`shard` "4\/4" does not exist/],
    'with an invalid concurrency': [
      'a\n',
      { concurrency: '33' },
      /`concurrency` must be .* 1 to 32/,
    ],
    'with an invalid word': [
      'a\n',
      { 'if-exists': 'ask' },
      /`if-exists` must be fail or skip, not "ask"/,
    ],
  };
  test.for(Object.entries(cases))('%s', async ([, [content, inputs, says]], { start }) => {
    const sandbox = await start();
    const result = await sandbox.main({ ...(await file(sandbox, content)), ...inputs });
    expect(codeOf(result)).toBe('input-invalid');
    expect(errorOf(result)).toMatch(says);
    expect(sandbox.hub.requests).toEqual([]);
  });

  test('that does not exist', async ({ start }) => {
    const sandbox = await start();
    const result = await sandbox.main({ name: '', 'names-file': '/nowhere/devices.csv' });
    expect(errorOf(result)).toMatch(/`names-file` "\/nowhere\/devices\.csv" does not exist/);
  });
});
