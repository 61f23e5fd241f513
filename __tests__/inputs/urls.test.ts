import { describe, expect, test } from 'vitest';
import { problemOfUrl, readBroker, readHubUrls, readProxies } from '../../src/inputs/urls.ts';
import { type Given, read } from './source.ts';

const defaults = {
  region: 'eu1',
  'api-url': 'https://{tenant}.{region}.invalid/{api}',
  'token-url': 'https://{tenant}.{region}.invalid/token',
};

function urlsOf(given: Given) {
  const { reader, problems } = read(given, { defaults });
  return { urls: readHubUrls(reader), problems: problems() };
}

describe('the URLs of Insights Hub', () => {
  test('are templates for a tenant and a region', () => {
    expect(urlsOf({ tenant: 'mqtt1' })).toEqual({
      urls: {
        tenant: 'mqtt1',
        region: 'eu1',
        apiUrl: defaults['api-url'],
        tokenUrl: defaults['token-url'],
      },
      problems: [],
    });
  });

  test('can be given, with any of their placeholders or none', () => {
    const given = {
      tenant: 'mqtt1',
      'api-url': 'http://127.0.0.1:80/{api}',
      'token-url': 'https://b',
    };
    const { urls, problems } = urlsOf(given);
    expect(urls).toMatchObject({ apiUrl: given['api-url'], tokenUrl: 'https://b' });
    expect(problems).toEqual([]);
  });

  const required = '`tenant` is required. Set it to the name of your Insights Hub environment.';
  const label = 'must be at most 63 letters, digits and hyphens, with no hyphen at either end, not';
  const rows: Readonly<Record<string, readonly [Given, ...string[]]>> = {
    'no tenant, reported once': [{}, required],
    'a tenant that is not a host label, reported once': [
      { tenant: 'a.b/' },
      `\`tenant\` ${label} "a.b/".`,
    ],
    'a region that is not a host label': [
      { tenant: 'mqtt1', region: 'eu1@x' },
      `\`region\` ${label} "eu1@x".`,
    ],
    'an unknown placeholder': [
      { tenant: 'mqtt1', 'api-url': 'https://{x}/{y}', 'token-url': 'https://{api}' },
      '`api-url` contains "{x}, {y}". Its only placeholders are {tenant}, {region}, {api}.',
      '`token-url` contains "{api}". Its only placeholders are {tenant}, {region}.',
    ],
    'a URL that is invalid once it is filled, as the user wrote it': [
      { tenant: 'mqtt1', 'api-url': '{tenant}' },
      '`api-url` is not a URL: "{tenant}".',
    ],
    'URLs with every placeholder, as the user wrote them': [
      {
        tenant: 'mqtt1',
        'api-url': 'http://{tenant}.{region}.invalid/{api}/v3',
        'token-url': 'https://{tenant}.invalid/{region}?a',
      },
      '`api-url` must begin with https:// (http:// is allowed for localhost only): "http://{tenant}.{region}.invalid/{api}/v3".',
      '`token-url` must not contain a "?" or "#" part: "https://{tenant}.invalid/{region}?a".',
    ],
    'URLs with a password, which is not shown': [
      {
        tenant: 'mqtt1',
        'api-url': 'https://me:a@b@host/{api}',
        'token-url': 'https://me:pass/word@host',
      },
      '`api-url` must not contain a user name or a password: "https://***@host/{api}".',
      '`token-url` is not a URL: "https://***@host".',
    ],
    'a URL without placeholders, whatever the tenant is': [
      { 'api-url': 'gateway' },
      required,
      '`api-url` is not a URL: "gateway".',
    ],
    'URLs that are invalid with any tenant and region, as they were given': [
      { region: 'a.b', 'api-url': 'http://{tenant}.invalid', 'token-url': '{tenant}' },
      `\`region\` ${label} "a.b".`,
      required,
      '`api-url` must begin with https:// (http:// is allowed for localhost only): "http://{tenant}.invalid".',
      '`token-url` is not a URL: "{tenant}".',
    ],
  };
  test.each(Object.entries(rows))('are refused: %s', (_, [given, ...problems]) => {
    expect(urlsOf(given).problems).toEqual(problems);
  });
});

