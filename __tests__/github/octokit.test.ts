import { describe, expect, test, vi } from 'vitest';
import type { Fault } from '../../sandbox/faults.ts';
import { asFailure, Failure } from '../../src/failure.ts';
import { type GitHubCall, gitHubApi } from '../../src/github/octokit.ts';
import { kinds, PERMISSIONS, scopeOf, startGitHub } from './services.ts';

const getKey: GitHubCall = {
  what: 'Reading the key',
  scope: scopeOf('repository'),
  kind: 'secret',
  send: (calls) => calls.getPublicKey(),
};
const setVariable: GitHubCall = {
  what: 'Making a variable',
  scope: scopeOf('repository'),
  kind: 'variable',
  send: (calls) => calls.createVariable({ name: 'A', value: 'text' }),
};

/** Makes calls of which the first requests are hit by faults, each by one. */
async function startWith(...faults: readonly Fault[]) {
  const started = await startGitHub();
  const { github, apiWith, limit } = started;
  for (const at of ['public-key', 'variable'] as const) {
    for (const fault of faults) github.faults.push({ at, fault, times: 1 });
  }
  const api = apiWith();
  const call = (wanted = getKey) => api(wanted, limit);
  const failureOf = (wanted?: GitHubCall): Promise<unknown> =>
    call(wanted).catch((error: unknown) => error);
  return { ...started, call, failureOf };
}

describe('a request', () => {
  test('carries the token and the version, and the name of this project', async () => {
    const { github, apiWith, limit } = await startGitHub();
    const api = apiWith(github.issueToken({}, 'ghs_token'));
    await api(getKey, limit);
    await api(setVariable, limit);
    const [get, post] = github.requests;
    const headers = {
      authorization: 'token ghs_token',
      'x-github-api-version': '2022-11-28',
      accept: 'application/vnd.github.v3+json',
      'user-agent': expect.stringMatching(/^insights-hub-agent-certificate\//),
    };
    expect(get?.headers).toMatchObject(headers);
    expect(post?.headers).toMatchObject({ ...headers, 'content-type': 'application/json' });
    expect(get?.headers).not.toHaveProperty('content-type');
    expect(get?.body).toBe('');
    expect(JSON.parse(post?.body ?? '')).toEqual({ name: 'A', value: 'text' });
  });

  test('goes to the base URL, with or without a slash at its end', async () => {
    const { services, settingsWith, limit } = await startGitHub();
    const { apiUrl, token } = settingsWith();
    const api = gitHubApi({ apiUrl: `${apiUrl}//`, token }, services);
    const { call } = await api(getKey, limit);
    expect(call?.url.href).toBe(`${apiUrl}/repos/octo/device/actions/secrets/public-key`);
  });
});

describe('an answer', () => {
  test('is returned as Octokit reads it, with the call', async () => {
    const { call, vaults } = await startWith();
    expect(await call()).toEqual({
      data: { key_id: vaults.repository.keyId, key: expect.any(String) },
      call: { method: 'GET', url: expect.any(URL), status: 200 },
    });
  });

  test.each([
    [201, '{}'],
    [204, ''],
    [205, ''],
  ])('may be a %i with %j', async (status, body) => {
    const { call } = await startWith({ kind: 'body', status, body });
    expect((await call(setVariable)).call).toMatchObject({ method: 'POST', status });
  });

  test('never makes Octokit print what a server sent', async () => {
    const reply = {
      status: 200,
      type: 'application/json',
      body: '{}',
      headers: {
        deprecation: '@1',
        sunset: 'the words of a server',
        link: '<https://elsewhere.invalid/>; rel="deprecation"',
      },
    };
    const { call } = await startWith({ kind: 'reply', reply: () => reply });
    const printed = vi.spyOn(console, 'warn');
    const written = vi.spyOn(process.stderr, 'write');
    try {
      await call();
      expect(printed).not.toHaveBeenCalled();
      expect(written).not.toHaveBeenCalled();
    } finally {
      vi.restoreAllMocks();
    }
  });

  test('with an unwanted status is a failure', async () => {
    const { failureOf } = await startWith({ kind: 'body', status: 200, body: '{}' });
    expect(await failureOf({ ...getKey, expect: [201] })).toMatchObject({
      code: 'response-invalid',
      message: "Reading the key got an answer that can't be used.",
    });
  });

  test('with a wanted status is not, whatever the status', async () => {
    const { call } = await startWith({ kind: 'status', status: 404 });
    expect((await call({ ...getKey, expect: [404] })).call?.status).toBe(404);
  });
});

describe('a failure', () => {
  test('of the client is thrown as it is, not as an error of Octokit', async () => {
    const { call, failureOf, github } = await startWith();
    await call();
    await github.stop();
    const failure = await failureOf();
    expect(failure).toBeInstanceOf(Failure);
    expect(failure).toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/^Reading the key failed: /),
      call: { method: 'GET', reason: expect.any(String) },
    });
  });

  test('that is a bug stays one, without its words', async () => {
    const { github, limit, services, settingsWith } = await startWith();
    github.faults.push({ at: 'public-key', fault: { kind: 'status', status: 503 } });
    const sleep = () => Promise.reject(new TypeError('the secret'));
    const clock = { ...services.clock, sleep };
    const api = gitHubApi(settingsWith(), { ...services, clock });
    const failure = asFailure(await api(getKey, limit).catch((error: unknown) => error));
    expect(failure.code).toBe('internal');
    expect(failure.message).not.toContain('the secret');
  });

  test('contains what GitHub says', async () => {
    const reply = {
      status: 403,
      type: 'application/json',
      body: '{"message":"Resource not accessible"}',
      headers: { 'x-accepted-github-permissions': 'secrets=read', 'x-github-request-id': 'A:1' },
    };
    const { failureOf } = await startWith({ kind: 'reply', reply: () => reply });
    expect(await failureOf()).toMatchObject({
      call: {
        status: 403,
        said: {
          message: 'Resource not accessible',
          permissions: 'secrets=read',
          reference: 'A:1',
        },
      },
    });
  });

  test('contains nothing if GitHub says nothing', async () => {
    const { failureOf } = await startWith({ kind: 'body', status: 403, body: '[]' });
    expect(await failureOf()).toMatchObject({ call: { said: {} } });
  });

  test.each(kinds)('for the $kind says what is wrong, and what to do', async ({ kind }) => {
    const scope = scopeOf(kind);
    const { title, adviceWhenMissing } = scope;
    const wrong = (status: number): Fault => ({ kind: 'status', status });
    const { failureOf } = await startWith(wrong(401), wrong(403), wrong(404), {
      kind: 'redirect',
      location: 'https://elsewhere.invalid/',
    });
    const [permission] = PERMISSIONS[kind];
    const expected = [
      /^Reading the key failed: GitHub rejected `github-token`\./,
      new RegExp(`lacks a permission. It needs ${permission}: write \\(a classic token: repo\\)`),
      new RegExp(`failed: ${title} does not exist, or .* can't access it. ${adviceWhenMissing}$`),
      new RegExp(`redirect, which the action never follows. ${title} may have been renamed`),
    ];
    for (const message of expected) {
      expect(await failureOf({ ...getKey, scope })).toMatchObject({
        message: expect.stringMatching(message),
      });
    }
  });

  test('names the permission for variables if it is about them', async () => {
    const { failureOf } = await startWith({ kind: 'status', status: 403 });
    expect(await failureOf(setVariable)).toMatchObject({
      code: 'destination-invalid',
      message: expect.stringContaining('It needs variables: write'),
    });
  });
});

