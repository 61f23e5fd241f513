import { writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import path from 'node:path';
import { describe, expect } from 'vitest';
import { ServerAuthority, selfSignedServer } from '../../sandbox/insights-hub/authority.ts';
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

/** Where only a proxy leads to: this machine is reached directly. */
const BEHIND = {
  'api-url': 'https://gateway.test/api/{api}/v3',
  'token-url': 'https://piam.test/{tenant}/oauth/token',
};

/** Leads the names of `BEHIND` to an embedded service. */
function hostsOf({ hub }: Sandbox) {
  const target = new URL(hub.origin).host;
  return { 'gateway.test:443': target, 'piam.test:443': target };
}

/** Has the action trust a certificate. */
async function trusting({ runner }: Sandbox, certificate: string) {
  const file = path.join(runner.temporary, 'ca.pem');
  await writeFile(file, certificate);
  return { NODE_EXTRA_CA_CERTS: file };
}

/** Code that lets DNS resolve only these names, to this machine. */
const onlyKnowing = (...names: readonly string[]) => `import dns from 'node:dns';
  import { syncBuiltinESMExports } from 'node:module';
  const { lookup } = dns;
  dns.lookup = (name, options, callback) => {
    if (${JSON.stringify(names)}.includes(name)) lookup('127.0.0.1', options, callback);
    else callback(Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' }));
  };
  syncBuiltinESMExports();`;

describe.concurrent('a proxy', () => {
  test.for(['HTTPS_PROXY', 'https_proxy'])(
    'that %s names is used for every call',
    async (variable, { start, startProxy }) => {
      const tls = await selfSignedServer(['gateway.test', 'piam.test']);
      const sandbox = await start({ tls });
      const proxy = await startProxy({ hosts: hostsOf(sandbox) });
      const env = {
        [variable]: `http://user:pass%20word@${proxy.host}`,
        ...(await trusting(sandbox, tls.certificate)),
      };
      const result = await sandbox.main(BEHIND, { env, debug: true });
      expect(errorOf(result)).toBe('');
      expect(proxy.connects).toEqual(['piam.test:443', 'gateway.test:443']);
      const basic = Buffer.from('user:pass word').toString('base64');
      expect(new Set(proxy.authorizations)).toEqual(new Set([`Basic ${basic}`]));
      expect(result.stdout).not.toContain('pass%20word');
    },
  );

  test.for(['http', 'https'])(
    'is never used for this machine: %s',
    async (scheme, { start, startProxy }) => {
      const tls = await selfSignedServer(['127.0.0.1']);
      const sandbox = await start(scheme === 'https' ? { tls } : {});
      const { broker, inputs } = await sandbox.startBroker();
      const proxy = await startProxy({ refuse: 403 });
      const url = `http://${proxy.host}`;
      const all = { HTTP_PROXY: url, http_proxy: url, HTTPS_PROXY: url, https_proxy: url };
      const env = { ...all, ...(await trusting(sandbox, tls.certificate)) };
      expect(errorOf(await sandbox.main(inputs, { env }))).toBe('');
      expect(proxy.connects).toEqual([]);
      expect(broker.connections).toHaveLength(1);
    },
  );

  test('is not used for hosts that NO_PROXY names', async ({ start, startProxy }) => {
    const tls = await selfSignedServer(['gateway.test']);
    const sandbox = await start({ tls });
    const proxy = await startProxy({ refuse: 403 });
    const { port } = new URL(sandbox.hub.origin);
    const env = {
      ...preload(onlyKnowing('gateway.test')).env,
      ...(await trusting(sandbox, tls.certificate)),
      HTTPS_PROXY: `http://${proxy.host}`,
      NO_PROXY: 'example.com, gateway.test',
    };
    const inputs = {
      ...sandbox.tokenInputs,
      'api-url': `https://gateway.test:${port}/api/{api}/v3`,
    };
    expect(errorOf(await sandbox.main(inputs, { env }))).toBe('');
    expect(proxy.connects).toEqual([]);
  });

  test.for([201, 204])('may open its tunnels with %i', async (status, { start, startProxy }) => {
    const tls = await selfSignedServer(['gateway.test', 'piam.test']);
    const sandbox = await start({ tls });
    const proxy = await startProxy({ hosts: hostsOf(sandbox), opensWith: status });
    const env = {
      HTTPS_PROXY: `http://${proxy.host}`,
      ...(await trusting(sandbox, tls.certificate)),
    };
    expect(errorOf(await sandbox.main(BEHIND, { env }))).toBe('');
    expect(proxy.connects).toHaveLength(2);
  });

  test.for([
    [407, /answered with status 407\. It requires credentials: check the user name and password/],
    [403, /answered with status 403\. Ask the proxy's operator to allow this host/],
  ] as const)(
    'that rejects (%i) is named by its variable, and asked once',
    async ([refuse, says], { start, startProxy }) => {
      const sandbox = await start();
      const proxy = await startProxy({ refuse });
      const env = { HTTPS_PROXY: `http://user:password@${proxy.host}` };
      // A create that did not get past the proxy was certainly not processed.
      const inputs = { ...sandbox.tokenInputs, ...BEHIND };
      const result = await sandbox.main(inputs, { env, debug: true });
      expect(codeOf(result)).toBe('unavailable');
      expect(errorOf(result)).toMatch(/the proxy in HTTPS_PROXY answered with status/);
      expect(errorOf(result)).toMatch(says);
      expect(proxy.connects).toEqual(['gateway.test:443']);
      expect(result.stdout).not.toContain('password@');
    },
  );

  test('that fails for a moment is retried', async ({ start, startProxy }) => {
    const tls = await selfSignedServer(['gateway.test', 'piam.test']);
    const sandbox = await start({ tls });
    const proxy = await startProxy({ hosts: hostsOf(sandbox), refuse: 503, times: 1 });
    const env = {
      HTTPS_PROXY: `http://${proxy.host}`,
      ...(await trusting(sandbox, tls.certificate)),
    };
    expect(errorOf(await sandbox.main(BEHIND, { env }))).toBe('');
    expect(proxy.connects).toHaveLength(3);
  });

  test('that can’t be reached is named by its variable', async ({ start }) => {
    const sandbox = await start();
    const env = { https_proxy: 'http://127.0.0.1:9' };
    const inputs = { 'token-url': 'https://gateway.test/token' };
    const result = await sandbox.main(inputs, { env });
    expect(codeOf(result)).toBe('unavailable');
    expect(errorOf(result)).toMatch(/the proxy in https_proxy can't be reached \(ECONNREFUSED\)/);
  });

  test('that never answers costs no more than the time limit', async ({ start, startProxy }) => {
    const sandbox = await start();
    const proxy = await startProxy({ silent: true });
    const env = { HTTPS_PROXY: `http://${proxy.host}`, ...preload(LONG_TIMERS).env };
    const inputs = { ...sandbox.tokenInputs, ...BEHIND, timeout: '2' };
    const result = await sandbox.main(inputs, { env });
    expect(codeOf(result)).toBe('timeout');
    expect(sandbox.hub.requests).toEqual([]);
  });

  test('whose password can’t be decoded is refused', async ({ start }) => {
    const sandbox = await start();
    const env = { HTTPS_PROXY: 'http://us%er:password@proxy:1080' };
    const result = await sandbox.main({}, { env });
    expect(codeOf(result)).toBe('input-invalid');
    expect(result.stdout).not.toContain('password@');
  });

  test('whose variable is not a URL is refused, without repeating it', async ({ start }) => {
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

describe.concurrent('a request that was certainly not sent is retried, and nothing was created:', () => {
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
    expect(createsTried(result)).toBe(5);
  });
});

const DAY = 24 * 3600_000;
const fromNow = (days: number) => new Date(Date.now() + days * DAY);

describe.concurrent('a TLS certificate that does not verify is reported, and not retried:', () => {
  test('its issuer is unknown, even with verification switched off', async ({ start }) => {
    const sandbox = await start({ tls: await selfSignedServer(['127.0.0.1']) });
    const env = { NODE_TLS_REJECT_UNAUTHORIZED: '0' };
    const result = await sandbox.main(sandbox.tokenInputs, { env, debug: true });
    expect(codeOf(result)).toBe('unavailable');
    expect(errorOf(result)).toMatch(/TLS certificate of 127.* is not trusted.*NODE_EXTRA_CA_CERTS/);
    expect(createsTried(result)).toBe(1);
    expect(sandbox.hub.requests).toEqual([]);
  });

  test.for([
    [
      'it has expired',
      { names: ['127.0.0.1'], notAfter: fromNow(-1) },
      /certificate of 127\.0\.0\.1:\d+ has expired \(CERT_HAS_EXPIRED\)\. Check the runner's clock/,
    ],
    [
      'it is not valid yet',
      { names: ['127.0.0.1'], notBefore: fromNow(1), notAfter: fromNow(2) },
      /certificate of 127\.0\.0\.1:\d+ is not valid yet \(CERT_NOT_YET_VALID\)\. Check the runner's c/,
    ],
    [
      'it is for another host',
      { names: ['gateway.test'] },
      /certificate of 127\.0\.0\.1:\d+ is for another host \(ERR_TLS_CERT_ALTNAME_INVALID\)\. Check t/,
    ],
  ] as const)('%s', async ([, names, says], { start }) => {
    const root = await ServerAuthority.create();
    const sandbox = await start({ tls: await root.issueServer(names) });
    const env = await trusting(sandbox, root.certificate);
    const result = await sandbox.main(sandbox.tokenInputs, { env, debug: true });
    expect(codeOf(result)).toBe('unavailable');
    expect(errorOf(result)).toMatch(says);
    expect(errorOf(result)).not.toMatch(/not trusted|NODE_EXTRA/);
    expect(createsTried(result)).toBe(1);
    expect(sandbox.hub.requests).toEqual([]);
  });
});

function createsTried({ commands }: StepResult): number {
  return commands.filter(
    ({ message }) => message.startsWith('POST') && message.includes('agentCertificates:'),
  ).length;
}

describe.concurrent('a host that DNS does not know', () => {
  test.for([
    [
      'is made of `tenant` and `region`',
      { 'token-url': 'https://{tenant}.piam.{region}.mindsphere.io/oauth/token' },
      /the name mqtt1\.piam\.eu1\.mindsphere\.io could not be resolved \(ENOTFOUND\)\. Check `tenant` and `region`\. If the runner needs a proxy, set HTTPS_PROXY\./,
    ],
    [
      'is given directly',
      { 'token-url': 'https://piam.test/{tenant}' },
      /the name piam\.test could not be resolved \(ENOTFOUND\)\. Check `token-url`\. /,
    ],
  ] as const)('%s', async ([, inputs, says], { start }) => {
    const sandbox = await start();
    const result = await sandbox.main({ ...inputs, timeout: '1' }, preload(onlyKnowing()));
    expect(errorOf(result)).toMatch(says);
  });
});

describe.concurrent('a web page is not blamed on credentials or roles:', () => {
  test.for([
    ['token', 403, 'request-rejected'],
    ['token', 401, 'request-rejected'],
    ['token', 404, 'request-rejected'],
    ['create', 403, 'request-rejected'],
    ['create', 409, 'request-rejected'],
    ['public-key', 403, 'destination-invalid'],
    ['public-key', 404, 'destination-invalid'],
    ['secret', 403, 'delivery-failed'],
  ] as const)('%s, HTTP %i', async ([at, status, code], { start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    const isGitHub = at === 'public-key' || at === 'secret';
    const order = { at, fault: { kind: 'html', status } } as const;
    (isGitHub ? github : sandbox.hub).faults.push(order);
    const toGitHub = { destination: 'repository', 'github-token': github.issueToken() };
    const result = await sandbox.main(isGitHub ? toGitHub : {});
    expect(codeOf(result)).toBe(code);
    expect(errorOf(result)).toMatch(/was rejected with a web page, .*proxy or web filter/);
    expect(errorOf(result)).not.toMatch(/role|permission|credentials|exists already/);
    expect(errorOf(result)).toContain(`HTTP ${status}`);
  });

  test('nor does it count as a missing agent, asset or secret', async ({ start }) => {
    const sandbox = await start();
    const { clientId } = await sandbox.hub.addAgent('device001');
    sandbox.hub.connect(clientId);
    sandbox.hub.faults.push({ at: 'delete-asset', fault: { kind: 'html', status: 404 } });
    const result = await sandbox.delete();
    expect(codeOf(result)).toBe('request-rejected');
    expect(errorOf(result)).toMatch(/was rejected with a web page/);
    expect(sandbox.hub.assets.size).toBe(1);
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

describe.concurrent('distant hosts whose second address is unreachable', () => {
  /**
   * Starts an Insights Hub that is reached by name. Returns inputs and environment that lead to it.
   */
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

  /** The outcome of each attempt, for all kinds of connections. */
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
