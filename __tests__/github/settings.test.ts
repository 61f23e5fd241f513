import { describe, expect, test } from 'vitest';
import type { Fault, GitHubEndpoint } from '../../sandbox/faults.ts';
import type { Setting } from '../../src/github/scopes.ts';
import { Secret } from '../../src/secret.ts';
import { kinds, startGitHub } from './services.ts';

const status = (code: number): Fault => ({ kind: 'status', status: code });
const busy = status(503);

/** Opens the repository; each fault hits one request of the endpoint. */
async function start(at: GitHubEndpoint, ...faults: readonly Fault[]) {
  const started = await startGitHub();
  const { github, vaults, limit, openScope } = started;
  for (const fault of faults) github.faults.push({ at, fault, times: 1 });
  const scope = openScope('repository');
  const vault = vaults.repository;
  const methods = () => github.seen(at).map(({ method }) => method);
  const setSecret = async (value = new Secret('text')) =>
    scope.setSecret('A', value, await scope.fetchSealingKey(limit), limit);
  const setVariable = (value = 'text') => scope.setVariable({ name: 'A', value }, limit);
  return { ...started, scope, vault, methods, setSecret, setVariable };
}

describe.each(kinds)('of the $kind,', ({ kind }) => {
  test('a secret is sealed, set, changed and deleted', async () => {
    const { vaults, limit, openScope } = await startGitHub();
    const scope = openScope(kind);
    const key = await scope.prepare(limit, { variables: true });
    for (const value of ['äöü\n', '']) {
      await scope.setSecret('A_KEY', new Secret(value), key, limit);
      expect([...vaults[kind].secrets]).toEqual([['A_KEY', value]]);
    }
    await scope.delete({ kind: 'secret', name: 'A_KEY' }, limit);
    expect(vaults[kind].secrets.size).toBe(0);
  });

  test('a variable is set, changed and deleted', async () => {
    const { vaults, limit, openScope } = await startGitHub();
    const scope = openScope(kind);
    for (const value of ['one', 'two']) {
      await scope.setVariable({ name: 'AN_ID', value }, limit);
      expect([...vaults[kind].variables]).toEqual([['AN_ID', value]]);
    }
    await scope.delete({ kind: 'variable', name: 'AN_ID' }, limit);
    expect(vaults[kind].variables.size).toBe(0);
  });
});

describe('prepare', () => {
  test('reads the variables only if they are wanted', async () => {
    const { github, limit, scope } = await start('variables');
    await scope.prepare(limit, { variables: false });
    expect(github.requests.map(({ endpoint }) => endpoint)).toEqual(['public-key']);
    await scope.prepare(limit, { variables: true });
    expect(github.seen('variables')).toHaveLength(1);
  });

  test.each([
    ['a web page', { kind: 'html' }],
    ['no JSON', { kind: 'body', body: '' }],
    ['no object', { kind: 'body', body: '["key"]' }],
    ['a key without its id', { kind: 'change', change: ({ key }) => ({ key }) }],
    ['an id without its key', { kind: 'change', change: ({ key_id }) => ({ key_id }) }],
    ['half a key', { kind: 'change', change: (answer) => ({ ...answer, key: 'YWJj' }) }],
  ] as const satisfies [string, Fault][])('refuses %s', async (_, fault) => {
    const { limit, scope } = await start('public-key', fault);
    await expect(scope.prepare(limit, { variables: false })).rejects.toMatchObject({
      code: 'destination-invalid',
      message:
        "Reading the public key for secrets of repository octo/device returned no key. Check that the runner's GITHUB_API_URL is the URL of GitHub's API.",
      call: { method: 'GET', status: 200 },
    });
  });

  const tooLarge: Fault = { kind: 'body', body: ' '.repeat(2 ** 21) };
  test.each(['public-key', 'variables'] as const)(
    'says about the %s that nothing can be deleted there',
    async (at) => {
      const { github, limit, scope } = await start(at, status(400), status(404), tooLarge);
      for (const _ of github.faults.slice()) {
        await expect(scope.prepare(limit, { variables: true })).rejects.toMatchObject({
          code: 'destination-invalid',
        });
      }
    },
  );

  test.each([
    [503, 'unavailable'],
    [429, 'rate-limited'],
  ])('keeps the code of a temporary failure: %i is %s', async (code, expected) => {
    const { limit, scope } = await start('public-key', ...Array(5).fill(status(code)));
    const prepared = scope.prepare(limit, { variables: false });
    await expect(prepared).rejects.toMatchObject({ code: expected });
  });
});