describe('a 403', () => {
  const secondary = '{"message":"You have exceeded a secondary rate limit."}';
  const quota = (seconds: number): Fault => {
    const reset = String(Date.parse('2025-01-01T00:00:00Z') / 1000 + seconds);
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset };
    return { kind: 'status', status: 403, headers };
  };
  const rows: readonly { readonly name: string; readonly fault: Fault; readonly wait: number }[] = [
    { name: 'a used-up quota', fault: quota(60), wait: 60_000 },
    {
      name: 'a secondary rate limit',
      fault: { kind: 'body', status: 403, body: secondary },
      wait: 60_000,
    },
    {
      name: 'a request to retry later',
      fault: { kind: 'status', status: 403, headers: { 'retry-after': '7' } },
      wait: 7_000,
    },
  ];

  test.each(rows)('with $name is retried', async ({ fault, wait }) => {
    const { call, github, time } = await startWith(fault);
    await call();
    expect(github.seen('public-key')).toHaveLength(2);
    expect(time.waits).toEqual([wait]);
  });

  test('for a missing permission is not retried', async () => {
    const { failureOf, github } = await startWith({ kind: 'status', status: 403 });
    expect(await failureOf()).toMatchObject({ code: 'destination-invalid' });
    expect(github.seen('public-key')).toHaveLength(1);
  });

  test('slows down the calls that follow', async () => {
    const { call, time } = await startWith(quota(60));
    for (let calls = 0; calls < 3; calls++) await call();
    expect(time.waits).toEqual([60_000, expect.closeTo(25, 0), expect.closeTo(25, -1)]);
  });
});

describe('when the job is cancelled', () => {
  const busy: Fault = { kind: 'status', status: 503 };

  test('a write is finished, with its retries', async () => {
    const { call, cancel, github, vaults } = await startWith(busy, busy);
    github.onRequest = () => cancel.abort();
    await call(setVariable);
    expect(vaults.repository.variables.get('A')).toBe('text');
  });

  test('a read is abandoned', async () => {
    const { cancel, failureOf, github } = await startWith({ kind: 'silence' });
    github.onRequest = () => cancel.abort();
    expect(await failureOf()).toMatchObject({ code: 'cancelled' });
  });
});
