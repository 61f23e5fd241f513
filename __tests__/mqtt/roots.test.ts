import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { vouchingAuthorities } from '../../src/mqtt/roots.ts';
import { hasOpenssl } from '../openssl.ts';
import { type Chains, crossSigned } from './chains.ts';

let chains: Chains | undefined;
beforeAll(() => {
  if (hasOpenssl) chains = crossSigned();
});
afterAll(() => chains?.remove());

const pemsOf = (names: readonly string[]) => chains?.pems(names) ?? [];
const found = (sent: readonly string[], trusted: readonly string[]) =>
  vouchingAuthorities(
    pemsOf(sent).map((pem) => new X509Certificate(pem)),
    pemsOf(trusted),
  );

describe.skipIf(!hasOpenssl && !process.env['CI'])('the CAs that verify a server', () => {
  test.each([
    [
      'the one that signed the last that was sent',
      ['server', 'issuing'],
      ['other', 'near'],
      ['near'],
    ],
    ['none when the chain leads to no trusted one', ['server', 'issuing'], ['other', 'far'], []],
    ['none when a certificate between is missing', ['server'], ['near'], []],
    ['not one that only has its name', ['server', 'issuing'], ['namesake', 'near'], ['near']],
    [
      'the nearest first, when a cross-signed root is sent',
      ['server', 'issuing', 'cross'],
      ['far', 'near'],
      ['near', 'far'],
    ],
    [
      'the farther alone, when only that is trusted',
      ['server', 'issuing', 'cross'],
      ['far'],
      ['far'],
    ],
    [
      'a trusted one between, and the root above it',
      ['server', 'issuing'],
      ['near', 'issuing'],
      ['issuing', 'near'],
    ],
    ['also when the root was sent, too', ['server', 'issuing', 'near'], ['near'], ['near']],
    ['in whatever order certificates were sent', ['server', 'cross', 'issuing'], ['far'], ['far']],
    ['a server that signed itself, when it is trusted', ['near'], ['near'], ['near']],
    ['none when nothing was sent', [], ['near'], []],
  ])('are %s', (_, sent, trusted, expected) => {
    expect(found(sent, trusted)).toEqual(pemsOf(expected));
  });

  test('are found even beside something that is not a certificate', () => {
    const trusted = [
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      ...pemsOf(['near']),
    ];
    const sent = pemsOf(['server', 'issuing']).map((pem) => new X509Certificate(pem));
    expect(vouchingAuthorities(sent, trusted)).toEqual(pemsOf(['near']));
  });
});
