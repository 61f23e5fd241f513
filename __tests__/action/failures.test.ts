import { describe, expect } from 'vitest';
import type { Fault, HubEndpoint } from '../../sandbox/faults.ts';
import { agentsOf, codeOf, errorOf, onceGuarded, preload, test } from './sandbox.ts';

interface Row {
  readonly fault: Fault;
  readonly code: string;
  /** requests that the endpoint sees */
  readonly requests: number;
  /** agents at Insights Hub afterwards */
  readonly agents: number;
  readonly says: RegExp;
}

const status = (code: number, headers?: Readonly<Record<string, string>>): Fault => ({
  kind: 'status',
  status: code,
  ...(headers && { headers }),
});
const body = (text: string): Fault => ({ kind: 'body', body: text });
const change = (more: object): Fault => ({
  kind: 'change',
  change: (answer) => ({ ...answer, ...more }),
});
const HUGE = `"${'x'.repeat(2 * 1024 * 1024)}"`;

const token: Readonly<Record<string, Row>> = {
  'a 400': { fault: status(400), code: 'token-rejected', requests: 1, agents: 0, says: /`tenant`/ },
  'a 401': {
    fault: status(401),
    code: 'token-rejected',
    requests: 1,
    agents: 0,
    says: /"Service credentials" .* Cloud Foundry only/,
  },
  'a 403': {
    fault: status(403),
    code: 'token-rejected',
    requests: 1,
    agents: 0,
    says: /`app-name`.*HTTP 403, POST .*\/oauth\/token, code mdsp\.core\.\S+, the server says "The required scope is missing\.", log reference [0-9a-f]{32}\)$/,
  },
  'a 429 to the end': {
    fault: status(429, { 'retry-after': '0' }),
    code: 'rate-limited',
    requests: 5,
    agents: 0,
    says: /too many requests.*API rate limit exceeded/,
  },
  'a 501': { fault: status(501), code: 'unavailable', requests: 1, agents: 0, says: /HTTP 501/ },
  'a redirect': {
    fault: { kind: 'redirect', location: 'http://127.0.0.1:1/' },
    code: 'request-rejected',
    requests: 1,
    agents: 0,
    says: /redirect, which the action never follows.*`api-url` and `token-url`/,
  },
  'an empty token': {
    fault: body('{"access_token":""}'),
    code: 'response-invalid',
    requests: 1,
    agents: 0,
    says: /no Bearer token/,
  },
  'a token of another kind': {
    fault: body('{"access_token":"abcdefgh","token_type":"mac"}'),
    code: 'response-invalid',
    requests: 1,
    agents: 0,
    says: /no Bearer token/,
  },
  'a token that fits no header': {
    fault: body('{"access_token":"abc\\r\\nx-injected: defgh","token_type":"Bearer"}'),
    code: 'response-invalid',
    requests: 1,
    agents: 0,
    says: /no Bearer token/,
  },
};

const LOST =
  /Agent device001 now exists, and its private key is lost\. Delete the agent with client id mqtt1_device001/;

