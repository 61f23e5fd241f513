import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { CertificateAuthority } from '../../sandbox/insights-hub/authority.ts';
import { Masker } from '../../sandbox/runner/masker.ts';
import { keepPrivateKey } from '../../src/keys/masks.ts';
import { encryptPrivateKey } from '../../src/keys/pem.ts';
import { KnownSecrets, Secret } from '../../src/secret.ts';

const encrypted = (pem: string) => encryptPrivateKey(new Secret(pem), new Secret('open sesame'));
const rsa = (modulusLength: number, type: 'pkcs1' | 'pkcs8') =>
  generateKeyPairSync('rsa', { modulusLength })
    .privateKey.export({ type, format: 'pem' })
    .toString();
const ec = (namedCurve: string, type: 'sec1' | 'pkcs8') =>
  generateKeyPairSync('ec', { namedCurve }).privateKey.export({ type, format: 'pem' }).toString();

const keys: Readonly<Record<string, string>> = (() => {
  const rsa2048 = rsa(2048, 'pkcs1');
  const p256 = ec('P-256', 'sec1');
  return {
    'RSA 2048, PKCS#1': rsa2048,
    'RSA 2048, PKCS#8': createPrivateKey(rsa2048)
      .export({ type: 'pkcs8', format: 'pem' })
      .toString(),
    'RSA 3072, PKCS#1': rsa(3072, 'pkcs1'),
    'EC P-256, SEC1': p256,
    'EC P-384, PKCS#8': ec('P-384', 'pkcs8'),
    'RSA 2048, encrypted': encrypted(rsa2048),
    'EC P-256, encrypted': encrypted(p256),
  };
})();

/** Keeps a key, and gives what was masked for it. */
function keep(text: string) {
  const masks: string[] = [];
  const secrets = new KnownSecrets((values) => masks.push(...values));
  return { key: keepPrivateKey(text, secrets), masks, secrets };
}

const masksOf = (pem: string) => keep(pem).masks;

function wrap(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  for (let at = 0; at < text.length; at += columns) lines.push(text.slice(at, at + columns));
  return lines;
}

const base64 = (text: string) => Buffer.from(text, 'utf8').toString('base64');

describe('a private key', () => {
  const pem = keys['EC P-256, SEC1'] ?? '';
  const line = pem.split('\n')[1] ?? '';

  test('is kept with LF line ends, and prints as ***', () => {
    const { key } = keep(pem.trimEnd().replaceAll('\n', '\\r\\n'));
    expect(key.reveal()).toBe(pem);
    expect(String(key)).toBe('***');
  });

  test('is hidden in text from then on, also by its pieces', () => {
    expect(keep(pem).secrets.redactPieces(`at ${line.slice(0, 30)}.`)).toBe('at ***.');
  });

  test('of an unknown kind is hidden like other secrets', () => {
    const text = 'ThisMayBeAKey, of some unknown kind?';
    const { masks, secrets } = keep(text);
    expect(masks).toContain(text);
    expect(secrets.redact(`at ${text}`)).toBe('at ***');
  });
});

describe('what is masked of a private key', () => {
  test.each(Object.entries(keys))('are exactly the forms of %s', (_, pem) => {
    const [first, ...others] = pem.split('\n');
    const bodyLines = others.slice(0, -2);
    const [last, nothing] = others.slice(-2);
    expect([first, last]).toEqual([
      expect.stringMatching(/^-----BEGIN [A-Z ]*PRIVATE KEY-----$/),
      expect.stringMatching(/^-----END [A-Z ]*PRIVATE KEY-----$/),
    ]);
    expect(nothing).toBe('');
    const file = base64(pem);
    const trimmedFile = base64(pem.slice(0, -1));
    const forms = [
      ...bodyLines,
      bodyLines.join(''),
      ...wrap(bodyLines.join(''), 76),
      [first, ...bodyLines, last].join('\\n'),
      file,
      ...wrap(file, 76),
      trimmedFile,
      ...wrap(trimmedFile, 76),
    ];
    const expected = [...new Set(forms.filter((form) => form.length >= 16))];
    expect([...masksOf(pem)].sort()).toEqual(expected.sort());
  });

  test('leaves out a last line of fewer than 16 characters, and keeps it in the body', () => {
    const pem = `-----BEGIN PRIVATE KEY-----\n${'A'.repeat(64)}\nBBBBBBBBBBBBBBB\n-----END PRIVATE KEY-----\n`;
    const masks = masksOf(pem);
    expect(masks).toContain(`${'A'.repeat(64)}BBBBBBBBBBBBBBB`);
    expect(masks.filter((mask) => /^B*$/.test(mask))).toEqual([]);
    const longer = pem.replace('BBBBBBBBBBBBBBB', 'BBBBBBBBBBBBBBBB');
    expect(masksOf(longer)).toContain('BBBBBBBBBBBBBBBB');
  });

  test('masks what came instead of a key, without blanking the log', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        for (const mask of masksOf(`${text}\n`)) expect(mask.length).toBeGreaterThanOrEqual(16);
      }),
    );
    expect(masksOf('ThisIsNoPemButMayBeAKey0123456789\n')).toContain(
      'ThisIsNoPemButMayBeAKey0123456789',
    );
  });

  test('gives no line that is not base64, and nothing for an empty key', () => {
    const header = 'DEK-Info: AES-128-CBC,0123456789ABCDEF0123456789ABCDEF';
    const body = 'A'.repeat(64);
    const pem = `-----BEGIN KEY-----\n${header}\n0123456789ABCDEF,\n${body}\n-----END KEY-----\n`;
    expect(masksOf(pem).filter((mask) => !mask.includes('-----') && mask.includes(','))).toEqual(
      [],
    );
    expect(masksOf(pem)).toContain(body);
    expect(masksOf('\n')).toEqual([]);
  });
});

