import { describe, expect, test } from 'vitest';
import {
  digestsOf,
  type Places,
  readState,
  stateText,
} from '../../src/destinations/journal-state.ts';
import { SCOPES } from '../../src/github/scopes.ts';
import { DEFAULT_API_URL, DEFAULT_TOKEN_URL } from '../../src/insights-hub/urls.ts';
import { Secret } from '../../src/secret.ts';

const KEY = new Secret('a key for tests');
const urls = { tenant: 't', region: 'eu1', apiUrl: DEFAULT_API_URL, tokenUrl: DEFAULT_TOKEN_URL };
const files = {
  outputDirectory: '/w/out',
  clientIds: ['t_a', 't_b'],
  toWorkspace: true,
  keepFiles: false,
  ifExists: 'fail',
} as const;
const names = { owner: 'octo', repo: 'device', environment: 'production' };

function gitHub(apiUrl = 'https://api.github.com', at = names): NonNullable<Places['github']> {
  const scopes = [SCOPES.repository.scopeOf(at), SCOPES.environment.scopeOf(at)];
  return { apiUrl, scopes, token: new Secret('token'), secretPrefix: 'X', variables: false };
}

const places: Places = { urls, github: gitHub(), files };

describe('digests', () => {
  test('are the same for the same places', () => {
    expect(digestsOf({ ...places, github: gitHub() }, KEY)).toEqual(digestsOf(places, KEY));
  });

  const others: readonly [string, Partial<Places>, readonly string[]][] = [
    ['the tenant', { urls: { ...urls, tenant: 'u' } }, ['hub']],
    ['the region', { urls: { ...urls, region: 'eu2' } }, ['hub']],
    ['api-url', { urls: { ...urls, apiUrl: 'https://h.invalid/{api}' } }, ['hub']],
    ['token-url', { urls: { ...urls, tokenUrl: 'https://h.invalid' } }, ['hub']],
    ['the address of GitHub', { github: gitHub('https://g.invalid') }, ['scopes']],
    ['the repository', { github: gitHub(undefined, { ...names, repo: 'x' }) }, ['scopes']],
    ['the environment', { github: gitHub(undefined, { ...names, environment: 'x' }) }, ['scopes']],
    ['the directory', { files: { ...files, outputDirectory: '/w' } }, ['files']],
    ['the client ids', { files: { ...files, clientIds: ['t_a'] } }, ['files']],
    ['their bounds', { files: { ...files, clientIds: ['t_a,t_b'] } }, ['files']],
    ['if-exists', { files: { ...files, ifExists: 'skip' } }, ['files']],
    ['keep-files', { files: { ...files, keepFiles: true } }, ['files']],
    ['the destination', { files: { ...files, toWorkspace: false } }, ['files']],
  ];
  test.each(others)('show a change of %s', (_, changes, expected) => {
    const before = digestsOf(places, KEY);
    const after = digestsOf({ ...places, ...changes }, KEY);
    const changed = (['hub', 'scopes', 'files'] as const).filter(
      (name) => String(before[name]) !== String(after[name]),
    );
    expect(changed).toEqual(expected);
  });

  test('can’t be compared without the key', () => {
    const one = digestsOf(places, KEY);
    const other = digestsOf(places, new Secret('another key'));
    expect(one.hub).not.toBe(other.hub);
    expect(one.files).not.toBe(other.files);
  });
});

describe('the state', () => {
  const state = {
    path: '/t/j',
    key: KEY,
    rehearsed: true,
    keepsKey: false,
    digests: digestsOf(places, KEY),
  };

  test.each([state, { ...state, lines: 7, rehearsed: false, keepsKey: true }])(
    'is read as it was saved',
    (saved) => {
      const found = readState(stateText(saved));
      expect(found).toEqual(saved);
      expect(found?.key.reveal()).toBe(KEY.reveal());
    },
  );

  test.each([
    '',
    '/t/journal',
    '[]',
    '{}',
    '{"path":"/t/j"}',
    '{"path":"/t/j","key":"k","digests":{}}',
  ])('is refused: %s', (text) => {
    expect(readState(text)).toBeUndefined();
  });
});
