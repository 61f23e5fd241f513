import { describe, expect, onTestFinished, test } from 'vitest';
import { SCOPES, type ScopeKind } from '../../src/github/scopes.ts';
import { readGitHub } from '../../src/inputs/github.ts';
import { type Given, read } from './source.ts';

type Kinds = readonly ScopeKind[];

const good = {
  'github-token': 'ghp_token',
  repository: 'octo/hello.world',
  environment: 'production',
  'secret-prefix': 'AGENT',
  variables: 'false',
};
const agent = (name: string, clientId = `mqtt1_${name}`) => ({ name, clientId, where: '`name`' });

function settingsOf(
  given: Given,
  kinds: Kinds = ['environment'],
  agents = [agent('a')],
  environment: Given = {},
) {
  const { reader, problems } = read({ ...good, ...given }, { environment });
  return {
    settings: readGitHub(reader, reader.secret('github-token'), kinds, agents),
    problems: problems(),
  };
}

describe('what is pushed to GitHub', () => {
  test('goes to the requested scopes', () => {
    const { settings, problems } = settingsOf({}, ['repository', 'environment']);
    expect(problems).toEqual([]);
    expect(settings?.token.reveal()).toBe('ghp_token');
    expect(settings?.scopes.map(({ kind, title }) => [kind, title])).toEqual([
      ['repository', 'repository octo/hello.world'],
      ['environment', 'environment production of repository octo/hello.world'],
    ]);
    expect({ ...settings, token: '', scopes: [] }).toEqual({
      token: '',
      apiUrl: 'https://api.github.com',
      scopes: [],
      secretPrefix: 'AGENT',
      variables: false,
    });
  });

  test('goes to the repository and the API of the job by default', () => {
    const job = { GITHUB_REPOSITORY: 'our/own', GITHUB_API_URL: 'https://ghe.invalid/api/v3' };
    const given = { repository: '', environment: '', variables: 'true' };
    const { settings, problems } = settingsOf(given, ['repository'], [], job);
    expect(problems).toEqual([]);
    expect(settings).toMatchObject({
      scopes: [{ kind: 'repository', title: 'repository our/own' }],
      apiUrl: 'https://ghe.invalid/api/v3',
      variables: true,
    });
  });

  test('is nothing if no scope is requested, whatever else is missing', () => {
    const given = { 'github-token': '', repository: '', environment: '' };
    expect(settingsOf(given, [])).toEqual({ settings: undefined, problems: [] });
  });

  test.each(['a', '_', 'A1_b', 'A_GITHUB_', 'GITHUB', 'x'])('can be named %s', (prefix) => {
    expect(settingsOf({ 'secret-prefix': prefix }).problems).toEqual([]);
  });

  test('counts agents of one client id as one, and allows up to 50', () => {
    const twice = [agent('a'), agent('a')];
    expect(settingsOf({}, ['environment'], twice).problems).toEqual([]);
    const many = Array.from({ length: 50 }, (_, n) => agent(`device${n}`));
    expect(settingsOf({}, ['environment'], many).problems).toEqual([]);
  });
});

