import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { proxySettings } from '../../src/http/proxy.ts';
import {
  type Inputs,
  preconnectionsFor,
  readCleanUpInputs,
  readInputs,
  readLostInputs,
  warningsOf,
} from '../../src/inputs/create.ts';
import { failureOf, type Given, OUT_OF_RANGE, problemsIn, problemsOf, sourceOf } from './source.ts';

let workspace: string;
beforeAll(async () => {
  workspace = await mkdtemp(path.join(tmpdir(), 'create-inputs-'));
  await writeFile(path.join(workspace, 'devices.csv'), 'a,me@b.c\nb\n');
});
afterAll(() => rm(workspace, { recursive: true }));

const good: Given = { name: 'device001', tenant: 'mqtt1', token: 'a-token' };
const toGitHub: Given = { 'github-token': 'ghp_token', repository: 'o/r' };

const inputsOf = (given: Given) =>
  readInputs(sourceOf({ ...good, ...given }, { workspace }).source);
const problemsWith = (given: Given) => problemsOf(inputsOf(given));

describe('the inputs of the create action', () => {
  test('have defaults for all but name, tenant and credentials', async () => {
    const { credentials, ...inputs } = await inputsOf({});
    expect(credentials.kind).toBe('token');
    expect(inputs).toEqual({
      agents: [
        {
          name: 'device001',
          owner: undefined,
          expectedClientId: 'mqtt1_device001',
          keyFormat: 'issued',
          passphrase: undefined,
          ephemeral: false,
        },
      ],
      encrypted: false,
      several: false,
      urls: {
        tenant: 'mqtt1',
        region: 'eu1',
        apiUrl: 'https://gateway.{region}.mindsphere.io/api/{api}/v3',
        tokenUrl: 'https://{tenant}.piam.{region}.mindsphere.io/oauth/token',
      },
      clientIdPrefix: 'mqtt1',
      toWorkspace: true,
      github: undefined,
      outputDirectory: path.join(workspace, '.insights-hub'),
      keepFiles: false,
      ifExists: 'fail',
      concurrency: 4,
      rateLimit: { count: 10, seconds: 30 },
      verifyConnection: false,
      broker: { host: 'mindconnectmqtt.eu1.mindsphere.io', port: 8883 },
      brokerCa: undefined,
      ephemeral: false,
      timeout: 300,
      dryRun: false,
      proxies: { proxy: undefined, direct: [] },
    });
  });

  test('can all be given', async () => {
    const inputs = await inputsOf({
      ...toGitHub,
      'output-directory': 'a/../b',
      'keep-files': 'true',
      'if-exists': 'skip',
      destination: 'repository',
      'client-id-prefix': 'old-name',
      concurrency: '32',
      'rate-limit': '1/30s',
      'verify-connection': 'true',
      'broker-url': 'mqtts://broker:443',
      ephemeral: 'true',
      timeout: '3600',
      'dry-run': 'true',
      summary: 'false',
      'key-format': 'pkcs8',
      'encrypt-key': 'true',
      'key-passphrase': '  two words ',
      owner: 'me@b.c',
    });
    expect(inputs).toMatchObject({
      outputDirectory: path.join(workspace, 'b'),
      keepFiles: true,
      ifExists: 'skip',
      toWorkspace: false,
      github: {
        scopes: [{ kind: 'repository', title: 'repository o/r' }],
        secretPrefix: 'INSIGHTS_HUB_AGENT',
      },
      clientIdPrefix: 'old-name',
      urls: { tenant: 'mqtt1' },
      concurrency: 32,
      rateLimit: { count: 1, seconds: 30 },
      verifyConnection: true,
      broker: { host: 'broker', port: 443 },
      ephemeral: true,
      timeout: 3600,
      dryRun: true,
      encrypted: true,
      agents: [
        {
          owner: 'me@b.c',
          ephemeral: true,
          expectedClientId: 'old-name_device001',
          keyFormat: 'pkcs8',
        },
      ],
    });
    expect(inputs.agents[0]?.passphrase?.reveal()).toBe('  two words ');
  });

  test('list several agents, of which a shard selects its part', async () => {
    const all = await inputsOf({ name: 'a\nb\nc' });
    expect(all.several).toBe(true);
    expect(all.agents.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    const part = await inputsOf({ name: 'a\nb', shard: '1/2' });
    expect(part.several).toBe(true);
    expect(part.agents.map(({ name }) => name)).toEqual(['b']);
    expect((await inputsOf({ shard: '1/2' })).agents).toEqual([]);
  });

  test('can list them in a file, with their own owners', async () => {
    const { agents } = await inputsOf({ name: '', 'names-file': 'devices.csv', owner: 'all@b.c' });
    expect(agents.map(({ name, owner }) => [name, owner])).toEqual([
      ['a', 'me@b.c'],
      ['b', 'all@b.c'],
    ]);
  });

  test('name client ids in a file after the prefix, too', async () => {
    const { agents } = await inputsOf({
      name: '',
      'names-file': 'devices.csv',
      'client-id-prefix': 'old',
    });
    expect(agents.map(({ expectedClientId }) => expectedClientId)).toEqual(['old_a', 'old_b']);
  });

  test.each([
    ['1/1s', { count: 1, seconds: 1 }],
    ['10000/3600s', { count: 10_000, seconds: 3600 }],
  ])('can limit the rate to %s', async (given, window) => {
    expect((await inputsOf({ 'rate-limit': given })).rateLimit).toEqual(window);
  });

  test('can name an absolute directory anywhere', async () => {
    const elsewhere = path.join(path.dirname(workspace), 'elsewhere');
    expect((await inputsOf({ 'output-directory': elsewhere })).outputDirectory).toBe(elsewhere);
  });
});

describe('the inputs of the create action are refused:', () => {
  const noName =
    '`name` or `names-file` is required. Set `name` to one or more agent names, one per line, or `names-file` to a file with one agent per line.';
  const words = 'one or more of workspace, repository, environment';
  const rows: Readonly<Record<string, readonly [Given, string]>> = {
    'no name': [{ name: '' }, noName],
    'a name and a file': [
      { 'names-file': 'devices.csv' },
      '`name` and `names-file` are both set. Set only one of them.',
    ],
    'a file that does not exist': [
      { name: '', 'names-file': 'none.csv' },
      '`names-file` "none.csv" does not exist.',
    ],
    'a name with a slash': [
      { name: 'a/b' },
      '`name` "a/b" contains "/" at position 2. White space, control characters, invisible characters, "/", "+" and "#" are not allowed.',
    ],
    'a list of no destinations': [
      { destination: ' , ' },
      `\`destination\` is empty. Set it to ${words}.`,
    ],
    'an unknown destination, reported once': [
      { destination: 'moon' },
      `\`destination\` must be ${words}, not "moon".`,
    ],
    'a directory that is the parent of the workspace': [
      { 'output-directory': '..' },
      '`output-directory` ".." leads out of the workspace. For a directory outside it, use an absolute path.',
    ],
    'a directory with a line break': [
      { 'output-directory': '../a\nb' },
      '`output-directory` contains the control character U+000A (line feed) at position 5. Delete it.',
    ],
    ...Object.fromEntries(
      ['~', '~/certs', '$HOME', '$HOME/certs', '%TEMP%', '%TEMP%\\certs'].flatMap((given) =>
        ['output-directory', 'broker-ca-file'].map((input) => [
          `${given} as ${input}`,
          [
            { [input]: given },
            `\`${input}\` "${given}" begins with "${/^%TEMP%|./.exec(given)}", but no shell expands it here. Use an absolute path, for example one that begins with \`\${{ runner.temp }}\`.`,
          ],
        ]),
      ),
    ),
    'a directory that changes the direction of text': [
      { 'output-directory': 'a\u202eb' },
      '`output-directory` contains the invisible character U+202E (right-to-left override) at position 2. Delete it.',
    ],
    ...Object.fromEntries(
      [
        ...['output-directory', 'names-file', 'owner', 'app-name', 'app-version', 'shard'],
        ...['tenant', 'host-tenant', 'region', 'client-id-prefix', 'secret-prefix', 'environment'],
        ...['api-url', 'token-url', 'broker-url', 'broker-ca-file', 'destination', 'rate-limit'],
        ...['concurrency', 'timeout', 'keep-files', 'if-exists', 'oauth-client-id', 'ephemeral'],
      ].map((input) => [
        `a secret in ${input}`,
        [
          { [input]: 'my-a-token' },
          expect.stringMatching(`\`${input}\` "my-\\*\\*\\*" contains a secret of this step`),
        ],
      ]),
    ),
    'a key that must be encrypted, without a passphrase': [
      { 'encrypt-key': 'true' },
      expect.stringMatching(/^`encrypt-key` is `true`, but `key-passphrase` is empty\./),
    ],
    'a passphrase of three characters': [
      { 'key-passphrase': 'abc' },
      '`key-passphrase` is shorter than 4 characters. Masking it would hide unrelated text in the log.',
    ],
    'files that two agents would share': [
      { name: 'a@\nA!', 'if-exists': 'skip', shard: '0/3' },
      'The agents "a@" and "A!" would share files, so `if-exists: skip` could not tell which exists. Rename one of them.',
    ],
    'an agent that is listed twice, reported once': [
      { name: 'a\na', 'if-exists': 'skip' },
      '`name` "a" is listed twice.',
    ],
    'secrets that two agents would share': [
      { ...toGitHub, destination: 'repository', name: 'a-b\na.b' },
      'The agents "a-b" and "a.b" would use the same secret names, with A_B. Rename one of them.',
    ],
    'an environment that is not needed': [
      { environment: 'production' },
      '`environment` is set, but `destination` does not include `environment`.',
    ],
    ...Object.fromEntries(
      [
        'keep-files',
        'encrypt-key',
        'verify-connection',
        'ephemeral',
        'dry-run',
        'summary',
        'variables',
      ].map((name) => [
        `a ${name} that is no boolean`,
        [{ [name]: '1' }, `\`${name}\` must be true or false, not "1".`],
      ]),
    ),
    'another format of keys': [
      { 'key-format': 'PKCS#8' },
      '`key-format` must be issued or pkcs8, not "PKCS#8".',
    ],
    'another word for if-exists': [
      { 'if-exists': 'replace' },
      '`if-exists` must be fail or skip, not "replace".',
    ],
    ...OUT_OF_RANGE,
    ...Object.fromEntries(
      [
        ...['10/30', '10', '10/s', '/30s', '10 / 30s', '10/30S', '10/30m', '-1/30s', '1.5/30s'],
        ...['0/30s', '10001/30s', '10/0s', '10/3601s', '1e3/30s', 'x10/30s', '10/30s,1/1s'],
      ].map((value) => [
        `a rate of ${value}`,
        [
          { 'rate-limit': value },
          `\`rate-limit\` must be COUNT/SECONDSs, such as 10/30s, with COUNT from 1 to 10000 and SECONDS from 1 to 3600, not "${value}".`,
        ],
      ]),
    ),
    'a prefix that no client id can have': [
      { 'client-id-prefix': 'a/b' },
      '`client-id-prefix` "a/b" contains "/" at position 2. White space, control characters, invisible characters, "/", "+" and "#" are not allowed.',
    ],
    'a name that is too long with its prefix': [
      { 'client-id-prefix': 'old', name: 'word-'.repeat(25) },
      expect.stringMatching(
        / is too long: with "old_", the client id has 129 bytes\. The maximum is 128\.$/,
      ),
    ],
    'a broker without TLS': [
      { 'broker-url': 'mqtt://broker' },
      '`broker-url` must begin with mqtts://: "mqtt://broker".',
    ],
    'a CA file that does not exist': [
      { 'broker-ca-file': 'ca.pem' },
      '`broker-ca-file` "ca.pem" does not exist.',
    ],
  };
  test.each(Object.entries(rows))('%s', async (what, [given, problem]) => {
    const problems = await problemsWith(given);
    if (what.startsWith('a secret in')) expect(problems).toContainEqual(problem);
    else expect(problems).toEqual([problem]);
    expect(problems.join()).not.toContain('my-a-token');
  });

  test('also in URLs, if there is no tenant to fill them', async () => {
    const given = {
      ...toGitHub,
      destination: 'repository',
      tenant: '',
      'api-url': 'gateway',
      'token-url': 'http://{tenant}.invalid/token',
      'broker-url': 'mqtt://{region}.invalid',
    };
    const environment = { GITHUB_API_URL: 'http://ghe.invalid' };
    const { source } = sourceOf({ ...good, ...given }, { workspace, environment });
    const problems = await problemsOf(readInputs(source));
    expect(problems.map((text) => text.split(' ', 3).join(' '))).toEqual([
      '`tenant` is required.',
      '`api-url` is not',
      '`token-url` must begin',
      "The runner's GITHUB_API_URL",
      '`broker-url` must begin',
    ]);
  });

  test('all together, in the order in which they are read', async () => {
    const given = { tenant: '', token: '', name: '', shard: 'x', timeout: 'y' };
    const problems = await problemsWith(given);
    expect(problems.map((text) => text.split(' ', 3).join(' '))).toEqual([
      '`tenant` is required.',
      'No credentials are',
      '`name` or `names-file`',
      '`shard` must be',
      '`timeout` must be',
    ]);
  });

  test('missing credentials with their own code', async () => {
    await expect(inputsOf({ token: '' })).rejects.toMatchObject({ code: 'credentials-missing' });
  });

  test('and an invalid proxy of the job', async () => {
    const environment = { HTTPS_PROXY: 'socks5://proxy' };
    const { source } = sourceOf(good, { workspace, environment });
    expect(await problemsOf(readInputs(source))).toEqual([
      expect.stringMatching(/^The environment variable HTTPS_PROXY is not the URL/),
    ]);
  });
});

describe('the inputs are accepted with', () => {
  const fine: Readonly<Record<string, Given>> = {
    'agents that would share files, when they are not skipped': { name: 'a@\na!' },
    'agents of different files': { name: 'a\nb', 'if-exists': 'skip' },
    'several destinations': { destination: 'workspace,repository', ...toGitHub },
  };
  test.each(Object.entries(fine))('%s', async (_, given) => {
    expect(await problemsWith(given)).toEqual([]);
  });
});

describe('the clean-up after the job', () => {
  const read = (given: Given) => readCleanUpInputs(sourceOf({ ...good, ...given }).source);

  test('reads what it needs to delete what a run created', () => {
    const { credentials, urls, ...inputs } = read({
      ...toGitHub,
      destination: 'workspace,repository',
      timeout: '20',
    });
    expect(credentials.kind).toBe('token');
    expect(urls.tenant).toBe('mqtt1');
    expect(inputs).toMatchObject({
      github: { scopes: [{ kind: 'repository', title: 'repository o/r' }] },
      timeout: 20,
      proxies: { direct: [] },
    });
    expect(read({}).github).toBeUndefined();
  });

  test('requires valid inputs', () => {
    const given = { token: '', timeout: '0', tenant: '' };
    expect(problemsIn(failureOf(() => read(given)))).toEqual([
      '`tenant` is required. Set it to the name of your Insights Hub environment.',
      expect.stringMatching(/^No credentials are set\./),
      '`timeout` must be a whole number from 1 to 3600, not "0".',
    ]);
  });
});

describe('a run whose notes are lost', () => {
  const read = (given: Given) =>
    readLostInputs(sourceOf({ ...good, ...given }, { workspace }).source);

  test('is described as far as the inputs allow', async () => {
    const given = { ...toGitHub, 'names-file': 'devices.csv', name: '', shard: '0/2' };
    expect(await read({ ...given, destination: 'repository', ephemeral: 'true' })).toMatchObject({
      agents: [{ name: 'a', clientId: 'mqtt1_a' }],
      several: true,
      files: {
        outputDirectory: path.join(workspace, '.insights-hub'),
        clientIds: ['mqtt1_a'],
        toWorkspace: false,
        keepFiles: false,
        ifExists: 'fail',
      },
      github: { scopes: [{ title: 'repository o/r' }] },
      ephemeral: true,
    });
  });

  test('is described even if nothing is given any more, or everything is invalid', async () => {
    const nothing = { agents: [], files: { clientIds: [] }, github: undefined };
    expect(await read({ name: '', tenant: '', token: '' })).toMatchObject(nothing);
    const wrong = { tenant: '-', 'keep-files': 'x', 'api-url': '{', 'names-file': 'gone' };
    expect(await read({ ...wrong, shard: '7/0', 'if-exists': '?', token: 'a b' })).toMatchObject({
      agents: [],
    });
  });
});

describe('a warning is given for', () => {
  const region =
    'Agent certificates are documented for region eu1 only. Region eu2 may not offer them.';
  const a1 = expect.stringMatching(/^The name "a\.1" contains characters other than /);

  test.each<[string, Given, readonly string[]]>([
    ['nothing that is documented', { region: 'eu1' }, []],
    ['another region', { region: 'eu2' }, [region]],
    ['names with other characters', { name: 'a.1\nb' }, [a1]],
    ['both', { region: 'eu2', name: 'a.1' }, [region, a1]],
    ['no name that another shard has', { name: 'a.1\nb', shard: '1/2' }, []],
  ])('%s', async (_, given, warnings) => {
    expect(warningsOf(await inputsOf(given))).toEqual(warnings);
  });
});

describe('connections that are opened ahead', () => {
  const TOKEN = 'https://acme.piam.eu1.mindsphere.io';
  const GATEWAY = 'https://gateway.eu1.mindsphere.io';
  const GITHUB = 'https://api.github.com';

  const USER = { 'oauth-client-id': 'ci', 'oauth-client-secret': 'hidden away' };
  const SECRETS = {
    destination: 'repository',
    repository: 'o/r',
    'github-token': 'ghs_0123456789',
  };

  /** The origins that are connected to, after what the inputs ask for. */
  async function originsFor(
    given: Given,
    changes: Partial<Inputs> = {},
  ): Promise<readonly string[]> {
    const { source } = sourceOf({ tenant: 'acme', name: 'device', ...given });
    return preconnectionsFor({ ...(await readInputs(source)), ...changes }).map(
      ({ origin }) => origin,
    );
  }

  test('are for the token first, then for the create', async () => {
    expect(await originsFor(USER)).toEqual([TOKEN, GATEWAY]);
  });

  test('are one for each agent that is created in parallel', async () => {
    const name = 'a\nb\nc';
    expect(await originsFor({ ...USER, name })).toEqual([TOKEN, GATEWAY, GATEWAY, GATEWAY]);
    expect(await originsFor({ ...USER, name, concurrency: '2' })).toEqual([
      TOKEN,
      GATEWAY,
      GATEWAY,
    ]);
  });

  test('are no more than the tenant may create at the same time', async () => {
    const given = { ...USER, name: 'a\nb\nc', 'rate-limit': '1/30s' };
    expect(await originsFor(given)).toEqual([TOKEN, GATEWAY]);
  });

  test('are for key and certificate of each scope of secrets', async () => {
    expect(await originsFor({ ...USER, ...SECRETS })).toEqual([TOKEN, GATEWAY, GITHUB, GITHUB]);
  });

  test('are none for a given token', async () => {
    expect(await originsFor({ token: 'a.given.token' })).toEqual([GATEWAY]);
  });

  test('are used for the token and then for the first agent if both are on one server', async () => {
    const application = { ...USER, 'app-name': 'app', 'app-version': '1' };
    expect(await originsFor(application)).toEqual([GATEWAY]);
    expect(await originsFor({ ...application, name: 'a\nb' })).toEqual([GATEWAY, GATEWAY]);
  });

  test('are only for the token in a dry run', async () => {
    expect(await originsFor({ ...USER, ...SECRETS, 'dry-run': 'true' })).toEqual([TOKEN]);
  });

  test('are none if perhaps nothing is created', async () => {
    expect(await originsFor({ ...USER, 'if-exists': 'skip' })).toEqual([]);
    expect(await originsFor(USER, { agents: [] })).toEqual([]);
  });

  test('are none through a proxy', async () => {
    const proxies = proxySettings({ https_proxy: 'http://proxy:3128', no_proxy: 'api.github.com' });
    expect(await originsFor({ ...USER, ...SECRETS }, { proxies })).toEqual([GITHUB, GITHUB]);
  });
});
