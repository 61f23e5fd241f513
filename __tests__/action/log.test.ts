import { readFile } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import type { StepResult } from '../../sandbox/runner/runner.ts';
import {
  agentsOf,
  codeOf,
  errorOf,
  preload,
  readyPairs,
  type Sandbox,
  test,
  UNLIMITED,
  warningsOf,
} from './sandbox.ts';

const namesOf = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => `device${from + index}`);
const list = (count: number) => namesOf(count).join('\n');
const idsOf = (names: readonly string[]) => names.map((name) => `mqtt1_${name}`).join(', ');

/** The lines of the log that are neither a warning nor an error, nor the progress of a slow machine. */
const plainOf = ({ lines }: StepResult) =>
  lines
    .filter(
      ({ kind, text }) => /plain|group/.test(kind) && !/^\d+ of \d+ done, .* to go$/.test(text),
    )
    .map(({ text }) => text);

/** A text that has no backtick, as the summary shows it: verbatim, as code. */
const shown = (text = '') => `\`${text}\``;

/** A step takes a different time in each run. */
const timeless = (line: string) => line.replace(/ in \d[\d hmins]*/, ' in a while');

const refuse = { kind: 'status', status: 400 } as const;
/** The action as a job of another repository uses it. */
const used = { env: { GITHUB_ACTION_REPOSITORY: 'octo/action', GITHUB_ACTION_REF: 'v1' } };
const TROUBLESHOOTING = 'https://github.com/octo/action/blob/v1/docs/troubleshooting.md';

/** Code that makes an hour of waiting a minute in the action's process. */
const FAST_CLOCK = `import timers from 'node:timers/promises';
  import { syncBuiltinESMExports } from 'node:module';
  const { now } = Date;
  const begun = now();
  Date.now = () => begun + (now() - begun) * 60;
  const wait = timers.setTimeout;
  timers.setTimeout = (after, ...rest) => wait(after / 60, ...rest);
  syncBuiltinESMExports();`;