describe('is refused:', () => {
  const noToken =
    "`github-token` is required for the destinations repository and environment. Use a GitHub App's token or a fine-grained personal access token: the workflow's own GITHUB_TOKEN can't write secrets.";
  const badToken =
    '`github-token` contains white space or other characters that a token never has.';
  const dots = '`environment` must not be "." or "..".';
  const notOwnerName = (value: string) => `\`repository\` must be OWNER/NAME, not "${value}".`;
  const badPrefix = (value: string) =>
    `\`secret-prefix\` "${value}" is not allowed. Use letters, digits and "_" only, and don't begin with a digit or GITHUB_.`;

  const rows: Readonly<Record<string, readonly [Given, string]>> = {
    'no token': [{ 'github-token': '' }, noToken],
    'a token of two words': [{ 'github-token': 'token abcdef' }, badToken],
    'a token that is not ASCII': [{ 'github-token': 'abcdefä' }, badToken],
    'no environment': [
      { environment: '' },
      '`environment` is required for the destination environment.',
    ],
    'an environment with a tab': [
      { environment: 'a\tb' },
      '`environment` contains the control character U+0009 (tab) at position 2. Delete it.',
    ],
    'an environment of a dot': [{ environment: '.' }, dots],
    'an environment of two dots': [{ environment: '..' }, dots],
    'an environment that changes the direction of text': [
      { environment: 'a\u202eb' },
      '`environment` contains the invisible character U+202E (right-to-left override) at position 2. Delete it.',
    ],
    ...Object.fromEntries(
      ['', 'a', 'a/', '/b', 'a/b/c', './b', 'a/..', 'a b/c', '-/ä'].map((repository) => [
        `the repository ${repository}`,
        [{ repository }, notOwnerName(repository)],
      ]),
    ),
    ...Object.fromEntries(
      ['1A', 'A-B', 'GITHUB_A', 'github_', 'Ä', 'A B', '-A'].map((prefix) => [
        `the prefix ${prefix}`,
        [{ 'secret-prefix': prefix }, badPrefix(prefix)],
      ]),
    ),
    '`variables` that is not a boolean': [
      { variables: 'yes' },
      '`variables` must be true or false, not "yes".',
    ],
  };
  test.each(Object.entries(rows))('%s', (_, [given, problem]) => {
    expect(settingsOf(given).problems).toEqual([problem]);
  });

  test.each(['...', 'a.', '.a', '⚠\ufe0f prod', '👩\u200d💻'])(
    'not the environment %s',
    (environment) => {
      expect(settingsOf({ environment }).problems).toEqual([]);
    },
  );

  test.each<Kinds>([[], ['repository']])('an environment that %j does not need', (...kinds) => {
    expect(settingsOf({}, kinds).problems).toEqual([
      '`environment` is set, but `destination` does not include `environment`.',
    ]);
  });

  test('an API URL of the runner that is not safe', () => {
    const { problems } = settingsOf({}, ['environment'], [], {
      GITHUB_API_URL: 'http://ghe.invalid',
    });
    expect(problems).toEqual([
      'The runner\'s GITHUB_API_URL must begin with https:// (http:// is allowed for localhost only): "http://ghe.invalid".',
    ]);
  });

  test('agents that would share secrets', () => {
    const agents = [agent('a-b'), agent('c'), agent('A_B')];
    expect(settingsOf({}, ['environment'], agents).problems).toEqual([
      'The agents "a-b" and "A_B" would use the same secret names, with A_B. Rename one of them.',
    ]);
  });

  test('too many agents', () => {
    const agents = Array.from({ length: 51 }, (_, n) => agent(`device${n}`));
    expect(settingsOf({}, ['environment'], agents).problems).toEqual([
      'A repository or environment can store the secrets of 50 agents (100 secrets), but the list has 51 agents.',
    ]);
  });

  test('too many agents for the smallest of the chosen scopes', () => {
    const { room } = SCOPES.environment;
    Object.assign(SCOPES.environment, { room: 7 });
    onTestFinished(() => void Object.assign(SCOPES.environment, { room }));
    const problemsWith = (kinds: Kinds, count: number) => {
      const agents = Array.from({ length: count }, (_, n) => agent(`device${n}`));
      return settingsOf({ environment: kinds.includes('environment') ? 'e' : '' }, kinds, agents)
        .problems;
    };
    expect(problemsWith(['repository'], 50)).toEqual([]);
    expect(problemsWith(['repository', 'environment'], 3)).toEqual([]);
    expect(problemsWith(['repository', 'environment'], 4)).toEqual([
      'An environment can store the secrets of 3 agents (7 secrets), but the list has 4 agents.',
    ]);
  });
});
