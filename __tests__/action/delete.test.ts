import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect } from 'vitest';
import type { Fault } from '../../sandbox/faults.ts';
import type { GitHub } from '../../sandbox/github/github.ts';
import {
  agentsOf,
  codeOf,
  errorOf,
  LONG_TIMERS,
  masksOf,
  preload,
  readyPairs,
  type Sandbox,
  test,
  waitFor,
  warningsOf,
} from './sandbox.ts';

const status = (code: number) => ({ kind: 'status', status: code }) as const;
const resultsOf = (result: Parameters<typeof agentsOf>[0]) =>
  agentsOf(result).map(({ name, result: came }) => `${name}: ${came}`);

/** Look-ups that show agents without their tags, so that these are read. */
const untagged = {
  at: 'find-agent',
  fault: {
    kind: 'change',
    change: ({ content, ...page }: Readonly<Record<string, unknown>>) => ({
      ...page,
      content: (content as readonly object[]).map((agent) => ({ ...agent, eTag: undefined })),
    }),
  },
} as const;

/** Everything that Insights Hub and GitHub have. */
function books({ hub }: Sandbox, github?: GitHub) {
  const vaults = github ? [github.vault, ...github.environments.values()] : [];
  return {
    agents: [...hub.agents.keys()],
    assets: hub.assets.size,
    settings: vaults.flatMap(({ secrets, variables }) => [...secrets.keys(), ...variables.keys()]),
  };
}

describe.concurrent('create, then delete', () => {
  test('leaves no agent, asset, secret, variable or file, and can be repeated', async ({
    start,
  }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    github.addEnvironment('production/eu');
    const common = { 'github-token': github.issueToken(), environment: 'production/eu' };
    const places = { destination: 'repository, environment', variables: 'true', ...common };
    const inputs = { ...places, name: 'a\nb' };
    const created = await sandbox.main({
      ...inputs,
      destination: 'workspace, repository, environment',
    });
    expect(created.exitCode).toBe(0);
    await sandbox.post(created);
    sandbox.hub.connect('mqtt1_a');
    expect(books(sandbox, github).settings).toHaveLength(16);

    const ids = ['a', 'b'].map((name) => sandbox.hub.agents.get(`mqtt1_${name}`)?.id);
    const first = await sandbox.delete(inputs);
    expect(first.exitCode).toBe(0);
    expect(books(sandbox, github)).toEqual({ agents: [], assets: 0, settings: [] });
    expect(await sandbox.files()).toEqual([]);
    expect(agentsOf(first)).toEqual([
      {
        name: 'a',
        clientId: 'mqtt1_a',
        agentId: ids[0],
        result: 'deleted',
        certificate: 'deleted',
      },
      {
        name: 'b',
        clientId: 'mqtt1_b',
        agentId: ids[1],
        result: 'deleted',
        certificate: 'deleted',
      },
    ]);
    expect(first.summary).toContain('deleted<br>secret <code>');
    expect(first.summary).toContain('but not its effect on devices');
    expect(first.summary).not.toContain('It is not documented');
    expect(first.log.join('\n')).toMatch(/Deleted agent a: client id mqtt1_a.*certificate deleted/);

    const second = await sandbox.delete(inputs);
    expect(second.exitCode).toBe(0);
    expect(agentsOf(second)).toEqual([
      { name: 'a', clientId: 'mqtt1_a', result: 'absent', certificate: 'absent' },
      { name: 'b', clientId: 'mqtt1_b', result: 'absent', certificate: 'absent' },
    ]);
  });

  test('requests nothing that it does not need', async ({ start }) => {
    const sandbox = await start();
    await sandbox.hub.addAgent('device001');
    const asset = sandbox.hub.connect('mqtt1_device001');
    const agent = sandbox.hub.agents.get('mqtt1_device001');
    const [certificate] = sandbox.hub.certificatesOf('mqtt1_device001');
    const result = await sandbox.delete();
    expect(result.exitCode).toBe(0);
    const agents = `/api/agentmanagement/v3/agents/${agent?.id}`;
    const assets = `/api/assetmanagement/v3/assets/${asset.id}`;
    const certificates = '/api/mindconnectmqtt/v3/agentCertificates';
    expect(sandbox.hub.requests.map(({ method, path: way }) => `${method} ${way}`)).toEqual([
      'POST /mqtt1/oauth/token',
      `GET ${certificates}`,
      `DELETE ${certificates}/${certificate?.id}`,
      `GET /api/agentmanagement/v3/agents?filter=${encodeURIComponent('{"mqttClientId":"mqtt1_device001"}')}`,
      `POST ${agents}/boarding/offboard`,
      `DELETE ${agents}`,
      `GET ${assets}`,
      `DELETE ${assets}`,
    ]);
    expect(sandbox.hub.seen('delete-agent')[0]?.headers['if-match']).toBe(String(agent?.eTag));
    expect(sandbox.hub.seen('offboard')[0]?.body).toBe('');
    // Neither state nor file is left behind, and there is no post step.
    expect(result.state).toEqual({});
  });
});

