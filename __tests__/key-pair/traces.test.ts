import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hideTraces, isTraceable, tracesOf } from '../../src/key-pair/traces.ts';
import { Secret } from '../../src/secret.ts';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
const body = pem.replace(/-----[^-]*-----|\s/g, '');
const traces = tracesOf(new Secret(pem));
const hide = (text: string) => hideTraces(text, [() => traces]);

/** Everything that the masks of the runner cover, and what servers make of a key. */
const forms: Readonly<Record<string, string>> = {
  file: pem,
  body,
  'wrapped anew': body.replace(/.{76}/g, '$&\n'),
  JSON: JSON.stringify(pem),
  URL: encodeURIComponent(pem),
  base64: Buffer.from(pem).toString('base64'),
  'base64 in lines': Buffer.from(pem).toString('base64').replace(/.{76}/g, '$&\n'),
  'base64 of the trimmed file': Buffer.from(pem.trimEnd()).toString('base64'),
  'base64 behind one character': Buffer.from(`x${pem}`).toString('base64'),
  'base64 behind two characters': Buffer.from(`xy${pem}`).toString('base64'),
  'base64 of the body': Buffer.from(body).toString('base64'),
  'base64 of JSON': Buffer.from(JSON.stringify(pem)).toString('base64'),
  'base64 of base64': Buffer.from(Buffer.from(pem).toString('base64')).toString('base64'),
  'base64 in a URL': encodeURIComponent(Buffer.from(pem).toString('base64')),
};

/** The longest piece that two texts share. */
function longestShared(text: string, other: string): number {
  let longest = 0;
  for (let at = 0; at < text.length; at++) {
    while (at + longest < text.length && other.includes(text.slice(at, at + longest + 1)))
      longest++;
  }
  return longest;
}

describe('the traces of a key', () => {
  test.each(Object.entries(forms))('are found in %s', (_, form) => {
    const hidden = hide(`before ${form} after`);
    expect(hidden).toMatch(/^before .*\*\*\*.* after$/s);
    // What is left are armour, line ends and the odd ends of a form.
    const left = hidden.replace(/-----[^-]*-----|\*\*\*|before|after/g, '');
    expect(longestShared(left, form)).toBeLessThan(60);
    expect(longestShared(hidden, body)).toBeLessThan(16);
  });

  test('are found in any piece of 16 characters, wherever it stands', () => {
    const noise = fc.stringMatching(/^[ -~]{0,40}$/);
    const piece = fc
      .tuple(fc.nat(body.length - 16), fc.integer({ min: 16, max: 200 }))
      .map(([from, length]) => body.slice(from, from + length))
      .filter((text) => /[a-z]/.test(text) && /[A-Z]/.test(text));
    fc.assert(
      fc.property(noise, piece, noise, (before, secret, after) => {
        const hidden = hide(`${before} ${secret} ${after}`);
        expect(hidden).toBe(`${before} *** ${after}`);
      }),
    );
  });

  test('are not seen in other text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        fc.pre(longestShared(text, traces.text.reveal()) < 16);
        expect(hide(text)).toBe(text);
      }),
    );
    const usual = '9eyf37799b5949099a5287a547f8e001 01G16QJSRNKA3JD4DQE2Z7KPEK /tmp/work/a.key';
    expect(hide(usual)).toBe(usual);
  });

  test('stay where they are hidden', () => {
    for (const form of Object.values(forms)) expect(hide(hide(form))).toBe(hide(form));
  });

  test('are those of plain PEM only', () => {
    expect(isTraceable(new Secret(pem))).toBe(true);
    for (const text of [
      'no-key?',
      '-----BEGIN A-----\n-----END A-----\n',
      '-----BEGIN A-----\nProc-Type: 4\nAAAA\n-----END A-----',
    ]) {
      expect(isTraceable(new Secret(text))).toBe(false);
    }
  });
});

