import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Masker } from '../../sandbox/runner/masker.ts';

function maskerOf(...values: readonly string[]): Masker {
  const masker = new Masker();
  for (const value of values) masker.add(value);
  return masker;
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('the masker', () => {
  test.each([
    ['a value anywhere', ['sesame'], 'open sesame, sesame', 'open ***, ***'],
    ['a value that is the whole line', ['sesame'], 'sesame', '***'],
    ['no other case', ['sesame'], 'Sesame SESAME', 'Sesame SESAME'],
    ['a value of one character', ['x'], 'axb', 'a***b'],
    ['characters of patterns', ['a.*'], 'abc a.*', 'abc ***'],
    ['hits that overlap, as one', ['abcd', 'cdef'], 'xabcdefy', 'x***y'],
    ['hits that touch, as one', ['abc', 'def'], 'xabcdefy', 'x***y'],
    ['repeated hits that touch, as one', ['ab'], 'xababy', 'x***y'],
    ['a value that overlaps itself', ['aba'], 'xababay', 'x***y'],
    ['a hit within a longer one', ['b', 'abc'], 'xabcy', 'x***y'],
    ['hits apart, one by one', ['ab', 'cd'], 'ab cd', '*** ***'],
    ['each line of a value', ['first\nsecond\r\nthird\rfourth'], 'third first', '*** ***'],
    ['the whole value too', ['ab\ncd'], 'x ab\ncd y', 'x *** y'],
    ['lines without the blanks around them', ['one\n   two  \n'], 'two', '***'],
    ['nothing for blank lines', ['one\n\n   \n'], 'a   b', 'a   b'],
    ['nothing for blank values', [' ', '', '\n\t'], 'a b\tc', 'a b\tc'],
    ['nothing without values', [], 'a b', 'a b'],
    ['the empty line', ['x'], '', ''],
  ])('masks %s', (_, values, text, masked) => {
    expect(maskerOf(...values).mask(text)).toBe(masked);
  });

  test('keeps every mask', () => {
    const masker = maskerOf('first');
    expect(masker.mask('first second')).toBe('*** second');
    masker.add('second');
    expect(masker.mask('first second')).toBe('*** ***');
  });

  test.each([
    ['base64', 'open sesame', base64('open sesame')],
    ['base64 without its first byte', 'open sesame', base64('pen sesame')],
    ['base64 without its first two bytes', 'open sesame', base64('en sesame')],
    ['base64 of UTF-8', 'größe', base64('größe')],
    ['JSON', 'say "a"\t\\', 'say \\"a\\"\\t\\\\'],
    ['JSON of lines', 'first\nsecond', 'first\\nsecond'],
    ['URI encoding', 'a b/c?d', 'a%20b%2Fc%3Fd'],
    ['XML', `a<b>&"c'`, 'a&lt;b&gt;&amp;&quot;c&apos;'],
    ['a command line', 'a"b', 'a\\"b'],
    ['an expression', "it's", "it''s"],
    ['a value without the quotes around it', '"open sesame"', 'open sesame'],
  ])('masks %s of a value', (_, value, form) => {
    expect(maskerOf(value).mask(`x ${form} y`)).toBe('x *** y');
  });

  test.each([
    ['hex', Buffer.from('open sesame').toString('hex')],
    ['base64 in lines of another width', base64('open sesame').replace(/(.{8})/g, '$1\n')],
    ['base64url', Buffer.from('o?>~ sesame').toString('base64url')],
  ])('does not mask %s, like the runner', (_, form) => {
    expect(maskerOf('open sesame', 'o?>~ sesame').mask(form)).toBe(form);
  });

  test('masks every value, and nothing else', () => {
    const value = fc.stringMatching(/^[a-z]{1,6}$/);
    const text = fc.stringMatching(/^[a-z .]{0,40}$/);
    fc.assert(
      fc.property(fc.array(value, { maxLength: 4 }), text, (values, line) => {
        const masked = maskerOf(...values).mask(line);
        for (const each of values) expect(masked).not.toContain(each);
        // What is left is in the line, in this order.
        let at = 0;
        for (const piece of masked.split('***')) {
          at = line.indexOf(piece, at);
          expect(at).toBeGreaterThanOrEqual(0);
          at += piece.length;
        }
        expect(masked === line).toBe(!values.some((each) => line.includes(each)));
        expect(masked).not.toContain('******');
      }),
    );
  });
});
