import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { masksOfPrivateKey } from '../../src/key-pair/masks.ts';
import { tracesOf } from '../../src/key-pair/traces.ts';
import { RunnerSecrets } from '../../src/runner/secrets.ts';
import { Secret } from '../../src/secret.ts';

function start() {
  const masked: string[] = [];
  const secrets = new RunnerSecrets((values) => masked.push(...values));
  const mask = (...values: readonly string[]) => secrets.mask(values.map((v) => new Secret(v)));
  return { secrets, masked, mask };
}

describe('masking', () => {
  test('is asked for at once, and once for each value', () => {
    const { masked, mask } = start();
    mask('first', 'second', 'first');
    expect(masked).toEqual(['first', 'second']);
    mask('second', 'third');
    expect(masked).toEqual(['first', 'second', 'third']);
  });

  test('is not asked for nothing', () => {
    const { secrets, masked, mask } = start();
    mask('', 'first');
    expect(masked).toEqual(['first']);
    expect(secrets.redact('a b')).toBe('a b');
  });

  test('happens exactly once for each of any values', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.string({ minLength: 1, maxLength: 2 }))), (batches) => {
        const { masked, mask } = start();
        for (const batch of batches) mask(...batch);
        expect(masked).toEqual([...new Set(batches.flat())]);
      }),
    );
  });
});

describe('redacting', () => {
  test('leaves text alone without secrets, and around them', () => {
    const { secrets, mask } = start();
    expect(secrets.redact('nothing here')).toBe('nothing here');
    mask('sesame');
    expect(secrets.redact('open sesame, please; Sesame')).toBe('open ***, please; Sesame');
  });

  test('knows a secret from the moment it is masked', () => {
    const { secrets, mask } = start();
    mask('first');
    expect(secrets.redact('first second')).toBe('*** second');
    mask('second');
    expect(secrets.redact('first second')).toBe('*** ***');
  });

  test('leaves alone what is too short in base64 to be told from words', () => {
    const { secrets, mask } = start();
    mask('abcde');
    expect(secrets.redact('YWJjZGU=')).toBe('***');
    expect(secrets.redact('YWJjZGU YmNkZQ')).toBe('YWJjZGU YmNkZQ');
  });

  test('takes the longest first, in whatever order they came', () => {
    const { secrets, mask } = start();
    mask('horse');
    mask('correct horse battery', 'horse battery');
    expect(secrets.redact('a correct horse battery')).toBe('a ***');
  });

  test.each([
    ['signs of patterns', 'a$&b.*(c', 'x a$&b.*(c y'],
    ['JSON', 'say "open\\sesame"', JSON.stringify('x say "open\\sesame" y').slice(1, -1)],
    ['a URI', 'a b/c?d=é', `x ${encodeURIComponent('a b/c?d=é')} y`],
    ['base64', 'mqtt1-ci:secret', `x ${Buffer.from('mqtt1-ci:secret').toString('base64')} y`],
    ['base64 without padding', 'mqtt1-ci:sec', 'x bXF0dDEtY2k6c2Vj y'],
  ])('finds it in %s', (_, secret, text) => {
    const { secrets, mask } = start();
    mask(secret);
    expect(secrets.redact(text)).toBe('x *** y');
  });

  test.each(['twelve-chars', 'thirteen-char', 'fourteen-chars'])(
    'finds %s in the middle of base64, at every alignment',
    (secret) => {
      const { secrets, mask } = start();
      mask(secret);
      for (const before of ['', 'u', 'us', 'use']) {
        const text = Buffer.from(`${before}${secret}, and`).toString('base64');
        expect(secrets.redact(text)).toMatch(/^[\w+/]{0,4}\*\*\*[\w+/]{0,8}=*$/);
      }
    },
  );

  /** What a server may make of a value that it repeats. */
  const forms: readonly ((value: string) => string)[] = [
    (value) => value,
    (value) => JSON.stringify(value),
    (value) => encodeURIComponent(value),
    (value) => Buffer.from(value).toString('base64'),
    (value) => Buffer.from(value).toString('base64').replace(/=+$/, ''),
    // Base64 of text that ends in the value, at every alignment.
    ...['u', 'us', 'use'].map(
      (before) => (value: string) => Buffer.from(`${before}${value}`).toString('base64'),
    ),
  ];

  /** The part of a form that is the value's alone. */
  const essenceOf = (form: string) => form.replace(/^"|"$/g, '').replace(/=+$/, '').slice(4);

  test('leaves no known secret in any of these forms', () => {
    // An asterisk could make a secret of what replaces another one.
    const secret = fc
      .string({ unit: 'grapheme', minLength: 12, maxLength: 60 })
      .filter((value) => !value.includes('*') && value.isWellFormed());
    const noise = fc.string({ maxLength: 10 });
    fc.assert(
      fc.property(fc.array(secret, { minLength: 1, maxLength: 4 }), noise, (values, around) => {
        const { secrets, mask } = start();
        mask(...values);
        const all = values.flatMap((value) => forms.map((form) => form(value)));
        const text = all.map((form) => `${around} ${form} `).join('');
        const redacted = secrets.redact(text);
        for (const form of all) expect(redacted).not.toContain(essenceOf(form));
        expect(secrets.redact(redacted)).toBe(redacted);
      }),
    );
  });

  test('takes text that is not well-formed', () => {
    const { secrets, mask } = start();
    mask('half \ud83d of a pair');
    expect(secrets.redact('it is half \ud83d of a pair')).toBe('it is ***');
  });
});

describe('private keys', () => {
  const keyOf = () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    return new Secret(privateKey.export({ type: 'pkcs1', format: 'pem' }).toString());
  };
  const masksOf = (key: Secret) => ({
    pieces: masksOfPrivateKey(key),
    traces: () => tracesOf(key),
  });

  test('are masked piece by piece, and found in text in any form', () => {
    const { secrets, masked } = start();
    const key = keyOf();
    secrets.maskKey(masksOf(key));
    expect(masked).toEqual(masksOfPrivateKey(key).map((piece) => piece.reveal()));
    const [, line = ''] = key.reveal().split('\n');
    expect(secrets.redact(`before ${line.slice(5, 40)} after`)).toBe('before *** after');
    const base64 = Buffer.from(key.reveal()).toString('base64');
    expect(secrets.redact(base64)).not.toContain(base64.slice(100, 120));
  });

  test('are hidden in text that was shown before they were known', () => {
    const { secrets } = start();
    secrets.maskKey(masksOf(keyOf()));
    const key = keyOf();
    const [, line = ''] = key.reveal().split('\n');
    expect(secrets.redact(line)).toBe(line);
    secrets.maskKey(masksOf(key));
    expect(secrets.redact(line)).toBe('***');
  });

  test('are known as long as they are among the latest 16', () => {
    const { secrets } = start();
    const first = keyOf();
    secrets.maskKey(masksOf(first));
    const other = masksOf(keyOf());
    for (let times = 0; times < 15; times++) secrets.maskKey(other);
    const [, line = ''] = first.reveal().split('\n');
    expect(secrets.redact(line)).toBe('***');
    secrets.maskKey(other);
    expect(secrets.redact(line)).toBe(line);
  });
});