describe('with these masks the runner shows', () => {
  /** How tools print a key: what the contract promises to hide. */
  const forms: Readonly<Record<string, (pem: string) => string>> = {
    'the file': (pem) => pem,
    'the file with CRLF': (pem) => pem.replaceAll('\n', '\r\n'),
    'one line with spaces': (pem) => pem.trimEnd().replaceAll('\n', ' '),
    JSON: (pem) => JSON.stringify({ privateKey: pem }),
    'JSON without the last line end': (pem) => JSON.stringify([pem.trimEnd()]),
    'the body without line breaks': (pem) => bodyOf(pem),
    'the body at 76 columns': (pem) => wrap(bodyOf(pem), 76).join('\n'),
    'base64 of the file': base64,
    'base64 of the trimmed file': (pem) => base64(pem.trimEnd()),
    'base64 at 76 columns': (pem) => wrap(base64(pem), 76).join('\n'),
    'base64 of the trimmed file at 76 columns': (pem) => wrap(base64(pem.trimEnd()), 76).join('\n'),
  };

  const bodyOf = (pem: string) => pem.replaceAll(/-----.*-----|\n/g, '');

  /** So many characters in a row are readable key. */
  const WINDOW = 16;

  const windowsOf = (text: string) =>
    Array.from({ length: text.length - WINDOW + 1 }, (_, at) => text.slice(at, at + WINDOW));

  /** Every readable run of a key: of its body, and of base64 of its file. */
  const secretsOf = (pem: string): ReadonlySet<string> =>
    new Set([bodyOf(pem), base64(pem), base64(pem.trimEnd())].flatMap(windowsOf));

  interface KnownKey {
    readonly pem: string;
    readonly masker: Masker;
    readonly secrets: ReadonlySet<string>;
  }

  const known: readonly KnownKey[] = Object.values(keys).map((pem) => {
    const masker = new Masker();
    for (const mask of masksOf(pem)) masker.add(mask);
    return { pem, masker, secrets: secretsOf(pem) };
  });

  /** The log that a text makes: masks are applied line by line. */
  const logOf = (masker: Masker, text: string) =>
    text.split(/\r?\n/).map((line) => masker.mask(line));

  const isReadable = (lines: readonly string[], secrets: ReadonlySet<string>) =>
    [lines.join('\n'), lines.join('').replaceAll(/\\n|\s/g, '')].some((text) =>
      windowsOf(text.padEnd(WINDOW)).some((window) => secrets.has(window)),
    );

  let certificate: string;
  beforeAll(async () => {
    certificate = (await (await CertificateAuthority.create()).issue()).certificate;
  });

  test.each(Object.entries(forms))('nothing of a key printed as %s', (_, print) => {
    const indent = fc.stringMatching(/^[ \t]{0,8}$/);
    // Words and signs that tools print around a key; none of them can be taken for key.
    const around = fc.stringMatching(/^[ :"'>|#-]{0,8}$/);
    const key = fc.constantFrom(...known);
    fc.assert(
      fc.property(key, indent, around, around, ({ pem, masker, secrets }, blank, before, after) => {
        const printed = print(pem)
          .split('\n')
          .map((line) => blank + line)
          .join('\n');
        const text = `${before}${printed}${after}`;
        // The check itself must see what is there without masks.
        expect(isReadable(text.split('\n'), secrets)).toBe(true);
        const log = logOf(masker, text);
        expect(log.join('')).toContain('***');
        expect(isReadable(log, secrets)).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  test.each(Object.entries(keys))('the armour lines of %s', (_, pem) => {
    const masker = new Masker();
    for (const mask of masksOf(pem)) masker.add(mask);
    const log = logOf(masker, pem);
    const armour = pem.split('\n').filter((line) => line.startsWith('-----'));
    expect(armour).toHaveLength(2);
    expect([log.at(0), log.at(-2)]).toEqual(armour);
    const bodyLines = pem.split('\n').slice(1, -2);
    expect(log.slice(1, -2)).toEqual(
      bodyLines.map((line) => (line.length < WINDOW ? line : '***')),
    );
  });

  test('other PEM files, and JSON of them', () => {
    const other = rsa(2048, 'pkcs1');
    for (const { masker } of known) {
      for (const text of [certificate, JSON.stringify(certificate), base64(certificate), other]) {
        expect(masker.mask(text)).toBe(text);
      }
    }
  });
});
