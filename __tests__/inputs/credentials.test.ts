import { describe, expect, test } from 'vitest';
import { readCredentials, readPassphrase } from '../../src/inputs/credentials.ts';
import { failureOf, type Given, read } from './source.ts';

const WAYS =
  'Set exactly one of these: `token`; `oauth-client-id` and `oauth-client-secret`; or those two with `app-name` and `app-version`.';
const FORKS = 'GitHub passes no secrets to workflows that forks or Dependabot start.';

const client = { 'oauth-client-id': 'mqtt1-ci', 'oauth-client-secret': 'hunter22' };
const app = { 'app-name': 'builder', 'app-version': 'v1' };
const basic = Buffer.from('mqtt1-ci:hunter22').toString('base64');

function credentialsOf(given: Given) {
  const { reader, masked, problems } = read(given);
  const credentials = readCredentials(reader, 'mqtt1');
  return { credentials, masked, problems: problems() };
}

/** What was read, with its secrets. */
function revealed(given: Given): unknown {
  const { credentials, problems } = credentialsOf(given);
  expect(problems).toEqual([]);
  if (credentials?.kind === 'token') return { ...credentials, token: credentials.token.reveal() };
  return credentials && { ...credentials, basic: credentials.basic.reveal() };
}

describe('credentials are', () => {
  test('a token', () => {
    expect(revealed({ token: '!abc~' })).toEqual({ kind: 'token', token: '!abc~' });
    expect(credentialsOf({ token: '!abc~' }).masked).toEqual(['!abc~']);
  });

  test('those of a technical user', () => {
    expect(revealed(client)).toEqual({ kind: 'technical-user', basic });
    expect(credentialsOf(client).masked).toEqual(['hunter22', basic]);
  });

  test('those of an application, hosted by the tenant or another one', () => {
    const application = { kind: 'application', basic, appName: 'builder', appVersion: 'v1' };
    expect(revealed({ ...client, ...app })).toEqual({ ...application, hostTenant: 'mqtt1' });
    expect(revealed({ ...client, ...app, 'host-tenant': 'operator' })).toEqual({
      ...application,
      hostTenant: 'operator',
    });
  });

  test('missing, if none are set', () => {
    const { reader } = read({ 'host-tenant': 'operator' });
    expect(readCredentials(reader, 'mqtt1')).toBeUndefined();
    expect(failureOf(() => reader.throwProblems())).toMatchObject({
      code: 'credentials-missing',
      message: `No credentials are set. ${WAYS} ${FORKS}`,
    });
  });
});

describe('credentials are refused:', () => {
  const incomplete = (names: string) =>
    `The credentials are incomplete: also set ${names}. ${WAYS}`;
  const both = `\`token\` is set together with other credentials. ${WAYS}`;

  const rows: Readonly<Record<string, readonly [Given, string]>> = {
    'an id alone': [{ 'oauth-client-id': 'id' }, `${incomplete('`oauth-client-secret`')} ${FORKS}`],
    'a secret alone': [{ 'oauth-client-secret': 'hunter22' }, incomplete('`oauth-client-id`')],
    'an application without a version': [
      { ...client, 'app-name': 'builder' },
      incomplete('`app-version`'),
    ],
    'an application without a name': [{ ...client, 'app-version': 'v1' }, incomplete('`app-name`')],
    'an application alone': [
      app,
      `${incomplete('`oauth-client-id`, `oauth-client-secret`')} ${FORKS}`,
    ],
    'a token and an id': [{ token: 'abcdefgh', 'oauth-client-id': 'id' }, both],
    'a token and a secret': [{ token: 'abcdefgh', 'oauth-client-secret': 'hunter22' }, both],
    'a token and an app': [{ token: 'abcdefgh', 'app-name': 'builder' }, both],
    'a token and a version': [{ token: 'abcdefgh', 'app-version': 'v1' }, both],
    'a token with its scheme': [
      { token: 'Bearer abcdefgh' },
      '`token` contains white space or other characters that a token never has. Pass only the token, without `Bearer`.',
    ],
    'a token that is not ASCII': [
      { token: 'abcdefgä' },
      '`token` contains white space or other characters that a token never has. Pass only the token, without `Bearer`.',
    ],
    'an id with a colon': [
      { ...client, 'oauth-client-id': 'a:b' },
      '`oauth-client-id` contains ":" at position 2. It must not contain colons or control characters.',
    ],
    'an id with a tab': [
      { ...client, 'oauth-client-id': 'a\tb' },
      '`oauth-client-id` contains the control character U+0009 (tab) at position 2. It must not contain colons or control characters.',
    ],
    'a host tenant that is not a host label': [
      { ...client, ...app, 'host-tenant': 'a.b' },
      '`host-tenant` must be at most 63 letters, digits and hyphens, with no hyphen at either end, not "a.b".',
    ],
  };
  test.each(Object.entries(rows))('%s', (_, [given, problem]) => {
    expect(credentialsOf(given).problems).toEqual([problem]);
  });

  test('half of them masks nothing but secrets', () => {
    expect(credentialsOf({ 'oauth-client-id': 'mqtt1-ci' }).masked).toEqual([]);
  });
});

describe('the passphrase of private keys', () => {
  const passphraseOf = (value: string, encrypt = 'false') => {
    const { reader, masked, problems } = read({ 'key-passphrase': value, 'encrypt-key': encrypt });
    return { passphrase: readPassphrase(reader)?.reveal(), masked, problems: problems() };
  };

  test('is read with the white space around it, and masked', () => {
    const value = '  two words ';
    expect(passphraseOf(value)).toEqual({ passphrase: value, masked: [value], problems: [] });
  });

  test('is optional', () => {
    expect(passphraseOf('')).toEqual({ passphrase: undefined, masked: [], problems: [] });
  });

  test('is required if keys must be encrypted', () => {
    expect(passphraseOf('', 'true')).toEqual({
      passphrase: undefined,
      masked: [],
      problems: [
        '`encrypt-key` is `true`, but `key-passphrase` is empty. Check that the secret for it exists. GitHub passes no secrets to workflows that forks or Dependabot start.',
      ],
    });
    expect(passphraseOf('correct horse', 'true').problems).toEqual([]);
  });

  test('can have 12 to 1023 printable ASCII characters', () => {
    for (const value of ['x'.repeat(12), 'x'.repeat(1023), ' !~"\\%'.padEnd(12)]) {
      expect(passphraseOf(value)).toEqual({ passphrase: value, masked: [value], problems: [] });
    }
  });

  const MAKE_ONE = 'Generate one with `openssl rand -base64 24`.';
  const short = `is shorter than 12 characters, and anyone who has the encrypted key can try passphrases without limit. ${MAKE_ONE}`;
  const notAscii = `contains characters other than printable ASCII, so some programs could not decrypt the key. ${MAKE_ONE}`;
  test.each([
    ['abc', ['is shorter than 4 characters. Masking it would hide unrelated text in the log.']],
    ['abcd', [short]],
    ['x'.repeat(11), [short]],
    ['        ', ['is blank.']],
    ['x'.repeat(1024), ['is longer than 1023 bytes.']],
    ['correct hörse', [notAscii]],
    ['ä'.repeat(512), ['is longer than 1023 bytes.', notAscii]],
    ['correct\thorse', ['contains a line break or another control character.']],
    ['correct horse\u007f', ['contains a line break or another control character.']],
  ])('can’t be %j', (value, problems) => {
    expect(passphraseOf(value).problems).toEqual(
      problems.map((text) => `\`key-passphrase\` ${text}`),
    );
  });
});
