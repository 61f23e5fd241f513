import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { vouchingAuthorities } from '../../src/mqtt/roots.ts';
import { hasOpenssl, openssl } from '../openssl.ts';

/** By their names: roots, and what they sign; `cross` has name and key of `near`, signed by `far`. */
const pems: Record<string, string> = {};
let directory: string;

function make(name: string, subject: string, signer?: string, extension = 'CA:TRUE') {
  const file = (ending: string) => path.join(directory, `${name}.${ending}`);
  const key = signer === 'far' ? path.join(directory, 'near.key') : file('key');
  if (key === file('key')) openssl('ecparam', '-name', 'prime256v1', '-genkey', '-out', key);
  const extensions = file('ext');
  writeFileSync(extensions, `basicConstraints=critical,${extension}\n`);
  openssl('req', '-new', '-key', key, '-subj', `/CN=${subject}`, '-out', file('csr'));
  const by = signer === undefined ? ['-signkey', key] : signedBy(signer);
  openssl(
    ...['x509', '-req', '-in', file('csr'), '-days', '2', '-extfile', extensions],
    ...[...by, '-out', file('pem')],
  );
  pems[name] = new X509Certificate(readFileSync(file('pem'))).toString();
}

function signedBy(signer: string): readonly string[] {
  const file = path.join(directory, signer);
  return ['-CA', `${file}.pem`, '-CAkey', `${file}.key`, '-CAcreateserial'];
}

beforeAll(() => {
  if (!hasOpenssl) return;
  directory = mkdtempSync(path.join(tmpdir(), 'roots-'));
  make('near', 'Near Root');
  make('far', 'Far Root');
  make('other', 'Other Root');
  make('namesake', 'Near Root');
  make('cross', 'Near Root', 'far');
  make('issuing', 'Issuing CA', 'near');
  make('server', 'localhost', 'issuing', 'CA:FALSE');
});
afterAll(() => {
  if (directory) rmSync(directory, { recursive: true });
});

const pemsOf = (names: readonly string[]) => names.map((name) => pems[name] ?? '');
const found = (sent: readonly string[], trusted: readonly string[]) =>
  vouchingAuthorities(
    pemsOf(sent).map((pem) => new X509Certificate(pem)),
    pemsOf(trusted),
  );

describe.skipIf(!hasOpenssl && !process.env['CI'])('the CAs that vouch for a server', () => {
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

  test('are found beside what is no certificate', () => {
    const trusted = [
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      ...pemsOf(['near']),
    ];
    const sent = pemsOf(['server', 'issuing']).map((pem) => new X509Certificate(pem));
    expect(vouchingAuthorities(sent, trusted)).toEqual(pemsOf(['near']));
  });
});
