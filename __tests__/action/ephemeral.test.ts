import { appendFile, chmod, readdir } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import type { GitHub } from '../../sandbox/github/github.ts';
import type { StepResult } from '../../sandbox/runner/runner.ts';
import {
  agentsOf,
  codeOf,
  errorOf,
  journalOf,
  preload,
  type Sandbox,
  test,
  waitFor,
  warningsOf,
} from './sandbox.ts';

const ephemeral = { ephemeral: 'true' };
const status = (code: number) => ({ kind: 'status', status: code }) as const;
const POSIX = process.platform !== 'win32';

/** Everything that exists anywhere. */
async function everything(sandbox: Sandbox, github?: GitHub) {
  return {
    agents: [...sandbox.hub.agents.keys()],
    assets: sandbox.hub.assets.size,
    settings: github ? [...github.vault.secrets.keys(), ...github.vault.variables.keys()] : [],
    files: await sandbox.files(),
    temporary: await readdir(sandbox.runner.temporary),
  };
}
const nothing = { agents: [], assets: 0, settings: [], files: [], temporary: [] };

async function expectNothingToDo(sandbox: Sandbox, main: StepResult): Promise<void> {
  const requests = sandbox.hub.requests.length;
  const again = await sandbox.post(main);
  expect(again.exitCode).toBe(0);
  expect(again.log).toEqual([
    expect.stringMatching(/The notes of this step are gone: .*ran before/),
  ]);
  expect(sandbox.hub.requests).toHaveLength(requests);
}

