import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FailedCall, Failure } from '../src/failure.ts';
import { showFailure, showIdentifier, showText } from '../src/shown.ts';

const asItIs = (text: string) => text;

describe('showText cleans:', () => {
  test.each([
    ['plain words', 'plain words'],
    ['  around \n', 'around'],
    ['two\nlines', 'two lines'],
    ['CR\r\nLF', 'CR LF'],
    ['line\u2028and\u2029paragraph', 'line and paragraph'],
    ['tab\tand\u0000null', 'tab and null'],
    ['\u001b[31mred\u001b[0m', '[31mred [0m'],
    ['zero\u200bwidth\ufeff', 'zerowidth'],
    ['right\u202eto left\u2066', 'rightto left'],
    ['soft\u00adhyphen', 'softhyphen'],
    ['half \ud83d a pair', 'half \ufffd a pair'],
    ['grüße 😀', 'grüße 😀'],
    ['\n::error::owned', '::error::owned'],
  ])('%j becomes %j', (text, clean) => {
    expect(showText(text, asItIs, 10_000)).toBe(clean);
  });

  test('finds a secret that only cleaning puts together', () => {
    const redact = (text: string) => text.replaceAll('open sesame', '***');
    expect(showText('it is open\nsesame', redact, 10_000)).toBe('it is ***');
    expect(showText('it is op\u200ben sesame', redact, 10_000)).toBe('it is ***');
  });

  test('finds a secret that cleaning would change', () => {
    const redact = (text: string) => text.replaceAll('open\tsesame', '***');
    expect(showText('it is open\tsesame', redact, 10_000)).toBe('it is ***');
  });

  test('is always one well-formed line without control characters', () => {
    const sign = fc.constantFrom(
      '\n',
      '\r',
      '\u001b',
      '\u0000',
      '\u0085',
      '\u2028',
      '\u200e',
      '\ud800',
    );
    const text = fc.array(fc.oneof(sign, fc.string({ unit: 'binary' }))).map((t) => t.join(''));
    fc.assert(
      fc.property(text, (given) => {
        const clean = showText(given, asItIs, 10_000);
        expect(clean).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
        expect(clean).toBe(clean.trim());
      }),
    );
  });
});

describe('showText', () => {
  test('looks at the beginning of a long text only, and shows no end of it', () => {
    const seen: number[] = [];
    const redact = (text: string) => {
      seen.push(text.length);
      return text.replaceAll('open sesame', '***');
    };
    expect(showText('word '.repeat(200_000), redact)).toMatch(/^(word )+…$/);
    expect(Math.max(...seen)).toBe(10_000);
    // Cut in the middle of the secret, which nothing recognises any more.
    const cleanedAway = `${'\n'.repeat(9_991)}open sesame`;
    expect(showText(cleanedAway, redact)).toBe('…');
  });

  const words = 'word '.repeat(100).trim();

  test.each([
    ['short words stay', words, 499, words],
    ['is cut between words', 'one two three', 9, 'one two …'],
    ['is cut at the very limit', 'one two three', 7, 'one two …'],
    ['is cut before a word that does not fit', 'one two three', 6, 'one …'],
    ['one long word is left out', 'abcdefghijkl', 5, '…'],
    ['so is a long word at the beginning', 'abcdefghijkl mn', 5, '…'],
  ])('%s', (_, text, longest, shown) => {
    expect(showText(text, asItIs, longest)).toBe(shown);
  });

  test('takes 300 characters by default', () => {
    expect(showText(words, asItIs)).toBe(`${'word '.repeat(60).trim()} …`);
  });

  test.each([
    ['a'.repeat(39), 'a'.repeat(39)],
    ['a'.repeat(40), '***'],
    [`token=${'aB3_-+/'.repeat(20)}==, more`, '***, more'],
    [`a ${'x'.repeat(70)} b ${'y'.repeat(70)} c`, 'a *** b *** c'],
    [
      'got -----BEGIN RSA PRIVATE KEY-----\nabc\ndef=\n-----END RSA PRIVATE KEY-----\nhere',
      'got *** here',
    ],
    ['got -----BEGIN PRIVATE KEY-----\\nabc\\ndef', 'got ***'],
    // How private keys begin that were cut: PKCS#1, PKCS#8, both for elliptic curves.
    ['got MIIEowIBAAKCAQEAqXNG4 here', 'got *** here'],
    ['got MIIEvQIBADANBgkqhkiG9w0BAQEF', 'got ***'],
    ['got MIGHAgEAMBMGByqGSM49AgEG', 'got ***'],
    ['key=MHcCAQEEIKr+/a0sB1cD', 'key=***'],
    ['MIIEowIBAAKCAQ is short', 'MIIEowIBAAKCAQ is short'],
    ['MHcMeasurementOfWidgets', 'MHcMeasurementOfWidgets'],
    ['aMIIEowIBAAKCAQEAqXNG4', 'aMIIEowIBAAKCAQEAqXNG4'],
  ])('hides keys and opaque runs: %o', (text, shown) => {
    expect(showText(text, asItIs)).toBe(shown);
  });

  test.each([
    'ab%26cd%3cef%27gh%22ij',
    'ab&amp;cd&lt;ef&#39;gh&quot;ij',
    'ab&#x26;cd&#60;ef&apos;gh&#34;ij',
    'ab\\u0026cd\\u003cef\\u0027gh\\"ij',
  ])('finds a secret that is escaped: %s', (echo) => {
    const redact = (text: string) => text.replaceAll(`ab&cd<ef'gh"ij`, '***');
    expect(showText(`no ${echo} please`, redact)).toBe('no *** please');
  });

  test.each(['%', '%zz', '%ff%fe', '&#99999999;', '&#xfffff;', '&unknown;', '\\u12', '\\'])(
    'survives what only looks escaped: %s',
    (text) => {
      expect(typeof showText(text, asItIs)).toBe('string');
    },
  );

  test('no piece of a secret is left by cutting', () => {
    const secret = 'correct-horse-battery-staple';
    const redact = (text: string) => text.replaceAll(secret, '***');
    fc.assert(
      fc.property(fc.nat({ max: 60 }), fc.integer({ min: 1, max: 60 }), (before, longest) => {
        const text = `${'w '.repeat(before)}${secret} and more words`;
        expect(showText(text, redact, longest)).not.toContain(secret.slice(0, 7));
      }),
    );
  });

  test('is never longer than it may be, but for the sign that it was cut', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 20 }), (text, longest) => {
        const shown = showText(text, asItIs, longest);
        expect(shown.replace(/ ?…$/, '').length).toBeLessThanOrEqual(longest);
      }),
    );
  });
});