describe('in a run of base64', () => {
  /** A short key, so that what is hidden of a text can be told to the character. */
  const short = 'aB1cD2eFABCDefghiJ3kL4mNoP5qR6sTABCDefghuV7wX8yZ+/a+b/c+d/e+f/gH';
  const own = tracesOf(new Secret(`-----BEGIN X-----\n${short}\n-----END X-----\n`));
  const hidden = (text: string) => hideTraces(text, [() => own]);

  test.each([
    ['a piece of 16 characters is hidden', 'aB1cD2eFABCDefgh', '***'],
    ['one of 15 is no secret', 'aB1cD2eFABCDefg', 'aB1cD2eFABCDefg'],
    ['nor is it amid other characters', '0000000000aB1cD2eFABCDefg0', '0000000000aB1cD2eFABCDefg0'],
    ['what is around it stays', '0000aB1cD2eFABCDefghi0000', '0000***0000'],
    ['so does what is between two pieces', 'aB1cD2eFABCDefgh00oP5qR6sTABCDefgh', '***00***'],
    ['two that touch are two', 'aB1cD2eFABCDefghFABCDefghiJ3kL4m', '******'],
    ['of a block that is there twice the first place counts', 'FABCDefghiJ3kL4m', '***'],
    ['and so does the second', '0000000000TABCDefghuV7wX8y', '0000000000***'],
    ['one in a URL is hidden with its run', '0uV7wX8yZ%2B%2Fa%2bb%2fc%2Bd%2F0', '***'],
    ['other text in a URL stays', 'AbCdEfGhIj%2BAbCdEfGhIj%3D', 'AbCdEfGhIj%2BAbCdEfGhIj%3D'],
    ['the end of one form before another is no piece', 'f/gHLS0tLS1CRUdJ', 'f/gHLS0tLS1CRUdJ'],
  ])('%s', (_, text, shown) => {
    expect(hidden(text)).toBe(shown);
  });

  /** For a run that is longer, an index is used. */
  test.each([0, 1, 239, 240, 241, 300, 1000])('and wherever it begins, such as at %i', (at) => {
    const before = '0'.repeat(at);
    for (let skip = 0; skip + 16 <= 24; skip++) {
      const piece = short.slice(skip, skip + 16);
      expect(hidden(`${before}${piece}`)).toBe(`${before}***`);
      expect(hidden(`${piece}${before}`)).toBe(`***${before}`);
      expect(hidden(`${before}${piece.slice(1)}0`)).toBe(`${before}${piece.slice(1)}0`);
    }
  });

  test('what is remembered of a run is what it came to', () => {
    const known = new Map<string, string>();
    const text = `aB1cD2eFABCDefgh Other/Run/Without/Keys aB1cD2eFABCDefgh`;
    for (const _ of [1, 2]) {
      expect(hideTraces(text, [() => own], known)).toBe('*** Other/Run/Without/Keys ***');
    }
    expect(known.size).toBe(2);
  });

  test('no more is remembered than there is room for', () => {
    const known = new Map<string, string>();
    hideTraces('Aa'.repeat(200), [() => own], known);
    expect(known.size).toBe(0);
    for (let run = 0; run < 2_000; run++) hideTraces(`Aa${1e15 + run}`, [() => own], known);
    expect(known.size).toBe(1_000);
    expect(hideTraces('aB1cD2eFABCDefgh', [() => own], known)).toBe('***');
  });

  test('a key in base64 in a URL is hidden, padding and all', () => {
    const padded = Buffer.from(`${short}0`).toString('base64');
    const key = tracesOf(new Secret(`${short}0`));
    expect(padded).toMatch(/=$/);
    const piece = encodeURIComponent(padded.slice(-20));
    expect(hideTraces(piece, [() => key])).toBe('***');
  });

  test('pieces of several keys are hidden together', () => {
    const text = 'aB1cD2eFABCDefgh00ZyXwVuTsRqPoNmLk';
    const other = tracesOf(new Secret('ZyXwVuTsRqPoNmLkJiHg'));
    expect(hideTraces(text, [() => own, () => other])).toBe('***00***');
    expect(hideTraces(text, [() => other, () => own])).toBe('***00***');
    expect(hideTraces(text, [])).toBe(text);
  });
});
