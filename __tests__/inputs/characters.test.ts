import fc from 'fast-check';
import { expect, test } from 'vitest';
import { characterIn, controlIn, forbiddenIn, misleadingIn } from '../../src/inputs/characters.ts';

test.each<[string, string]>([
  ['a b', 'a space at position 2'],
  ['a/b c', '"/" at position 2'],
  ['a😀+', '"+" at position 3'],
  ['\u001b[0m', 'the control character U+001B (escape) at position 1'],
  ['a\r', 'the control character U+000D (carriage return) at position 2'],
  ['a\u009b', 'the control character U+009B at position 2'],
  ['a\u2003b', 'the white space character U+2003 at position 2'],
  ['a\u3000', 'the white space character U+3000 (ideographic space) at position 2'],
  ['a\ufeffb', 'the invisible character U+FEFF (byte order mark) at position 2'],
  ['\u{e0041}', 'the invisible character U+E0041 at position 1'],
  ['a\u0600', 'the format character U+0600 at position 2'],
])('%j is refused as a name with its character and position', (name, which) => {
  expect(forbiddenIn(name)).toBe(which);
});

test.each(['', 'pump-7', 'Gerät.7@line_3-(b)', '日本', 'a"b'])(
  '%j is accepted as a name',
  (name) => {
    expect(forbiddenIn(name)).toBeUndefined();
  },
);

test('a character that only joins others is accepted outside of names', () => {
  expect(misleadingIn('نیم\u200cفاصله 👩\u200d💻')).toBeUndefined();
  expect(controlIn('a b\u00a0c')).toBeUndefined();
});

test('only printable characters are shown, for any text and any pattern', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      for (const pattern of [/[^a]/u, /[^\p{L}]/u, /\p{C}/u, /\s/u]) {
        const which = characterIn(text, pattern) ?? '';
        expect(which).not.toMatch(/[[\p{C}\p{M}\p{Z}\p{Default_Ignorable_Code_Point}]--[ ]]/v);
        expect(which.length).toBeLessThan(90);
      }
    }),
  );
});
