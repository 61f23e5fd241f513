import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect } from 'vitest';
import { agentsOf, codeOf, errorOf, masksOf, preload, test } from './sandbox.ts';

type Inputs = Readonly<Record<string, string>>;

const none: Inputs = { token: '', 'oauth-client-id': '', 'oauth-client-secret': '' };
const WAYS = /`token`; `oauth-client-id` and `oauth-client-secret`; or those two with `app-name`/;
const FORKS = /no secrets to workflows that forks or Dependabot start/;
const LONG = 'x'.repeat(123);

/** Inputs over those of a run that succeeds, the code and what the one error says. */
const refused: Readonly<Record<string, readonly [Inputs, string, ...RegExp[]]>> = {
  'no name': [{ name: '' }, 'input-invalid', /`name` or `names-file` is required/],
  'a list of blank lines': [
    { name: ' \n\t\n' },
    'input-invalid',
    /`name` or `names-file` is required/,
  ],
  'a name that is in the list twice': [{ name: 'a\nb\na' }, 'input-invalid', /"a" .* twice/],
  'a name with white space': [
    { name: 'a b' },
    'input-invalid',
    /"a b" contains a space at position 2\. White space, /,
  ],
  'a name with a no-break space': [
    { name: 'a\u00a0b' },
    'input-invalid',
    /contains the white space character U\+00A0 \(no-break space\) at position 2\./,
  ],
  'a name with "/"': [{ name: 'a/b' }, 'input-invalid', /"a\/b" contains "\/" at position 2\./],
  'a name with "+"': [{ name: 'a+' }, 'input-invalid', /"a\+" contains "\+" at position 2\./],
  'a name with "#"': [{ name: '#' }, 'input-invalid', /"#" contains "#" at position 1\./],
  'a name with a control character': [
    { name: 'a\u0007b' },
    'input-invalid',
    /contains the control character U\+0007 at position 2\./,
  ],
  'a name of 129 bytes with its tenant': [
    { name: LONG },
    'input-invalid',
    /the client id has 129 bytes\. The maximum is 128\./,
  ],
  'a name that is too long in bytes': [
    { name: 'ä'.repeat(62) },
    'input-invalid',
    /has 130 bytes\. The maximum is 128/,
  ],
  'no tenant': [{ tenant: '' }, 'input-invalid', /`tenant` is required/],
  'a tenant that is not a host label': [
    { tenant: 'a.b' },
    'input-invalid',
    /`tenant` must be .*"a\.b"/,
  ],
  'a tenant with a slash': [{ tenant: 'evil.example/' }, 'input-invalid', /`tenant` must be/],
  'a tenant of 64 characters': [{ tenant: 'x'.repeat(64) }, 'input-invalid', /at most 63 letters/],
  'a tenant that begins with a hyphen': [{ tenant: '-a' }, 'input-invalid', /`tenant` must be/],
  'a region that is not a host label': [{ region: 'eu1@x' }, 'input-invalid', /`region` must be/],
  'no credentials': [none, 'credentials-missing', /No credentials are set/, WAYS, FORKS],
  'no credentials and another problem': [
    { ...none, name: '' },
    'input-invalid',
    /2 problems .*\(1\) No credentials.*\(2\) `name` /,
    FORKS,
  ],
  'an id without a secret': [
    { 'oauth-client-secret': '' },
    'input-invalid',
    /incomplete: also set `oauth-client-secret`/,
    WAYS,
    FORKS,
  ],
  'a secret without an id': [
    { 'oauth-client-id': '' },
    'input-invalid',
    /also set `oauth-client-id`/,
    WAYS,
  ],
  'an application without a version': [
    { 'app-name': 'app' },
    'input-invalid',
    /also set `app-version`/,
  ],
  'an application without a name': [
    { 'app-version': 'v1' },
    'input-invalid',
    /also set `app-name`/,
  ],
  'an application without credentials': [
    { ...none, 'app-name': 'app', 'app-version': 'v1' },
    'input-invalid',
    /also set `oauth-client-id`, `oauth-client-secret`/,
  ],
  'a host tenant that is not a host label': [
    { 'app-name': 'app', 'app-version': 'v1', 'host-tenant': 'a b' },
    'input-invalid',
    /`host-tenant` must be/,
  ],
  'a token beside a technical user': [
    { token: 'abcdefgh' },
    'input-invalid',
    /`token` is set together with other credentials/,
    WAYS,
  ],
  'a token beside an application': [
    { ...none, token: 'abcdefgh', 'app-name': 'app' },
    'input-invalid',
    /`token` is set together/,
  ],
  'a token of three characters': [
    { ...none, token: 'abc' },
    'input-invalid',
    /`token` is shorter than 4/,
  ],
  'a token with the word Bearer': [
    { ...none, token: 'Bearer abcdefgh' },
    'input-invalid',
    /Pass only the token, without `Bearer`/,
  ],
  'a secret of three characters': [
    { 'oauth-client-secret': 'abc' },
    'input-invalid',
    /`oauth-client-secret` is shorter than 4/,
  ],
  'a passphrase of three characters': [
    { 'key-passphrase': 'abc' },
    'input-invalid',
    /`key-passphrase` is shorter than 4/,
  ],
  'a passphrase of two lines': [
    { 'key-passphrase': 'abcdef\nghijkl' },
    'input-invalid',
    /`key-passphrase` contains a line break/,
  ],
  'a passphrase of spaces': [
    { 'key-passphrase': '        ' },
    'input-invalid',
    /`key-passphrase` is blank/,
  ],
  'a passphrase of more bytes than OpenSSL reads': [
    { 'key-passphrase': 'ä'.repeat(512) },
    'input-invalid',
    /`key-passphrase` is longer than 1023 bytes/,
  ],
  'a passphrase of 1,024 characters': [
    { 'key-passphrase': 'x'.repeat(1024) },
    'input-invalid',
    /`key-passphrase` is longer than 1023 bytes/,
  ],
  'a passphrase of eleven characters': [
    { 'key-passphrase': 'x'.repeat(11) },
    'input-invalid',
    /`key-passphrase` is shorter than 12 characters.*openssl rand/,
  ],
  'a passphrase that is not ASCII': [
    { 'key-passphrase': 'correct hörse' },
    'input-invalid',
    /`key-passphrase` contains characters other than printable ASCII/,
  ],
  'a key that must be encrypted, without a passphrase': [
    { 'encrypt-key': 'true', 'key-passphrase': '' },
    'input-invalid',
    /`encrypt-key` is `true`, but `key-passphrase` is empty/,
    FORKS,
  ],
  'another format of keys': [
    { 'key-format': 'pem' },
    'input-invalid',
    /`key-format` must be issued or pkcs8, not "pem"/,
  ],
  '`encrypt-key` that is not a boolean': [
    { 'encrypt-key': 'yes' },
    'input-invalid',
    /`encrypt-key` must be true or false/,
  ],
  ...Object.fromEntries(
    ['~/certs', '$HOME', '%TEMP%\\certs'].flatMap((given) =>
      ['output-directory', 'broker-ca-file', 'names-file'].map(
        (input): [string, [Inputs, string, RegExp]] => [
          `${given} as ${input}`,
          [
            { [input]: given, ...(input === 'names-file' && { name: '' }) },
            'input-invalid',
            /begins with "(~|\$|%TEMP%)", but no shell expands it here\. .*\$\{\{ runner\.temp \}\}/,
          ],
        ],
      ),
    ),
  ),
  ...Object.fromEntries(
    ['\u202e', '\u200b', '\u2066', '\u00ad'].map((sign): [string, [Inputs, string, RegExp]] => {
      const code = sign.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
      const says = `"device100" contains the invisible character U\\+${code} \\([a-z-]+ [a-z]+\\) at position 7`;
      return [
        `a name with ${encodeURIComponent(sign)}`,
        [{ name: `device${sign}100` }, 'input-invalid', new RegExp(says)],
      ];
    }),
  ),
  'a client-id-prefix that changes the direction of text': [
    { 'client-id-prefix': 'mqtt\u202e1' },
    'input-invalid',
    /`client-id-prefix` "mqtt1" contains the invisible character U\+202E \(right-to-left override\) at position 5/,
  ],
  'a name that contains a secret': [
    { name: 'my-the-passphrase-7', 'key-passphrase': 'the-passphrase' },
    'input-invalid',
    /`name` "my-\*\*\*-7" contains a secret/,
  ],
  'an id with a colon': [
    { 'oauth-client-id': 'a:b' },
    'input-invalid',
    /contains ":" at position 2\. It must not contain colons/,
  ],
  'plain HTTP to another machine': [
    { 'api-url': 'http://example.com/{api}' },
    'input-invalid',
    /`api-url` must begin with https:\/\//,
  ],
  'plain HTTP to a host that only looks like this machine': [
    { 'token-url': 'http://127.0.0.1.example.com/' },
    'input-invalid',
    /`token-url` must begin with https/,
  ],
  'another scheme': [{ 'token-url': 'ftp://x/' }, 'input-invalid', /must begin with https/],
  'no URL': [{ 'token-url': 'gateway' }, 'input-invalid', /`token-url` is not a URL/],
  'a URL with a password': [
    { 'api-url': 'https://user:pass@example.com/{api}' },
    'input-invalid',
    /must not contain a user name or a password/,
  ],
  'a URL with a query': [{ 'api-url': 'https://example.com/?a=b' }, 'input-invalid', /"\?" or "#"/],
  'an unknown placeholder': [
    { 'api-url': 'https://x/{nonsense}/{api}' },
    'input-invalid',
    /`api-url` contains "\{nonsense\}"\. Its only placeholders are \{tenant\}, \{region\}, \{api\}\./,
  ],
  'an unknown destination': [
    { destination: 'workspace, moon' },
    'input-invalid',
    /`destination` must be one or more of workspace, repository, environment, not "moon"/,
  ],
  'an empty list of destinations': [
    { destination: ',' },
    'input-invalid',
    /`destination` is empty/,
  ],
  'a directory outside the workspace': [
    { 'output-directory': 'a/../../b' },
    'input-invalid',
    /leads out of the workspace/,
  ],
  'an invalid boolean `keep-files`': [
    { 'keep-files': 'yes' },
    'input-invalid',
    /`keep-files` must be true or false, not "yes"/,
  ],
  'an invalid boolean `dry-run`': [{ 'dry-run': '1' }, 'input-invalid', /`dry-run` must be/],
  'an invalid boolean `summary`': [{ summary: 'tRUE' }, 'input-invalid', /`summary` must be/],
  'a timeout of 0': [{ timeout: '0' }, 'input-invalid', /`timeout` must be .* from 1 to 3600/],
  'a timeout of 3601': [{ timeout: '3601' }, 'input-invalid', /not "3601"/],
  'a timeout that is not a whole number': [
    { timeout: '1.5' },
    'input-invalid',
    /`timeout` must be/,
  ],
  'a timeout in words': [{ timeout: '5 minutes' }, 'input-invalid', /`timeout` must be/],
};