describe.concurrent('an ephemeral agent', () => {
  test('is deleted after the job, with its asset, secrets, variables and files', async ({
    start,
  }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    github.vault.secrets.set('THEIRS', 'text');
    const main = await sandbox.main({
      ...ephemeral,
      name: 'a\nb',
      destination: 'workspace, repository',
      'github-token': github.issueToken(),
      variables: 'true',
    });
    expect(main.exitCode).toBe(0);
    expect(sandbox.hub.agents.size).toBe(2);
    expect(github.vault.secrets.size).toBe(5);
    sandbox.hub.connect('mqtt1_a');

    const post = await sandbox.post(main);
    expect(post.exitCode).toBe(0);
    expect(warningsOf(post)).toEqual([]);
    expect(await everything(sandbox, github)).toEqual({ ...nothing, settings: ['THEIRS'] });
    expect(post.log.join('\n')).toContain('Deleted agent a: client id mqtt1_a');
    expect(post.log.join('\n')).toContain('Deleted secret INSIGHTS_HUB_AGENT_A_PRIVATE_KEY');
    await expectNothingToDo(sandbox, main);
  });

  test('is deleted with the certificate from its create, and no other', async ({ start }) => {
    const sandbox = await start();
    const { hub } = sandbox;
    const main = await sandbox.main(ephemeral);
    const [own] = [...hub.certificates.keys()];
    expect(await sandbox.readJournal(main)).toContain(`"certificateId":"${own}"`);
    const other = await hub.addCertificate('mqtt1_device001', hub.issued[0]);
    const before = hub.requests.length;
    const post = await sandbox.post(main);
    expect(warningsOf(post)).toEqual([]);
    expect([...hub.certificates.keys()]).toEqual([other.id]);
    expect(hub.seen('list-certificates')).toEqual([]);
    expect(hub.requests.slice(before).map(({ endpoint }) => endpoint)).toEqual([
      'token',
      'delete-certificate',
      'find-agent',
      'offboard',
      'delete-agent',
    ]);
    expect(post.log.join('\n')).toMatch(/Deleted agent device001: .*certificate deleted/);
  });

  test('leaves the certificates of an unanswered create, and names them', async ({ start }) => {
    const sandbox = await start();
    await sandbox.hub.addAgent('other');
    sandbox.hub.faults.push({ at: 'create', fault: { kind: 'reset-after' } });
    const main = await sandbox.main(ephemeral);
    expect(codeOf(main)).toBe('outcome-unknown');
    const [id] = sandbox.hub.certificatesOf('mqtt1_device001').map((certificate) => certificate.id);
    const post = await sandbox.post(main);
    expect(warningsOf(post)).toEqual([
      expect.stringContaining(`These certificates of agent device001 were not deleted: ${id}.`),
    ]);
    expect(post.log.join('\n')).toMatch(/Deleted agent device001: .*certificate unknown/);
    expect(sandbox.hub.certificates.size).toBe(2);
  });

  test('is deleted even if its certificate stays, with a warning', async ({ start }) => {
    const sandbox = await start();
    const main = await sandbox.main(ephemeral);
    const [id] = [...sandbox.hub.certificates.keys()];
    sandbox.hub.faults.push({ at: 'delete-certificate', fault: status(403) });
    const post = await sandbox.post(main);
    expect(post.exitCode).toBe(0);
    expect(warningsOf(post)).toEqual([
      expect.stringContaining(`Certificate ${id} of agent device001 was not deleted. [forbidden]`),
    ]);
    expect(await everything(sandbox)).toEqual(nothing);
  });

  test('with another client id is deleted without certificates of others', async ({ start }) => {
    const sandbox = await start();
    const { hub } = sandbox;
    await hub.addAgent('theirs');
    const renamed = await hub.addAgent('renamed');
    for (const [clientId, agentId] of [
      ['mqtt1_theirs', 'a'.repeat(32)],
      ['mqtt1_renamed', renamed.id],
    ] as const) {
      // Without a certificate id: only the list can show which certificates exist.
      const change = (answer: object) => ({ ...answer, clientId, agentId, id: undefined });
      hub.faults.push({ at: 'create', fault: { kind: 'change', change }, times: 1 });
    }
    const main = await sandbox.main({ ...ephemeral, name: 'a\nb', concurrency: '1' });
    await sandbox.post(main);
    const left = [...hub.certificates.values()].map(({ clientId }) => clientId);
    expect(left).toContain('mqtt1_theirs');
    expect(left).toContain('mqtt1_renamed');
  });

  test('is looked up before it is created', async ({ start }) => {
    const sandbox = await start();
    expect((await sandbox.main(ephemeral)).exitCode).toBe(0);
    const order = sandbox.hub.requests.map(({ endpoint }) => endpoint);
    expect(order).toEqual(['token', 'find-agent', 'create']);
  });

  test('is noted on disk before it is created, with ids only', async ({ start }) => {
    const sandbox = await start();
    sandbox.hub.faults.push({ at: 'create', fault: { kind: 'silence' } });
    const main = await sandbox.main({ ...ephemeral, timeout: '5' });
    expect(Object.keys(main.state)).toEqual(['journal']);
    expect(await sandbox.readJournal(main)).toContain(
      '{"kind":"agent","name":"device001","clientId":"mqtt1_device001","state":"made"}\n',
    );
  });

  test('must not exist before', async ({ start }) => {
    const sandbox = await start();
    const { id } = await sandbox.hub.addAgent('a');
    const main = await sandbox.main({ ...ephemeral, name: 'a\nb' });
    expect(agentsOf(main)).toMatchObject([
      { name: 'a', code: 'agent-exists' },
      { name: 'b', clientId: 'mqtt1_b' },
    ]);
    expect(errorOf(main)).toMatch(/Agent a already exists \(client id mqtt1_a\)\..*deleted after/);
    expect(sandbox.hub.seen('create')).toHaveLength(1);
    await sandbox.post(main);
    expect([...sandbox.hub.agents.values()].map((agent) => agent.id)).toEqual([id]);
  });

  test('is left alone if somebody else created it in the meantime', async ({ start }) => {
    const sandbox = await start();
    const absent = () => ({ content: [], totalElements: 0, last: true });
    const fault = { kind: 'change', change: absent } as const;
    sandbox.hub.faults.push({ at: 'find-agent', fault, times: 1 });
    await sandbox.hub.addAgent('device001');
    const main = await sandbox.main(ephemeral);
    expect(codeOf(main)).toBe('agent-exists');
    await sandbox.post(main);
    expect(sandbox.hub.agents.size).toBe(1);
    expect(sandbox.hub.seen('find-agent')).toHaveLength(1);
  });

  test.for([
    ['is not allowed', status(403), 'forbidden', /agm\.r/],
    [
      'finds something else',
      { kind: 'body', body: '{"content":[{"id":"a","mqttClientId":"b"}]}' },
      'response-invalid',
      /It is unknown whether agent device001 already exists/,
    ],
  ] as const)('is not created when the look-up %s', async ([, fault, code, says], { start }) => {
    const sandbox = await start();
    sandbox.hub.faults.push({ at: 'find-agent', fault });
    const main = await sandbox.main(ephemeral);
    expect(codeOf(main)).toBe(code);
    expect(errorOf(main)).toMatch(says);
    expect(sandbox.hub.seen('create')).toEqual([]);
    sandbox.hub.faults.length = 0;
    expect(warningsOf(await sandbox.post(main))).toEqual([]);
    expect(await everything(sandbox)).toEqual(nothing);
  });

  test('is not created when the note of it can’t be written', async ({ start }) => {
    const sandbox = await start();
    const broken = preload(`import fs from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      const { appendFileSync } = fs;
      fs.appendFileSync = (file, text, ...rest) => {
        if (text.includes('"agent"')) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
        appendFileSync(file, text, ...rest);
      };
      syncBuiltinESMExports();`);
    const main = await sandbox.main(ephemeral, broken);
    expect(codeOf(main)).toBe('destination-invalid');
    expect(errorOf(main)).toMatch(/its note for the post step could not be written \(ENOSPC\)/);
    expect(sandbox.hub.seen('create')).toEqual([]);
  });

  test('needs no deletion if its create was rejected', async ({ start }) => {
    const sandbox = await start();
    sandbox.hub.faults.push({ at: 'create', fault: status(400) });
    const main = await sandbox.main(ephemeral);
    expect(codeOf(main)).toBe('request-rejected');
    const requests = sandbox.hub.requests.length;
    await sandbox.post(main);
    expect(sandbox.hub.requests).toHaveLength(requests);
    expect(await everything(sandbox)).toEqual(nothing);
  });

  test.for([
    ['its answer can’t be used', { kind: 'change', change: () => ({}) }, 'response-invalid'],
    ['its key is another one’s', { kind: 'wrong-pair' }, 'key-mismatch'],
  ] as const)('is deleted although %s', async ([, fault, code], { start }) => {
    const sandbox = await start();
    sandbox.hub.faults.push({ at: 'create', fault });
    const main = await sandbox.main(ephemeral);
    expect(codeOf(main)).toBe(code);
    expect(errorOf(main)).toContain('The post step deletes it.');
    await sandbox.post(main);
    expect(await everything(sandbox)).toEqual(nothing);
  });

  test('with another client id is deleted if its agent id proves it', async ({ start }) => {
    const sandbox = await start();
    const theirs = await sandbox.hub.addAgent('theirs');
    const renamed = await sandbox.hub.addAgent('renamed');
    const change = (clientId: string, agentId: string) => (answer: object) => {
      return { ...answer, clientId, agentId };
    };
    for (const [clientId, agentId] of [
      ['mqtt1_renamed', renamed.id],
      ['mqtt1_theirs', 'a'.repeat(32)],
    ] as const) {
      const fault = { kind: 'change', change: change(clientId, agentId) } as const;
      sandbox.hub.faults.push({ at: 'create', fault, times: 1 });
    }
    const main = await sandbox.main({ ...ephemeral, name: 'a\nb' });
    expect(main.exitCode).toBe(0);
    const post = await sandbox.post(main);
    const left = /These certificates of agent [ab] were not deleted: \w{26}\./;
    expect(warningsOf(post)).toEqual([
      expect.stringMatching(left),
      expect.stringMatching(left),
      expect.stringMatching(
        /\[not-ended\] .*client id mqtt1_theirs found an agent that may be a different/,
      ),
    ]);
    expect([...sandbox.hub.agents.values()]).toEqual([theirs]);
  });

  test('is deleted even if it shows up late', async ({ start }) => {
    const sandbox = await start();
    const main = await sandbox.main(ephemeral);
    const absent = () => ({ content: [], totalElements: 0, last: true });
    const fault = { kind: 'change', change: absent } as const;
    sandbox.hub.faults.push({ at: 'find-agent', fault, times: 1 });
    await sandbox.post(main);
    expect(await everything(sandbox)).toEqual(nothing);
  });

  test('leaves an asset that existed before', async ({ start }) => {
    const sandbox = await start();
    await sandbox.hub.addAgent('device001');
    sandbox.hub.connect('mqtt1_device001');
    await sandbox.delete({ 'delete-asset': 'false' });
    expect(sandbox.hub.assets.size).toBe(1);
    const main = await sandbox.main(ephemeral);
    await sandbox.post(main);
    sandbox.hub.faults.push({ at: 'create', fault: status(500) });
    await sandbox.post(await sandbox.main({ ...ephemeral, name: 'device001' }));
    expect(sandbox.hub.agents.size).toBe(0);
    expect(sandbox.hub.assets.size).toBe(1);
  });

  const unconfirmed = expect.stringMatching(
    /GitHub did not confirm .* They may exist: secret INSIGHTS_HUB_AGENT_PRIVATE_KEY of repository octo\/device, secret INSIGHTS_HUB_AGENT_CERTIFICATE of/,
  );

  test('leaves secrets whose writing was never confirmed, and names them', async ({ start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    github.faults.push({ at: 'secret', fault: { kind: 'status-after', status: 502 }, times: 2 });
    github.faults.push({ at: 'secret', fault: status(403) });
    const inputs = { destination: 'repository', 'github-token': github.issueToken() };
    const main = await sandbox.main({ ...ephemeral, ...inputs });
    expect(codeOf(main)).toBe('delivery-failed');
    expect(github.vault.secrets.size).toBe(2);
    expect(warningsOf(await sandbox.post(main))).toEqual([unconfirmed]);
    expect(github.vault.secrets.size).toBe(2);
  });

  test('leaves secrets alone that were certainly not written', async ({ start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    const busy = { status: 429, type: 'text/plain', body: '', headers: { 'retry-after': '0' } };
    const reply = () => {
      // Somebody else is faster.
      github.vault.secrets.set('INSIGHTS_HUB_AGENT_CERTIFICATE', 'theirs');
      return busy;
    };
    github.faults.push({ at: 'secret', fault: { kind: 'reply', reply } });
    const inputs = { destination: 'repository', 'github-token': github.issueToken() };
    const main = await sandbox.main({ ...ephemeral, ...inputs });
    expect(codeOf(main)).toBe('delivery-failed');
    await sandbox.post(main);
    expect(github.vault.secrets.get('INSIGHTS_HUB_AGENT_CERTIFICATE')).toBe('theirs');
  });

  test('is deleted even if its delivery failed', async ({ start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    const main = await sandbox.main({
      ...ephemeral,
      destination: 'repository',
      'github-token': github.issueToken({ secrets: 'read' }),
    });
    expect(codeOf(main)).toBe('delivery-failed');
    github.vault.secrets.set('INSIGHTS_HUB_AGENT_PRIVATE_KEY', 'theirs');
    const post = await sandbox.post(main);
    expect(warningsOf(post)).toEqual([]);
    expect(sandbox.hub.agents.size).toBe(0);
    // A write that was rejected did not happen, so nothing is deleted either.
    expect(github.vault.secrets.get('INSIGHTS_HUB_AGENT_PRIVATE_KEY')).toBe('theirs');
  });

  test('leaves secrets that may have been written, and names them', async ({ start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    github.faults.push({ at: 'secret', fault: { kind: 'status-after', status: 502 } });
    const main = await sandbox.main({
      ...ephemeral,
      destination: 'repository',
      'github-token': github.issueToken(),
    });
    expect(codeOf(main)).toBe('delivery-failed');
    expect(github.vault.secrets.size).toBe(2);
    expect(warningsOf(await sandbox.post(main))).toEqual([unconfirmed]);
    expect(github.vault.secrets.size).toBe(2);
    expect(sandbox.hub.agents.size).toBe(0);
  });

  test('is not created in a dry run, and not looked up', async ({ start }) => {
    const sandbox = await start();
    const main = await sandbox.main({ ...ephemeral, 'dry-run': 'true' });
    expect(main.exitCode).toBe(0);
    expect(sandbox.hub.requests.map(({ endpoint }) => endpoint)).toEqual(['token']);
  });

  test('needs no further permissions when it is not ephemeral', async ({ start }) => {
    const sandbox = await start();
    const main = await sandbox.main();
    await sandbox.post(main);
    expect(sandbox.hub.requests.map(({ endpoint }) => endpoint)).toEqual(['token', 'create']);
    expect(sandbox.hub.agents.size).toBe(1);
  });
});

describe.concurrent('the post step of an ephemeral agent', () => {
  // The post step tries for at least 30 s.
  const long = { timeout: 120_000 };
  test('warns of what it can’t delete, and a second run deletes it', long, async ({ start }) => {
    const sandbox = await start();
    const main = await sandbox.main({ ...ephemeral, name: 'a\nb' });
    sandbox.hub.connect('mqtt1_a');
    sandbox.hub.offboarding = Number.POSITIVE_INFINITY;
    const post = await sandbox.post(main, { timeout: '3' });
    expect(post.exitCode).toBe(0);
    expect(warningsOf(post)).toEqual([
      expect.stringMatching(
        /^Not everything .* \[not-ended\] 1 of 2 agents failed\. a: .*ONBOARDED/,
      ),
    ]);
    expect([...sandbox.hub.agents.keys()]).toEqual(['mqtt1_a']);
    expect(await sandbox.files()).toEqual([]);

    const agent = sandbox.hub.agents.get('mqtt1_a');
    if (agent) agent.readsUntilOffboarded = 0;
    sandbox.hub.offboarding = 0;
    expect(warningsOf(await sandbox.post(main))).toEqual([]);
    expect(await everything(sandbox)).toEqual(nothing);
    await expectNothingToDo(sandbox, main);
  });

  test('warns when Insights Hub is down, and still deletes the files', async ({ start }) => {
    const sandbox = await start();
    const main = await sandbox.main(ephemeral);
    sandbox.hub.faults.push({ at: 'token', fault: status(503) });
    const post = await sandbox.post(main);
    expect(post.exitCode).toBe(0);
    expect(warningsOf(post)).toEqual([expect.stringMatching(/\[unavailable\] The token request/)]);
    expect(await sandbox.files()).toEqual([]);
  });

  test('deletes the secrets even if the agent can’t be deleted', async ({ start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    const main = await sandbox.main({
      ...ephemeral,
      destination: 'repository',
      'github-token': github.issueToken(),
    });
    sandbox.hub.forbidden.add('delete-agent');
    const post = await sandbox.post(main);
    expect(warningsOf(post)).toEqual([expect.stringMatching(/\[forbidden\] Deleting the agent/)]);
    expect(github.vault.secrets.size).toBe(0);
  });

  test('warns of secrets that it can’t delete', async ({ start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    const main = await sandbox.main({
      ...ephemeral,
      destination: 'repository',
      'github-token': github.issueToken(),
    });
    github.faults.push({ at: 'delete-secret', fault: status(403), times: 1 });
    const post = await sandbox.post(main);
    expect(post.exitCode).toBe(0);
    expect(warningsOf(post)).toEqual([
      expect.stringMatching(/Deleting secret INSIGHTS_HUB_AGENT_\w+ of repository/),
    ]);
    expect(github.vault.secrets.size).toBe(1);
    await sandbox.post(main);
    expect(github.vault.secrets.size).toBe(0);
  });

  test('does not count secrets as deleted if the token can’t see them', async ({ start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    const inputs = { destination: 'repository', 'github-token': github.issueToken() };
    const main = await sandbox.main({ ...ephemeral, ...inputs });
    for (const at of ['public-key', 'delete-secret'] as const) {
      github.faults.push({ at, fault: status(404) });
    }
    const post = await sandbox.post(main);
    expect(warningsOf(post)).toEqual([expect.stringMatching(/\[destination-invalid\] Reading/)]);
    expect(post.log.join()).not.toMatch(/Deleted (secret|variable)/);
    github.faults.length = 0;
    await sandbox.post(main);
    expect(github.vault.secrets.size).toBe(0);
  });

  test.for([
    [{ destination: 'workspace' }, /These were not deleted.*secret INSIGHTS_HUB_AGENT_\w+ of repo/],
    [{ repository: 'octo/other' }, /\[destination-invalid\]/],
  ] as const)(
    'names the secrets that its inputs no longer lead to (%j)',
    async ([inputs, says], { start }) => {
      const sandbox = await start();
      const github = await sandbox.startGitHub();
      const given = { destination: 'repository', 'github-token': github.issueToken() };
      const main = await sandbox.main({ ...ephemeral, ...given });
      const post = await sandbox.post(main, inputs);
      expect(post.exitCode).toBe(0);
      expect(warningsOf(post).join()).toMatch(says);
      expect(warningsOf(post).join()).not.toContain('internal');
      expect(await sandbox.readJournal(main)).toContain('"setting"');
    },
  );

  test('does not trust a 404 from something in between', async ({ start }) => {
    const sandbox = await start();
    const main = await sandbox.main(ephemeral);
    for (const at of ['offboard', 'delete-agent'] as const) {
      sandbox.hub.faults.push({ at, fault: { kind: 'html', status: 404 } });
    }
    const post = await sandbox.post(main);
    expect(warningsOf(post)).toEqual([
      expect.stringMatching(/was rejected with a web page.* Left: agent mqtt1_device001/),
    ]);
    sandbox.hub.faults.length = 0;
    await sandbox.post(main);
    expect(await everything(sandbox)).toEqual(nothing);
  });

  test('warns when its inputs are missing', async ({ start }) => {
    const sandbox = await start();
    const main = await sandbox.main(ephemeral);
    const post = await sandbox.post(main, { 'oauth-client-secret': '' });
    expect(post.exitCode).toBe(0);
    expect(warningsOf(post)).toEqual([
      expect.stringMatching(/^The clean-up after the job failed \[input-invalid\] The credentials/),
    ]);
    expect(await sandbox.files()).toEqual([]);
  });

  test('ignores lines that are not notes of the step', async ({ start }) => {
    const sandbox = await start();
    const main = await sandbox.main(ephemeral);
    await appendFile(journalOf(main).path, '{"kind":"agent"}\nrubbish\n');
    expect(warningsOf(await sandbox.post(main))).toEqual([
      expect.stringMatching(/^Lines of this step's notes .* were ignored \(2\)\.$/),
    ]);
    expect(await everything(sandbox)).toEqual(nothing);
  });

  test.skipIf(!POSIX || process.getuid?.() === 0)('can’t read the journal', async ({ start }) => {
    const sandbox = await start();
    const main = await sandbox.main(ephemeral);
    await chmod(journalOf(main).path, 0);
    const post = await sandbox.post(main);
    expect(post.exitCode).toBe(0);
    expect(warningsOf(post)).toEqual([expect.stringMatching(/EACCES/)]);
  });
});

describe.skipIf(!POSIX).concurrent('a job that ends while', () => {
  /**
   * Runs until a condition is true, then sends a signal. Returns the result of main, and its
   * duration.
   */
  async function endAt(
    sandbox: Sandbox,
    isTime: () => boolean,
    signal: NodeJS.Signals,
    inputs: Readonly<Record<string, string>>,
  ): Promise<{ readonly main: StepResult; readonly took: number }> {
    let send: (signal: NodeJS.Signals) => void = () => {};
    const onStart = (kill: typeof send) => {
      send = kill;
    };
    const running = sandbox.main({ ...ephemeral, ...inputs }, { onStart });
    await waitFor(isTime);
    send(signal);
    const sent = performance.now();
    const main = await running;
    return { main, took: performance.now() - sent };
  }

  const stages = {
    'the token is fetched': { at: 'token', ends: 'cancelled', agents: 0 },
    'the agent is looked up': { at: 'find-agent', ends: 'cancelled', agents: 0 },
    'the agent is created': { at: 'create', ends: 'cancelled', agents: 0 },
    'the agent is created, and not answered': { at: 'create', ends: 'cancelled', agents: 1 },
  } as const;
  test.for(Object.entries(stages))('%s', async ([, { at, ends, agents }], { start }) => {
    const sandbox = await start();
    const kind = agents > 0 ? 'silence-after' : 'silence';
    sandbox.hub.faults.push({ at, fault: { kind } });
    const isTime = () => sandbox.hub.seen(at).length > 0;
    const { main, took } = await endAt(sandbox, isTime, 'SIGINT', {});
    expect(took).toBeLessThan(40_000);
    expect(main.exitCode).toBe(1);
    expect(codeOf(main)).toBe(ends);
    expect(sandbox.hub.agents.size).toBe(agents);
    if (at === 'create') {
      expect(errorOf(main)).toMatch(/\[outcome-unknown\] .*device001.*the post step deletes it/);
    }
    sandbox.hub.faults.length = 0;
    // Nothing proves that a certificate is the step's own: it is named, and stays.
    const left = [...sandbox.hub.certificates.keys()].map((id) => expect.stringContaining(id));
    expect(left).toHaveLength(agents);
    expect(warningsOf(await sandbox.post(main))).toEqual(left);
    expect(await everything(sandbox)).toEqual(nothing);
  });

  test('certificates are delivered', async ({ start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    github.faults.push({ at: 'secret', fault: { kind: 'silence' } });
    const inputs = { destination: 'repository', 'github-token': github.issueToken() };
    const isTime = () => github.seen('secret').length > 0;
    const { main, took } = await endAt(sandbox, isTime, 'SIGTERM', inputs);
    expect(took).toBeLessThan(40_000);
    expect(codeOf(main)).toBe('cancelled');
    expect(errorOf(main)).toMatch(/\[delivery-failed\] .*The private key is in /);
    github.faults.length = 0;
    const post = await sandbox.post(main);
    expect(warningsOf(post)).toEqual([expect.stringMatching(/GitHub did not confirm/)]);
    expect(sandbox.hub.agents.size).toBe(0);
    expect(github.vault.secrets.size).toBe(0);
  });

  test('it is killed during the create', async ({ start }) => {
    const sandbox = await start();
    const { promise: until, resolve: release } = Promise.withResolvers<void>();
    sandbox.hub.faults.push({ at: 'create', fault: { kind: 'hold', until } });
    const isTime = () => sandbox.hub.seen('create').length > 0;
    const { main } = await endAt(sandbox, isTime, 'SIGKILL', {});
    expect(main.exitCode).toBeNull();
    // The service is still creating it when the post step looks for the first time.
    const before = sandbox.hub.seen('find-agent').length;
    const cleaningUp = sandbox.post(main);
    await waitFor(() => sandbox.hub.seen('find-agent').length > before);
    expect(sandbox.hub.agents.size).toBe(0);
    release();
    const post = await cleaningUp;
    expect(warningsOf(post)).toEqual([]);
    expect(await everything(sandbox)).toEqual(nothing);
  });
});
