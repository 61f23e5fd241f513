import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { CertificateAuthority } from '../../sandbox/insights-hub/authority.ts';
import { Masker } from '../../sandbox/runner/masker.ts';
import { type KeyFormat, keepFoundKey, keepIssuedKey } from '../../src/keys/masks.ts';
import { deriveLock } from '../../src/keys/pbes2.ts';
import { KnownSecrets, Secret } from '../../src/secret.ts';
import { hasOpenssl, openssl } from '../openssl.ts';
import { encryptWith } from './der.ts';

const passphrase = new Secret('open sesame, please');
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
    'EC P-256, PKCS#8': createPrivateKey(p256).export({ type: 'pkcs8', format: 'pem' }).toString(),
    'Ed25519, PKCS#8': generateKeyPairSync('ed25519')
      .privateKey.export({ type: 'pkcs8', format: 'pem' })
      .toString(),
  };
})();
const rsa2048 = keys['RSA 2048, PKCS#1'] ?? '';

/** The same key as tools convert it: in the older format of its kind, and as PKCS#8. */
function formatsOf(pem: string): readonly string[] {
  const object = createPrivateKey(pem);
  const older = { rsa: 'pkcs1', ec: 'sec1' } as const;
  const kind = object.asymmetricKeyType;
  const types =
    kind === 'rsa' || kind === 'ec' ? [older[kind], 'pkcs8' as const] : ['pkcs8' as const];
  return types.map((type) => object.export({ type, format: 'pem' }).toString());
}

/** Secrets, and what was masked for each of them. */
function startMasking() {
  const calls: (readonly string[])[] = [];
  const secrets = new KnownSecrets((values) => calls.push(values));
  return { secrets, calls };
}

/** Keeps a key that is stored without encryption, and returns its masks, all from one call. */
function keep(text: string, format: KeyFormat = 'issued') {
  const { secrets, calls } = startMasking();
  const { stored: key } = keepIssuedKey(text, { format, lock: undefined }, secrets);
  expect(calls).toHaveLength(1);
  return { key, masks: calls[0] ?? [], secrets };
}

const linesOf = (pem: string) => pem.trimEnd().split('\n').slice(1, -1);

const masksOf = (pem: string, format?: KeyFormat) => keep(pem, format).masks;

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

  test('is hidden in all text from then on, even in pieces', () => {
    expect(keep(pem).secrets.redactPieces(`at ${line.slice(0, 30)}.`)).toBe('at ***.');
  });

  test('of an unknown kind is hidden like other secrets', () => {
    const text = 'ThisMayBeAKey, of some unknown kind?';
    const { masks, secrets } = keep(text);
    expect(masks).toContain(text);
    expect(secrets.redact(`at ${text}`)).toBe('at ***');
  });
});

