import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { type FailedCall, Failure } from '../src/failure.ts';
import { KnownSecrets, Secret } from '../src/secret.ts';
import {
  cleanIdentifier,
  cleanInput,
  cleanText,
  code,
  describeFailure,
  document,
  escapeInvisible,
  verbatim,
} from '../src/text.ts';

/** What knows these secrets. */
function knowing(...values: readonly string[]): KnownSecrets {
  const secrets = new KnownSecrets(() => {});
  secrets.mask(values.map((value) => new Secret(value)));
  return secrets;
}

const none = knowing();
const LONG = 'all-of-this-longer';

describe('cleanText cleans:', () => {
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
    expect(cleanText(text, none, 10_000)).toBe(clean);
  });

  test('finds a secret that only cleaning puts together', () => {
    const secrets = knowing('open sesame');
    expect(cleanText('it is open\nsesame', secrets, 10_000)).toBe('it is ***');
    expect(cleanText('it is op\u200ben sesame', secrets, 10_000)).toBe('it is ***');
  });

  test('finds a secret that cleaning would change', () => {
    expect(cleanText('it is open\tsesame', knowing('open\tsesame'), 10_000)).toBe('it is ***');
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
        const clean = cleanText(given, none, 10_000);
        expect(clean).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
        expect(clean).toBe(clean.trim());
      }),
    );
  });
});

describe('cleanText', () => {
  test('reads only the beginning of a long text, and shows no end of it', () => {
    const secrets = knowing('open sesame');
    const redact = vi.spyOn(secrets, 'redact');
    expect(cleanText('word '.repeat(200_000), secrets)).toMatch(/^(word )+…$/);
    expect(Math.max(...redact.mock.calls.map(([text]) => text.length))).toBe(10_000);
    // Cut in the middle of the secret, which nothing recognises any more.
    const cleanedAway = `${'\n'.repeat(9_991)}open sesame`;
    expect(cleanText(cleanedAway, secrets)).toBe('…');
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
    expect(cleanText(text, none, longest)).toBe(shown);
  });

  test('shows 300 characters by default', () => {
    expect(cleanText(words, none)).toBe(`${'word '.repeat(60).trim()} …`);
  });

  test.each([
    [`token=${'aB3_-+'.repeat(20)}==, more`, '***, more'],
    ['it was ghs_16C7e42F292c6912E7710c838347Ae178B4a.', 'it was ***.'],
    ['eyJhbGciOiJSUzI1NiIsImtpZCI6ImtleTEifQ.eyJqdGkiOiI4NDY', '***.eyJqdGkiOiI4NDY'],
    ['z'.repeat(21), '***'],
    ['0123456789abcdef'.repeat(2).concat('0'), '***'],
    [
      'got -----BEGIN RSA PRIVATE KEY-----\nabc\ndef=\n-----END RSA PRIVATE KEY-----\nhere',
      'got *** here',
    ],
    ['got -----BEGIN PRIVATE KEY-----\\nabc\\ndef', 'got ***'],
    // How private keys begin that were cut: PKCS#1, PKCS#8, elliptic curves, Ed25519; PEM in base64.
    ['got MIIEowIBAAKCAQEA/XNG4 here', 'got *** here'],
    ['got MIIEvQIBADANBgkqhkiG9w0BAQEF', 'got ***'],
    ['got MIGHAgEAMBMGByqGSM49AgEG', 'got ***'],
    ['key=MHcCAQEEIKr+/a0sB1cD', 'key=***'],
    ['got MC4CAQAwBQYDK2VwBCIEI', 'got ***'],
    ['got LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0t/LQ here', 'got *** here'],
  ])('hides what looks like a key or a token: %o', (text, shown) => {
    expect(cleanText(text, none)).toBe(shown);
  });

  test.each([
    'z'.repeat(20),
    'log reference 5f0c1e2d3b4a5968778695a4b3c2d1e0',
    'Request 123e4567-e89b-42d3-a456-426614174000 failed',
    'certificate 01G16QJSRNKA3JD4DQE2Z7KPEK',
    'mdsp.core.generic.invalidRequestBodyProperty',
    'noHTTPConnectionToTheCertificateService',
    'certificate-authority-unavailable in DEVICE_CERTIFICATE_STORE_2',
    'see https://gateway.eu1.mindsphere.io/api/mindconnectmqtt/v3/agentCertificates/01G16QJ',
    'no file /home/runner/work/Device-Firmware/Device-Firmware/.insights-hub/mqtt1_device001.key',
    'MIIEowIBAAKCAQ is short',
    'MHcMeasurementOfWidgets',
    'aMIIEowIBAAKCAQEAqXNG4'.slice(0, 19),
  ])('leaves ids, words, paths and URLs alone: %s', (text) => {
    expect(cleanText(text, none)).toBe(text);
  });

  test('hides a part of a secret that contains what looks like an escape', () => {
    const secrets = knowing('xxxxxxx%41yyyyyyyz&amp;');
    expect(cleanText('no xxxxxxx%41yyyyyyy please', secrets)).toBe('no *** please');
    expect(cleanText('no yyyyyyyz&amp; please', secrets)).toBe('no *** please');
  });

  test.each([
    'ab%26cd%3cef%27gh%22ij',
    'ab&amp;cd&lt;ef&#39;gh&quot;ij',
    'ab&#x26;cd&#60;ef&apos;gh&#34;ij',
    'ab\\u0026cd\\u003cef\\u0027gh\\"ij',
  ])('finds a secret that is escaped: %s', (echo) => {
    const secrets = knowing(`ab&cd<ef'gh"ij`);
    expect(cleanText(`no ${echo} please`, secrets)).toBe('no *** please');
  });

  test.each(['%', '%zz', '%ff%fe', '&#99999999;', '&#xfffff;', '&unknown;', '\\u12', '\\'])(
    'accepts what only looks like an escape: %s',
    (text) => {
      expect(typeof cleanText(text, none)).toBe('string');
    },
  );

  test('leaves no piece of a secret when it cuts', () => {
    const secret = 'correct-horse-battery-staple';
    const secrets = knowing(secret);
    fc.assert(
      fc.property(fc.nat({ max: 60 }), fc.integer({ min: 1, max: 60 }), (before, longest) => {
        const text = `${'w '.repeat(before)}${secret} and more words`;
        expect(cleanText(text, secrets, longest)).not.toContain(secret.slice(0, 7));
      }),
    );
  });

  test('is never longer than allowed, except for the mark that it was cut', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 20 }), (text, longest) => {
        const shown = cleanText(text, none, longest);
        expect(shown.replace(/ ?…$/, '').length).toBeLessThanOrEqual(longest);
      }),
    );
  });
});

