import { describe, expect, test } from 'vitest';
import { problemOfUrl, readEndpoints } from '../../src/inputs/endpoints.ts';
import { type Given, read } from './source.ts';

const defaults = {
  region: 'eu1',
  'api-url': 'https://{tenant}.{region}.invalid/{api}',
  'token-url': 'https://{tenant}.{region}.invalid/token',
};

function endpointsOf(given: Given) {
  const { reader, problems } = read(given, { defaults });
  return { endpoints: readEndpoints(reader), problems: problems() };
}

describe('the endpoints', () => {
  test('are templates for a tenant and a region', () => {
    expect(endpointsOf({ tenant: 'mqtt1' })).toEqual({
      endpoints: {
        tenant: 'mqtt1',
        region: 'eu1',
        apiUrl: defaults['api-url'],
        tokenUrl: defaults['token-url'],
      },
      problems: [],
    });
  });

  test('may be given, with any of their placeholders or none', () => {
    const given = {
      tenant: 'mqtt1',
      'api-url': 'http://127.0.0.1:80/{api}',
      'token-url': 'https://b',
    };
    const { endpoints, problems } = endpointsOf(given);
    expect(endpoints).toMatchObject({ apiUrl: given['api-url'], tokenUrl: 'https://b' });
    expect(problems).toEqual([]);
  });

  const required = '`tenant` is required: the name of the Insights Hub environment.';
  const label = 'must be letters, digits and hyphens, 63 at most, not';
  const rows: Readonly<Record<string, readonly [Given, ...string[]]>> = {
    'no tenant, told once': [{}, required],
    'a tenant that is no host label, told once': [
      { tenant: 'a.b/' },
      `\`tenant\` ${label} "a.b/".`,
    ],
    'a region that is no host label': [
      { tenant: 'mqtt1', region: 'eu1@x' },
      `\`region\` ${label} "eu1@x".`,
    ],
    'an unknown placeholder': [
      { tenant: 'mqtt1', 'api-url': 'https://{x}/{y}', 'token-url': 'https://{api}' },
      '`api-url` holds "{x}, {y}"; it may hold {tenant}, {region}, {api}.',
      '`token-url` holds "{api}"; it may hold {tenant}, {region}.',
    ],
    'a URL that is none once it is filled': [
      { tenant: 'mqtt1', 'api-url': '{tenant}' },
      '`api-url` is not a URL: "mqtt1".',
    ],
    'a URL without placeholders, whatever the tenant is': [
      { 'api-url': 'gateway' },
      required,
      '`api-url` is not a URL: "gateway".',
    ],
  };
  test.each(Object.entries(rows))('are refused: %s', (_, [given, ...problems]) => {
    expect(endpointsOf(given).problems).toEqual(problems);
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
  ])('may be %s', (url) => {
    expect(problemOfUrl(url)).toBeUndefined();
  });

  const scheme = 'must begin with https:// (http:// is for this machine only)';
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
    ['https://user@example.com/', 'must not hold a user name or a password'],
    ['https://:word@example.com/', 'must not hold a user name or a password'],
    ['https://example.com/?a', 'must not hold a "?" or "#" part'],
    ['https://example.com/#a', 'must not hold a "?" or "#" part'],
  ])('may not be %s: it %s', (url, problem) => {
    expect(problemOfUrl(url)).toBe(problem);
  });
});
