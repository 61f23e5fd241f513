import { expect, test } from 'vitest';
import { document } from '../src/markdown.ts';

test('a document has no two blank lines in a row, and one line end at its end', () => {
  expect(document(['', 'a', '', '', '', 'b', 'c', '', ''])).toBe('a\n\nb\nc\n');
  expect(document(['a'])).toBe('a\n');
});
