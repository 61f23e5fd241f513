import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  apiUrlOf,
  DEFAULT_API_URL,
  DEFAULT_TOKEN_URL,
  fillTemplate,
  type HubUrls,
  tokenUrlOf,
  unknownPlaceholders,
} from '../../src/insights-hub/urls.ts';
import { Secret } from '../../src/secret.ts';

const defaults: HubUrls = {
  tenant: 'mqtt1',
  region: 'eu1',
  apiUrl: DEFAULT_API_URL,
  tokenUrl: DEFAULT_TOKEN_URL,
};
const basic = new Secret('aWQ6c2VjcmV0');
const technicalUser = { kind: 'technical-user', basic } as const;
const application = {
  kind: 'application',
  basic,
  appName: 'builder',
  appVersion: 'v1',
  hostTenant: 'operator',
} as const;

describe('by default the URLs are', () => {
  test('those that Insights Hub documents', () => {
    expect(apiUrlOf(defaults, 'mindconnectmqtt', 'agentCertificates').href).toBe(
      'https://gateway.eu1.mindsphere.io/api/mindconnectmqtt/v3/agentCertificates',
    );
    expect(tokenUrlOf(application, defaults).href).toBe(
      'https://gateway.eu1.mindsphere.io/api/technicaltokenmanager/v3/oauth/token',
    );
    expect(tokenUrlOf(technicalUser, defaults).href).toBe(
      'https://mqtt1.piam.eu1.mindsphere.io/oauth/token',
    );
  });

  test('those of a region', () => {
    const settings = { ...defaults, region: 'eu2' };
    expect(apiUrlOf(settings, 'mindconnectmqtt', 'x').host).toBe('gateway.eu2.mindsphere.io');
    expect(tokenUrlOf(technicalUser, settings).host).toBe('mqtt1.piam.eu2.mindsphere.io');
  });
});

describe('a given URL', () => {
  test.each([
    [
      'https://api.eu1.siemens.app/api/{api}-1000001700/v3',
      'https://api.eu1.siemens.app/api/mindconnectmqtt-1000001700/v3/agentCertificates',
    ],
    [
      'https://{tenant}.{region}.invalid/{api}/{api}',
      'https://mqtt1.eu1.invalid/mindconnectmqtt/mindconnectmqtt/agentCertificates',
    ],
    ['https://hub.invalid', 'https://hub.invalid/agentCertificates'],
    ['https://hub.invalid/', 'https://hub.invalid/agentCertificates'],
    ['https://hub.invalid/v3///', 'https://hub.invalid/v3/agentCertificates'],
    ['http://127.0.0.1:8080/{api}', 'http://127.0.0.1:8080/mindconnectmqtt/agentCertificates'],
  ])('%s is filled and extended', (apiUrl, href) => {
    const settings = { ...defaults, apiUrl };
    expect(apiUrlOf(settings, 'mindconnectmqtt', 'agentCertificates').href).toBe(href);
  });

  test.each([
    [
      'https://1000001700.eu1.sws.siemens.com/oauth/token',
      'https://1000001700.eu1.sws.siemens.com/oauth/token',
    ],
    ['https://hub.invalid/{tenant}/{region}/', 'https://hub.invalid/mqtt1/eu1/'],
  ])('%s leads to tokens', (tokenUrl, href) => {
    expect(tokenUrlOf(technicalUser, { ...defaults, tokenUrl }).href).toBe(href);
  });
});

describe('fillTemplate', () => {
  test.each([
    ['{a}-{b}-{a}', '1-2-1'],
    ['{unknown}', '{unknown}'],
    ['{}', '{}'],
    ['{{a}}', '{1}'],
    ['{a', '{a'],
    ['a}', 'a}'],
    ['', ''],
  ])('%o becomes %o', (template, filled) => {
    expect(fillTemplate(template, { a: '1', b: '2' })).toBe(filled);
  });

  test('a value is used verbatim, whatever it looks like', () => {
    expect(fillTemplate('{a}{b}', { a: '{b}$&', b: '$1' })).toBe('{b}$&$1');
  });
});

describe('unknownPlaceholders', () => {
  test.each([
    ['https://{tenant}.{region}.invalid', []],
    ['no placeholder', []],
    ['{tennant}/{tenant}/{x y}', ['{tennant}', '{x y}']],
    ['{}', ['{}']],
    ['{Tenant}', ['{Tenant}']],
  ])('of %o are %o', (template, unknown) => {
    expect(unknownPlaceholders(template, ['tenant', 'region'])).toEqual(unknown);
  });

  test('a template without any is filled completely', () => {
    const piece = fc.constantFrom('{a}', '{b}', '{c}', '{ab}', '{}', 'a', '/');
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const template = pieces.join('');
        const unknown = unknownPlaceholders(template, ['a', 'b']);
        const filled = fillTemplate(template, { a: 'X', b: 'Y' });
        expect(filled).not.toMatch(/\{[ab]\}/);
        expect(/\{[^{}]*\}/.test(filled)).toBe(unknown.length > 0);
      }),
    );
  });
});