describe('the masks of a private key', () => {
  test.each(Object.entries(keys))('are exactly the forms of %s', (_, pem) => {
    const lines = linesOf(pem);
    const others = formatsOf(pem).filter((form) => form !== pem);
    const file = base64(pem);
    const trimmedFile = base64(pem.slice(0, -1));
    const forms = [
      ...[pem, ...others].flatMap(linesOf),
      ...wrap(lines.join(''), 76),
      pem.trimEnd().replaceAll('\n', '\\n'),
      file,
      ...wrap(file, 76),
      trimmedFile,
      ...wrap(trimmedFile, 76),
      ...others.map(base64),
    ];
    const expected = [...new Set(forms.filter((form) => form.length >= 16))];
    expect([...masksOf(pem)].sort()).toEqual(expected.sort());
  });

  test('are at most 120 for a key of 2,048 bits', () => {
    expect(masksOf(rsa2048).length).toBeLessThanOrEqual(120);
    expect(masksOf(keys['RSA 2048, PKCS#8'] ?? '').length).toBeLessThanOrEqual(120);
  });

  test.each(Object.entries(keys))('are those of PKCS#8 if %s is stored so', (_, pem) => {
    const { secrets, calls } = startMasking();
    const form = { format: 'pkcs8', lock: undefined } as const;
    const { privateKey, stored } = keepIssuedKey(pem, form, secrets);
    expect(privateKey.reveal()).toBe(pem);
    expect(stored.reveal()).toBe(formatsOf(pem).at(-1));
    expect(calls.map((masks) => [...masks].sort())).toEqual([[...masksOf(stored.reveal())].sort()]);
    expect(calls[0]?.length).toBeLessThanOrEqual(pem.length < 2000 ? 120 : 200);
  });

  test.each(
    Object.entries(keys).flatMap(([name, pem]) =>
      (['issued', 'pkcs8'] as const).map((format) => [`${name}, ${format}`, pem, format] as const),
    ),
  )('are only lines if %s is stored encrypted', async (_, pem, format) => {
    const { secrets, calls } = startMasking();
    const form = { format, lock: await deriveLock(passphrase) };
    const { privateKey, stored } = keepIssuedKey(pem, form, secrets);
    expect(privateKey.reveal()).toBe(pem);
    expect(stored.reveal()).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/);
    const forms = [stored.reveal(), ...formatsOf(pem)].flatMap(linesOf);
    expect(calls.map((masks) => [...masks].sort())).toEqual([
      [...new Set(forms.filter(({ length }) => length >= 16))].sort(),
    ]);
  });

  const wrappings: Readonly<Record<string, (pem: string) => string>> = {
    'in lines of 12': (pem) => rewrap(pem, 12),
    'in lines of 15': (pem) => rewrap(pem, 15),
    'in lines of 76': (pem) => rewrap(pem, 76),
    'with CRLF': (pem) => pem.replaceAll('\n', '\r\n'),
    'with line ends that are escaped': (pem) => pem.replaceAll('\n', '\\n'),
    'with spaces in its lines': (pem) => rewrap(pem, 64, (line) => line.replace(/.{9}/g, '$& \t')),
    'on one line': (pem) => pem.trimEnd().replaceAll('\n', ' '),
    'on one line, without spaces': (pem) => pem.replaceAll('\n', ''),
    'after the parameters of its curve': (pem) =>
      `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${pem}`,
  };
  const rewrap = (pem: string, columns: number, change = (line: string) => line) => {
    const [first, ...rest] = pem.trimEnd().split('\n');
    const body = wrap(rest.slice(0, -1).join(''), columns).map(change);
    return `${[first, ...body, rest.at(-1)].join('\n')}\n`;
  };
  test.each(Object.entries(wrappings))(
    'are those of the file, in whatever form the key came: %s',
    (_, write) => {
      for (const pem of Object.values(keys)) {
        const { key, masks } = keep(write(pem));
        expect(key.reveal()).toBe(pem);
        expect(masks).toEqual(masksOf(pem));
      }
    },
  );

  test('leave out a last line of fewer than 16 characters', () => {
    const pem = `-----BEGIN PRIVATE KEY-----\n${'A'.repeat(64)}\nBBBBBBBBBBBBBBB\n-----END PRIVATE KEY-----\n`;
    const masks = masksOf(pem);
    expect(masks).toContain(`${'A'.repeat(64)}BBBBBBBBBBBBBBB`);
    expect(masks.filter((mask) => /^B*$/.test(mask))).toEqual([]);
    const longer = pem.replace('BBBBBBBBBBBBBBB', 'BBBBBBBBBBBBBBBB');
    expect(masksOf(longer)).toContain('BBBBBBBBBBBBBBBB');
  });

  test('hide what came instead of a key, without blanking the log', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        for (const mask of masksOf(`${text}\n`)) expect(mask.length).toBeGreaterThanOrEqual(16);
      }),
    );
    expect(masksOf('ThisIsNoPemButMayBeAKey0123456789\n')).toContain(
      'ThisIsNoPemButMayBeAKey0123456789',
    );
  });

  test('contain no line that is not base64, and nothing for an empty key', () => {
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
  /** How tools print a key: everything that the masks must hide. */
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
    'the file in its older format': (pem) => formatsOf(pem)[0] ?? '',
    'PKCS#8': (pem) => formatsOf(pem).at(-1) ?? '',
    'base64 of PKCS#8': (pem) => base64(formatsOf(pem).at(-1) ?? ''),
  };

  const bodyOf = (pem: string) => pem.replaceAll(/-----.*-----|\n/g, '');

  /** So many characters in a row are readable key. */
  const WINDOW = 16;

  const windowsOf = (text: string) =>
    Array.from({ length: text.length - WINDOW + 1 }, (_, at) => text.slice(at, at + WINDOW));

  /** Every readable run of a key: of its body, and of base64 of its file. */
  const secretsOf = (pem: string): ReadonlySet<string> =>
    new Set(
      [...formatsOf(pem).flatMap((form) => [bodyOf(form), base64(form)]), base64(pem.trimEnd())]
        // Beginnings are the same for all keys of a kind.
        .flatMap(windowsOf),
    );

  interface KnownKey {
    readonly pem: string;
    readonly masker: Masker;
    readonly secrets: ReadonlySet<string>;
  }

  /** Keys as they are issued, and as they are stored. */
  const known: readonly KnownKey[] = Object.values(keys).flatMap((issued) =>
    (['issued', 'pkcs8'] as const).map((format) => {
      const { key, masks } = keep(issued, format);
      const pem = key.reveal();
      const masker = new Masker();
      for (const mask of masks) masker.add(mask);
      return { pem, masker, secrets: secretsOf(pem) };
    }),
  );

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
    // Words and characters that tools print around a key; none of them can be mistaken for a part
    // of it.
    const around = fc.stringMatching(/^[ :"'>|#-]{0,8}$/);
    const key = fc.constantFrom(...known);
    fc.assert(
      fc.property(key, indent, around, around, ({ pem, masker, secrets }, blank, before, after) => {
        const printed = print(pem)
          .split('\n')
          .map((line) => blank + line)
          .join('\n');
        const text = `${before}${printed}${after}`;
        // The check itself must find something without masks.
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

describe.skipIf(!hasOpenssl)('of a key printed by OpenSSL, the runner shows nothing', () => {
  test.each(Object.entries(keys))('%s', async (_, pem) => {
    const file = path.join(await mkdtemp(path.join(tmpdir(), 'masks-')), 'a.key');
    await writeFile(file, pem, { mode: 0o600 });
    const masker = new Masker();
    for (const mask of masksOf(pem)) masker.add(mask);
    const isRsa = pem.length > 1000;
    const commands = isRsa ? [['pkey'], ['rsa'], ['rsa', '-traditional']] : [['pkey']];
    for (const command of commands) {
      const printed = openssl(...command, '-in', file)
        .trimEnd()
        .split('\n');
      const log = printed.map((line) => masker.mask(line)).join('');
      expect(log).toContain('***');
      expect(log.replace(/-----[^-]*-----|\*/g, '').length).toBeLessThan(16);
    }
    await rm(path.dirname(file), { recursive: true });
  });
});

describe('an existing key', () => {
  const encrypted = encryptWith(rsa2048, passphrase.reveal(), 2048);
  const find = async (text: string, secret?: Secret, format: KeyFormat = 'issued') => {
    const { secrets, calls } = startMasking();
    const key = await keepFoundKey(text, { format, passphrase: secret }, secrets);
    return { key: key?.reveal(), calls };
  };

  test.each(Object.entries(keys))('is masked like one that was just issued: %s', async (_, pem) => {
    expect(await find(pem)).toEqual({ key: pem, calls: [masksOf(pem)] });
  });

  test('is masked by its lines as they are, too', async () => {
    const pem = rsa2048.replaceAll('\n', '\r\n');
    const { key, calls } = await find(pem);
    expect(key).toBe(rsa2048);
    expect(calls[0]).toEqual(expect.arrayContaining([base64(pem), ...linesOf(rsa2048)]));
  });

  test('is opened with its passphrase, and masked in its lines', async () => {
    const { key, calls } = await find(encrypted, passphrase);
    expect(key).toBe(formatsOf(rsa2048)[1]);
    const forms = [encrypted, ...formatsOf(rsa2048)].flatMap(linesOf);
    expect(calls.map((masks) => [...masks].sort())).toEqual([[...new Set(forms)].sort()]);
  });

  test('can be PKCS#8 in any case, and encrypted if PKCS#8 is wanted', async () => {
    const pkcs8 = keys['RSA 2048, PKCS#8'] ?? '';
    for (const format of ['issued', 'pkcs8'] as const) {
      expect((await find(pkcs8, undefined, format)).key).toBe(pkcs8);
      expect((await find(encrypted, passphrase, format)).key).toBe(pkcs8);
    }
  });

  const refused: Readonly<
    Record<string, readonly [text: string, passphrase?: Secret | undefined, format?: KeyFormat]>
  > = {
    'PKCS#1 where PKCS#8 is wanted': [rsa2048, undefined, 'pkcs8'],
    'SEC1 where PKCS#8 is wanted': [keys['EC P-256, SEC1'] ?? '', undefined, 'pkcs8'],
    'an unencrypted key that should be encrypted': [rsa2048, passphrase],
    'an encrypted key without a passphrase': [encrypted],
    'an encrypted key with another passphrase': [encrypted, new Secret('open barley, please')],
    'an unencrypted key after an encrypted one': [`${encrypted}${rsa2048}`, passphrase],
    'an unencrypted key after the word ENCRYPTED': [`ENCRYPTED\n${rsa2048}`, passphrase],
    'an unencrypted key with text before it': [`text\n${rsa2048}`],
    'an unencrypted key with text after it': [`${rsa2048}text`],
    'two keys': [`${rsa2048}${keys['RSA 3072, PKCS#1']}`],
    'a key whose line ends are escaped': [rsa2048.replaceAll('\n', '\\n')],
    'a key on one line': [rsa2048.replaceAll('\n', ' ')],
    'an encrypted key that is named plain': [encrypted.replaceAll('ENCRYPTED ', '')],
    'an unencrypted key that is named encrypted': [
      (keys['RSA 2048, PKCS#8'] ?? '').replaceAll('PRIVATE', 'ENCRYPTED PRIVATE'),
      passphrase,
    ],
  };
  test.each(Object.entries(refused))('is not accepted, but still masked: %s', async (_, given) => {
    const { key, calls } = await find(...given);
    expect(key).toBeUndefined();
    const line = linesOf(given[0]).find((text) => /^[A-Za-z0-9+/]{64}$/.test(text));
    if (line === undefined) expect(calls).toHaveLength(1);
    else expect(calls).toEqual([expect.arrayContaining([line])]);
  });

  test('is not accepted, and nothing is masked, if the file contains no key', async () => {
    expect(await find('precious\n')).toEqual({ key: undefined, calls: [] });
    expect(await find('', passphrase)).toEqual({ key: undefined, calls: [] });
  });
});