describe.concurrent('the delete action', () => {
  test('keeps the asset on request', async ({ start }) => {
    const sandbox = await start();
    await sandbox.hub.addAgent('device001');
    sandbox.hub.connect('mqtt1_device001');
    const result = await sandbox.delete({ 'delete-asset': 'false' });
    expect(result.exitCode).toBe(0);
    expect(books(sandbox)).toMatchObject({ agents: [], assets: 1 });
  });

  test('recognises an agent by its name if the record has no client id', async ({ start }) => {
    const sandbox = await start();
    sandbox.hub.tellsClientIds = false;
    await sandbox.hub.addAgent('device001');
    expect(resultsOf(await sandbox.delete())).toEqual(['device001: deleted']);
    expect(books(sandbox).agents).toEqual([]);
  });

  test('does not touch secrets unless it knows whose', async ({ start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    const token = github.issueToken();
    await sandbox.main({ destination: 'repository', 'github-token': token });
    expect((await sandbox.delete()).exitCode).toBe(0);
    expect(books(sandbox, github).settings).toHaveLength(2);
    // Then also for an agent that no longer exists.
    const again = await sandbox.delete({ destination: 'repository', 'github-token': token });
    expect(resultsOf(again)).toEqual(['device001: absent']);
    expect(books(sandbox, github).settings).toEqual([]);
  });

  test('accepts names, a file and client ids together', async ({ start }) => {
    const sandbox = await start();
    for (const name of ['a', 'b', 'c', 'keep']) await sandbox.hub.addAgent(name);
    await sandbox.hub.addAgent('x', 'other_x');
    const file = path.join(sandbox.runner.workspace, 'agents.csv');
    await writeFile(file, '\ufeffname,owner\r\n"b",someone\r\n\r\nc\r\n');
    const result = await sandbox.delete({
      name: 'a',
      'names-file': 'agents.csv',
      'client-id': 'other_x',
    });
    expect(resultsOf(result)).toEqual([
      'a: deleted',
      'b: deleted',
      'c: deleted',
      'other_x: deleted',
    ]);
    expect(books(sandbox).agents).toEqual(['mqtt1_keep']);
  });

  test('names a client id by the part after the tenant', async ({ start }) => {
    const sandbox = await start();
    await sandbox.hub.addAgent('a');
    const result = await sandbox.delete({ name: '', 'client-id': 'mqtt1_a' });
    expect(agentsOf(result)).toMatchObject([{ name: 'a', clientId: 'mqtt1_a', result: 'deleted' }]);
  });

  test('changes nothing in a dry run', async ({ start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    await sandbox.hub.addAgent('a');
    sandbox.hub.connect('mqtt1_a');
    github.vault.secrets.set('INSIGHTS_HUB_AGENT_A_PRIVATE_KEY', 'text');
    const before = books(sandbox, github);
    const token = github.issueToken();
    const result = await sandbox.delete({
      name: 'a\nb',
      'dry-run': 'true',
      destination: 'repository',
      'github-token': token,
    });
    expect(result.exitCode).toBe(0);
    expect(resultsOf(result)).toEqual(['a: would-delete', 'b: absent']);
    expect(books(sandbox, github)).toEqual(before);
    expect(result.summary).toContain('Dry run');
  });

  test('keeps to the concurrency, and keeps the order', async ({ start }) => {
    const sandbox = await start();
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    for (const name of names) await sandbox.hub.addAgent(name);
    // The first look-up is answered once there is a second one; the others can wait.
    const { promise: until, resolve: release } = Promise.withResolvers<void>();
    sandbox.hub.faults.push({ at: 'find-agent', fault: { kind: 'hold', until }, times: 1 });
    sandbox.hub.faults.push({ at: 'find-agent', fault: { kind: 'delay', milliseconds: 300 } });
    let most = 0;
    sandbox.hub.onRequest = () => {
      const seen = sandbox.hub.seen('find-agent').length;
      const answered = sandbox.hub.replies.filter(({ endpoint }) => endpoint === 'find-agent');
      most = Math.max(most, seen - answered.length);
      if (seen === 2) release();
    };
    const result = await sandbox.delete({ name: names.join('\n'), concurrency: '2' });
    expect(resultsOf(result)).toEqual(names.map((name) => `${name}: deleted`));
    expect(most).toBe(2);
    expect(sandbox.hub.seen('token')).toHaveLength(1);
  });

  test('gets a fresh token after a 401, once', async ({ start }) => {
    const sandbox = await start();
    await sandbox.hub.addAgent('device001');
    sandbox.hub.faults.push({ at: 'delete-agent', fault: status(401), times: 1 });
    expect((await sandbox.delete()).exitCode).toBe(0);
    expect(sandbox.hub.seen('token')).toHaveLength(2);
    sandbox.hub.faults.push({ at: 'find-agent', fault: status(401) });
    expect(codeOf(await sandbox.delete())).toBe('unauthorized');
  });

  test('waits until an agent is offboarded', async ({ start }) => {
    const sandbox = await start();
    await sandbox.hub.addAgent('device001');
    sandbox.hub.connect('mqtt1_device001');
    sandbox.hub.offboarding = 3;
    expect(resultsOf(await sandbox.delete())).toEqual(['device001: deleted']);
    expect(sandbox.hub.seen('boarding-status')).toHaveLength(4);
    expect(books(sandbox)).toMatchObject({ agents: [], assets: 0 });
  });

  test('reads an outdated tag again, once', async ({ start }) => {
    const sandbox = await start();
    await sandbox.hub.addAgent('device001');
    sandbox.hub.connect('mqtt1_device001');
    sandbox.hub.faults.push({ at: 'delete-agent', fault: status(412), times: 1 });
    sandbox.hub.faults.push({ at: 'delete-asset', fault: status(412), times: 1 });
    expect(resultsOf(await sandbox.delete())).toEqual(['device001: deleted']);
    expect(sandbox.hub.seen('delete-agent')).toHaveLength(2);
    expect(sandbox.hub.seen('read-agent')).toHaveLength(1);
    expect(books(sandbox)).toMatchObject({ agents: [], assets: 0 });
  });

  test('completes in a second run what the first one left', async ({ start }) => {
    const sandbox = await start();
    await sandbox.hub.addAgent('device001');
    sandbox.hub.connect('mqtt1_device001');
    sandbox.hub.faults.push({ at: 'delete-asset', fault: status(400), times: 1 });
    expect(resultsOf(await sandbox.delete())).toEqual(['device001: failed']);
    expect(books(sandbox)).toMatchObject({ agents: [], assets: 1 });
    expect(resultsOf(await sandbox.delete())).toEqual(['device001: absent']);
    expect(books(sandbox).assets).toBe(0);
  });

  test('does not take something else for the asset of a deleted agent', async ({ start }) => {
    const sandbox = await start();
    const asset = { id: 'a1', etag: 0, name: 'theirs', externalId: 'mqtt1_device001' };
    sandbox.hub.faults.push({
      at: 'find-asset',
      fault: {
        kind: 'body',
        body: JSON.stringify({
          _embedded: {
            assets: [
              { assetId: 'a1', etag: 0, externalId: asset.externalId, typeId: 'mqtt1.machine' },
              { assetId: 'a2', etag: 0, externalId: 'mqtt1_other', typeId: 'core.mcmqtt' },
            ],
          },
        }),
      },
    });
    expect(resultsOf(await sandbox.delete())).toEqual(['device001: absent']);
    expect(sandbox.hub.requests.filter(({ method }) => method === 'DELETE')).toEqual([]);
  });

  test.for([400, 409, 422])(
    'deletes an agent whose offboarding is rejected because it is not onboarded (%i)',
    async (code, { start }) => {
      const sandbox = await start();
      await sandbox.hub.addAgent('device001');
      sandbox.hub.faults.push({ at: 'offboard', fault: status(code) });
      expect(resultsOf(await sandbox.delete())).toEqual(['device001: deleted']);
      expect(sandbox.hub.seen('boarding-status')).toHaveLength(1);
    },
  );

  test.for(['offboard', 'boarding-status'] as const)(
    'deletes an agent that has no boarding status (404 of %s)',
    async (at, { start }) => {
      const sandbox = await start();
      await sandbox.hub.addAgent('device001');
      sandbox.hub.faults.push({ at: 'offboard', fault: status(409) });
      sandbox.hub.faults.unshift({ at, fault: status(404) });
      expect(resultsOf(await sandbox.delete())).toEqual(['device001: deleted']);
    },
  );

  test('waits for an offboarding that is already in progress', async ({ start }) => {
    const sandbox = await start();
    await sandbox.hub.addAgent('device001');
    sandbox.hub.connect('mqtt1_device001');
    sandbox.hub.offboarding = 2;
    sandbox.hub.faults.push({ at: 'offboard', fault: { kind: 'reset-after' }, times: 1 });
    sandbox.hub.faults.push({ at: 'offboard', fault: status(409) });
    expect(resultsOf(await sandbox.delete())).toEqual(['device001: deleted']);
  });

  test.for(['read-agent', 'delete-agent'] as const)(
    'looks the agent up again when a %s says that it does not exist',
    async (at, { start }) => {
      const sandbox = await start();
      await sandbox.hub.addAgent('a');
      await sandbox.hub.addAgent('b');
      // It is read only if the look-up has no tag.
      if (at === 'read-agent') sandbox.hub.faults.push({ ...untagged, times: 1 });
      sandbox.hub.faults.push({ at, fault: status(404), times: 1 });
      const result = await sandbox.delete({ name: 'a\nb', concurrency: '1' });
      expect(resultsOf(result)).toEqual(['a: failed', 'b: deleted']);
      expect(errorOf(result)).toMatch(/a: \[not-ended\] .*the look-up still finds it/);
    },
  );

  test('deletes an asset without a tag as the vendor’s client does', async ({ start }) => {
    const sandbox = await start();
    await sandbox.hub.addAgent('device001');
    sandbox.hub.connect('mqtt1_device001');
    const change = (answer: object) => ({ ...answer, etag: undefined });
    sandbox.hub.faults.push({ at: 'read-asset', fault: { kind: 'change', change } });
    expect(resultsOf(await sandbox.delete())).toEqual(['device001: deleted']);
    expect(sandbox.hub.seen('delete-asset')[0]?.headers['if-match']).toBe('0');
  });

  test('treats an empty page without content as no asset', async ({ start }) => {
    const sandbox = await start();
    const body = JSON.stringify({ page: { totalElements: 0 } });
    sandbox.hub.faults.push({ at: 'find-asset', fault: { kind: 'body', body } });
    expect(resultsOf(await sandbox.delete())).toEqual(['device001: absent']);
  });

  test('leaves variables alone by default', async ({ start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    github.vault.variables.set('INSIGHTS_HUB_AGENT_CLIENT_ID', 'text');
    const inputs = { destination: 'repository', 'github-token': github.issueToken() };
    expect((await sandbox.delete(inputs)).exitCode).toBe(0);
    expect(github.vault.variables.size).toBe(1);
    expect((await sandbox.delete({ ...inputs, variables: 'true' })).exitCode).toBe(0);
    expect(github.vault.variables.size).toBe(0);
  });

  test('writes no summary on request', async ({ start }) => {
    const sandbox = await start();
    expect((await sandbox.delete({ summary: 'false' })).summary).toBe('');
  });

  test('fails when its output can’t be written', async ({ start }) => {
    const sandbox = await start();
    await sandbox.hub.addAgent('device001');
    const broken = preload(`import fs from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      const { appendFileSync } = fs;
      fs.appendFileSync = (file, ...rest) => {
        if (String(file) === process.env.GITHUB_OUTPUT) {
          throw Object.assign(new Error('full'), { code: 'ENOSPC' });
        }
        return appendFileSync(file, ...rest);
      };
      syncBuiltinESMExports();`);
    const result = await sandbox.delete({}, broken);
    expect(errorOf(result)).toMatch(/^\[delivery-failed\] The outputs of the step.*\(ENOSPC\)/);
    expect(sandbox.hub.agents.size).toBe(0);
  });
});

/** The paths of the requests that change something, without what comes before the kind. */
const changed = ({ hub }: Sandbox) =>
  hub.requests.flatMap(({ method, path: way, endpoint }) =>
    method === 'GET' || endpoint === 'token' ? [] : `${method} ${way.replace(/^.*\/v3\//, '')}`,
  );
const certificatesOf = (result: Parameters<typeof agentsOf>[0]) =>
  JSON.parse(result.outputs['certificates'] ?? 'null');
const statesOf = (result: Parameters<typeof agentsOf>[0]) =>
  agentsOf(result).map(({ name, certificate }) => `${name}: ${certificate}`);

describe.concurrent('the certificates of agents', () => {
  test('are all deleted first, and reported everywhere', async ({ start }) => {
    const sandbox = await start();
    const { hub } = sandbox;
    const agent = await hub.addAgent('device001');
    await hub.addCertificate('mqtt1_device001', agent.pair);
    const ids = hub.certificatesOf('mqtt1_device001').map(({ id }) => id);
    await hub.addAgent('other');
    const result = await sandbox.delete();
    expect(result.exitCode).toBe(0);
    expect(warningsOf(result)).toEqual([]);
    expect(changed(sandbox)).toEqual([
      ...ids.map((id) => `DELETE agentCertificates/${id}`),
      `POST agents/${agent.id}/boarding/offboard`,
      `DELETE agents/${agent.id}`,
    ]);
    expect([...hub.certificates.values()].map(({ clientId }) => clientId)).toEqual(['mqtt1_other']);
    expect(statesOf(result)).toEqual(['device001: deleted']);
    expect(certificatesOf(result)).toEqual([]);
    expect(result.log.join('\n')).toMatch(/Deleted agent device001: .*certificate deleted/);
    expect(result.summary).toContain('| Certificate |');
    expect(result.summary).toContain('documents the call that deletes certificates');
  });

  test('are deleted even if their agent no longer exists', async ({ start }) => {
    const sandbox = await start();
    await sandbox.hub.addAgent('device001');
    sandbox.hub.agents.clear();
    const result = await sandbox.delete();
    expect(resultsOf(result)).toEqual(['device001: absent']);
    expect(statesOf(result)).toEqual(['device001: deleted']);
    expect(sandbox.hub.certificates.size).toBe(0);
  });

  test('stay on request, and are not looked up', async ({ start }) => {
    const sandbox = await start();
    await sandbox.hub.addAgent('device001');
    const result = await sandbox.delete({ 'delete-certificate': 'false' });
    expect(resultsOf(result)).toEqual(['device001: deleted']);
    expect(agentsOf(result)[0]).not.toHaveProperty('certificate');
    expect(sandbox.hub.certificates.size).toBe(1);
    expect(sandbox.hub.requests.map(({ path: way }) => way).join()).not.toContain('Certificates');
    expect(result.summary).toContain('A certificate that was not deleted may still be accepted');
  });

  test('are only looked up in a dry run', async ({ start }) => {
    const sandbox = await start();
    await sandbox.hub.addAgent('a');
    const inputs = { name: 'a\nb', 'certificate-id': 'c1', 'dry-run': 'true' };
    const result = await sandbox.delete(inputs);
    expect(result.exitCode).toBe(0);
    expect(changed(sandbox)).toEqual([]);
    expect(statesOf(result)).toEqual(['a: would-delete', 'b: unknown']);
    expect(certificatesOf(result)).toEqual([{ certificateId: 'c1', result: 'would-delete' }]);
    expect(result.log.join('\n')).toContain('Would delete: certificate c1');
  });

  test.for(['content', 'hal'] as const)('are found on every page (%s)', async (form, { start }) => {
    const sandbox = await start();
    const { hub } = sandbox;
    hub.certificateList = form;
    const [pair] = await readyPairs();
    for (let n = 0; n < 23; n++) await hub.addAgent(`other${n}`, undefined, pair);
    await hub.addAgent('device001', undefined, pair);
    expect(statesOf(await sandbox.delete())).toEqual(['device001: deleted']);
    expect(hub.seen('list-certificates')).toHaveLength(form === 'hal' ? 3 : 2);
    expect(hub.certificates.size).toBe(23);
  });

  test('are listed once, for all agents', async ({ start }) => {
    const sandbox = await start();
    for (const name of ['a', 'b', 'c']) await sandbox.hub.addAgent(name);
    const result = await sandbox.delete({ name: 'a\nb\nc' });
    expect(statesOf(result)).toEqual(['a: deleted', 'b: deleted', 'c: deleted']);
    expect(sandbox.hub.seen('list-certificates')).toHaveLength(1);
  });

  test('are read from a list that contains private keys, which are dropped', async ({ start }) => {
    const sandbox = await start();
    const { hub } = sandbox;
    hub.tellsKeys = true;
    const [pair] = await readyPairs();
    for (const name of ['device001', 'b', 'c']) await hub.addAgent(name, undefined, pair);
    sandbox.moreKeys.push(pair?.privateKey ?? '');
    const result = await sandbox.delete({}, { debug: true });
    expect(statesOf(result)).toEqual(['device001: deleted']);
    // The token and the credentials: a mask for each line of every key would stop the runner.
    expect(masksOf(result).length).toBeLessThan(10);
    const key = pair?.privateKey ?? '';
    expect(masksOf(result).filter((mask) => key.includes(mask))).toEqual([]);
  });

  const lists: Readonly<Record<string, (sandbox: Sandbox) => Fault>> = {
    'in no known shape': ({ hub }) => ({
      kind: 'body',
      body: JSON.stringify({ keys: [...hub.agents.values()].map(({ pair }) => pair.privateKey) }),
    }),
    'whose records say nothing': () => ({ kind: 'body', body: '[{"hidden":"unheard-of"}]' }),
    'that is not allowed': ({ hub }) => {
      const { privateKey } = hub.agents.get('mqtt1_device001')?.pair ?? {};
      const message = `unheard-of ${privateKey}`;
      return { kind: 'body', status: 403, body: JSON.stringify({ errors: [{ message }] }) };
    },
    'that is a web page': () => ({ kind: 'html' }),
    'that does not exist': () => ({ kind: 'html', status: 404 }),
    'that repeats the request': () => ({ kind: 'echo', status: 400 }),
  };
  test.for(Object.entries(lists))('may be left if the list is %s', async ([, fault], { start }) => {
    const sandbox = await start();
    await sandbox.hub.addAgent('device001');
    sandbox.hub.faults.push({ at: 'list-certificates', fault: fault(sandbox) });
    const result = await sandbox.delete({}, { debug: true });
    expect(result.exitCode).toBe(0);
    expect(resultsOf(result)).toEqual(['device001: deleted']);
    expect(statesOf(result)).toEqual(['device001: unknown']);
    expect(warningsOf(result)).toEqual([
      expect.stringMatching(/^The list of certificates could not be read, so .* may be left\. \[/),
    ]);
    // Masks are of random tokens, which may contain anything.
    const shown = result.stdout.replaceAll(/^::add-mask::.*$/gm, '');
    expect(`${shown}${result.summary}`).not.toMatch(/unheard-of|MII|server says "/);
    expect(sandbox.hub.certificates.size).toBe(1);
  });

  test('may be left if the list breaks off', async ({ start }) => {
    const sandbox = await start();
    for (const name of ['a', 'b']) await sandbox.hub.addAgent(name);
    const [{ id } = { id: '' }] = sandbox.hub.certificatesOf('mqtt1_a');
    const body = JSON.stringify({ content: [{ id, clientId: 'mqtt1_a' }], last: false });
    const at = 'list-certificates';
    sandbox.hub.faults.push({ at, fault: { kind: 'body', body }, times: 1 });
    sandbox.hub.faults.push({ at, fault: status(403) });
    const result = await sandbox.delete({ name: 'a\nb' });
    expect(result.exitCode).toBe(0);
    expect(statesOf(result)).toEqual(['a: deleted', 'b: unknown']);
    expect(warningsOf(result)).toEqual([
      expect.stringMatching(/could not be read completely, so certificates/),
    ]);
  });

  test('have ids that can’t lead to another path', async ({ start }) => {
    const sandbox = await start();
    await sandbox.hub.addAgent('device001');
    const body = JSON.stringify([{ id: '../agents/x', clientId: 'mqtt1_device001' }]);
    sandbox.hub.faults.push({ at: 'list-certificates', fault: { kind: 'body', body } });
    const result = await sandbox.delete();
    expect(result.exitCode).toBe(0);
    expect(statesOf(result)).toEqual(['device001: unknown']);
    expect(sandbox.hub.seen('delete-certificate')).toEqual([]);
    expect(warningsOf(result)).toEqual([
      'A certificate of agent device001 has no usable id, so it was not deleted.',
    ]);
  });

  test('are reported if one of them has no usable id', async ({ start }) => {
    const sandbox = await start();
    await sandbox.hub.addAgent('device001');
    const [certificate] = sandbox.hub.certificatesOf('mqtt1_device001');
    const records = [certificate?.id, 'a/b'].map((id) => ({ id, clientId: 'mqtt1_device001' }));
    const body = JSON.stringify(records);
    sandbox.hub.faults.push({ at: 'list-certificates', fault: { kind: 'body', body } });
    const result = await sandbox.delete();
    expect(result.exitCode).toBe(0);
    expect(sandbox.hub.certificates.size).toBe(0);
    expect(warningsOf(result)).toEqual([
      'A certificate of agent device001 has no usable id, so it was not deleted.',
    ]);
  });

  test.for([
    [status(403), 'forbidden'],
    [status(409), 'not-ended'],
    [{ kind: 'html' }, 'response-invalid'],
    [{ kind: 'echo', status: 400 }, 'request-rejected'],
  ] as const)('cause a warning if they stay (%j)', async ([fault, code], { start }) => {
    const sandbox = await start();
    await sandbox.hub.addAgent('device001');
    const [certificate] = sandbox.hub.certificatesOf('mqtt1_device001');
    sandbox.hub.faults.push({ at: 'delete-certificate', fault });
    const result = await sandbox.delete({}, { debug: true });
    expect(result.exitCode).toBe(0);
    expect(resultsOf(result)).toEqual(['device001: deleted']);
    expect(statesOf(result)).toEqual(['device001: failed']);
    expect(warningsOf(result)).toEqual([
      expect.stringContaining(
        `Certificate ${certificate?.id} of agent device001 was not deleted. [${code}]`,
      ),
    ]);
    expect(result.log.join('\n')).toContain('deleting the certificate failed');
  });

  test('count as absent if they were deleted in the meantime', async ({ start }) => {
    const sandbox = await start();
    await sandbox.hub.addAgent('device001');
    sandbox.hub.faults.push({ at: 'delete-certificate', fault: status(404) });
    expect(statesOf(await sandbox.delete())).toEqual(['device001: absent']);
  });
});

describe.concurrent('certificates that are given by their ids', () => {
  test('are deleted alone, without a list', async ({ start }) => {
    const sandbox = await start();
    const { hub } = sandbox;
    await hub.addAgent('device001');
    const [{ id } = { id: '' }] = hub.certificatesOf('mqtt1_device001');
    const inputs = {
      name: '',
      'certificate-id': `${id}\nnot-there`,
      'delete-certificate': 'false',
    };
    const result = await sandbox.delete(inputs);
    expect(result.exitCode).toBe(0);
    expect(agentsOf(result)).toEqual([]);
    expect(certificatesOf(result)).toEqual([
      { certificateId: id, result: 'deleted' },
      { certificateId: 'not-there', result: 'absent' },
    ]);
    expect(hub.requests.map(({ endpoint }) => endpoint)).toEqual([
      'token',
      'delete-certificate',
      'delete-certificate',
    ]);
    expect(result.log.join('\n')).toContain(`Deleted: certificate ${id}`);
    expect(result.log.join('\n')).toContain('Not found: certificate not-there');
    expect(result.summary).toContain(id);
    expect(hub.agents.size).toBe(1);
  });

  test('are deleted together with agents, each once', async ({ start }) => {
    const sandbox = await start();
    const { hub } = sandbox;
    for (const name of ['a', 'other']) await hub.addAgent(name);
    const [own, other] = [...hub.certificates.keys()];
    const result = await sandbox.delete({ name: 'a', 'certificate-id': `${other}\n${own}` });
    expect(result.exitCode).toBe(0);
    expect(statesOf(result)).toEqual(['a: deleted']);
    expect(certificatesOf(result)).toEqual([
      { certificateId: other, result: 'deleted' },
      { certificateId: own, result: 'deleted' },
    ]);
    expect(hub.seen('delete-certificate')).toHaveLength(2);
    expect(books(sandbox).agents).toEqual(['mqtt1_other']);
  });

  test('fail the step if they stay, but the agents are deleted', async ({ start }) => {
    const sandbox = await start();
    await sandbox.hub.addAgent('a');
    const inputs = { name: 'a', 'certificate-id': 'c1', 'delete-certificate': 'false' };
    sandbox.hub.faults.push({ at: 'delete-certificate', fault: status(403) });
    const result = await sandbox.delete(inputs);
    expect(codeOf(result)).toBe('forbidden');
    expect(errorOf(result)).toMatch(/1 of 1 certificates failed\. certificate c1: \[forbidden\]/);
    expect(resultsOf(result)).toEqual(['a: deleted']);
    expect(certificatesOf(result)).toEqual([{ certificateId: 'c1', result: 'failed' }]);
    expect(books(sandbox).agents).toEqual([]);
  });

  test('fail with everything else when the token is rejected', async ({ start }) => {
    const sandbox = await start();
    const inputs = { name: '', 'certificate-id': 'c1', 'oauth-client-secret': 'wrong-secret' };
    const result = await sandbox.delete(inputs);
    expect(codeOf(result)).toBe('token-rejected');
    expect(certificatesOf(result)).toEqual([{ certificateId: 'c1', result: 'failed' }]);
  });
});

describe.concurrent('the asset of an agent', () => {
  const strict = { strictAccept: true, softDelete: true };

  test('is deleted even if the service can’t answer with plain JSON', async ({ start }) => {
    const sandbox = await start(strict);
    await sandbox.hub.addAgent('device001');
    sandbox.hub.connect('mqtt1_device001');
    expect(resultsOf(await sandbox.delete())).toEqual(['device001: deleted']);
    expect(books(sandbox)).toMatchObject({ agents: [], assets: 0 });
    for (const { headers } of sandbox.hub.seen('delete-asset')) expect(headers.accept).toBe('*/*');
  });

  test.for([400, 409, 410] as const)(
    'counts as deleted when it is marked so, even if it is still returned (%i)',
    async (code, { start }) => {
      const sandbox = await start(strict);
      const { hub } = sandbox;
      hub.listsDeletedAssets = true;
      hub.deletedAssetStatus = code;
      await hub.addAgent('device001');
      const asset = hub.connect('mqtt1_device001');
      asset.deleted = new Date(0).toISOString();
      hub.assets.delete(asset.id);
      hub.deletedAssets.set(asset.id, asset);
      expect(resultsOf(await sandbox.delete())).toEqual(['device001: deleted']);
      expect(resultsOf(await sandbox.delete())).toEqual(['device001: absent']);
      expect(hub.seen('delete-asset')).toEqual([]);
    },
  );

  test('counts as deleted when the answer to its deletion got lost', async ({ start }) => {
    const sandbox = await start(strict);
    sandbox.hub.deletedAssetStatus = 400;
    await sandbox.hub.addAgent('device001');
    sandbox.hub.connect('mqtt1_device001');
    const fault = { kind: 'reset-after' } as const;
    sandbox.hub.faults.push({ at: 'delete-asset', fault, times: 1 });
    expect(resultsOf(await sandbox.delete())).toEqual(['device001: deleted']);
  });

  test('stays when it has others below it, and only one request is sent', async ({ start }) => {
    const sandbox = await start(strict);
    const { hub } = sandbox;
    await hub.addAgent('device001');
    const asset = hub.connect('mqtt1_device001');
    hub.addAsset({ parentId: asset.id, name: 'pump', typeId: 'mqtt1.pump' });
    const result = await sandbox.delete();
    expect(codeOf(result)).toBe('not-ended');
    expect(errorOf(result)).toMatch(/it has other assets below it\. Delete or move them/);
    expect(hub.seen('delete-asset')).toHaveLength(1);
    expect(books(sandbox)).toMatchObject({ agents: [], assets: 2 });
  });

  test('is found on every page of a list', async ({ start }) => {
    const sandbox = await start(strict);
    const externalId = 'mqtt1_device001';
    for (let n = 0; n < 201; n++) sandbox.hub.addAsset({ externalId, typeId: 'mqtt1.machine' });
    for (let n = 0; n < 3; n++) sandbox.hub.addAsset({ externalId });
    expect(resultsOf(await sandbox.delete())).toEqual(['device001: absent']);
    expect(sandbox.hub.seen('find-asset')).toHaveLength(2);
    expect(books(sandbox).assets).toBe(201);
  });

  test('is deleted, like everything else, when the answer to the delete has a body', async ({
    start,
  }) => {
    const sandbox = await start();
    await sandbox.hub.addAgent('device001');
    sandbox.hub.connect('mqtt1_device001');
    const reply = () => ({ status: 200, type: 'application/json', body: '{"state":"gone"}' });
    for (const at of ['delete-certificate', 'delete-agent', 'delete-asset'] as const) {
      sandbox.hub.faults.push({ at, fault: { kind: 'reply-after', reply } });
    }
    const result = await sandbox.delete();
    expect(result.exitCode).toBe(0);
    expect(resultsOf(result)).toEqual(['device001: deleted']);
    expect(statesOf(result)).toEqual(['device001: deleted']);
    expect(books(sandbox)).toMatchObject({ agents: [], assets: 0 });
  });

  test('does not exist when an answer contains neither content nor pages', async ({ start }) => {
    const sandbox = await start();
    sandbox.hub.faults.push({ at: 'find-asset', fault: { kind: 'body', body: '{}' } });
    expect(resultsOf(await sandbox.delete())).toEqual(['device001: absent']);
  });
});

interface Trouble {
  /** causes the fault for agent a; agent b must still be deleted, unless all are affected */
  readonly cause: (sandbox: Sandbox) => void;
  readonly code: string;
  readonly says: RegExp;
  /** what is left of agents and assets; b has no asset */
  readonly agents?: readonly string[];
  readonly assets?: number;
  readonly results?: readonly string[];
  readonly inputs?: Readonly<Record<string, string>>;
}

const record = (clientId: string, more: object = {}) => ({
  id: 'f'.repeat(32),
  name: clientId,
  mqttClientId: clientId,
  eTag: 0,
  ...more,
});
const answers = (content: readonly unknown[], more: object = {}) => {
  const body = JSON.stringify({ content, totalElements: content.length, last: true, ...more });
  return { at: 'find-agent', fault: { kind: 'body', body }, times: 1 } as const;
};

const troubles: Readonly<Record<string, Trouble>> = {
  'a tag that changes twice': {
    cause: ({ hub }) => hub.faults.push({ at: 'delete-agent', fault: status(412), times: 2 }),
    code: 'not-ended',
    says: /Deleting the agent with client id mqtt1_a was abandoned, because it changed twice/,
  },
  'an agent that Insights Hub keeps onboarded': {
    cause: ({ hub }) => hub.faults.push({ at: 'delete-agent', fault: status(409), times: 1 }),
    code: 'not-ended',
    says: /rejected because of a conflict.*HTTP 409/,
  },
  'offboarding that never ends': {
    cause: ({ hub }) => {
      hub.offboarding = Number.POSITIVE_INFINITY;
    },
    inputs: { timeout: '4' },
    code: 'not-ended',
    says: /The agent with client id mqtt1_a is still ONBOARDED .*Disconnect the device/,
  },
  'offboarding that is not allowed': {
    cause: ({ hub }) => hub.faults.push({ at: 'offboard', fault: status(403), times: 1 }),
    code: 'forbidden',
    says: /Offboarding the agent with client id mqtt1_a failed.*obc\.sec.*HTTP 403/,
  },
  'deleting that is not allowed': {
    cause: ({ hub }) => hub.faults.push({ at: 'delete-agent', fault: status(403), times: 1 }),
    code: 'forbidden',
    says: /Deleting the agent with client id mqtt1_a failed.*more roles than creating/,
  },
  'a locked asset': {
    cause: ({ hub }) => hub.faults.push({ at: 'delete-asset', fault: status(409) }),
    code: 'not-ended',
    says: /Deleting the asset of the agent with client id mqtt1_a was rejected/,
    agents: [],
  },
  'an asset that may not be deleted': {
    cause: ({ hub }) => hub.faults.push({ at: 'delete-asset', fault: status(403), times: 1 }),
    code: 'forbidden',
    says: /mdsp:core:assetmanagement\.admin/,
    agents: [],
  },
  'several agents with the client id': {
    cause: ({ hub }) => hub.faults.push(answers([record('mqtt1_a'), record('mqtt1_a')])),
    code: 'not-ended',
    says: /Agent a was not deleted: the look-up of client id mqtt1_a found several agents/,
  },
  'more agents than the page shows': {
    cause: ({ hub }) => hub.faults.push(answers([record('mqtt1_a')], { totalElements: 2 })),
    code: 'not-ended',
    says: /found several agents/,
  },
  'an agent with another client id': {
    cause: ({ hub }) => hub.faults.push(answers([record('mqtt1_a', { mqttClientId: 'mqtt1_b' })])),
    code: 'not-ended',
    says: /does not prove that client id/,
  },
  'a name that proves nothing beside another client id': {
    cause: ({ hub }) => hub.faults.push(answers([record('MQTT1_A', { name: 'mqtt1_a' })])),
    code: 'not-ended',
    says: /does not prove that client id/,
  },
  'an agent without client id and name': {
    cause: ({ hub }) =>
      hub.faults.push(answers([record('x', { mqttClientId: undefined, name: undefined })])),
    code: 'not-ended',
    says: /does not prove that client id/,
  },
  'an agent whose id is a secret of the step': {
    cause: ({ hub }) =>
      hub.faults.push(answers([record('mqtt1_a', { id: hub.technicalUser.secret })])),
    code: 'not-ended',
    says: /without a usable id/,
  },
  'a tag that would break a header': {
    cause: ({ hub }) => {
      const eTag = '0\r\nx-injected: 1';
      const change = (answer: object) => ({ ...answer, eTag });
      const agent = hub.agents.get('mqtt1_a');
      hub.faults.push(answers([record('mqtt1_a', { id: agent?.id, eTag })]));
      hub.faults.push({ at: 'read-agent', fault: { kind: 'change', change }, times: 1 });
    },
    code: 'response-invalid',
    says: /Reading the agent with client id mqtt1_a got an answer that can't be used/,
  },
  'an asset that is something else': {
    cause: ({ hub }) => {
      const change = (answer: object) => ({
        ...answer,
        externalId: 'PLANT-7',
        typeId: 'mqtt1.factory',
      });
      hub.faults.push({ at: 'read-asset', fault: { kind: 'change', change }, times: 1 });
    },
    code: 'not-ended',
    says: /Reading the asset of the agent with client id mqtt1_a returned something else/,
    agents: [],
  },
  'an agent whose id would lead elsewhere': {
    cause: ({ hub }) => hub.faults.push(answers([record('mqtt1_a', { id: '../x' })])),
    code: 'not-ended',
    says: /without a usable id/,
  },
  'a delete that is answered with a web page': {
    cause: ({ hub }) => hub.faults.push({ at: 'delete-agent', fault: { kind: 'html' }, times: 1 }),
    code: 'response-invalid',
    says: /Deleting the agent with client id mqtt1_a got an answer that can't be used/,
  },
};

describe.concurrent('the right result for each agent after', () => {
  test.for(Object.entries(troubles))('%s', async ([, trouble], { start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    for (const name of ['a', 'b', 'untouched']) await sandbox.hub.addAgent(name);
    sandbox.hub.connect('mqtt1_a');
    const secrets = ['A', 'B'].map((name) => `INSIGHTS_HUB_AGENT_${name}_PRIVATE_KEY`);
    for (const name of secrets) github.vault.secrets.set(name, 'text');
    trouble.cause(sandbox);
    const result = await sandbox.delete({
      name: 'a\nb',
      concurrency: '1',
      destination: 'repository',
      'github-token': github.issueToken(),
      ...trouble.inputs,
    });
    expect(result.exitCode).toBe(1);
    expect(codeOf(result)).toBe(trouble.code);
    expect(errorOf(result)).toMatch(/^\[[a-z-]+\] 1 of 2 agents failed\. a: /);
    expect(errorOf(result)).toMatch(trouble.says);
    expect(resultsOf(result)).toEqual(['a: failed', 'b: deleted']);
    const left = trouble.agents ?? ['mqtt1_a'];
    expect(books(sandbox)).toMatchObject({ agents: [...left, 'mqtt1_untouched'], assets: 1 });
    // The secrets of agents that could not be deleted stay.
    expect([...github.vault.secrets.keys()]).toEqual([secrets[0]]);
  });

  test('Insights Hub is down', async ({ start }) => {
    const sandbox = await start();
    await sandbox.hub.addAgent('a');
    sandbox.hub.faults.push({ at: 'find-agent', fault: status(503) });
    const started = performance.now();
    const result = await sandbox.delete({ name: 'a\nb' });
    expect(performance.now() - started).toBeLessThan(50_000);
    expect(codeOf(result)).toBe('unavailable');
    expect(resultsOf(result)).toEqual(['a: failed', 'b: failed']);
    expect(books(sandbox).agents).toEqual(['mqtt1_a']);
  });

  test('the token is refused', async ({ start }) => {
    const sandbox = await start();
    await sandbox.hub.addAgent('a');
    const result = await sandbox.delete({ name: 'a\nb', 'oauth-client-secret': 'wrong-secret' });
    expect(codeOf(result)).toBe('token-rejected');
    expect(resultsOf(result)).toEqual(['a: failed', 'b: failed']);
    expect(sandbox.hub.requests).toHaveLength(1);
  });

  test('GitHub rejects the token', async ({ start }) => {
    const sandbox = await start();
    await sandbox.startGitHub();
    await sandbox.hub.addAgent('device001');
    const result = await sandbox.delete({ destination: 'repository', 'github-token': 'ghs_wrong' });
    expect(codeOf(result)).toBe('destination-invalid');
    expect(books(sandbox).agents).toEqual(['mqtt1_device001']);
  });

  test('GitHub does not show the variables', async ({ start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    await sandbox.hub.addAgent('device001');
    const token = github.issueToken({ variables: 'none' });
    const inputs = { destination: 'repository', variables: 'true', 'github-token': token };
    expect(codeOf(await sandbox.delete(inputs))).toBe('destination-invalid');
    expect(books(sandbox).agents).toEqual(['mqtt1_device001']);
  });

  test('something in between answers instead of GitHub', async ({ start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    github.faults.push({ at: 'delete-secret', fault: { kind: 'html' } });
    const inputs = { destination: 'repository', 'github-token': github.issueToken() };
    expect(resultsOf(await sandbox.delete(inputs))).toEqual(['device001: failed']);
  });

  test('GitHub does not let a secret be deleted', async ({ start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    await sandbox.hub.addAgent('device001');
    const token = github.issueToken({ secrets: 'read' });
    const result = await sandbox.delete({ destination: 'repository', 'github-token': token });
    expect(errorOf(result)).toMatch(
      /Deleting secret INSIGHTS_HUB_AGENT_PRIVATE_KEY of repository octo\/device failed.*secrets: write/,
    );
    expect(resultsOf(result)).toEqual(['device001: failed']);
    expect(books(sandbox).agents).toEqual([]);
  });

  test.skipIf(process.platform === 'win32')('the job is cancelled', async ({ start }) => {
    const sandbox = await start();
    for (const name of ['a', 'b']) await sandbox.hub.addAgent(name);
    sandbox.hub.connect('mqtt1_a');
    sandbox.hub.offboarding = Number.POSITIVE_INFINITY;
    let send: (signal: NodeJS.Signals) => void = () => {};
    const running = sandbox.delete(
      { name: 'a\nb', concurrency: '1' },
      {
        ...preload(LONG_TIMERS),
        onStart: (kill) => {
          send = kill;
        },
      },
    );
    await waitFor(() => sandbox.hub.seen('boarding-status').length > 0);
    send('SIGINT');
    const result = await running;
    expect(codeOf(result)).toBe('cancelled');
    expect(resultsOf(result)).toEqual(['a: failed', 'b: failed']);
    expect(books(sandbox).agents).toEqual(['mqtt1_a', 'mqtt1_b']);
  });
});

describe.concurrent('invalid inputs of the delete action', () => {
  const cases: Readonly<Record<string, [Record<string, string>, RegExp]>> = {
    'no agent': [{ name: '' }, /`name`, `names-file` or `client-id` is required/],
    'an agent twice': [{ 'client-id': 'mqtt1_device001' }, /"mqtt1_device001" is listed twice/],
    'a client id with a slash': [{ 'client-id': 'a/b' }, /`client-id` "a\/b" contains "\/"/],
    'a client id that is too long': [
      { 'client-id': 'x'.repeat(129) },
      /`client-id` "\*\*\*" is too long: it has 129 bytes\. The maximum is 128\./,
    ],
    'the workspace as destination': [
      { destination: 'workspace' },
      /must be one or more of repository, environment, not "workspace"/,
    ],
    'no token for GitHub': [{ destination: 'repository' }, /`github-token` is required/],
    'a client id that is only the tenant': [
      { 'client-id': 'mqtt1_' },
      /`client-id` "mqtt1_" has no agent name after the prefix/,
    ],
    'two agents that share secrets': [
      { 'client-id': 'device001', destination: 'repository', 'github-token': 'ghs_token' },
      /"device001" and "device001" would use the same secret names, with DEVICE001/,
    ],
    'a concurrency of 0': [{ concurrency: '0' }, /`concurrency` must be .* from 1 to 32/],
    'a certificate id with an invalid character': [
      { 'certificate-id': 'c1\n../agents' },
      /`certificate-id` "\.\.\/agents" contains "\." at position 1\. Only letters, digits, "-" and "_" are allowed/,
    ],
    'a certificate id with a letter of another language': [
      { name: '', 'certificate-id': 'ä' },
      /`certificate-id` "ä" contains "ä" at position 1\. Only letters/,
    ],
    'a wildcard in a name': [{ name: 'a\ndevice*' }, /"device\*" contains "\*" at position 7/],
    'a file that does not exist': [{ 'names-file': 'no.csv' }, /"no\.csv" does not exist/],
    'a file that is a directory': [{ 'names-file': '.' }, /"\." is not a file/],
    'all problems together': [
      { name: 'a b', tenant: '', 'delete-asset': 'maybe', timeout: '0' },
      /^\[input-invalid\] 4 problems/,
    ],
  };
  test.for(Object.entries(cases))('%s', async ([, [inputs, says]], { start }) => {
    const sandbox = await start();
    const result = await sandbox.delete(inputs);
    expect(codeOf(result)).toBe('input-invalid');
    expect(errorOf(result)).toMatch(says);
    expect(sandbox.hub.requests).toEqual([]);
  });

  test('no credentials', async ({ start }) => {
    const sandbox = await start();
    const none = { 'oauth-client-id': '', 'oauth-client-secret': '' };
    expect(codeOf(await sandbox.delete(none))).toBe('credentials-missing');
  });

  const files: Readonly<Record<string, [string | Buffer, RegExp]>> = {
    'is empty': [' \n\n', /`names-file` "list\/agents\.csv" is empty/],
    'has only a header': ['name,owner\n', /lists no agents/],
    'has three columns': ['a\nb,c,d\n', /line 2 of list\/agents\.csv has 3 columns/],
    'has no name': ['a\n\n,owner\n', /line 3 of list\/agents\.csv has no name/],
    'has an invalid name': [
      'a\n"b c"\n',
      /line 2 of list\/agents\.csv "b c" contains a space at position 2/,
    ],
    'has a name twice': ['a\nb\na\n', /line 3 of list\/agents\.csv "a" is listed twice/],
    'has a quote that is not closed': [
      'a\n"b\nc\n',
      /is not valid CSV: line \d has a misplaced or unclosed quote/,
    ],
    'is not UTF-8': [Buffer.from([0x61, 0xff, 0x0a]), /is not UTF-8/],
    'is too large': ['a\n'.repeat(3 * 1024 * 1024), /is larger than 1 MiB/],
    'has a wildcard': ['a\nb?\n', /line 2 of list\/agents\.csv "b\?" contains "\?" at position 2/],
    'has many mistakes': ['a b\n'.repeat(1) + 'c d\n'.repeat(100), /And \d+ more\./],
  };
  test.for(Object.entries(files))('a file that %s', async ([, [content, says]], { start }) => {
    const sandbox = await start();
    await mkdir(path.join(sandbox.runner.workspace, 'list'));
    await writeFile(path.join(sandbox.runner.workspace, 'list', 'agents.csv'), content);
    const result = await sandbox.delete({ name: '', 'names-file': 'list/agents.csv' });
    expect(codeOf(result)).toBe('input-invalid');
    expect(errorOf(result)).toMatch(says);
    expect(errorOf(result).length).toBeLessThan(4096);
    expect(sandbox.hub.requests).toEqual([]);
  });
});

// Every run is searched for leaks, in every place and form.
describe.concurrent('no secret leaks when a server repeats the request to', () => {
  const endpoints = [
    'find-agent',
    'offboard',
    'read-agent',
    'delete-agent',
    'read-asset',
    'delete-asset',
  ] as const;
  test.for(endpoints)('%s', async (at, { start }) => {
    const sandbox = await start();
    await sandbox.hub.addAgent('device001');
    sandbox.hub.connect('mqtt1_device001');
    if (at === 'read-agent') sandbox.hub.faults.push(untagged);
    sandbox.hub.faults.push({ at, fault: { kind: 'echo', status: 400 } });
    const result = await sandbox.delete({}, { debug: true });
    expect(codeOf(result)).toBe('request-rejected');
    expect(errorOf(result)).toContain('***');
  });
});
