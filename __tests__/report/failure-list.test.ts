import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/failure.ts';
import { failureList, troubleshootingUrl } from '../../src/report/failure-list.ts';
import { KnownSecrets } from '../../src/secret.ts';

describe('the page that explains the codes', () => {
  const job = { GITHUB_ACTION_REPOSITORY: 'octo/action', GITHUB_ACTION_REF: 'v1.2.0' };

  test('is that of the version in use', () => {
    const page = 'octo/action/blob/v1.2.0/docs/troubleshooting.md';
    expect(troubleshootingUrl(job)).toBe(`https://github.com/${page}`);
    const own = { ...job, GITHUB_SERVER_URL: 'https://git.some.com:8443' };
    expect(troubleshootingUrl(own)).toBe(`https://git.some.com:8443/${page}`);
  });

  test.each([
    ['of an action in the workspace', {}],
    ['without a version', { ...job, GITHUB_ACTION_REF: '' }],
    ['of an odd repository', { ...job, GITHUB_ACTION_REPOSITORY: 'a)b/c' }],
    ['of an odd version', { ...job, GITHUB_ACTION_REF: 'v1)' }],
    [
      'of a repository that is too long',
      { ...job, GITHUB_ACTION_REPOSITORY: `a/${'b'.repeat(101)}` },
    ],
    ['of a version that is too long', { ...job, GITHUB_ACTION_REF: 'v'.repeat(256) }],
    ['of an odd server', { ...job, GITHUB_SERVER_URL: 'javascript:a' }],
  ])('is unknown %s', (_, environment) => {
    expect(troubleshootingUrl(environment)).toBeUndefined();
  });
});

test('a list of failures is cut if it has no room, and says how many items are left out', () => {
  const means = { secrets: new KnownSecrets(() => {}), troubleshooting: undefined };
  const failure = new Failure('forbidden', 'No.');
  const items = ['a', 'b', 'c'].map((name) => ({ name, facts: [], failure }));
  const lines = ['- 3 failed: <code>forbidden</code>: `No.`', '  - a', '  - b', '  - c'];
  const help =
    "To find out what to do, look up the code in <code>docs/troubleshooting.md</code> of the action's repository.";
  expect(failureList(items, 1000, means)).toEqual({ lines, help, left: 0 });
  const room = lines.slice(0, 2).join('\n').length + 1;
  expect(failureList(items, room, means)).toEqual({ lines: lines.slice(0, 2), help, left: 2 });
  expect(failureList(items, 0, means)).toEqual({ lines: [], help, left: 3 });
  expect(failureList([], 1000, means)).toEqual({ lines: [], help: '', left: 0 });
});