describe.concurrent('an input is refused before any network call:', () => {
  test.for(Object.entries(refused))('%s', async ([, [inputs, code, ...says]], { start }) => {
    const sandbox = await start();
    const result = await sandbox.main(inputs);
    expect(result.exitCode).toBe(1);
    expect(codeOf(result)).toBe(code);
    for (const words of says) expect(errorOf(result)).toMatch(words);
    expect(sandbox.hub.requests).toEqual([]);
    expect(await sandbox.files()).toEqual([]);
    expect(result.outputs).toEqual({});
    expect(result.state).toEqual({});
    expect((await sandbox.post(result)).exitCode).toBe(0);
  });

  test('all problems are reported together, numbered', async ({ start }) => {
    const sandbox = await start();
    const result = await sandbox.main({
      name: 'a b',
      tenant: '',
      'oauth-client-secret': '',
      'keep-files': 'perhaps',
      timeout: 'x',
    });
    expect(codeOf(result)).toBe('input-invalid');
    expect(errorOf(result)).toMatch(
      /^\[input-invalid\] 5 problems with the inputs: \(1\) `tenant` .*\(2\) The credentials .*\(3\) `name` .*\(4\) `keep-files` .*\(5\) `timeout` /,
    );
  });

  test('also for URLs, if there is no tenant to fill them', async ({ start }) => {
    const sandbox = await start();
    const result = await sandbox.main(
      {
        tenant: '',
        'api-url': 'gateway',
        'token-url': 'http://{tenant}.example/token',
        'broker-url': 'mqtt://broker',
        destination: 'repository',
        'github-token': 'a-token-for-github',
        repository: 'octo/device',
      },
      { env: { GITHUB_API_URL: 'http://ghe.example' } },
    );
    expect(errorOf(result)).toMatch(
      /^\[input-invalid\] 5 problems .*\(1\) `tenant` .*`api-url` is not.*`token-url` must.*GITHUB_API_URL must.*`broker-url` must/,
    );
    expect(sandbox.hub.requests).toEqual([]);
  });

  test.for([
    ...['output-directory', 'secret-prefix', 'environment', 'repository', 'owner', 'shard'],
    ...['host-tenant', 'app-name', 'api-url', 'broker-ca-file', 'client-id-prefix', 'name'],
  ])('a secret in %s, whose value is not shown', async (input, { start }) => {
    const sandbox = await start();
    const secret = 'Ab9_'.repeat(6);
    const result = await sandbox.main({
      destination: 'workspace,environment',
      'github-token': secret,
      repository: 'octo/device',
      environment: 'production',
      [input]: input === 'api-url' ? `https://${secret}.example/{api}` : `my_${secret}_1`,
    });
    expect(codeOf(result)).toBe('input-invalid');
    expect(errorOf(result)).toMatch(
      new RegExp(`\`${input}\` "[^"]*" contains a secret of this step`),
    );
    expect(sandbox.hub.requests).toEqual([]);
    expect(await sandbox.files()).toEqual([]);
    expect(result.outputs).toEqual({});
  });

  const lists: Readonly<Record<string, readonly [string, RegExp]>> = {
    semicolons: ['name;owner\na;me@b.c\n', /has ";" in line 1, but "," must separate the columns/],
    tabs: ['a\tme@b.c\n', /has a tab in line 1/],
    'a line for spreadsheets': ['sep=,\na,b\n', /begins with a `sep=` line/],
    'a header in another order': ['owner,name\nme@b.c,a\n', /has an unknown header in line 1/],
    'an owner that changes the direction of text': [
      'a,me\u202e@b.c\n',
      /owner in line 1 .*U\+202E/,
    ],
    'more than 1 MiB': ['a\n'.repeat(2 ** 19 + 1), /is larger than 1 MiB/],
    'as many lines as 1 MiB has': ['a\n'.repeat(2 ** 19), /lists more than 100000 agents/],
  };
  for (const action of ['create', 'delete'] as const) {
    test.for(Object.entries(lists))(
      `a names-file with %s, by the ${action} action`,
      async ([, [content, says]], { start }) => {
        const sandbox = await start();
        await writeFile(path.join(sandbox.runner.workspace, 'devices.csv'), content);
        const inputs = { name: '', 'names-file': 'devices.csv' };
        const result = await (action === 'delete' ? sandbox.delete(inputs) : sandbox.main(inputs));
        expect(codeOf(result)).toBe('input-invalid');
        expect(errorOf(result)).toMatch(says);
        expect(errorOf(result).length).toBeLessThan(400);
        expect(sandbox.hub.requests).toEqual([]);
      },
    );
  }

  test.for(['a\n', ',\n', '"",\n', 'a/\n', 'a,,\n'])(
    'a names-file of 1 MiB that only contains %j, within 300 MiB of memory',
    async (line, { start }) => {
      const sandbox = await start();
      const { workspace, temporary } = sandbox.runner;
      const content = line.repeat(2 ** 20 / line.length);
      await writeFile(path.join(workspace, 'devices.csv'), content);
      const usage = path.join(temporary, 'usage');
      const code = `import { writeFileSync } from 'node:fs';
        process.on('exit', () => {
          writeFileSync(${JSON.stringify(usage)}, String(process.resourceUsage().maxRSS));
        });`;
      const result = await sandbox.main({ name: '', 'names-file': 'devices.csv' }, preload(code));
      expect(codeOf(result)).toBe('input-invalid');
      // In KiB.
      expect(Number(readFileSync(usage, 'utf8'))).toBeLessThan(300 * 1024);
    },
  );

  test('quoted parts of an input can’t be a command or a secret', async ({ start }) => {
    const sandbox = await start();
    const secret = sandbox.hub.technicalUser.secret;
    const result = await sandbox.main({
      region: `##[error]x\n::add-mask::y ${secret} ${'z'.repeat(400)}`,
    });
    expect(errorOf(result)).not.toContain('##[');
    expect(errorOf(result).length).toBeLessThan(500);
    expect(masksOf(result)).not.toContain('y');
  });
});