describe('the log of a run', () => {
  test('has a line and details for each of twenty agents', async ({ start }) => {
    const sandbox = await start({ pairs: await readyPairs(4) });
    const result = await sandbox.main({ ...UNLIMITED, name: list(20) });
    expect(result.exitCode).toBe(0);
    const lines = plainOf(result);
    const group = lines.indexOf('▼ Details of 20 agents');
    expect(lines.slice(0, group)).toHaveLength(20);
    for (const line of lines.slice(0, group)) expect(line).toMatch(/^Created agent device\d+: /);
    for (const [index, line] of lines.slice(group + 1, group + 21).entries()) {
      expect(line).toMatch(new RegExp(`^Agent device${index}: agent id \\w+, .*private key in `));
    }
    expect(lines.slice(group + 21)).toEqual([
      '▼ How to connect as mqtt1_device0',
      expect.stringMatching(/^To publish /),
      expect.stringMatching(/^To connect with MQTTX/),
    ]);
  });

  test('is one line for more, and says whether keys are encrypted', async ({ start }) => {
    const sandbox = await start({ pairs: await readyPairs(4) });
    const inputs = { ...UNLIMITED, 'keep-files': 'true', 'if-exists': 'skip' };
    const created = await sandbox.main({ ...inputs, name: list(21) });
    expect(plainOf(created).map(timeless)).toEqual(['21 agents created in a while.']);
    expect(created.summary).toContain('#### Connect as <code>mqtt1&#95;device0</code>');
    const again = await sandbox.main({ ...inputs, name: list(22) });
    expect(plainOf(again).map(timeless)).toEqual([
      `Skipped 21 agents (their files exist): ${namesOf(20).join(', ')} and 1 more`,
      '22 agents: 1 created, 21 skipped (their files exist), in a while.',
    ]);
    const encrypted = await sandbox.main({
      ...{ ...UNLIMITED, name: namesOf(21, 100).join('\n') },
      'key-passphrase': 'correct horse',
    });
    expect(plainOf(encrypted).map(timeless)).toEqual([
      '21 agents created in a while. The private keys are encrypted.',
    ]);
    expect(encrypted.summary).toContain('The private keys are encrypted.');
  });

  test('of more has the first failures and one warning of each kind', async ({ start }) => {
    const sandbox = await start({ pairs: await readyPairs(4) });
    const { hub } = sandbox;
    hub.faults.push({ at: 'create', fault: refuse, times: 25 });
    const change = ({ clientId, ...answer }: Readonly<Record<string, unknown>>) => ({
      ...answer,
      clientId: `other_${clientId}`,
    });
    hub.faults.push({ at: 'create', fault: { kind: 'change', change }, after: 25, times: 22 });
    hub.faults.push({ at: 'create', fault: { kind: 'expired' }, after: 47, times: 2 });
    const inputs = { ...UNLIMITED, name: list(50), concurrency: '1' };
    const result = await sandbox.main(inputs, used);
    expect(plainOf(result).map(timeless)).toEqual([
      ...namesOf(20).map((name) =>
        expect.stringMatching(
          `^Failed: agent ${name} \\[request-rejected\\] Creating agent ${name} `,
        ),
      ),
      '50 agents: 25 created, 25 failed, in a while. The output `agents` says why each failed.',
    ]);
    expect(warningsOf(result)).toEqual([
      `The client id does not begin with the tenant. (22: ${namesOf(20, 25).join(', ')} and 2 more)`,
      'The certificate has expired. (2: device47, device48)',
    ]);
    // The log leaves out what is shown elsewhere.
    const agents = agentsOf(result);
    expect(JSON.parse(await readFile(result.outputs['agentsPath'] ?? '', 'utf8'))).toEqual(agents);
    for (const { code, message } of agents.slice(0, 25)) {
      expect(code).toBe('request-rejected');
      expect(message).toMatch(
        /^Creating agent device\d+ was rejected\. .*the server says ".+", log/,
      );
      expect(result.summary).toContain(shown(message));
    }
    expect(agents.slice(25).every((agent) => !('code' in agent) && !('message' in agent))).toBe(
      true,
    );
    const link = `[<code>request-rejected</code>](${TROUBLESHOOTING}#request-rejected)`;
    expect(result.summary).toContain(`<code>device24</code> failed: ${link}`);
    expect(result.summary).toContain(
      shown(
        'The client id of agent device46, other_mqtt1_device46, does not begin with the tenant.',
      ),
    );
  });

  test.for([1, 2])('has the same message as the summary of %i', async (count, { start }) => {
    const sandbox = await start();
    sandbox.hub.faults.push({ at: 'create', fault: refuse });
    const result = await sandbox.main({ name: list(count), concurrency: '1' }, used);
    const [agent] = agentsOf(result);
    expect(agent?.['message']).toMatch(/^Creating agent device0 was rejected\. /);
    const message = `[request-rejected] ${agent?.['message']}`;
    if (count === 1) expect(errorOf(result)).toBe(message);
    else expect(plainOf(result)[0]).toContain(`Failed: agent device0 ${message}: `);
    expect(result.summary).toContain(shown(agent?.['message']));
    expect(result.summary).toContain(`](${TROUBLESHOOTING}#request-rejected)`);
  });

  test('says that a private key is encrypted, also for an agent that is skipped', async ({
    start,
  }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    const inputs = {
      'key-passphrase': 'correct horse',
      destination: 'workspace, repository',
      'github-token': github.issueToken(),
      'keep-files': 'true',
      'if-exists': 'skip',
    };
    const created = await sandbox.main(inputs);
    expect(created.exitCode).toBe(0);
    expect(plainOf(created).join('\n')).toMatch(
      /, encrypted private key in \S+mqtt1_device001\.key, .*, encrypted private key in secret INSIGHTS_HUB_AGENT_PRIVATE_KEY of repository octo\/device, secret INSIGHTS_HUB_AGENT_CERTIFICATE of/,
    );
    expect(created.summary).toMatch(/\n- \*\*Encrypted private key\*\*: <code>.*\.key</);
    expect(created.summary).toContain(
      'KEY</code> of <code>repository octo/device</code> (encrypted private key)',
    );
    const skipped = await sandbox.main(inputs);
    expect(plainOf(skipped)[0]).toMatch(/^Skipped agent /);
    expect(plainOf(skipped).join('\n')).toMatch(/, encrypted private key in \S+\.key, /);
    expect(skipped.summary).toMatch(/\n- \*\*Encrypted private key\*\*: <code>/);
    const plain = await sandbox.main({ name: 'device002' });
    expect(`${plain.log.join('\n')}${plain.summary}`).not.toMatch(/encrypted/i);
  });
});