describe('showFailure', () => {
  const url = new URL('https://user:hunter2@hub.invalid:8443/a/b?token=hunter2#hunter2');
  const show = (call?: FailedCall) =>
    showFailure(new Failure('forbidden', 'Not allowed. Ask.', { call }), asItIs);

  test('begins with the code', () => {
    expect(show()).toBe('[forbidden] Not allowed. Ask.');
  });

  test.each<[string, Partial<FailedCall>, string]>([
    ['of which nothing came back', {}, 'GET https://hub.invalid:8443/a/b'],
    ['with a status', { status: 403 }, 'HTTP 403, GET https://hub.invalid:8443/a/b'],
    [
      'with all that a server may say',
      { status: 403, said: { code: 'c.1', message: 'No scope.', reference: 'ab12' } },
      'HTTP 403, GET https://hub.invalid:8443/a/b, code c.1, the server says "No scope.", log reference ab12',
    ],
    [
      'with empty words',
      { status: 403, said: { code: '', message: '' } },
      'HTTP 403, GET https://hub.invalid:8443/a/b',
    ],
  ])('tells a call %s', (_, more, told) => {
    expect(show({ method: 'GET', url, ...more })).toBe(`[forbidden] Not allowed. Ask. (${told})`);
  });

  test("takes secrets out of every part, and cleans the server's", () => {
    const redact = (text: string) => text.replaceAll('hunter2', '***');
    const said = {
      code: 'c\n::error::hunter2',
      message: `a hunter2\u0007${'word '.repeat(100)}`,
      reference: `hunter2 ${'r '.repeat(100)}`,
    };
    const call = { method: 'GET', url: new URL('https://hub.invalid/hunter2'), status: 400, said };
    const shown = showFailure(new Failure('forbidden', 'No hunter2.', { call }), redact);
    expect(shown).toMatch(
      /^\[forbidden\] No \*\*\*\. \(HTTP 400, GET https:\/\/hub\.invalid\/\*\*\*, code c ::error::\*\*\*, the server says "a \*\*\* word /,
    );
    expect(shown).toContain(' …", log reference *** r ');
    expect(shown).not.toMatch(/hunter2|\p{Cc}/u);
    expect(shown.length).toBeLessThan(700);
  });
});

describe('showIdentifier', () => {
  test.each([
    ['mqtt1_device001', 'mqtt1_device001'],
    [`mqtt1_${'x'.repeat(100)}`, `mqtt1_${'x'.repeat(100)}`],
    ['mqtt1_a\u202eb', 'mqtt1_a\u202eb'],
    ['mqtt1_100%25&amp;', 'mqtt1_100%25&amp;'],
    ['two\nlines\u2028here', 'two lines here'],
    ['holds a secret', 'holds ***'],
  ])('%j becomes %j', (text, shown) => {
    expect(showIdentifier(text, (raw) => raw.replaceAll('a secret', '***'))).toBe(shown);
  });
});
