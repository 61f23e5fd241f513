import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  apiEndpoint,
  DEFAULT_API_URL,
  DEFAULT_TOKEN_URL,
  type EndpointSettings,
  fillTemplate,
  tokenEndpoint,
  unknownPlaceholders,
} from '../../src/insights-hub/endpoints.ts';

const defaults: EndpointSettings = {
  tenant: 'mqtt1',
  region: 'eu1',
  apiUrl: DEFAULT_API_URL,
  tokenUrl: DEFAULT_TOKEN_URL,
};

describe('by default the URLs are', () => {
  test('those that Insights Hub documents', () => {
    expect(apiEndpoint(defaults, 'mindconnectmqtt', 'agentCertificates').href).toBe(
      'https://gateway.eu1.mindsphere.io/api/mindconnectmqtt/v3/agentCertificates',
    );
    expect(apiEndpoint(defaults, 'technicaltokenmanager', 'oauth/token').href).toBe(
      'https://gateway.eu1.mindsphere.io/api/technicaltokenmanager/v3/oauth/token',
    );
    expect(tokenEndpoint(defaults).href).toBe('https://mqtt1.piam.eu1.mindsphere.io/oauth/token');
  });

  test("a region's own", () => {
    const settings = { ...defaults, region: 'eu2' };
    expect(apiEndpoint(settings, 'mindconnectmqtt', 'x').host).toBe('gateway.eu2.mindsphere.io');
    expect(tokenEndpoint(settings).host).toBe('mqtt1.piam.eu2.mindsphere.io');
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
    expect(apiEndpoint(settings, 'mindconnectmqtt', 'agentCertificates').href).toBe(href);
  });

  test.each([
    [
      'https://1000001700.eu1.sws.siemens.com/oauth/token',
      'https://1000001700.eu1.sws.siemens.com/oauth/token',
    ],
    ['https://hub.invalid/{tenant}/{region}/', 'https://hub.invalid/mqtt1/eu1/'],
  ])('%s leads to tokens', (tokenUrl, href) => {
    expect(tokenEndpoint({ ...defaults, tokenUrl }).href).toBe(href);
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

  test('a value is taken to the letter, whatever it looks like', () => {
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