describe('a URL', () => {
  test.each([
    'https://example.com',
    'https://example.com:8443/a/b',
    'http://localhost:1/',
    'http://127.0.0.1',
    'http://127.255.0.9:80/',
    'http://[::1]:8080/',
  ])('can be %s', (url) => {
    expect(problemOfUrl(url)).toBeUndefined();
  });

  const scheme = 'must begin with https:// (http:// is allowed for localhost only)';
  test.each([
    ['gateway', 'is not a URL'],
    ['https://', 'is not a URL'],
    ['ftp://localhost/', scheme],
    ['http://example.com/', scheme],
    ['http://128.0.0.1/', scheme],
    ['http://127.0.0.1.example.com/', scheme],
    ['http://a127.0.0.1.example/', scheme],
    ['http://localhost.example/', scheme],
    ['http://[::2]/', scheme],
    ['https://user@example.com/', 'must not contain a user name or a password'],
    ['https://:word@example.com/', 'must not contain a user name or a password'],
    ['https://example.com/?a', 'must not contain a "?" or "#" part'],
    ['https://example.com/#a', 'must not contain a "?" or "#" part'],
  ])('can’t be %s: it %s', (url, problem) => {
    expect(problemOfUrl(url)).toBe(problem);
  });
});

const urls = { tenant: 'mqtt1', region: 'eu1', apiUrl: '', tokenUrl: '' };

function brokerOf(url: string, tenant = 'mqtt1') {
  const { reader, problems } = read({ 'broker-url': url });
  return { broker: readBroker(reader, { ...urls, tenant }), problems: problems() };
}

describe('the URL of a broker', () => {
  test.each([
    ['mqtts://broker.{region}.invalid:8883', 'broker.eu1.invalid', 8883],
    ['mqtts://{tenant}_1-a.invalid', 'mqtt1_1-a.invalid', 8883],
    ['mqtts://broker:443/', 'broker', 443],
    ['mqtts://127.0.0.1:1', '127.0.0.1', 1],
    ['mqtts://[::1]:8883', '::1', 8883],
    ['mqtts://[::ffff:127.0.0.1]', '::ffff:7f00:1', 8883],
  ])('can be %s', (url, host, port) => {
    expect(brokerOf(url)).toEqual({ broker: { host, port }, problems: [] });
  });

  test.each([
    ['broker', 'is not a URL'],
    ['mqtts://', 'contains no valid host'],
    ['mqtt://broker', 'must begin with mqtts://'],
    ['mqtt://127.0.0.1', 'must begin with mqtts://'],
    ['https://broker', 'must begin with mqtts://'],
    ['mqtts://1.2.3.999', 'contains no valid host'],
    ['mqtts://a%20b', 'contains no valid host'],
    ['mqtts://brok%C3%A9r', 'contains no valid host'],
    ['mqtts://broker/mqtt', 'must not contain a path'],
    ['mqtts://broker//', 'must not contain a path'],
    ['mqtts://broker:0', 'must not have port 0'],
    ['mqtts://user@broker', 'must not contain a user name or a password'],
    ['mqtts://broker?a', 'must not contain a "?" or "#" part'],
  ])('can’t be %s: it %s', (url, problem) => {
    expect(brokerOf(url)).toEqual({
      broker: undefined,
      problems: [`\`broker-url\` ${problem}: "${url.replace('user@', '***@')}".`],
    });
  });

  test('can’t contain any other placeholder', () => {
    expect(brokerOf('mqtts://{api}')).toEqual({
      broker: undefined,
      problems: ['`broker-url` contains "{api}". Its only placeholders are {tenant}, {region}.'],
    });
  });

  test('is reported even if a value that fills it is invalid', () => {
    expect(brokerOf('mqtt://{tenant}', '')).toEqual({
      broker: undefined,
      problems: ['`broker-url` must begin with mqtts://: "mqtt://{tenant}".'],
    });
  });

  test('is not reported separately if a value that fills it is invalid', () => {
    expect(brokerOf('mqtts://{tenant}', 'a/b')).toEqual({ broker: undefined, problems: [] });
  });
});

describe('the proxies of the environment', () => {
  test('are read', () => {
    const { reader } = read({}, { environment: { https_proxy: 'proxy:3128', NO_PROXY: 'A,b' } });
    expect(readProxies(reader)).toEqual({
      proxy: { variable: 'https_proxy', url: 'http://proxy:3128' },
      direct: ['a', 'b'],
    });
  });

  test('are reported like an input', () => {
    const { reader, problems } = read({}, { environment: { HTTPS_PROXY: 'socks5://proxy' } });
    expect(readProxies(reader)).toBeUndefined();
    expect(problems()).toEqual([
      'The environment variable HTTPS_PROXY is not the URL of an HTTP proxy. Set it to http://HOST:PORT, or unset it.',
    ]);
  });
});
