import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { markdownAsText } from '../../sandbox/markdown-text.ts';
import { wrap } from '../../sandbox/wrap.ts';

describe('a wrapped text', () => {
  test('is broken between words, and continues below its beginning', () => {
    expect(wrap('one two three four', 10)).toEqual(['one two', '  three', '  four']);
    expect(wrap('short', 10)).toEqual(['short']);
  });

  test('breaks a long word at its joints', () => {
    expect(wrap('https://host/path/to/it', 14, 0)).toEqual(['https://host/', 'path/to/it']);
  });

  test('keeps a URL in one piece, if a line has room for it', () => {
    expect(wrap('see (https://host/path#a-part)', 28)).toEqual([
      'see',
      '  (https://host/path#a-part)',
    ]);
  });

  describe('with a fingerprint', () => {
    const bytes = Array.from({ length: 32 }, (_, index) => String(index + 10));
    const line = (from: number, to: number) => bytes.slice(from, to).join(':');

    test('is folded in the middle of it, or at its quarters', () => {
      const text = `SHA-256  ${bytes.join(':')}`;
      const halves = [`SHA-256  ${line(0, 16)}:`, `         ${line(16, 32)}`];
      expect(wrap(text, 100, 9)).toEqual(halves);
      expect(wrap(text, 60, 9)).toEqual(halves);
      const quarters = [0, 8, 16, 24].map((from) => line(from, from + 8));
      expect(wrap(text, 40, 9)).toEqual([
        `SHA-256  ${quarters[0]}:`,
        `         ${quarters[1]}:`,
        `         ${quarters[2]}:`,
        `         ${quarters[3]}`,
      ]);
    });

    test('keeps it in one piece if it fits on the next line', () => {
      const words = 'the fingerprint of this certificate is';
      const text = `${words} ${bytes.join(':')}, which is all`;
      expect(wrap(text, 100)).toEqual([words, `  ${bytes.join(':')},`, '  which is all']);
    });
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

test('a summary is shown without tags, with tables as lists', () => {
  const markdown = [
    '### Title: [code](https://host/page#code)',
    '',
    '| Agent | Stored |',
    '| --- | --- |',
    '| <code>a&#95;b</code> | x<br><code>&lt;y&gt;</code> |',
    '',
    'A [paragraph](https://host/page).',
    '- An item.',
    '``The `input` is <b>, not **c**.``',
    '- <code>a</code> failed: ` &lt; `',
    '',
    '```sh',
    'some <line>',
    '```',
    '',
    '',
  ].join('\n');
  expect(markdownAsText(markdown)).toEqual([
    { text: 'Title: code', style: 'bold' },
    { text: '' },
    { label: '- Agent   ', text: 'a_b' },
    { label: '  Stored  ', text: 'x' },
    { label: '          ', text: '<y>' },
    { text: '' },
    { text: 'A paragraph (https://host/page).', hang: 0 },
    { text: '- An item.' },
    { text: 'The `input` is <b>, not **c**.', hang: 0 },
    { text: '- a failed: &lt;' },
    { text: '' },
    { text: 'some <line>', isCode: true },
  ]);
});
