import { lstat, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect } from 'vitest';
import {
  agentsOf,
  codeOf,
  errorOf,
  preload,
  readyPairs,
  type Sandbox,
  test,
  UNLIMITED,
  waitFor,
  warningsOf,
} from './sandbox.ts';

const posix = process.platform !== 'win32';
const DIRECTORY = '.insights-hub';
const list = (count: number) =>
  Array.from({ length: count }, (_, index) => `device${index}`).join('\n');

/** Notes when creates arrive, in milliseconds. */
function arrivalsAt({ hub }: Sandbox): readonly number[] {
  const times: number[] = [];
  hub.onRequest = ({ endpoint }) => {
    if (endpoint === 'create') times.push(performance.now());
  };
  return times;
}

/** How many creates were rejected because of the quota. */
function refusedBy({ hub }: Sandbox): number {
  return hub.replies.filter(({ reply }) => reply.status === 429).length;
}

describe.concurrent('the quota of creates', () => {
  // Its pace is real time: a machine that stalls for two seconds gets another chance.
  test('is kept and fully used, window by window', { retry: 2 }, async ({ start }) => {
    const quota = { windows: { create: [{ count: 10, seconds: 2 }] } };
    const sandbox = await start({ quota, pairs: await readyPairs(10) });
    const arrivals = arrivalsAt(sandbox);
    const result = await sandbox.main({ name: list(40), 'rate-limit': '10/2s' });
    expect(result.exitCode).toBe(0);
    expect(refusedBy(sandbox)).toBe(0);
    expect(arrivals).toHaveLength(40);
    for (const first of [0, 10, 20, 30]) {
      const [from = 0, ...others] = arrivals.slice(first, first + 10);
      const [next = Number.POSITIVE_INFINITY] = arrivals.slice(first + 10);
      expect(Math.max(...others)).toBeLessThan(from + 2000);
      expect(next).toBeGreaterThanOrEqual(from + 2000);
    }
  });

  test('fails no agent if it is smaller than expected', async ({ start }) => {
    const quota = { windows: { create: [{ count: 5, seconds: 1 }] } };
    const sandbox = await start({ quota, pairs: await readyPairs(10) });
    const inputs = { name: list(12), 'rate-limit': '10/1s', concurrency: '12' };
    const result = await sandbox.main(inputs);
    expect(result.exitCode).toBe(0);
    expect(refusedBy(sandbox)).toBeGreaterThan(0);
    expect(sandbox.hub.agents.size).toBe(12);
  });

  test('is waited for when some creates are rejected with Retry-After', async ({ start }) => {
    const sandbox = await start({ pairs: await readyPairs(10) });
    const fault = { kind: 'status', status: 429, headers: { 'retry-after': '1' } } as const;
    for (const after of [0, 7, 15]) {
      sandbox.hub.faults.push({ at: 'create', fault, after, times: 2 });
    }
    const result = await sandbox.main({ ...UNLIMITED, name: list(20) });
    expect(result.exitCode).toBe(0);
    expect(sandbox.hub.seen('create')).toHaveLength(26);
    expect(sandbox.hub.agents.size).toBe(20);
  });

  test('is waited for without Retry-After, which does not count towards the time limit', async ({
    start,
  }) => {
    const sandbox = await start({ pairs: await readyPairs(10) });
    const fault = { kind: 'status', status: 429, headers: {} } as const;
    sandbox.hub.faults.push({ at: 'create', fault, after: 4, times: 1 });
    const arrivals = arrivalsAt(sandbox);
    const result = await sandbox.main({ ...UNLIMITED, name: list(12), timeout: '20' });
    expect(errorOf(result)).toBe('');
    expect(sandbox.hub.agents.size).toBe(12);
    const gaps = arrivals.slice(1).map((time, index) => time - (arrivals[index] ?? 0));
    expect(gaps.filter((gap) => gap > 29_000)).toHaveLength(1);
  });

  test.runIf(posix)(
    'is the documented one by default, and its time is logged',
    async ({ start }) => {
      const sandbox = await start({ quota: 'xs', pairs: await readyPairs(10) });
      let send: (signal: NodeJS.Signals) => void = () => {};
      const onStart = (kill: typeof send) => {
        send = kill;
      };
      const running = sandbox.main({ name: list(35), 'keep-files': 'true' }, { onStart });
      // With the next ten, it would take half a minute.
      await waitFor(() => sandbox.hub.agents.size === 10);
      send('SIGINT');
      const result = await running;
      expect(result.log[0]).toBe(
        'At most 10 creates in 30 s (rate-limit): 35 agents take about 2 min.',
      );
      expect(codeOf(result)).toBe('cancelled');
      expect(sandbox.hub.seen('create')).toHaveLength(10);
    },
  );

  test.for(['10/30', '0/30s', '10/0s', '10001/30s', '10/3601s', '1.5/30s', 'off'])(
    'can’t be %j',
    async (value, { start }) => {
      const sandbox = await start();
      const result = await sandbox.main({ 'rate-limit': value });
      expect(codeOf(result)).toBe('input-invalid');
      expect(errorOf(result)).toMatch(/`rate-limit` must be COUNT\/SECONDSs, such as 10\/30s/);
      expect(sandbox.hub.requests).toEqual([]);
    },
  );
});