describe('the log of the delete action', () => {
  const fast = preload(FAST_CLOCK);
  const warned = /^None of the agents and certificates was found in Insights Hub\. /;

  async function addAgents({ hub }: Sandbox, names: readonly string[]) {
    for (const name of names) await hub.addAgent(name);
  }

  test('of many names everything that is left, and is short', async ({ start }) => {
    const sandbox = await start({ pairs: await readyPairs(4) });
    await addAgents(sandbox, namesOf(25));
    const { hub } = sandbox;
    hub.faults.push({ at: 'list-certificates', fault: { kind: 'status', status: 403 } });
    hub.faults.push({ at: 'find-agent', fault: refuse, times: 22 });
    const inputs = { name: list(46), concurrency: '1' };
    const result = await sandbox.delete(inputs, fast);
    expect(codeOf(result)).toBe('request-rejected');
    const lines = plainOf(result);
    const [estimate, ...others] = lines.map(timeless);
    expect(estimate).toMatch(/^At most .*: 46 agents take about /);
    expect(others).toEqual([
      ...namesOf(20).map((name) =>
        expect.stringMatching(`^Failed: agent ${name} \\[request-rejected\\] .*${name}`),
      ),
      `Not found (21): ${namesOf(20, 25).join(', ')} and 1 more`,
      `Failed agents (22), by client id: ${idsOf(namesOf(22))}`,
      `Agents whose certificates may be left (24), by client id: ${idsOf(namesOf(24, 22))}`,
      'Insights Hub agents: 22 failed, 3 deleted, 21 not found, in a while',
    ]);
    expect(warningsOf(result)).toEqual([
      expect.stringMatching(/^The list of certificates could not be read, /),
    ]);
    for (const { message } of agentsOf(result).slice(0, 22)) {
      expect(message).toMatch(/the server says "/);
      expect(result.summary).toContain(shown(message));
    }
    expect(Object.keys(agentsOf(result)[24] ?? {})).not.toContain('message');
  });

  test('has a warning when nothing was found', async ({ start }) => {
    const sandbox = await start();
    const absent = await sandbox.delete({ name: 'a\nb', 'certificate-id': 'c1' });
    expect(absent.exitCode).toBe(0);
    expect(warningsOf(absent)).toEqual([expect.stringMatching(warned)]);
    const dry = await sandbox.delete({ name: 'a', 'dry-run': 'true' });
    expect(warningsOf(dry)).toEqual([expect.stringMatching(warned)]);
    await addAgents(sandbox, ['b']);
    const some = await sandbox.delete({ name: 'a\nb' });
    expect(warningsOf(some)).toEqual([]);
    const gone = await sandbox.delete({ name: 'b' });
    expect(warningsOf(gone)).toEqual([expect.stringMatching(warned)]);
  });

  test('is as short in the post step', async ({ start }) => {
    const sandbox = await start({ pairs: await readyPairs(4) });
    const inputs = { ...UNLIMITED, name: list(22), ephemeral: 'true', concurrency: '1' };
    const result = await sandbox.main(inputs, fast);
    expect(result.exitCode).toBe(0);
    const fault = { kind: 'status', status: 403 } as const;
    sandbox.hub.faults.push({ at: 'offboard', fault, after: 20 });
    const post = await sandbox.post(result);
    const lines = plainOf(post);
    expect(lines.map(timeless)).toEqual([
      expect.stringMatching(/^Failed: agent device\d+ \[/),
      expect.stringMatching(/^Failed: agent device\d+ \[/),
      'Insights Hub agents: 2 failed, 20 deleted, in a while',
    ]);
    expect(warningsOf(post)).toEqual([
      expect.stringMatching(
        /2 of 22 agents failed\..* Left: agent mqtt1_device\d+, agent mqtt1_device\d+\.$/,
      ),
    ]);
  });
});