const create: Readonly<Record<string, Row>> = {
  'a 400': {
    fault: status(400),
    code: 'request-rejected',
    requests: 1,
    agents: 0,
    says: /HTTP 400, POST http:\/\/127\.0\.0\.1:\d+\/api\/mindconnectmqtt\/v3\/agentCertificates, code mdsp/,
  },
  'a 401 with a fresh token too': {
    fault: status(401),
    code: 'unauthorized',
    requests: 2,
    agents: 0,
    says: /token_validation_failed/,
  },
  'a 403': {
    fault: status(403),
    code: 'forbidden',
    requests: 1,
    agents: 0,
    says: /mdsp:core:mindconnect\.fullaccess may be missing/,
  },
  'a 409': {
    fault: status(409),
    code: 'agent-exists',
    requests: 1,
    agents: 0,
    says: /Choose another name/,
  },
  'a JSON array': {
    fault: body('[]'),
    code: 'response-invalid',
    requests: 1,
    agents: 0,
    says: LOST,
  },
  'an answer of over 1 MiB': {
    fault: body(HUGE),
    code: 'response-invalid',
    requests: 1,
    agents: 0,
    says: /larger than 1 MiB.*private key is lost/,
  },
  'no private key': {
    fault: change({ privateKey: undefined }),
    code: 'response-invalid',
    requests: 1,
    agents: 1,
    says: /no private key\. Agent.*lost/,
  },
  'no certificate': {
    fault: change({ publicKey: undefined }),
    code: 'response-invalid',
    requests: 1,
    agents: 1,
    says: /no certificate\. Agent/,
  },
  'no client id': {
    fault: change({ clientId: undefined }),
    code: 'response-invalid',
    requests: 1,
    agents: 1,
    says: /no client id\. Agent/,
  },
  'a private key that does not parse': {
    fault: change({
      privateKey: '-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n',
    }),
    code: 'response-invalid',
    requests: 1,
    agents: 1,
    says: /not a PEM private key\. Agent/,
  },
  'a certificate that does not parse': {
    fault: change({ publicKey: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' }),
    code: 'response-invalid',
    requests: 1,
    agents: 1,
    says: /not a PEM certificate\. Agent/,
  },
  "another certificate's key": {
    fault: { kind: 'wrong-pair' },
    code: 'key-mismatch',
    requests: 1,
    agents: 1,
    says: /does not belong to the certificate\. Agent.*lost/,
  },
};

describe.concurrent.each([
  { endpoint: 'token', rows: token },
  { endpoint: 'create', rows: create },
] as const satisfies { endpoint: HubEndpoint; rows: typeof token }[])(
  'when the $endpoint request meets',
  ({ endpoint, rows }) => {
    test.for(Object.entries(rows))('%s', async ([, row], { start }) => {
      const sandbox = await start();
      sandbox.hub.faults.push({ at: endpoint, fault: row.fault });
      const result = await sandbox.main({}, { debug: true });
      expect(result.exitCode).toBe(1);
      expect(codeOf(result)).toBe(row.code);
      expect(errorOf(result)).toMatch(row.says);
      expect(sandbox.hub.seen(endpoint)).toHaveLength(row.requests);
      if (endpoint === 'token') expect(sandbox.hub.seen('create')).toHaveLength(0);
      expect(sandbox.hub.agents.size).toBe(row.agents);
      const [agent = {}] = agentsOf(result);
      expect(agent).toEqual({ name: 'device001', code: row.code, message: expect.any(String) });
      expect(errorOf(result)).toBe(`[${row.code}] ${agent['message']}`);
      expect((await sandbox.files()).filter((name) => /\.(key|pem|tmp)$/.test(name))).toEqual([]);
      expect((await sandbox.post(result)).exitCode).toBe(0);
      expect(await sandbox.files()).toEqual([]);
    });
  },
);

describe.concurrent('several agents', () => {
  test('are independent: a failure of one does not affect the others', async ({ start }) => {
    const sandbox = await start();
    await sandbox.main({ name: 'b', 'output-directory': 'earlier' });
    const result = await sandbox.main({ name: 'a\nb\nc' });
    expect(result.exitCode).toBe(1);
    expect(codeOf(result)).toBe('agent-exists');
    expect(errorOf(result)).toMatch(
      /1 of 3 agents failed\. b: \[agent-exists\] Agent b already exists/,
    );
    expect(agentsOf(result)).toMatchObject([
      { name: 'a', clientId: 'mqtt1_a' },
      { name: 'b', code: 'agent-exists' },
      { name: 'c', clientId: 'mqtt1_c' },
    ]);
    expect(result.summary).toContain('failed: <code>agent-exists</code>');
    const lines = result.log.filter((line) => line.startsWith('Failed: agent b'));
    expect(lines).toEqual([
      expect.stringMatching(/\[agent-exists\] .* \(HTTP 409, POST .*log reference/),
    ]);
  });

  test('fail together and once when a token is rejected', async ({ start }) => {
    const sandbox = await start();
    sandbox.hub.faults.push({ at: 'token', fault: status(401) });
    const result = await sandbox.main({ name: 'a\nb' });
    expect(errorOf(result)).toMatch(/^\[token-rejected\] The token endpoint/);
    expect(agentsOf(result)).toMatchObject([
      { name: 'a', code: 'token-rejected' },
      { name: 'b', code: 'token-rejected' },
    ]);
  });
});

describe.concurrent('a bug', () => {
  test('is reported by its kind, without the text of its message', async ({ start }) => {
    const sandbox = await start();
    const result = await sandbox.main(
      {},
      preload(`import { X509Certificate } from 'node:crypto';
        X509Certificate.prototype.checkPrivateKey = () => {
          throw new TypeError('a-secret' + '-text');
        };`),
    );
    expect(result.exitCode).toBe(1);
    expect(errorOf(result)).toMatch(/^\[internal\] An unexpected TypeError occurred.*report/);
    expect(result.stdout).not.toContain('a-secret-text');
  });

  test('that nobody caught fails the step, and work in progress is finished', async ({ start }) => {
    const sandbox = await start();
    const result = await sandbox.main(
      {},
      preload(onceGuarded("throw new RangeError('a-secret' + '-text');")),
    );
    expect(result.exitCode).toBe(1);
    expect(errorOf(result)).toMatch(/^\[internal\] An unexpected RangeError/);
    expect(result.stdout).not.toContain('a-secret-text');
    expect(result.outputs['clientId']).toBe('mqtt1_device001');
  });

  test('that occurs after all work is done still fails the step', async ({ start }) => {
    const sandbox = await start();
    const result = await sandbox.main(
      {},
      preload(`process.once('beforeExit', () => { throw new RangeError('late'); });`),
    );
    expect(result.exitCode).toBe(1);
    expect(codeOf(result)).toBe('internal');
    expect(result.outputs['privateKeyPath']).toBeDefined();
  });

  test('of the log prevents neither the step nor its post step from finishing', async ({
    start,
  }) => {
    const sandbox = await start();
    const brokenPipe = preload(`process.stdout.write = () => {
      process.nextTick(() => process.stdout.emit('error', new Error('EPIPE')));
      return false;
    };`);
    const main = await sandbox.main({}, brokenPipe);
    expect(main.exitCode).toBe(0);
    expect(await sandbox.read('.insights-hub', 'mqtt1_device001.key')).toContain('PRIVATE KEY');
    expect((await sandbox.post(main)).exitCode).toBe(0);
    expect(await sandbox.files()).toEqual([]);
  });

  test('that leaves nothing to wait for fails the step', async ({ start }) => {
    const sandbox = await start();
    const result = await sandbox.main(
      {},
      preload(`import fs from 'node:fs/promises';
        import { syncBuiltinESMExports } from 'node:module';
        fs.writeFile = () => new Promise(() => {});
        syncBuiltinESMExports();`),
    );
    expect(result.exitCode).toBe(1);
    expect(codeOf(result)).toBe('internal');
  });
});