/** A folder below the workspace whose name is so long that a few agents' paths fill an output. */
const DEEP = Array.from({ length: 10 }, () => 'x'.repeat(200)).join('/');
const MANY = 90;

/** Code that makes writing a list of results fail. */
const NO_LISTS = preload(`import fs from 'node:fs';
  import { syncBuiltinESMExports } from 'node:module';
  const { linkSync } = fs;
  fs.linkSync = (from, to) => {
    if (!/agents[^/\\\\]*\\.json$/.test(to)) return linkSync(from, to);
    throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
  };
  syncBuiltinESMExports();`);

describe.concurrent('the results file', () => {
  test('has the content of the output, can be read by everybody, and stays until the job ends', async ({
    start,
  }) => {
    const sandbox = await start();
    sandbox.hub.faults.push({ at: 'create', fault: { kind: 'status', status: 400 }, times: 1 });
    const result = await sandbox.main({ name: 'a\nb', concurrency: '1' });
    expect(codeOf(result)).toBe('request-rejected');
    const { agents, agentsPath = '' } = result.outputs;
    expect(agentsPath).toBe(path.join(sandbox.runner.workspace, DIRECTORY, 'agents.json'));
    expect(await readFile(agentsPath, 'utf8')).toBe(`${agents}\n`);
    expect(agentsOf(result)).toMatchObject([
      { name: 'a', code: 'request-rejected' },
      { name: 'b' },
    ]);
    if (posix) expect((await lstat(agentsPath)).mode & 0o777).toBe(0o644);
    await sandbox.post(result);
    expect(await sandbox.files()).toEqual([]);
  });

  test('is not written for one agent, nor in a dry run', async ({ start }) => {
    const sandbox = await start();
    const results = [await sandbox.main(), await sandbox.main({ name: 'a\nb', 'dry-run': 'true' })];
    for (const { exitCode, outputs } of results) {
      expect(exitCode).toBe(0);
      expect(outputs).toHaveProperty('agents');
      expect(outputs).not.toHaveProperty('agentsPath');
    }
    expect((await sandbox.files()).filter((name) => /agents.*json/.test(name))).toEqual([]);
  });

  test('gets another name if its own is taken, even when all agents are skipped', async ({
    start,
  }) => {
    const sandbox = await start();
    const inputs = { name: 'a\nb', 'keep-files': 'true', 'if-exists': 'skip' };
    const first = await sandbox.main(inputs);
    await sandbox.post(first);
    const before = await sandbox.read(DIRECTORY, 'agents.json');
    const second = await sandbox.main(inputs);
    expect(second.exitCode).toBe(0);
    expect(sandbox.hub.seen('create')).toHaveLength(2);
    const { agents, agentsPath = '' } = second.outputs;
    expect(path.dirname(agentsPath)).toBe(path.dirname(first.outputs['agentsPath'] ?? ''));
    expect(path.basename(agentsPath)).toMatch(/^agents-[0-9a-f-]{36}\.json$/);
    expect(await readFile(agentsPath, 'utf8')).toBe(`${agents}\n`);
    expect(await sandbox.read(DIRECTORY, 'agents.json')).toBe(before);
  });

  test('is deleted without the one of somebody else', async ({ start }) => {
    const sandbox = await start();
    await mkdir(path.join(sandbox.runner.workspace, 'mine'));
    await writeFile(path.join(sandbox.runner.workspace, 'mine/agents.json'), 'mine');
    const result = await sandbox.main({ name: 'a\nb', 'output-directory': 'mine' });
    expect(result.outputs['agentsPath']).toMatch(/mine.agents-[0-9a-f-]+\.json$/);
    await sandbox.post(result);
    expect(await sandbox.files()).toEqual(['mine', path.join('mine', 'agents.json')]);
    expect(await sandbox.read('mine/agents.json')).toBe('mine');
  });

  test('is written without a workspace for a list that is too long for a variable', async ({
    start,
  }) => {
    const sandbox = await start({ pairs: await readyPairs(10) });
    const github = await sandbox.startGitHub();
    const places = { destination: 'repository', 'github-token': github.issueToken() };
    const short = await sandbox.main({ ...places, name: 'a\nb' });
    expect(Object.keys(short.outputs)).toEqual(['agents']);
    const name = list(35).replaceAll('device', `${'d'.repeat(100)}-`);
    const result = await sandbox.main({ ...UNLIMITED, ...places, name, concurrency: '8' });
    expect(result.exitCode).toBe(0);
    const { agents = '', agentsPath = '' } = result.outputs;
    expect(agents.length).toBeGreaterThan(30_000);
    expect(await readFile(agentsPath, 'utf8')).toBe(`${agents}\n`);
    await sandbox.post(result);
    expect(await sandbox.files()).toEqual([]);
  });

  test.runIf(posix)(
    'is the only place of a list that is too long for an output',
    async ({ start }) => {
      const sandbox = await start({ pairs: await readyPairs(10) });
      const inputs = { ...UNLIMITED, name: list(MANY), 'output-directory': DEEP };
      const result = await sandbox.main(inputs);
      expect(result.exitCode).toBe(0);
      expect(Object.keys(result.outputs)).toEqual(['agentsPath']);
      const { agentsPath = '' } = result.outputs;
      expect(warningsOf(result)).toEqual([
        `The results are too long for the output \`agents\`. They are in ${agentsPath}.`,
      ]);
      const text = await readFile(agentsPath, 'utf8');
      expect(text.length).toBeGreaterThan(500_000);
      expect(JSON.parse(text)).toHaveLength(MANY);
    },
  );

  test.runIf(posix)('fails the step if it can’t be written and is needed', async ({ start }) => {
    const sandbox = await start({ pairs: await readyPairs(10) });
    const inputs = { ...UNLIMITED, name: list(MANY), 'output-directory': DEEP };
    const result = await sandbox.main(inputs, NO_LISTS);
    expect(codeOf(result)).toBe('delivery-failed');
    expect(errorOf(result)).toMatch(/too long for the output `agents`, and could not be/);
    expect(result.outputs).toEqual({});
    expect(result.log.join('\n')).toContain(`Agent device${MANY - 1}: agent id `);
  });

  test('causes a warning if it can’t be written and the output has everything', async ({
    start,
  }) => {
    const sandbox = await start();
    const result = await sandbox.main({ name: 'a\nb' }, NO_LISTS);
    expect(result.exitCode).toBe(0);
    expect(warningsOf(result)).toEqual([
      expect.stringMatching(
        /^The results could not be written to .* \(ENOSPC\), so the output `agentsPath`/,
      ),
    ]);
    expect(agentsOf(result).map(({ name }) => name)).toEqual(['a', 'b']);
    expect(result.outputs).not.toHaveProperty('agentsPath');
    await sandbox.post(result);
    expect(await sandbox.files()).toEqual([]);
  });
});
