import { afterEach, expect, test } from 'vitest';
import { GitHub } from '../../sandbox/github/github.ts';

let github: GitHub | undefined;

afterEach(() => github?.stop());

/** The status of a call by another client than the actions. */
async function statusOf({ apiUrl, repository }: GitHub, headers: Readonly<Record<string, string>>) {
  const url = `${apiUrl}/repos/${repository}/actions/secrets/public-key`;
  const answer = await fetch(url, { headers: { 'user-agent': 'test', ...headers } });
  return answer.status;
}

test('takes calls of other clients only where it is lenient', async () => {
  const version = { 'x-github-api-version': '2022-11-28' };
  for (const [lenient, status] of [
    [false, [400, 401, 400, 200]],
    [true, [200, 200, 400, 200]],
  ] as const) {
    github = await GitHub.start({ lenient });
    const token = github.issueToken();
    const bearer = { authorization: `Bearer ${token}` };
    const calls = [
      bearer,
      { ...version, authorization: `token ${token}` },
      { ...bearer, 'x-github-api-version': '2000-01-01' },
      { ...version, ...bearer },
    ];
    const statuses: number[] = [];
    for (const headers of calls) statuses.push(await statusOf(github, headers));
    expect(statuses).toEqual(status);
    await github.stop();
  }
});
