import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { markdownAsText } from '../../sandbox/markdown-text.ts';
import { wrap } from '../../sandbox/wrap.ts';

describe('a wrapped text', () => {
  test('is broken between words, and goes on below its beginning', () => {
    expect(wrap('one two three four', 10)).toEqual(['one two', '  three', '  four']);
    expect(wrap('short', 10)).toEqual(['short']);
  });

  test('breaks a long word at its joints', () => {
    expect(wrap('https://host/path/to/it', 14, 0)).toEqual(['https://host/', 'path/to/it']);
  });

  test('is never too wide, and loses nothing but spaces', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 10, max: 40 }), (text, width) => {
        const lines = wrap(text, width);
        expect(lines.filter(({ length }) => length > width)).toEqual([]);
        expect(lines.join('').replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
      }),
    );
  });
});

test('a summary is shown without tags, and a table as a list', () => {
  const markdown = [
    '### Title',
    '',
    '| Agent | Stored |',
    '| --- | --- |',
    '| <code>a&#95;b</code> | x<br><code>&lt;y&gt;</code> |',
    '',
    '```sh',
    'some <line>',
    '```',
  ].join('\n');
  expect(markdownAsText(markdown)).toEqual([
    { text: 'Title', style: 'bold' },
    { text: '' },
    { label: '- Agent   ', text: 'a_b' },
    { label: '  Stored  ', text: 'x' },
    { label: '          ', text: '<y>' },
    { text: '' },
    { text: 'some <line>', indent: 2 },
  ]);
});
