import { generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KnownSecrets, Secret } from '../src/secret.ts';

const VALUE = 'Tr0ub4dor&3';

const ways: Readonly<Record<string, (secret: Secret) => string>> = {
  String: (secret) => String(secret),
  'a template': (secret) => `${secret}`,
  'joining strings': (secret) => ['', secret].join(''),
  'JSON.stringify': (secret) => JSON.stringify(secret),
  'JSON of an object': (secret) => JSON.stringify({ list: [{ token: secret }] }),
  'util.inspect': (secret) => inspect(secret),
  'util.inspect of everything': (secret) =>
    inspect({ map: new Map([['a', { secret }]]), list: [secret] }, { depth: 10, showHidden: true }),
  "an error's cause": (secret) => inspect(new Error('failed', { cause: { secret } })),
};

test.each(Object.entries(ways))('%s shows *** and nothing of the value', (_, show) => {
  expect(show(new Secret(VALUE))).toContain('***');
  expect(show(new Secret(VALUE))).not.toContain(VALUE);
});

test('its value is in none of its properties', () => {
  const secret = new Secret(VALUE);
  expect(Reflect.ownKeys(secret)).toEqual([]);
  expect({ ...secret }).toEqual({});
});

test('a structured clone, as sent to workers, contains nothing', () => {
  expect(structuredClone({ secret: new Secret(VALUE) })).toEqual({ secret: {} });
});

test('reveals exactly the value that it was created with', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      const secret = new Secret(value);
      expect(secret.reveal()).toBe(value);
      expect([`${secret}`, JSON.stringify(secret), inspect(secret)]).toEqual([
        '***',
        '"***"',
        '***',
      ]);
    }),
  );
});

function start() {
  const masked: string[] = [];
  const secrets = new KnownSecrets((values) => masked.push(...values));
  const mask = (...values: readonly string[]) => secrets.mask(values.map((v) => new Secret(v)));
  return { secrets, masked, mask };
}