describe('the existing names', () => {
  test.each(kinds)('are read from all pages of the $kind', async ({ kind }) => {
    const { vaults, limit, openScope, github } = await startGitHub();
    const names = Array.from({ length: 95 }, (_, at) => `N_${at}`);
    for (const name of names) {
      vaults[kind].secrets.set(name, '');
      vaults[kind].variables.set(name, '');
    }
    const scope = openScope(kind);
    expect([...(await scope.listNames('secret', limit))]).toEqual(names);
    expect([...(await scope.listNames('variable', limit))]).toEqual(names);
    expect(github.seen('secrets')).toHaveLength(1);
    expect(github.seen('variables')).toHaveLength(4);
  });

  test('end where a list ends early', async () => {
    const change = (answer: object) => ({ ...answer, total_count: 7 });
    const { scope, limit, vault } = await start('secrets', { kind: 'change', change });
    vault.secrets.set('a', '');
    expect([...(await scope.listNames('secret', limit))]).toEqual(['A']);
  });

  test.each([
    ['a web page', { kind: 'html' }],
    ['no list', { kind: 'change', change: () => ({ total_count: 0 }) }],
    ['no count', { kind: 'change', change: () => ({ secrets: [] }) }],
    ['no names', { kind: 'change', change: () => ({ total_count: 1, secrets: [{}] }) }],
  ] as const satisfies [string, Fault][])('are unknown with %s', async (_, fault) => {
    const { limit, scope } = await start('secrets', fault);
    await expect(scope.listNames('secret', limit)).rejects.toMatchObject({
      code: 'destination-invalid',
      message: expect.stringMatching(
        /^Listing the secrets of repository octo\/device returned no list, so it is not known which exist/,
      ),
    });
  });
});

describe('a secret', () => {
  test.each([201, 204])('is written when the answer is %i', async (code) => {
    const { setSecret, methods } = await start('secret', { kind: 'body', status: code, body: '' });
    await setSecret();
    expect(methods()).toEqual(['PUT']);
  });

  test.each([200, 202, 205])('is not written when it is %i', async (code) => {
    const { setSecret } = await start('secret', { kind: 'body', status: code, body: '' });
    await expect(setSecret()).rejects.toMatchObject({ code: 'response-invalid', mayBeDone: true });
  });

  test('may be written when there is no final answer, and is certainly not when it is rejected', async () => {
    const { setSecret } = await start('secret', { kind: 'reset-after' }, status(403), status(403));
    await expect(setSecret()).rejects.toMatchObject({ mayBeDone: true });
    await expect(setSecret()).rejects.toMatchObject({ mayBeDone: false });
  });

  test('is never sent in plain text or base64', async () => {
    const { setSecret, github } = await start('secret');
    await setSecret(new Secret('the words'));
    const sent = github.requests.map(({ body }) => body).join('');
    expect(sent).not.toContain('the words');
    expect(sent).not.toContain(Buffer.from('the words').toString('base64'));
  });
});

describe('a variable', () => {
  test('is created if it does not exist', async () => {
    const { setVariable, methods, vault } = await start('variable');
    await setVariable();
    expect(methods()).toEqual(['PATCH', 'POST']);
    expect(vault.variables.get('A')).toBe('text');
  });

  test('is updated if a repeated call finds that it was created', async () => {
    const { setVariable, methods, vault } = await start('variable', status(404), {
      kind: 'reset-after',
    });
    await setVariable();
    expect(methods()).toEqual(['PATCH', 'POST', 'POST', 'PATCH']);
    expect(vault.variables.get('A')).toBe('text');
  });

  test.each([200, 202])('is not written when the answer is %i', async (code) => {
    const { setVariable } = await start('variable', { kind: 'body', status: code, body: '' });
    await expect(setVariable()).rejects.toMatchObject({ code: 'response-invalid' });
  });

  const notThere = status(404);
  const refused = status(403);
  test.each([
    { what: 'neither call can have done it', faults: [notThere, refused], mayBeDone: false },
    {
      what: 'the PATCH was sent before, and answered without success',
      faults: [busy, notThere, refused],
      mayBeDone: true,
    },
    {
      what: 'the connection broke after the PATCH',
      faults: [{ kind: 'reset-after' }, notThere, refused],
      mayBeDone: true,
    },
    {
      what: 'the POST was answered without success',
      faults: [notThere, busy, refused],
      mayBeDone: true,
    },
    {
      what: 'the POST found it, and the PATCH was refused',
      faults: [notThere, status(409), refused],
      mayBeDone: false,
    },
  ] as const)('finally fails: $what, mayBeDone is $mayBeDone', async ({ faults, mayBeDone }) => {
    const { setVariable } = await start('variable', ...faults);
    await expect(setVariable()).rejects.toMatchObject({
      code: 'destination-invalid',
      message: expect.stringMatching(/^Writing variable A of repository octo\/device failed: /),
      call: { status: 403 },
      mayBeDone,
    });
  });
});

describe.each(['secret', 'variable'] as const)('deleting a %s', (kind) => {
  const setting: Pick<Setting, 'kind' | 'name'> = { kind, name: 'A' };

  test.each([204, 404])('succeeds when the answer is %i', async (code) => {
    const { scope, limit, methods } = await start(`delete-${kind}`, {
      kind: 'body',
      status: code,
      body: '',
    });
    await scope.delete(setting, limit);
    expect(methods()).toEqual(['DELETE']);
  });

  test.each([
    [200, 'response-invalid'],
    [202, 'response-invalid'],
    [403, 'destination-invalid'],
    [422, 'request-rejected'],
  ])('fails when it is %i: %s', async (status, code) => {
    const { scope, limit } = await start(`delete-${kind}`, { kind: 'body', status, body: '' });
    await expect(scope.delete(setting, limit)).rejects.toMatchObject({ code, call: { status } });
  });

  test('is retried, and then finds that it no longer exists', async () => {
    const { scope, limit, methods } = await start(`delete-${kind}`, { kind: 'reset-after' });
    await scope.delete(setting, limit);
    expect(methods()).toEqual(['DELETE', 'DELETE']);
  });
});
