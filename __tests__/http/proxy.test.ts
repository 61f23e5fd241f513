import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/failure.ts';
import { hostOf, portOf, proxyFor, proxySettings } from '../../src/http/proxy.ts';

type Environment = Readonly<Record<string, string>>;

/** Which variable's proxy, at which URL, leads to an address. */
function wayTo(address: string, env: Environment): string {
  const proxy = proxyFor(new URL(address), proxySettings(env));
  return proxy === undefined ? 'direct' : `${proxy.variable} ${proxy.url}`;
}

function failureOf(env: Environment): Failure {
  try {
    proxySettings(env);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('the variable that counts', () => {
  const A = 'http://a.invalid:3128';
  const B = 'http://b.invalid:3128';

  test.each<[string, Environment, string]>([
    ['none', {}, 'direct'],
    ['HTTPS_PROXY', { HTTPS_PROXY: A }, `HTTPS_PROXY ${A}`],
    ['https_proxy', { https_proxy: A }, `https_proxy ${A}`],
    ['not HTTP_PROXY', { HTTP_PROXY: A, http_proxy: A }, 'direct'],
    ['lower case first', { HTTPS_PROXY: A, https_proxy: B }, `https_proxy ${B}`],
    ['empty lower case', { HTTPS_PROXY: A, https_proxy: '' }, `HTTPS_PROXY ${A}`],
    ['blank lower case', { HTTPS_PROXY: A, https_proxy: ' ' }, `HTTPS_PROXY ${A}`],
    ['empty values', { HTTPS_PROXY: '', https_proxy: ' ' }, 'direct'],
  ])('%s', (_, env, way) => {
    expect(wayTo('https://hub.invalid/', env)).toBe(way);
  });
});

describe('this machine', () => {
  test.each([
    'https://localhost/',
    'http://localhost:8080/',
    'https://LOCALHOST:8443/',
    'https://127.0.0.1/',
    'http://127.0.0.1:8080/',
    'https://127.1.2.3:8443/',
    'https://127.1/',
    'https://[::1]/',
    'https://[0:0:0:0:0:0:0:1]:8443/',
  ])('is reached without a proxy at %s', (address) => {
    expect(wayTo(address, { HTTPS_PROXY: 'http://proxy' })).toBe('direct');
  });

  test.each(['https://localhost.invalid/', 'https://128.0.0.1/', 'https://[::2]/'])(
    'is not at %s',
    (address) => {
      expect(wayTo(address, { HTTPS_PROXY: 'http://proxy' })).not.toBe('direct');
    },
  );
});

describe('a value', () => {
  test.each([
    ['http://proxy:3128', 'http://proxy:3128'],
    ['https://proxy', 'https://proxy'],
    ['HTTP://PROXY:3128', 'HTTP://PROXY:3128'],
    ['  http://proxy:3128\n', 'http://proxy:3128'],
    ['proxy.invalid:3128', 'http://proxy.invalid:3128'],
    ['proxy', 'http://proxy'],
    ['10.0.0.1:8080', 'http://10.0.0.1:8080'],
    ['user:word@proxy:3128', 'http://user:word@proxy:3128'],
  ])('%o is the proxy %s', (value, url) => {
    expect(wayTo('https://hub.invalid/', { HTTPS_PROXY: value })).toBe(`HTTPS_PROXY ${url}`);
  });

  const bad = [
    'socks5://user:hunter2@proxy:1080',
    'ftp://user:hunter2@proxy:21',
    'httpx://user:hunter2@proxy:21',
    'http://user:hunter2@proxy:notaport',
    'http://user:hunter2@proxy:99999',
    'user:hunter2@pro xy:3128',
    'http://hunter2@',
    '://hunter2',
  ];
  const variables = ['HTTPS_PROXY', 'https_proxy'];
  test.each(bad)('%o is refused: the message names only the variable', (value) => {
    for (const variable of variables) {
      const failure = failureOf({ [variable]: value });
      expect(failure.code).toBe('input-invalid');
      expect(failure.message).toContain(` ${variable} `);
      expect(inspect(failure, { depth: 10 })).not.toContain('hunter2');
    }
  });

  test('is always either a proxy over HTTP, or a failure that does not repeat it', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl(), fc.ipV6()), (noise) => {
        const value = `${noise}hunter2`;
        try {
          const { proxy } = proxySettings({ HTTPS_PROXY: value });
          expect(new URL(proxy?.url ?? '').protocol).toMatch(/^https?:$/);
        } catch (error) {
          expect(error).toBeInstanceOf(Failure);
          expect(inspect(error)).not.toContain('hunter2');
        }
      }),
    );
  });
});