describe('masking', () => {
  test('is requested immediately, and once for each value', () => {
    const { masked, mask } = start();
    mask('first', 'second', 'first');
    expect(masked).toEqual(['first', 'second']);
    mask('second', 'third');
    expect(masked).toEqual(['first', 'second', 'third']);
  });

  test('is not requested for nothing', () => {
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

  test('hides a secret from the moment it is masked', () => {
    const { secrets, mask } = start();
    mask('first');
    expect(secrets.redact('first second')).toBe('*** second');
    mask('second');
    expect(secrets.redact('first second')).toBe('*** ***');
  });

  test('leaves alone what is too short in base64 to differ from words', () => {
    const { secrets, mask } = start();
    mask('abcde');
    expect(secrets.redact('YWJjZGU=')).toBe('***');
    expect(secrets.redact('YWJjZGU YmNkZQ')).toBe('YWJjZGU YmNkZQ');
  });

  test('hides the longest first, in whatever order they came', () => {
    const { secrets, mask } = start();
    mask('horse');
    mask('correct horse battery', 'horse battery');
    expect(secrets.redact('a correct horse battery')).toBe('a ***');
  });

  test.each([
    ['characters of patterns', 'a$&b.*(c', 'x a$&b.*(c y'],
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

  test('accepts text that is not well-formed', () => {
    const { secrets, mask } = start();
    mask('half \ud83d of a pair');
    expect(secrets.redact('it is half \ud83d of a pair')).toBe('it is ***');
  });
});

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
const bodyOf = (key: string) => key.replace(/-----[^-]*-----|\s/g, '');
const base64 = (text: string) => Buffer.from(text).toString('base64');

/** What servers may make of a key. */
const keyForms: Readonly<Record<string, string>> = {
  file: pem,
  body: bodyOf(pem),
  'wrapped differently': bodyOf(pem).replace(/.{76}/g, '$&\n'),
  JSON: JSON.stringify(pem),
  URL: encodeURIComponent(pem),
  base64: base64(pem),
  'base64 in lines': base64(pem).replace(/.{76}/g, '$&\n'),
  'base64 of the trimmed file': base64(pem.trimEnd()),
  'base64 after one character': base64(`x${pem}`),
  'base64 after two characters': base64(`xy${pem}`),
  'base64 of the body': base64(bodyOf(pem)),
  'base64 of JSON': base64(JSON.stringify(pem)),
  'base64 in a URL': encodeURIComponent(base64(pem)),
};

/** The longest piece that two texts share. */
function longestShared(text: string, other: string): number {
  let longest = 0;
  for (let at = 0; at < text.length; at++) {
    while (at + longest < text.length && other.includes(text.slice(at, at + longest + 1))) {
      longest++;
    }
  }
  return longest;
}

describe('of a private key', () => {
  const knowingKey = (...keys: readonly string[]) => {
    const { secrets, masked } = start();
    for (const key of keys) secrets.maskKey(new Secret(key), [new Secret(`mask of ${key}`)]);
    return { secrets, masked, hide: (text: string) => secrets.redactPieces(text) };
  };

  test('the masks are printed as given', () => {
    expect(knowingKey(pem).masked).toEqual([`mask of ${pem}`]);
  });

  test.each(Object.entries(keyForms))('nothing is left of %s', (_, form) => {
    const hidden = knowingKey(pem).hide(`before ${form} after`);
    expect(hidden).toMatch(/^before .*\*\*\*.* after$/s);
    // What is left are armour, line ends and the odd ends of a form.
    const left = hidden.replace(/-----[^-]*-----|\*\*\*|before|after/g, '');
    expect(longestShared(left, form)).toBeLessThan(60);
    expect(longestShared(hidden, bodyOf(pem))).toBeLessThan(16);
    expect(knowingKey(pem).hide(hidden)).toBe(hidden);
  });

  test('any piece of 16 characters is hidden, wherever it is', () => {
    const body = bodyOf(pem);
    const noise = fc.stringMatching(/^[ -~]{0,40}$/).filter((text) => !/%2[bf]|%3d/i.test(text));
    const piece = fc
      .tuple(fc.nat(body.length - 16), fc.integer({ min: 16, max: 200 }))
      .map(([from, length]) => body.slice(from, from + length))
      .filter((text) => /[a-z]/.test(text) && /[A-Z]/.test(text));
    const { hide } = knowingKey(pem);
    fc.assert(
      fc.property(noise, piece, noise, (before, secret, after) => {
        expect(hide(`${before} ${secret} ${after}`)).toBe(`${before} *** ${after}`);
      }),
    );
  });

  test('other text is left alone', () => {
    const { hide } = knowingKey(pem);
    const usual = '9eyf37799b5949099a5287a547f8e001 01G16QJSRNKA3JD4DQE2Z7KPEK /tmp/work/a.key';
    for (const text of [usual, 'Other/Run/Without/Keys0', 'AbCdEfGhIj%2BAbCdEfGhIj%3D']) {
      expect(hide(text)).toBe(text);
    }
  });

  /** A short key, so that what is hidden of a text can be told to the character. */
  const short =
    'mnopqrstuvwxyzabcdefGaB1cD2eFABCDefghiJ3kL4mNoP5qR6sTABCDefghuV7wX8yZ+/a+b/c+d/e+f/gH';

  test.each([
    ['a piece of 16 characters is hidden', 'aB1cD2eFABCDefgh', '***'],
    ['one of 15 is no secret', 'aB1cD2eFABCDefg', 'aB1cD2eFABCDefg'],
    ['nor is it amid other characters', '0000000000aB1cD2eFABCDefg0', '0000000000aB1cD2eFABCDefg0'],
    ['so is what comes before it in one case', 'mnopqrstuvwxyzabcdefG', '***'],
    ['what is around it stays', '0000aB1cD2eFABCDefghi0000', '0000***0000'],
    ['so does what is between two pieces', 'aB1cD2eFABCDefgh00oP5qR6sTABCDefgh', '***00***'],
    ['two that touch are two', 'aB1cD2eFABCDefghFABCDefghiJ3kL4m', '******'],
    ['with the escapes of a URL it is hidden, too', '0uV7wX8yZ%2B%2Fa%2bb%2fc%2Bd%2F0', '0***0'],
    ['the end of one form before another is no piece', 'f/gHLS0tLS1CRUdJ', 'f/gHLS0tLS1CRUdJ'],
  ])('%s', (_, text, shown) => {
    const { hide } = knowingKey(`-----BEGIN X-----\n${short}\n-----END X-----\n`);
    expect(hide(text)).toBe(shown);
  });

  test.each([12, 15, 20])('it is hidden in lines of %i, however they are separated', (width) => {
    const { hide } = knowingKey(pem);
    for (const between of ['\n', '\r\n', ' ', ', ', '", "', '\u200b', ' - ']) {
      const lines = bodyOf(pem).match(new RegExp(`.{1,${width}}`, 'g')) ?? [];
      // A last line of a few characters may be there by chance.
      expect(hide(`it is ${lines.join(between)}.`)).toMatch(/^it is \*\*\*(\W+[\w+/=]{1,3})?\.$/);
    }
  });

  test('it is hidden as it was sent, too', () => {
    const { secrets } = start();
    const sent = bodyOf(pem).replace(/.{12}/g, '$& \n');
    secrets.maskKey(new Secret(pem), [], new Secret(sent));
    for (const text of [pem, sent].map(base64)) {
      expect(secrets.redactPieces(`it is ${text}.`)).toBe('it is ***.');
    }
  });

  test('pieces of several keys are hidden together', () => {
    const { hide } = knowingKey(short, 'ZyXwVuTsRqPoNmLkJiHg');
    expect(hide('aB1cD2eFABCDefgh00ZyXwVuTsRqPoNmLk')).toBe('***00***');
  });

  test('pieces are hidden as long as it is among the latest 16', () => {
    const others = Array.from({ length: 15 }, (_, index) => `${short}${index}`.slice(41));
    const piece = 'aB1cD2eFABCDefgh';
    expect(knowingKey(short, ...others).hide(piece)).toBe('***');
    expect(knowingKey(short, ...others, 'one more').hide(piece)).toBe(piece);
  });
});

test('pieces of 16 characters of other secrets are hidden in what a server says', () => {
  const { secrets, mask } = start();
  mask('correct-horse-battery-staple');
  expect(secrets.redactPieces('it is orse-battery-stap')).toBe('it is ***');
  expect(secrets.redactPieces('it is orse-battery-s!')).toBe('it is orse-battery-s!');
  expect(secrets.redact('it is orse-battery-stap')).toBe('it is orse-battery-stap');
});

describe('a large part of a secret is hidden in what a server says', () => {
  const knowing = (...values: readonly string[]) => {
    const { secrets, mask } = start();
    mask(...values);
    return secrets;
  };

  test.each([
    ['all but the last character of 7', 'Tr0ub4d', 'Tr0ub4'],
    ['all but the last character of 12', 'Tr0ub4dor&3x', 'Tr0ub4dor&3'],
    ['all but the first character of 12', 'Tr0ub4dor&3x', 'r0ub4dor&3x'],
    ['the first half of 17', 'Tr0ub4dor&3xyz9!K', 'Tr0ub4do'],
    ['the second half of 21', 'Tr0ub4dor&3xyz9!Kq+7b', '3xyz9!Kq+7b'],
    ['the middle of 40', 'Tr0ub4dor&3xyz9!Kq+7bTr0ub4dor&3xyz9!Kq+7b', 'xyz9!Kq+7bTr0ub4'],
  ])('%s', (_, secret, part) => {
    const secrets = knowing(secret);
    expect(secrets.redactParts(`no ${part} please`)).toBe('no *** please');
    const encoded = Buffer.from(part).toString('base64').replace(/=+$/, '');
    expect(secrets.redactParts(`no ${encoded} please`)).toMatch(/^no \*\*\*.? please$/);
  });

  test('half of a secret with white space is, even without the white space at its end', () => {
    const secrets = knowing('aaAAA"!" "! jX7qAaaaAa');
    expect(secrets.redactParts('no jX7qAaaaAa please')).toMatch(/^no ?\*\*\* please$/);
  });

  test.each([
    ['less than half of 30', 'Tr0ub4dor&3xyz9!Kq+7bTr0ub4dor', 'Tr0ub4dor&3xyz'],
    ['seven characters of 12', 'Tr0ub4dor&3x', 'Tr0ub4d'],
    ['all but the last character of 6', 'tokens', 'token'],
    ['a word of a passphrase', 'correct horse battery', 'a horse'],
  ])('%s is not', (_, secret, part) => {
    expect(knowing(secret).redactParts(`no ${part} please`)).toBe(`no ${part} please`);
  });

  test('but stays in an identifier, from which only long pieces are hidden', () => {
    const secrets = knowing('mqtt1_device_secret', 'correct-horse-battery-staple');
    expect(secrets.redactPieces('mqtt1_device_secre')).toBe('***');
    expect(secrets.redactPieces('mqtt1_device_01')).toBe('mqtt1_device_01');
  });

  test('of any secret, any half, at any place', () => {
    const secret = fc.stringMatching(/^[A-Za-z0-9+/=_-]{16,60}$/);
    const noise = fc.stringMatching(/^[ .:,!?]{0,20}$/);
    fc.assert(
      fc.property(fc.array(secret, { minLength: 1, maxLength: 4 }), noise, (values, around) => {
        const secrets = knowing(...values);
        for (const value of values) {
          const half = Math.floor(value.length / 2);
          for (const part of [value.slice(0, -1), value.slice(0, half), value.slice(half)]) {
            const shown = secrets.redactParts(`${around} ${part} ${around}`);
            expect(shown.replaceAll('***', '').trim()).toBe(`${around}  ${around}`.trim());
          }
        }
      }),
    );
  });
});

test('neither repetitive keys nor repetitive text take long', () => {
  const { secrets, mask } = start();
  const body = 'A'.repeat(16_000);
  for (let count = 0; count < 16; count++) secrets.maskKey(new Secret(`${body}${count}`), []);
  mask(body.slice(1), `${'aB'.repeat(8_000)}c`);
  const started = performance.now();
  for (const unit of ['AAAAAAAAAAAAAAAb', 'aB', 'aaaaaaaaaaaaaaaaaaaB', 'A']) {
    const text = unit.repeat(16_000 / unit.length);
    secrets.redactParts(text);
    secrets.redactPieces(Buffer.from(text).toString('base64'));
  }
  // It takes half a second; were every piece searched for in every key, it would take a minute.
  expect(performance.now() - started).toBeLessThan(10_000);
});
