import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect } from 'vitest';
import { hasOpenssl, openssl } from '../openssl.ts';
import { withUnreadableDate } from '../unreadable-date.ts';
import { agentsOf, errorOf, test, warningsOf } from './sandbox.ts';

describe.concurrent('a run that succeeds', () => {
  test.for(['inputs', 'applicationInputs', 'tokenInputs'] as const)(
    'with %s',
    async (way, { start }) => {
      const sandbox = await start();
      const { hub, runner } = sandbox;
      const result = await sandbox.main({ ...sandbox[way], owner: 'somebody@some.com' });

      expect(result.exitCode).toBe(0);
      expect(hub.seen('token')).toHaveLength(way === 'tokenInputs' ? 0 : 1);
      expect(hub.seen('create').map(({ body }) => JSON.parse(body))).toEqual([
        { name: 'device001', owner: 'somebody@some.com' },
      ]);
      const agent = hub.agents.get('mqtt1_device001');
      expect(agent?.owner).toBe('somebody@some.com');
      const directory = path.join(runner.workspace, '.insights-hub');
      expect(await sandbox.read('.insights-hub/mqtt1_device001.key')).toBe(agent?.pair.privateKey);
      expect(await sandbox.read('.insights-hub/mqtt1_device001.pem')).toBe(agent?.pair.certificate);
      const certificate = new X509Certificate(agent?.pair.certificate ?? '');
      const outputs = {
        agentId: expect.stringMatching(/^[0-9a-z]{32}$/),
        clientId: 'mqtt1_device001',
        agentName: 'mqtt1_device001',
        certificateId: expect.stringMatching(/^[0-9A-Z]{26}$/),
        certificatePath: path.join(directory, 'mqtt1_device001.pem'),
        privateKeyPath: path.join(directory, 'mqtt1_device001.key'),
        mqttxPath: path.join(directory, 'mqtt1_device001.mqttx.json'),
        brokerCaPath: path.join(directory, 'broker-ca.pem'),
        fingerprint: certificate.fingerprint256,
        expiresAt: '2049-12-31T23:59:59.000Z',
      };
      expect(result.outputs).toEqual({ ...outputs, agents: expect.any(String) });
      expect(agentsOf(result)).toEqual([{ name: 'device001', ...outputs }]);
      expect(result.exported).toBe('');
      expect(warningsOf(result)).toEqual([]);
    },
  );

  test('sends each token request as its service documents it', async ({ start }) => {
    const sandbox = await start();
    await sandbox.main();
    await sandbox.main({ ...sandbox.applicationInputs, name: 'device002' });
    const [user, application] = sandbox.hub.seen('token');
    expect(user).toMatchObject({
      path: '/mqtt1/oauth/token',
      body: 'grant_type=client_credentials',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization: expect.stringMatching(/^Basic /),
        'user-agent': expect.stringMatching(/^insights-hub-agent-certificate\/\d/),
      },
    });
    expect(application).toMatchObject({
      path: '/api/technicaltokenmanager/v3/oauth/token',
      headers: {
        'content-type': 'application/json',
        'x-space-auth-key': expect.stringMatching(/^Basic /),
      },
    });
    expect(application?.headers.authorization).toBeUndefined();
    expect(JSON.parse(application?.body ?? '')).toEqual({
      appName: 'device-builder',
      appVersion: 'v1',
      hostTenant: 'mqtt1',
      userTenant: 'mqtt1',
    });
  });

  test('takes the tenant that hosts an application from a separate input', async ({ start }) => {
    const sandbox = await start();
    await sandbox.main({ ...sandbox.applicationInputs, 'host-tenant': 'operator' });
    const [request] = sandbox.hub.seen('token');
    expect(JSON.parse(request?.body ?? '')).toMatchObject({
      hostTenant: 'operator',
      userTenant: 'mqtt1',
    });
  });

  const shapes = ['flat', 'nested'] as const;
  const lineEnds = ['lf', 'crlf', 'escaped', 'trimmed'] as const;
  test.for(shapes.flatMap((shape) => lineEnds.map((ends) => ({ shape, lineEnds: ends }))))(
    'reads an answer of shape $shape with $lineEnds line ends',
    async (form, { start }) => {
      const sandbox = await start({ form });
      const result = await sandbox.main();
      expect(result.exitCode).toBe(0);
      const pair = sandbox.hub.agents.get('mqtt1_device001')?.pair;
      expect(await sandbox.read('.insights-hub/mqtt1_device001.key')).toBe(pair?.privateKey);
      expect(await sandbox.read('.insights-hub/mqtt1_device001.pem')).toBe(pair?.certificate);
      expect(result.outputs['clientId']).toBe('mqtt1_device001');
      expect('agentId' in result.outputs).toBe(form.shape === 'flat');
    },
  );

  test.skipIf(!hasOpenssl)(
    'OpenSSL confirms that key and certificate belong together',
    async ({ start }) => {
      const sandbox = await start({ form: { lineEnds: 'escaped' } });
      const { outputs } = await sandbox.main();
      const { certificatePath = '', privateKeyPath = '' } = outputs;
      const modulus = openssl('x509', '-noout', '-modulus', '-in', certificatePath);
      expect(modulus).toMatch(/^Modulus=[0-9A-F]{512}\n$/);
      expect(openssl('rsa', '-noout', '-modulus', '-in', privateKeyPath)).toBe(modulus);
      expect(openssl('rsa', '-noout', '-check', '-in', privateKeyPath)).toMatch(/RSA key ok/);
      expect(
        openssl('x509', '-noout', '-fingerprint', '-sha256', '-in', certificatePath),
      ).toContain(outputs['fingerprint']);
    },
  );

  test('with a passphrase, the key opens with it and not without', async ({ start }) => {
    const sandbox = await start();
    const passphrase = 'correct horse "battery" staple';
    const { outputs } = await sandbox.main({ 'key-passphrase': passphrase });
    const pem = await readFile(outputs['privateKeyPath'] ?? '', 'utf8');
    expect(pem).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/);
    expect(() => createPrivateKey(pem)).toThrow();
    expect(() => createPrivateKey({ key: pem, passphrase: 'wrong' })).toThrow();
    const key = createPrivateKey({ key: pem, passphrase });
    const certificate = new X509Certificate(await readFile(outputs['certificatePath'] ?? ''));
    expect(certificate.checkPrivateKey(key)).toBe(true);
    expect(pem.endsWith('-----\n')).toBe(true);
  });

  test.skipIf(!hasOpenssl)(
    'OpenSSL opens an encrypted key with its passphrase',
    async ({ start }) => {
      const sandbox = await start();
      const { outputs } = await sandbox.main({ 'key-passphrase': 'correct horse' });
      const args = ['rsa', '-noout', '-modulus', '-in', outputs['privateKeyPath'] ?? ''];
      expect(openssl(...args, '-passin', 'pass:correct horse')).toMatch(/^Modulus=/);
      expect(() => openssl(...args, '-passin', 'pass:wrong')).toThrow();
      expect(openssl('asn1parse', '-in', outputs['privateKeyPath'] ?? '')).toContain('aes-256-cbc');
    },
  );

  test('creates several agents with one token', async ({ start }) => {
    const sandbox = await start();
    const result = await sandbox.main({ name: 'b\n\n  a  \r\nc' });
    expect(result.exitCode).toBe(0);
    expect(sandbox.hub.seen('token')).toHaveLength(1);
    expect(agentsOf(result).map(({ name }) => name)).toEqual(['b', 'a', 'c']);
    expect(Object.keys(result.outputs)).toEqual(['agents', 'agentsPath']);
    expect(await sandbox.files()).toEqual([
      '.insights-hub',
      ...[
        '.gitignore',
        'agents.json',
        'broker-ca.pem',
        ...['a', 'b', 'c'].flatMap((name) =>
          ['key', 'mqttx.json', 'pem'].map((ending) => `mqtt1_${name}.${ending}`),
        ),
      ].map((name) => path.join('.insights-hub', name)),
    ]);
  });

  test('refreshes a token that lives for less than a minute', async ({ start }) => {
    const sandbox = await start({ tokenLife: 59 });
    const result = await sandbox.main({ name: 'a\nb' });
    expect(result.exitCode).toBe(0);
    expect(sandbox.hub.seen('token').length).toBeGreaterThan(1);
    expect(sandbox.hub.seen('create')).toHaveLength(2);
  });

  test('writes a job summary without secrets, unless it is switched off', async ({ start }) => {
    const sandbox = await start();
    const result = await sandbox.main();
    expect(result.summary).toContain('<code>mqtt1&#95;device001</code>');
    expect(result.summary).toContain('2049-12-31');
    expect(result.summary).toContain(result.outputs['fingerprint']);
    expect(result.summary).toContain('mqtts://mindconnectmqtt.eu1.mindsphere.io:8883');
    const silent = await sandbox.main({ name: 'device002', summary: 'False' });
    expect(silent.summary).toBe('');
  });

  test('logs one line per agent, and the rest in groups', async ({ start }) => {
    const sandbox = await start();
    const { log } = await sandbox.main({ name: 'a\nb', concurrency: '1' });
    expect(log).toEqual([
      expect.stringMatching(/^Created agent a: client id mqtt1_a, .*until 2049-12-31, \d+\.\d s$/),
      expect.stringMatching(/^Created agent b: client id mqtt1_b, .*, \d+\.\d s$/),
      '▼ Details of 2 agents',
      expect.stringMatching(/^Agent a: agent id \w+, .*SHA-256 .*private key in .*mqtt1_a\.key/),
      expect.stringMatching(/^Agent b: agent id \w+, .*SHA-256 .*private key in .*mqtt1_b\.key/),
      '▼ How to connect as mqtt1_a',
      expect.stringMatching(/^To publish a first message: mosquitto_pub .* -i mqtt1_a /),
      expect.stringMatching(/^To connect with MQTTX: import .*mqtt1_a\.mqttx\.json$/),
    ]);
  });

  test('logs with debug logging what a report needs: versions, attempts, references', async ({
    start,
  }) => {
    const sandbox = await start();
    const { hub } = sandbox;
    hub.faults.push({ at: 'token', fault: { kind: 'status', status: 503 }, times: 1 });
    const headers = { 'x-request-id': 'request-1' };
    hub.faults.push({ at: 'create', fault: { kind: 'status', status: 403, headers } });
    const { log } = await sandbox.main({}, { debug: true });
    const create = String.raw`POST http://127\.0\.0\.1:\d+/api/mindconnectmqtt/v3/agentCertificates`;
    // The runner logs further lines itself.
    const told = log.filter((line) => /^##\[debug\](?!Set output|Save intra-action)/.test(line));
    expect(told).toEqual([
      expect.stringMatching(/^##\[debug\]Version \d+\.\d+\.\d+ of the action, on Node v24\./),
      expect.stringMatching(/\/oauth\/token: HTTP 503, attempt 1, \d+ ms$/),
      expect.stringMatching(/\/oauth\/token: HTTP 200, attempt 2, \d+ ms$/),
      expect.stringMatching(
        `${create}: HTTP 403, attempt 1, \\d+ ms, reference request-1, reference [0-9a-f]{32}$`,
      ),
    ]);
    expect(log.join('\n')).toMatch(/\[forbidden\] .*log reference [0-9a-f]{32}/);
  });

  test('a dry run checks everything and creates nothing', async ({ start }) => {
    const sandbox = await start();
    const result = await sandbox.main({ 'dry-run': 'true', name: 'a\nb' });
    expect(result.exitCode).toBe(0);
    expect(sandbox.hub.seen('token')).toHaveLength(1);
    expect(sandbox.hub.seen('create')).toHaveLength(0);
    expect(agentsOf(result)).toEqual([{ name: 'a' }, { name: 'b' }]);
    expect(await sandbox.files()).toEqual([]);
    const note = 'Dry run: everything was checked, and nothing was created.';
    expect(result.summary).toContain(note);
    expect(result.log.filter((line) => line.startsWith('Dry run'))).toEqual([note]);
    expect((await sandbox.post(result)).exitCode).toBe(0);
  });

  test('warns of a region that has no documented certificates', async ({ start }) => {
    const sandbox = await start();
    const result = await sandbox.main({ region: 'eu2' });
    expect(result.exitCode).toBe(0);
    expect(warningsOf(result)).toEqual([expect.stringContaining('Region eu2')]);
  });

  test('warns of a client id that does not begin with the tenant', async ({ start }) => {
    const sandbox = await start();
    sandbox.hub.faults.push({
      at: 'create',
      fault: { kind: 'change', change: (answer) => ({ ...answer, clientId: 'other_device001' }) },
    });
    const result = await sandbox.main();
    expect(result.exitCode).toBe(0);
    expect(warningsOf(result)).toEqual([expect.stringContaining('other_device001')]);
    expect(await sandbox.files()).toContain(path.join('.insights-hub', 'other_device001.key'));
  });

  test('delivers a certificate whose date can’t be read', async ({ start }) => {
    const sandbox = await start();
    const change = (answer: Readonly<Record<string, unknown>>) => ({
      ...answer,
      publicKey: withUnreadableDate(String(answer['publicKey'])),
    });
    sandbox.hub.faults.push({ at: 'create', fault: { kind: 'change', change } });
    const result = await sandbox.main();
    expect(errorOf(result)).toBe('');
    expect(result.outputs['privateKeyPath']).toBeDefined();
    expect(result.outputs['expiresAt']).toBeUndefined();
  });

  test('warns of an expired certificate, and delivers it', async ({ start }) => {
    const sandbox = await start();
    sandbox.hub.faults.push({ at: 'create', fault: { kind: 'expired' } });
    const result = await sandbox.main();
    expect(result.exitCode).toBe(0);
    expect(warningsOf(result)).toEqual([expect.stringContaining('expired on 2020-01-01')]);
    expect((await stat(result.outputs['privateKeyPath'] ?? '')).isFile()).toBe(true);
  });
});
