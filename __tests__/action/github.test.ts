import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect } from 'vitest';
import type { Fault, GitHubEndpoint } from '../../sandbox/faults.ts';
import type { GitHub, Permissions } from '../../sandbox/github/github.ts';
import {
  agentsOf,
  codeOf,
  errorOf,
  preload,
  readyPairs,
  type Sandbox,
  test,
  waitFor,
} from './sandbox.ts';

const KEY = 'INSIGHTS_HUB_AGENT_PRIVATE_KEY';
const CERTIFICATE = 'INSIGHTS_HUB_AGENT_CERTIFICATE';
const ENVIRONMENT = 'prod/eu west?';

/** Inputs that push to the repository with a token that may. */
function toRepository(github: GitHub, permissions: Partial<Permissions> = {}) {
  return { destination: 'repository', 'github-token': github.issueToken(permissions) };
}

function pairOf(sandbox: Sandbox, name = 'device001') {
  const pair = sandbox.hub.agents.get(`mqtt1_${name}`)?.pair;
  if (pair === undefined) throw new Error(`there is no agent ${name}`);
  return pair;
}

describe.concurrent('secrets are pushed', () => {
  test('to the repository, sealed, byte by byte, and are changed by a second run', async ({
    start,
  }) => {
    const sandbox = await start({ form: { lineEnds: 'escaped' } });
    const github = await sandbox.startGitHub();
    for (const name of ['device001', 'device002']) {
      const result = await sandbox.main({ ...toRepository(github), name }, { debug: true });
      expect(errorOf(result)).toBe('');
      const pair = pairOf(sandbox, name);
      expect(Object.fromEntries(github.vault.secrets)).toEqual({
        [KEY]: pair.privateKey,
        [CERTIFICATE]: pair.certificate,
      });
      expect(result.outputs['secretNames']).toBe(`${KEY}\n${CERTIFICATE}`);
      expect(agentsOf(result)).toMatchObject([{ name, secretNames: [KEY, CERTIFICATE] }]);
      expect(result.outputs['privateKeyPath']).toBeUndefined();
      expect(result.summary).toContain('of <code>repository octo/device</code>');
      const sealed = github.seen('secret').map(({ body }) => JSON.parse(body).encrypted_value);
      expect(sealed.filter((box) => result.stdout.includes(box))).toEqual([]);
    }
    const statuses = github.replies.filter(({ method }) => method === 'PUT');
    expect(statuses.map(({ reply }) => reply.status)).toEqual([201, 201, 204, 204]);
    expect(await sandbox.files()).toEqual([]);
    expect(github.vault.variables.size).toBe(0);
  });

  test('to an environment whose name needs encoding, followed by variables', async ({ start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    const vault = github.addEnvironment(ENVIRONMENT);
    const inputs = {
      destination: 'environment',
      environment: ENVIRONMENT,
      'github-token': github.issueToken({ secrets: 'none', variables: 'none' }),
      variables: 'true',
    };
    for (const name of ['device001', 'device002']) {
      const result = await sandbox.main({ ...inputs, name });
      expect(errorOf(result)).toBe('');
      expect(vault.secrets.get(KEY)).toBe(pairOf(sandbox, name).privateKey);
      expect(vault.secrets.get(CERTIFICATE)).toBe(pairOf(sandbox, name).certificate);
      expect(Object.fromEntries(vault.variables)).toEqual({
        INSIGHTS_HUB_AGENT_AGENT_ID: result.outputs['agentId'],
        INSIGHTS_HUB_AGENT_CLIENT_ID: `mqtt1_${name}`,
      });
    }
    const writes = github.requests.filter(({ method }) => method !== 'GET');
    expect(writes.slice(0, 2).map(({ endpoint }) => endpoint)).toEqual(['secret', 'secret']);
    expect(github.vault.secrets.size).toBe(0);
  });

  test('to every place in parallel, and to files', async ({ start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    const vault = github.addEnvironment('test');
    const result = await sandbox.main({
      ...toRepository(github),
      destination: 'workspace\nrepository, environment',
      environment: 'test',
      'secret-prefix': 'Device_7',
    });
    expect(errorOf(result)).toBe('');
    const { privateKey } = pairOf(sandbox);
    expect(vault.secrets.get('DEVICE_7_PRIVATE_KEY')).toBe(privateKey);
    expect(github.vault.secrets.get('DEVICE_7_PRIVATE_KEY')).toBe(privateKey);
    expect(await readFile(result.outputs['privateKeyPath'] ?? '', 'utf8')).toBe(privateKey);
  });

  test('of several agents under their own names, encrypted with a passphrase', async ({
    start,
  }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    const name = 'sensor-1\nsensor.two';
    const passphrase = 'correct horse';
    const result = await sandbox.main({
      ...toRepository(github),
      name,
      'key-passphrase': passphrase,
    });
    expect(errorOf(result)).toBe('');
    expect([...github.vault.secrets.keys()].sort()).toEqual([
      'INSIGHTS_HUB_AGENT_SENSOR_1_CERTIFICATE',
      'INSIGHTS_HUB_AGENT_SENSOR_1_PRIVATE_KEY',
      'INSIGHTS_HUB_AGENT_SENSOR_TWO_CERTIFICATE',
      'INSIGHTS_HUB_AGENT_SENSOR_TWO_PRIVATE_KEY',
    ]);
    expect(github.vault.secrets.get('INSIGHTS_HUB_AGENT_SENSOR_1_PRIVATE_KEY')).toMatch(
      /^-----BEGIN ENCRYPTED PRIVATE KEY-----/,
    );
    expect(Object.keys(result.outputs)).toEqual(['agents']);
  });

  test('not by a dry run, which checks whether they could be', async ({ start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    const result = await sandbox.main({ ...toRepository(github), 'dry-run': 'true' });
    expect(errorOf(result)).toBe('');
    expect(github.requests.map(({ endpoint }) => endpoint)).toEqual(['public-key']);
  });

  test('with the token, version and name that GitHub asks for', async ({ start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    const inputs = toRepository(github);
    await sandbox.main(inputs);
    for (const { headers } of github.requests) {
      expect(headers).toMatchObject({
        authorization: `token ${inputs['github-token']}`,
        'x-github-api-version': '2022-11-28',
        accept: 'application/vnd.github.v3+json',
        'user-agent': expect.stringMatching(/^insights-hub-agent-certificate\//),
      });
    }
  });
});

describe.concurrent('nothing is created when secrets could not be pushed:', () => {
  interface Row {
    readonly inputs?: Readonly<Record<string, string>>;
    readonly permissions?: Partial<Permissions>;
    readonly code: string;
    readonly says: RegExp;
  }
  const rows: Readonly<Record<string, Row>> = {
    'no token': {
      inputs: { 'github-token': '' },
      code: 'input-invalid',
      says: /`github-token` is required.*GITHUB_TOKEN can't write secrets/,
    },
    'a wrong token': {
      inputs: { 'github-token': 'ghp_wrong' },
      code: 'destination-invalid',
      says: /GitHub rejected `github-token`.*HTTP 401.*"Bad credentials"/,
    },
    'a token without the permission': {
      permissions: { secrets: 'none' },
      code: 'destination-invalid',
      says: /needs secrets: write.*GITHUB_TOKEN can never write secrets.*GitHub App.*accepted permissions secrets=read/,
    },
    'no permission for environments': {
      inputs: { destination: 'environment', environment: 'test' },
      permissions: { environments: 'none' },
      code: 'destination-invalid',
      says: /needs environments: write.*accepted permissions environments=read/,
    },
    'no permission for variables': {
      inputs: { variables: 'true' },
      permissions: { variables: 'none' },
      code: 'destination-invalid',
      says: /Reading the variables.*needs variables: write/,
    },
    'a missing repository': {
      inputs: { repository: 'octo/other' },
      code: 'destination-invalid',
      says: /repository octo\/other does not exist, or `github-token` can't access it/,
    },
    'a missing environment': {
      inputs: { destination: 'environment', environment: 'nowhere' },
      code: 'destination-invalid',
      says: /environment nowhere of repository octo\/device does not exist.*Create the environment in/,
    },
    'a repository of dots': {
      inputs: { repository: '../..' },
      code: 'input-invalid',
      says: /`repository` must be/,
    },
    'an environment of dots': {
      inputs: { destination: 'environment', environment: '..' },
      code: 'input-invalid',
      says: /`environment` must not be "\." or "\.\."/,
    },
    'no environment': {
      inputs: { destination: 'environment' },
      code: 'input-invalid',
      says: /`environment` is required/,
    },
    'an environment that is not a destination': {
      inputs: { environment: 'test' },
      code: 'input-invalid',
      says: /`destination` does not include `environment`/,
    },
    'a repository without an owner': {
      inputs: { repository: 'device' },
      code: 'input-invalid',
      says: /`repository` must be OWNER\/NAME, not "device"/,
    },
    'a prefix with a hyphen': {
      inputs: { 'secret-prefix': 'MY-AGENT' },
      code: 'input-invalid',
      says: /`secret-prefix` ".*" is not allowed/,
    },
    "GitHub's own prefix": {
      inputs: { 'secret-prefix': 'github_agent' },
      code: 'input-invalid',
      says: /don't begin with a digit or GITHUB_/,
    },
    'a prefix that begins with a digit': {
      inputs: { 'secret-prefix': '1AGENT' },
      code: 'input-invalid',
      says: /`secret-prefix` ".*" is not allowed/,
    },
    'names that become the same': {
      inputs: { name: 'sensor-1\nsensor.1' },
      code: 'input-invalid',
      says: /"sensor-1" and "sensor\.1" would use the same secret names, with SENSOR_1/,
    },
    'too many agents': {
      inputs: { name: Array.from({ length: 51 }, (_, index) => `a${index}`).join('\n') },
      code: 'input-invalid',
      says: /the secrets of 50 agents \(100 secrets\), but the list has 51 agents/,
    },
    'an invalid boolean `variables`': {
      inputs: { variables: 'yes' },
      code: 'input-invalid',
      says: /`variables` must be true or false/,
    },
  };

  test.for(Object.entries(rows))('%s', async ([, row], { start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    github.addEnvironment('test');
    const result = await sandbox.main({ ...toRepository(github, row.permissions), ...row.inputs });
    expect(codeOf(result)).toBe(row.code);
    expect(errorOf(result)).toMatch(row.says);
    expect(sandbox.hub.seen('create')).toEqual([]);
    if (row.code === 'input-invalid') expect(github.requests).toEqual([]);
  });

  test('an API that is not reached over TLS', async ({ start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    const env = { GITHUB_API_URL: 'http://github.example/api/v3' };
    const result = await sandbox.main(toRepository(github), { env });
    expect(codeOf(result)).toBe('input-invalid');
    expect(errorOf(result)).toMatch(/GITHUB_API_URL must begin with https/);
  });

  test('an echo of the request', async ({ start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    github.faults.push({ at: 'public-key', fault: { kind: 'echo', status: 403 } });
    const result = await sandbox.main(toRepository(github), { debug: true });
    expect(codeOf(result)).toBe('destination-invalid');
    expect(sandbox.hub.seen('create')).toEqual([]);
  });
});

describe.concurrent('setting a variable is retried after', () => {
  const used = { 'x-ratelimit-remaining': '0' };
  const passing: Readonly<Record<string, Fault>> = {
    'a reset before it was processed': { kind: 'reset-before' },
    'a reset after it was processed': { kind: 'reset-after' },
    'a 500': { kind: 'status', status: 500 },
    'a 503 after it was processed': { kind: 'status-after', status: 503 },
    'a 429 with Retry-After': { kind: 'status', status: 429 },
    'a secondary rate limit': { kind: 'status', status: 403, headers: { 'retry-after': '1' } },
    'a primary rate limit': {
      kind: 'status',
      status: 403,
      headers: { ...used, 'x-ratelimit-reset': String(Math.ceil(Date.now() / 1000) + 1) },
    },
  };
  const endpoints: readonly GitHubEndpoint[] = ['variables', 'variable'];
  test.for(
    endpoints.flatMap((at) =>
      Object.entries(passing).map(([name, fault]) => ({ at, name, fault })),
    ),
  )('$name ($at)', async ({ at, fault }, { start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    github.faults.push({ at, fault, times: 2 });
    const result = await sandbox.main({ ...toRepository(github), variables: 'true' });
    expect(errorOf(result)).toBe('');
    expect(github.vault.secrets.get(KEY)).toBe(pairOf(sandbox).privateKey);
    expect(github.vault.variables.get('INSIGHTS_HUB_AGENT_CLIENT_ID')).toBe('mqtt1_device001');
    expect(sandbox.hub.seen('create')).toHaveLength(1);
  });
});

describe.concurrent('a key that GitHub never accepts', () => {
  const refusal: Fault = { kind: 'status', status: 422 };

  test('is written to the output directory, and stays there', async ({ start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    github.faults.push({ at: 'secret', fault: refusal });
    const result = await sandbox.main(toRepository(github), { debug: true });
    expect(codeOf(result)).toBe('delivery-failed');
    const file = path.join(sandbox.runner.workspace, '.insights-hub', 'mqtt1_device001.key');
    expect(result.outputs['privateKeyPath']).toBe(file);
    expect(errorOf(result)).toContain(`The private key is in ${file}`);
    expect(errorOf(result)).toMatch(/HTTP 422, PUT .*the server says "Validation Failed"/);
    await sandbox.post(result);
    expect(await readFile(file, 'utf8')).toBe(pairOf(sandbox).privateKey);
    expect(await sandbox.read('.insights-hub/.gitignore')).toBe('*\n');
  });

  test('goes to the temporary directory when the workspace can’t take it either', async ({
    start,
  }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    github.faults.push({ at: 'secret', fault: refusal });
    const result = await sandbox.main({
      ...toRepository(github),
      'output-directory': process.execPath,
    });
    expect(codeOf(result)).toBe('delivery-failed');
    expect(result.outputs['privateKeyPath']?.startsWith(sandbox.runner.temporary)).toBe(true);
    await sandbox.post(result);
    expect(await readFile(result.outputs['privateKeyPath'] ?? '', 'utf8')).toBe(
      pairOf(sandbox).privateKey,
    );
  });

  test('needs no saving when the workspace has it, and stays there', async ({ start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    github.faults.push({ at: 'secret', fault: refusal });
    const result = await sandbox.main({
      ...toRepository(github),
      destination: 'workspace, repository',
    });
    expect(codeOf(result)).toBe('delivery-failed');
    expect(errorOf(result)).toMatch(/private key is in .*device001\.key and is not deleted/);
    await sandbox.post(result);
    expect(await sandbox.read('.insights-hub/mqtt1_device001.key')).toBe(
      pairOf(sandbox).privateKey,
    );
    expect(await sandbox.read('.insights-hub/.gitignore')).toBe('*\n');
    expect(await readdir(sandbox.runner.temporary)).toEqual([]);
  });

  test('is reported to be in the other place that took it', async ({ start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    github.addEnvironment('test');
    const result = await sandbox.main({
      destination: 'repository, environment',
      environment: 'test',
      'github-token': github.issueToken({ secrets: 'read' }),
    });
    expect(codeOf(result)).toBe('delivery-failed');
    expect(errorOf(result)).toContain(`The private key is in secret ${KEY} of environment test`);
    expect(github.environments.get('test')?.secrets.get(KEY)).toBe(pairOf(sandbox).privateKey);
    expect(await sandbox.files()).toEqual([]);
  });

  test.for(['secret', 'variable'] as const)(
    'does not count as written if something in between answers 200 (%s)',
    async (at, { start }) => {
      const sandbox = await start();
      const github = await sandbox.startGitHub();
      github.faults.push({ at, fault: { kind: 'html' } });
      const result = await sandbox.main({ ...toRepository(github), variables: 'true' });
      expect(codeOf(result)).toBe('delivery-failed');
      const saved = result.outputs['privateKeyPath'];
      expect(saved === undefined).toBe(at === 'variable');
      expect(result.outputs['secretNames'] === undefined).toBe(at === 'secret');
    },
  );

  test('is detected when writing if the token may only read', async ({ start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    const result = await sandbox.main(toRepository(github, { secrets: 'read' }));
    expect(codeOf(result)).toBe('delivery-failed');
    expect(errorOf(result)).toMatch(
      /needs secrets: write.*GITHUB_TOKEN.*accepted permissions secrets=write/,
    );
    expect(result.outputs['privateKeyPath']).toBeDefined();
  });

  test('is in GitHub when only the variables fail', async ({ start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    const inputs = toRepository(github, { variables: 'read' });
    const result = await sandbox.main({ ...inputs, variables: 'true' });
    expect(codeOf(result)).toBe('delivery-failed');
    expect(errorOf(result)).toMatch(/Writing variable/);
    expect(github.vault.secrets.get(KEY)).toBe(pairOf(sandbox).privateKey);
    expect(result.outputs['privateKeyPath']).toBeUndefined();
    expect(result.outputs['secretNames']).toBe(`${KEY}\n${CERTIFICATE}`);
  });

  test('is saved when the time limit is over', async ({ start }) => {
    const sandbox = await start({ pairs: await readyPairs() });
    const github = await sandbox.startGitHub();
    github.faults.push({ at: 'secret', fault: { kind: 'silence' } });
    const result = await sandbox.main({ ...toRepository(github), timeout: '5' });
    expect(codeOf(result)).toBe('delivery-failed');
    expect(await readFile(result.outputs['privateKeyPath'] ?? '', 'utf8')).toBe(
      pairOf(sandbox).privateKey,
    );
  });
});

describe.skipIf(process.platform === 'win32').concurrent('a cancelled job', () => {
  const cancelWhen = async (sandbox: Sandbox, github: GitHub, is: () => boolean) => {
    let send: (signal: NodeJS.Signals) => void = () => {};
    const onStart = (kill: typeof send) => {
      send = kill;
    };
    const running = sandbox.main({ ...toRepository(github), variables: 'true' }, { onStart });
    await waitFor(is);
    send('SIGINT');
    return running;
  };

  test('still pushes the certificate of a create in progress, and its ids', async ({ start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    sandbox.hub.faults.push({ at: 'create', fault: { kind: 'delay', milliseconds: 1000 } });
    github.faults.push({ at: 'secret', fault: { kind: 'status', status: 503 }, times: 1 });
    const is = () => sandbox.hub.seen('create').length > 0;
    const result = await cancelWhen(sandbox, github, is);
    expect(errorOf(result)).toBe('');
    expect(result.exitCode).toBe(0);
    expect(github.vault.secrets.get(KEY)).toBe(pairOf(sandbox).privateKey);
    expect(github.vault.variables.size).toBe(2);
  });

  test('saves the key if GitHub does not accept it within 5 s', async ({ start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    github.faults.push({ at: 'secret', fault: { kind: 'silence' } });
    const result = await cancelWhen(sandbox, github, () => github.seen('secret').length > 0);
    expect(codeOf(result)).toBe('cancelled');
    expect(await readFile(result.outputs['privateKeyPath'] ?? '', 'utf8')).toBe(
      pairOf(sandbox).privateKey,
    );
  });
});

describe.concurrent("the job's context, which Octokit reads,", () => {
  test.for([process.execPath, '/'])(
    'prevents creating anything when its event file is %s',
    async (file, { start }) => {
      const sandbox = await start();
      const github = await sandbox.startGitHub();
      const env = { GITHUB_EVENT_PATH: file };
      const result = await sandbox.main(toRepository(github), { env });
      expect(codeOf(result)).toBe('destination-invalid');
      expect(errorOf(result)).toContain('GITHUB_EVENT_PATH');
      expect(sandbox.hub.seen('create')).toEqual([]);
      const removing = { ...toRepository(github), destination: 'repository' };
      expect(codeOf(await sandbox.delete(removing, { env }))).toBe('destination-invalid');
      expect(github.requests).toEqual([]);
    },
  );

  test('may lack its event file', async ({ start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    const env = { GITHUB_EVENT_PATH: '/nowhere/event.json' };
    expect(errorOf(await sandbox.main(toRepository(github), { env }))).toBe('');
  });

  test('is not read for files', async ({ start }) => {
    const sandbox = await start();
    const result = await sandbox.main({}, { env: { GITHUB_EVENT_PATH: '/' } });
    expect(errorOf(result)).toBe('');
  });

  test('a proxy variable that is blank', async ({ start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    const result = await sandbox.main(toRepository(github), { env: { https_proxy: ' ' } });
    expect(errorOf(result)).toBe('');
  });
});

test('a secondary rate limit without any header is not a missing permission', async ({ start }) => {
  const sandbox = await start();
  const github = await sandbox.startGitHub();
  const body = '{"message":"You have exceeded a secondary rate limit."}';
  github.faults.push({ at: 'public-key', fault: { kind: 'body', status: 403, body } });
  const result = await sandbox.main({ ...toRepository(github), timeout: '5' });
  expect(codeOf(result)).toBe('rate-limited');
  expect(errorOf(result)).toMatch(/too many requests/);
  expect(github.seen('public-key')).toHaveLength(1);
});

test('a run that only writes files loads neither Octokit nor the sealed box', async ({ start }) => {
  const sandbox = await start();
  const github = await sandbox.startGitHub();
  const loadsOctokit = async (inputs: Readonly<Record<string, string>>) => {
    const result = await sandbox.main(
      inputs,
      preload(`import { readFileSync } from 'node:fs';
        import { registerHooks } from 'node:module';
        registerHooks({
          load(url, context, next) {
            if (url.startsWith('file:')) {
              const isOctokit = readFileSync(new URL(url), 'utf8').includes('octokit-core');
              console.log(isOctokit ? '#octokit' : '#script');
            }
            return next(url, context);
          },
        });`),
    );
    expect(errorOf(result)).toBe('');
    expect(result.stdout).toContain('#script');
    return result.stdout.includes('#octokit');
  };
  expect(await loadsOctokit({})).toBe(false);
  expect(await loadsOctokit({ ...toRepository(github), name: 'device002' })).toBe(true);
});

describe.concurrent('a quota of GitHub that is exhausted for longer than `timeout`', () => {
  const halfAnHour = () => `${Math.floor(Date.now() / 1000) + 1800}`;
  const limits = {
    'its primary limit': () => ({
      status: 403,
      type: 'application/json',
      body: '{"message":"API rate limit exceeded"}',
      headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': halfAnHour() },
    }),
    'its secondary limit, without a header': () => ({
      status: 403,
      type: 'application/json',
      body: '{"message":"You have exceeded a secondary rate limit."}',
    }),
  };
  test.for([
    ['its primary limit', '300', /asks to wait (1799|1800) s, .* Try again after 20.* UTC\./],
    ['its secondary limit, without a header', '30', /asks to wait (59|60) s, /],
  ] as const)('is reported: %s', async ([limit, timeout, says], { start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    github.faults.push({ at: 'public-key', fault: { kind: 'reply', reply: limits[limit] } });
    const result = await sandbox.main({ ...toRepository(github), timeout });
    expect(codeOf(result)).toBe('rate-limited');
    expect(errorOf(result)).toMatch(says);
    expect(github.seen('public-key')).toHaveLength(1);
  });

  test('is reported for agents whose secrets are no longer sent', async ({ start }) => {
    const sandbox = await start({ pairs: await readyPairs(2) });
    const github = await sandbox.startGitHub();
    github.faults.push({
      at: 'secret',
      fault: { kind: 'reply', reply: limits['its primary limit'] },
    });
    const inputs = { ...toRepository(github), name: 'a\nb', concurrency: '1' };
    const result = await sandbox.main(inputs);
    expect(codeOf(result)).toBe('delivery-failed');
    expect(errorOf(result).match(/asks to wait 1(799|800) s/g)).toHaveLength(2);
    expect(errorOf(result)).not.toContain('did not succeed within the time limit');
    expect(github.seen('secret')).toHaveLength(2);
  });
});