describe('describeFailure', () => {
  const url = new URL('https://user:hunter2@hub.invalid:8443/a/b?token=hunter2#hunter2');
  const show = (call?: FailedCall) =>
    describeFailure(new Failure('forbidden', 'Not allowed. Ask.', { call }), none);

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
  ])('describes a call %s', (_, more, told) => {
    expect(show({ method: 'GET', url, ...more })).toBe(`[forbidden] Not allowed. Ask. (${told})`);
  });

  test('hides secrets in every part, and cleans the parts from the server', () => {
    const said = {
      code: 'c\n::error::hunter2',
      message: `a hunter2\u0007${'word '.repeat(100)}`,
      reference: `hunter2 ${'r '.repeat(100)}`,
    };
    const call = { method: 'GET', url: new URL('https://hub.invalid/hunter2'), status: 400, said };
    const failure = new Failure('forbidden', 'No hunter2.', { call });
    const shown = describeFailure(failure, knowing('hunter2'));
    expect(shown).toMatch(
      /^\[forbidden\] No \*\*\*\. \(HTTP 400, GET https:\/\/hub\.invalid\/\*\*\*, code c ::error::\*\*\*, the server says "a \*\*\* word /,
    );
    expect(shown).toContain(' …", log reference *** r ');
    expect(shown).not.toMatch(/hunter2|\p{Cc}/u);
    expect(shown.length).toBeLessThan(700);
  });

  test('hides large parts of secrets in everything that the server says', () => {
    const said = { code: 'all-of-thi', message: 'no all-of-thi.', reference: 'r:is-longer' };
    const call = { method: 'GET', url: new URL('https://hub.invalid/a'), status: 400, said };
    const shown = describeFailure(new Failure('forbidden', 'No.', { call }), knowing(LONG));
    expect(shown).toContain('code ***, the server says "no ***.", log reference r:***');
  });

  test('shows codes, references and paths unchanged, but anything else as text', () => {
    const id = `Ab0-${'x9Y.'.repeat(15)}`;
    const call = {
      method: 'GET',
      url: new URL(`https://hub.invalid/agents/${id}`),
      status: 400,
      said: { code: id, permissions: `a=b ${'aB3'.repeat(20)}`, reference: 'aB3'.repeat(50) },
    };
    expect(describeFailure(new Failure('forbidden', 'No.', { call }), none)).toBe(
      `[forbidden] No. (HTTP 400, GET https://hub.invalid/agents/${id}, code ${id}, accepted permissions a=b ***, log reference ***)`,
    );
  });
});