describe('NO_PROXY', () => {
  const isDirect = (address: string, env: Environment) => {
    return wayTo(address, { HTTPS_PROXY: 'http://proxy', ...env }) === 'direct';
  };

  const direct: readonly (readonly [string, string])[] = [
    ['*', 'https://hub.invalid/'],
    ['hub.invalid', 'https://hub.invalid/'],
    ['hub.invalid', 'http://hub.invalid/'],
    ['HUB.Invalid', 'https://hub.invalid/'],
    ['hub.invalid', 'https://HUB.INVALID/'],
    ['invalid', 'https://hub.invalid/'],
    ['.invalid', 'https://hub.invalid/'],
    ['.hub.invalid', 'https://hub.invalid/'],
    ['*.invalid', 'https://a.hub.invalid/'],
    ['other,hub.invalid', 'https://hub.invalid/'],
    [' other , hub.invalid ', 'https://hub.invalid/'],
    ['other hub.invalid', 'https://hub.invalid/'],
    ['hub.invalid:443', 'https://hub.invalid/'],
    ['hub.invalid:80', 'http://hub.invalid/'],
    ['hub.invalid:8443', 'https://hub.invalid:8443/'],
    ['hub.invalid', 'https://hub.invalid:8443/'],
    ['.invalid:8443', 'https://hub.invalid:8443/'],
    ['192.0.2.1', 'http://192.0.2.1:8080/'],
    ['192.0.2.1:8080', 'http://192.0.2.1:8080/'],
    ['[2001:db8::1]', 'http://[2001:db8::1]:8080/'],
    ['2001:db8::1', 'http://[2001:db8::1]:8080/'],
    ['2001:db8::1', 'https://[2001:db8::1]/'],
    ['[2001:db8::1]:8080', 'http://[2001:db8::1]:8080/'],
  ];
  test.each(direct)('%o excludes %s from the proxy', (value, address) => {
    expect(isDirect(address, { NO_PROXY: value })).toBe(true);
    expect(isDirect(address, { no_proxy: value })).toBe(true);
  });

  const proxied: readonly (readonly [string, string])[] = [
    ['', 'https://hub.invalid/'],
    [',, ', 'https://hub.invalid/'],
    ['other.invalid', 'https://hub.invalid/'],
    ['ub.invalid', 'https://hub.invalid/'],
    ['hub.invalid', 'https://hub.invalid.example/'],
    ['a.hub.invalid', 'https://hub.invalid/'],
    ['hubxinvalid', 'https://hub.invalid/'],
    ['hub.invali.', 'https://hub.invalid/'],
    ['hub.invalid:443', 'http://hub.invalid/'],
    ['hub.invalid:443', 'https://hub.invalid:8443/'],
    ['hub.invalid:80', 'https://hub.invalid/'],
    ['.', 'https://hub.invalid/'],
    ['2001:db8::2', 'http://[2001:db8::1]:8080/'],
    ['192.0.2.1:8080', 'http://192.0.2.1:8081/'],
    // An address has no hosts below it.
    ['0.2.1', 'http://192.0.2.1:8080/'],
  ];
  test.each(proxied)('%o sends %s through the proxy', (value, address) => {
    expect(isDirect(address, { NO_PROXY: value })).toBe(false);
  });

  test('the lower-case name wins, unless it is empty', () => {
    const address = 'https://hub.invalid/';
    expect(isDirect(address, { no_proxy: 'other', NO_PROXY: 'hub.invalid' })).toBe(false);
    expect(isDirect(address, { no_proxy: 'hub.invalid', NO_PROXY: 'other' })).toBe(true);
    expect(isDirect(address, { no_proxy: '', NO_PROXY: 'hub.invalid' })).toBe(true);
  });

  test('a host and its subdomains are direct, and nothing else', () => {
    const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,8}[a-z0-9])?$/);
    const domain = fc.tuple(label, label).map((labels) => labels.join('.'));
    fc.assert(
      fc.property(domain, label, fc.constantFrom('', '.', '*.'), (host, more, dot) => {
        const env = { NO_PROXY: `${dot}${host}` };
        expect(isDirect(`https://${host}/`, env)).toBe(true);
        expect(isDirect(`https://${more}.${host}/`, env)).toBe(true);
        expect(isDirect(`https://${more}${host}/`, env)).toBe(false);
        expect(isDirect(`https://${host}.${more}x/`, env)).toBe(
          `${host}.${more}x`.endsWith(`.${host}`),
        );
      }),
    );
  });
});

test.each([
  ['https://hub.invalid/', 'hub.invalid', 443],
  ['http://hub.invalid/', 'hub.invalid', 80],
  ['https://hub.invalid:80/', 'hub.invalid', 80],
  ['http://127.0.0.1:8080/', '127.0.0.1', 8080],
  ['https://[2001:db8::1]/', '2001:db8::1', 443],
])('%s is reached at host %s, port %i', (address, host, port) => {
  expect(hostOf(new URL(address))).toBe(host);
  expect(portOf(new URL(address))).toBe(port);
});