describe.concurrent('an input is accepted:', () => {
  const good: Readonly<Record<string, Inputs>> = {
    'a name of 128 bytes with its tenant': { name: 'x'.repeat(122) },
    'a name with other characters': { name: 'Gerät.7@line_3-(b)' },
    'every default, given as empty': {
      region: '',
      destination: '',
      'output-directory': '',
      'keep-files': '',
      timeout: '',
      'dry-run': '',
      summary: '',
      owner: '',
      'key-passphrase': '',
    },
    'booleans as YAML writes them': { 'keep-files': 'TRUE', summary: 'True', 'dry-run': 'False' },
    'a host tenant that no application needs': { 'host-tenant': 'operator' },
    'a key that must be encrypted, with a passphrase': {
      'encrypt-key': 'true',
      'key-passphrase': 'x'.repeat(12),
    },
    'keys as issued, and a passphrase of 1,023 characters': {
      'key-format': 'issued',
      'key-passphrase': 'x'.repeat(1023),
    },
    'a passphrase of words with spaces around them': { 'key-passphrase': '  two words  ' },
    'the bounds of the timeout': { timeout: '3600' },
    'a destination in a list': { destination: 'workspace\n workspace,workspace' },
  };
  test.for(Object.entries(good))('%s', async ([, inputs], { start }) => {
    const sandbox = await start();
    const result = await sandbox.main(inputs);
    expect(errorOf(result)).toBe('');
    expect(result.exitCode).toBe(0);
  });

  test('placeholders are filled in given URLs', async ({ start }) => {
    const sandbox = await start();
    const { origin } = sandbox.hub;
    const result = await sandbox.main({
      'token-url': `${origin}/{tenant}/oauth/token`,
      'api-url': `${origin}/{tenant}/{region}/{api}/`,
      region: 'eu2',
    });
    expect(codeOf(result)).toBe('request-rejected');
    expect(sandbox.hub.requests.map((request) => request.path)).toEqual([
      '/mqtt1/oauth/token',
      '/mqtt1/eu2/mindconnectmqtt/agentCertificates',
    ]);
  });

  test.for(['Name,Owner', 'NAME', 'name,owner', 'Name'])(
    'a names-file with the header %s, by both actions',
    async (header, { start }) => {
      const sandbox = await start();
      await writeFile(path.join(sandbox.runner.workspace, 'devices.csv'), `${header}\ndevice7\n`);
      const inputs = { name: '', 'names-file': 'devices.csv' };
      expect(errorOf(await sandbox.main(inputs))).toBe('');
      expect([...sandbox.hub.agents.keys()]).toEqual(['mqtt1_device7']);
      const result = await sandbox.delete(inputs);
      expect(agentsOf(result).map(({ name, result: became }) => [name, became])).toEqual([
        ['device7', 'deleted'],
      ]);
    },
  );

  test('an absolute directory outside the workspace', async ({ start }) => {
    const sandbox = await start();
    const directory = path.join(sandbox.runner.temporary, 'elsewhere');
    const result = await sandbox.main({ 'output-directory': directory });
    expect(result.outputs['privateKeyPath']).toBe(path.join(directory, 'mqtt1_device001.key'));
    expect(readFileSync(path.join(directory, '.gitignore'), 'utf8')).toBe('*\n');
  });
});