test('cleanInput keeps what a name has in common with a secret', () => {
  expect(cleanInput('all-of-this', knowing(LONG))).toBe('all-of-this');
  expect(cleanInput('all-of-this-longe', knowing(LONG))).toBe('***');
});

test.each([
  ['a%41\\"b\\u0041&amp;&#65;', 'a%41\\"b\\u0041&amp;&#65;'],
  ['two\n%41 lines', 'two %41 lines'],
  ['a%41 all%2Dof%2Dthis%2Dlonger', 'aA ***'],
  ['a%41 all\\u002dof-this-longer', 'aA ***'],
  [`a%41 ${'b'.repeat(50)}`, 'aA ***'],
  [`a%41 ${'%62'.repeat(50)}`, 'aA ***'],
  ['a%41 -----BEGIN%20RSA', 'aA ***'],
])('cleanInput keeps escapes that hide nothing: %j', (value, shown) => {
  expect(cleanInput(value, knowing(LONG))).toBe(shown);
});

describe('cleanIdentifier', () => {
  test.each([
    ['mqtt1_device001', 'mqtt1_device001'],
    [`1000001700_${'aB3'.repeat(30)}`, `1000001700_${'aB3'.repeat(30)}`],
    ['mqtt1_a\u202eb', 'mqtt1_a\u202eb'],
    ['mqtt1_100%25&amp;', 'mqtt1_100%25&amp;'],
    ['two\nlines\u2028here', 'two lines here'],
    ['holds a secret', 'holds ***'],
    ['holds a\nsecret', 'holds ***'],
    ['holds\u200b a\u202e sec\u{e0041}ret', 'holds ***'],
    ['holds\u200b no\u202e secret', 'holds\u200b no\u202e secret'],
    ['all-of-thi', 'all-of-thi'],
    ['x-this-is-a-longer-y', 'x***y'],
  ])('%j becomes %j', (text, shown) => {
    const secrets = knowing('a secret', 'all of this-is-a-longer secret'.replaceAll(' ', '-'));
    expect(cleanIdentifier(text, secrets)).toBe(shown);
  });
});

test('invisible characters are shown as escapes', () => {
  const text = 'a\u202eb\u200bc\u00add\u3164e\u{e0041}f\ufe0f';
  const escaped = 'a\\u202eb\\u200bc\\u00add\\u3164e\\udb40\\udc41f\\ufe0f';
  expect(escapeInvisible(text)).toBe(escaped);
  expect(code(text)).toBe(`<code>${escaped.replaceAll('\\', '&#92;')}</code>`);
  const usual = 'mqtt1_device-001 grüße 😀 日本 ~';
  expect(escapeInvisible(usual)).toBe(usual);
});

test.each([
  ['', ''],
  ['See <b>@octo</b> a_b*c* &lt; | $x$.', '`See <b>@octo</b> a_b*c* &lt; | $x$.`'],
  ['The `name` is wrong.', '``The `name` is wrong.``'],
  ['`name` is ``wrong``', '``` `name` is ``wrong`` ```'],
  [' a ', '`  a  `'],
  ['a\u202eb', '`a\\u202eb`'],
])('a sentence is code that shows it verbatim: %j', (text, shown) => {
  expect(verbatim(text)).toBe(shown);
});

test('nothing ends a sentence that is shown as code, whatever it contains', () => {
  const text = fc
    .array(fc.oneof(fc.constantFrom('`', '``', ' ', '\\', '<'), fc.string()), { minLength: 1 })
    .map((parts) => parts.join('').replace(/[\r\n]/g, ''))
    .filter((given) => given.trim() !== '');
  fc.assert(
    fc.property(text, (given) => {
      const { 1: fence = '', 2: inner = '' } = /^(`+)([^`].*?)\1$/s.exec(verbatim(given)) ?? [];
      expect(fence).not.toBe('');
      const runs: readonly string[] = inner.match(/`+/g) ?? [];
      expect(runs).not.toContain(fence);
      expect(inner).not.toMatch(/^`|`$/);
      // As Markdown has it.
      const seen = /^ .* $/s.test(inner) ? inner.slice(1, -1) : inner;
      expect(seen).toBe(escapeInvisible(given));
    }),
  );
});

test('a document has one blank line between its blocks, and one line end at its end', () => {
  const blocks = ['', 'a', ['b', 'c'], '', '', [], ['d', '', 'e', ''], 'f', ['', '']];
  expect(document(blocks)).toBe('a\n\nb\nc\n\nd\n\ne\n\nf\n');
  expect(document(['a'])).toBe('a\n');
});
