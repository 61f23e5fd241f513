import { writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import path from 'node:path';
import { describe, expect } from 'vitest';
import { selfSignedServer } from '../../sandbox/insights-hub/authority.ts';
import type { HubOptions } from '../../sandbox/insights-hub/insights-hub.ts';
import type { StepResult } from '../../sandbox/runner/runner.ts';
import { listen } from '../http/servers.ts';
import { type ProxyOptions, TestProxy } from '../proxy.ts';
import { test as base, codeOf, errorOf, LONG_TIMERS, preload, type Sandbox } from './sandbox.ts';

const test = base.extend<{ startProxy: (options?: ProxyOptions) => Promise<TestProxy> }>({
  // biome-ignore lint/correctness/noEmptyPattern: the runner reads the fixtures used from it
  startProxy: async ({}, use) => {
    const started: TestProxy[] = [];
    await use(async (options) => {
      const proxy = await TestProxy.start(options);
      started.push(proxy);
      return proxy;
    });
    for (const proxy of started) await proxy.stop();
  },
});

describe.concurrent('a proxy', () => {
  test.for(['HTTP_PROXY', 'http_proxy'])(
    'that %s names is used for every call',
    async (variable, { start, startProxy }) => {
      const sandbox = await start();
      const proxy = await startProxy();
      const env = { [variable]: `http://user:pass%20word@${proxy.host}` };
      const result = await sandbox.main({}, { env, debug: true });
      expect(result.exitCode).toBe(0);
      const target = new URL(sandbox.hub.origin).host;
      expect(new Set(proxy.connects)).toEqual(new Set([target]));
      const basic = Buffer.from('user:pass word').toString('base64');
      expect(new Set(proxy.authorizations)).toEqual(new Set([`Basic ${basic}`]));
      expect(result.stdout).not.toContain('pass%20word');
    },
  );

  test('is the only way to hosts that it alone knows, over TLS', async ({ start, startProxy }) => {
    const tls = await selfSignedServer(['gateway.test', 'piam.test']);
    const sandbox = await start({ tls });
    const target = new URL(sandbox.hub.origin).host;
    const proxy = await startProxy({
      hosts: { 'gateway.test:443': target, 'piam.test:443': target },
    });
    const trusted = path.join(sandbox.runner.temporary, 'ca.pem');
    await writeFile(trusted, tls.certificate);
    const result = await sandbox.main(
      {
        'api-url': 'https://gateway.test/api/{api}/v3',
        'token-url': 'https://piam.test/{tenant}/oauth/token',
      },
      { env: { HTTPS_PROXY: `http://${proxy.host}`, NODE_EXTRA_CA_CERTS: trusted } },
    );
    expect(errorOf(result)).toBe('');
    expect(proxy.connects).toEqual(['piam.test:443', 'gateway.test:443']);
  });

  test('is not used for hosts that NO_PROXY names', async ({ start, startProxy }) => {
    const sandbox = await start();
    const proxy = await startProxy({ refuse: 502 });
    const env = { HTTP_PROXY: `http://${proxy.host}`, NO_PROXY: 'example.com, 127.0.0.1' };
    expect((await sandbox.main({}, { env })).exitCode).toBe(0);
    expect(proxy.connects).toEqual([]);
  });

  test('that refuses is named by its variable', async ({ start, startProxy }) => {
    const sandbox = await start();
    const proxy = await startProxy({ refuse: 407 });
    const env = { HTTP_PROXY: `http://user:password@${proxy.host}` };
    // A create that did not get past the proxy surely was not processed.
    const result = await sandbox.main(sandbox.tokenInputs, { env, debug: true });
    expect(codeOf(result)).toBe('unavailable');
    expect(errorOf(result)).toMatch(/the proxy that HTTP_PROXY names answered with status 407/);
    expect(proxy.connects).toHaveLength(5);
    expect(result.stdout).not.toContain('password@');
  });

  test('that is not there is named by its variable', async ({ start }) => {
    const sandbox = await start();
    const env = { https_proxy: 'http://127.0.0.1:9' };
    const inputs = { 'token-url': 'https://gateway.test/token' };
    const result = await sandbox.main(inputs, { env });
    expect(codeOf(result)).toBe('unavailable');
    expect(errorOf(result)).toMatch(
      /the proxy that https_proxy names can't be reached \(ECONNREFUSED\)/,
    );
  });

  test('that stays silent costs no more than the time limit', async ({ start, startProxy }) => {
    const sandbox = await start();
    const proxy = await startProxy({ silent: true });
    const env = { HTTP_PROXY: `http://${proxy.host}`, ...preload(LONG_TIMERS).env };
    const result = await sandbox.main({ ...sandbox.tokenInputs, timeout: '2' }, { env });
    expect(codeOf(result)).toBe('timeout');
    expect(sandbox.hub.requests).toEqual([]);
  });

  test('whose password can not be decoded is refused', async ({ start }) => {
    const sandbox = await start();
    const env = { HTTPS_PROXY: 'http://us%er:password@proxy:1080' };
    const result = await sandbox.main({}, { env });
    expect(codeOf(result)).toBe('input-invalid');
    expect(result.stdout).not.toContain('password@');
  });

  test('whose variable is no URL is refused, without repeating it', async ({ start }) => {
    const sandbox = await start();
    const env = { HTTPS_PROXY: 'socks5://user:password@proxy:1080' };
    const result = await sandbox.main({ name: '' }, { env });
    expect(codeOf(result)).toBe('input-invalid');
    expect(errorOf(result)).toMatch(
      /\(1\) `name` or `names-file` is required.*\(2\) The environment variable HTTPS_PROXY is not the URL/,
    );
    expect(result.stdout).not.toContain('password');
    expect(sandbox.hub.requests).toEqual([]);
  });
});

describe.concurrent('a request that surely was not sent is tried again, and nothing was created:', () => {
  test.for([
    [
      'refused',
      'http://127.0.0.1:9/{api}',
      /127\.0\.0\.1:9 refused the connection \(ECONNREFUSED\)/,
    ],
    [
      'no such host',
      'https://no-such-host.invalid/{api}',
      /no-such-host\.invalid could not be resolved/,
    ],
  ] as const)('%s', async ([, url, says], { start }) => {
    const sandbox = await start();
    const result = await sandbox.main({ 'api-url': url }, { debug: true });
    expect(codeOf(result)).toBe('unavailable');
    expect(errorOf(result)).toMatch(says);
    const tries = result.commands.filter(
      ({ message }) => message.startsWith('POST') && message.includes('agentCertificates:'),
    );
    expect(tries).toHaveLength(5);
  });

  test('a TLS certificate that is not trusted, even with verification switched off', async ({
    start,
  }) => {
    const sandbox = await start({ tls: await selfSignedServer(['127.0.0.1']) });
    const env = { NODE_TLS_REJECT_UNAUTHORIZED: '0' };
    const result = await sandbox.main(sandbox.tokenInputs, { env });
    expect(codeOf(result)).toBe('unavailable');
    expect(errorOf(result)).toMatch(/TLS certificate of 127.* is not trusted.*NODE_EXTRA_CA_CERTS/);
    expect(sandbox.hub.requests).toEqual([]);
  });

  test('a TLS certificate of another host', async ({ start }) => {
    const tls = await selfSignedServer(['gateway.test']);
    const sandbox = await start({ tls });
    const trusted = path.join(sandbox.runner.temporary, 'ca.pem');
    await writeFile(trusted, tls.certificate);
    const env = { NODE_EXTRA_CA_CERTS: trusted };
    const result = await sandbox.main(sandbox.tokenInputs, { env });
    expect(codeOf(result)).toBe('unavailable');
    expect(errorOf(result)).toMatch(/ERR_TLS_CERT_ALTNAME_INVALID/);
    expect(sandbox.hub.requests).toEqual([]);
  });
});

/**
 * Code that puts hosts below `.test` far away: they have two addresses, of which the second is dead,
 * and it takes 600 ms to connect to any.
 */
const FAR_AWAY = `import dns from 'node:dns';
  import { syncBuiltinESMExports } from 'node:module';
  const { lookup } = dns;
  dns.lookup = (name, options, callback) => {
    if (!name.endsWith('.test')) return lookup(name, options, callback);
    callback(null, ['127.0.0.1', '127.0.0.2'].map((address) => ({ address, family: 4 })));
  };
  const { TCP } = process.binding('tcp_wrap');
  const { connect } = TCP.prototype;
  TCP.prototype.connect = function (...target) {
    setTimeout(() => connect.apply(this, target), 600);
    return 0;
  };
  syncBuiltinESMExports();`;

describe.concurrent('hosts far away, whose second address is dead,', () => {
  /** Starts an Insights Hub that is reached by name, and gives inputs and environment that lead there. */
  async function startAfar(start: (options: HubOptions) => Promise<Sandbox>) {
    const tls = await selfSignedServer(['hub.test']);
    const sandbox = await start({ tls });
    const trusted = path.join(sandbox.runner.temporary, 'hub-ca.pem');
    await writeFile(trusted, tls.certificate);
    const origin = sandbox.hub.origin.replace('127.0.0.1', 'hub.test');
    const inputs = {
      'api-url': `${origin}/api/{api}/v3`,
      'token-url': `${origin}/{tenant}/oauth/token`,
    };
    const env = { ...preload(FAR_AWAY).env, NODE_EXTRA_CA_CERTS: trusted };
    return { sandbox, inputs, env };
  }

  /** What each attempt came to, of all kinds of connections. */
  const outcomesOf = ({ commands }: StepResult) =>
    commands
      .map(({ name, message }) => ({ name, attempt: /, attempt \d+, /.exec(message)?.[0] }))
      .filter(({ name, attempt }) => name === 'debug' && attempt !== undefined)
      .map(({ attempt }) => attempt);

  test('are reached at the first attempt: Insights Hub and the broker', async ({ start }) => {
    const { sandbox, inputs, env } = await startAfar(start);
    const { broker, inputs: broken } = await sandbox.startBroker({ names: ['broker.test'] });
    const url = broker.url.replace('localhost', 'broker.test');
    const result = await sandbox.main(
      { ...inputs, ...broken, 'broker-url': url },
      { env, debug: true },
    );
    expect(errorOf(result)).toBe('');
    // Token, create and broker.
    expect(outcomesOf(result)).toEqual(Array(3).fill(', attempt 1, '));
  });

  test('are reached at the first attempt: a proxy', async ({ start, startProxy }) => {
    const { sandbox, inputs, env } = await startAfar(start);
    const { host } = new URL(inputs['api-url'].replace(/\{.*/, ''));
    const proxy = await startProxy({ hosts: { [host]: new URL(sandbox.hub.origin).host } });
    const away = { ...env, HTTPS_PROXY: `http://${proxy.host.replace('127.0.0.1', 'proxy.test')}` };
    const result = await sandbox.main(inputs, { env: away, debug: true });
    expect(errorOf(result)).toBe('');
    expect(outcomesOf(result)).toEqual(Array(2).fill(', attempt 1, '));
  });
});

test('waits for a slow TLS handshake of a connection that was opened early', async ({ start }) => {
  const tls = await selfSignedServer(['127.0.0.1']);
  const sandbox = await start({ tls });
  const trusted = path.join(sandbox.runner.temporary, 'hub-ca.pem');
  await writeFile(trusted, tls.certificate);
  const { hostname, port } = new URL(sandbox.hub.origin);
  let connections = 0;
  // Longer than an idle connection is kept.
  const slow = await listen(
    createServer({ pauseOnConnect: true }, (socket: Socket) => {
      connections += 1;
      const hub = connect(Number(port), hostname).on('error', () => {});
      setTimeout(() => socket.pipe(hub).pipe(socket), 3_500);
    }),
  );
  const result = await sandbox.main(
    { ...sandbox.tokenInputs, 'api-url': `https://127.0.0.1:${slow}/api/{api}/v3` },
    { env: { NODE_EXTRA_CA_CERTS: trusted } },
  );
  expect(errorOf(result)).toBe('');
  expect(connections).toBe(1);
});

test('ends without delay, whatever connections are open', async ({ start }) => {
  const sandbox = await start();
  const ended = await sandbox.main();
  expect(ended.exitCode).toBe(0);
  // The embedded service keeps idle connections for longer than the runner lets a step run.
  expect((await sandbox.main({ name: 'device002' })).exitCode).toBe(0);
});
