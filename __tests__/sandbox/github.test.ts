import { afterEach, expect, test } from 'vitest';
import { GitHub, type GitHubOptions } from '../../sandbox/github/github.ts';

const VERSION = { 'x-github-api-version': '2022-11-28' };

let github: GitHub | undefined;

afterEach(() => github?.stop());

/** Starts a GitHub; gives a token of it, and the status of calls with other headers. */
async function start(options: GitHubOptions = {}) {
  github = await GitHub.start(options);
  const url = `${github.apiUrl}/repos/${github.repository}/actions/secrets/public-key`;
  const statusOf = async (headers: Readonly<Record<string, string>>) =>
    (await fetch(url, { headers: { 'user-agent': 'test', ...headers } })).status;
  return { token: github.issueToken(), statusOf };
}

test.each([
  ['Bearer', 200],
  ['bearer', 200],
  ['token', 200],
  ['TOKEN', 200],
  ['Basic', 401],
  ['', 401],
])('a token after %j gets a response of %i', async (scheme, status) => {
  const { token, statusOf } = await start();
  const authorization = `${scheme} ${token}`.trim();
  expect(await statusOf({ ...VERSION, authorization })).toBe(status);
});

test.each([
  [false, 400],
  [true, 200],
])('a call without a version of the API: lenient is %s', async (lenient, status) => {
  const { token, statusOf } = await start({ lenient });
  const authorization = `Bearer ${token}`;
  expect(await statusOf({ authorization })).toBe(status);
  expect(await statusOf({ ...VERSION, authorization })).toBe(200);
  expect(await statusOf({ authorization, 'x-github-api-version': '2000-01-01' })).toBe(400);
});
