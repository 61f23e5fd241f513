import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { abridged, withoutConnect } from '../../sandbox/picture/abridged.ts';
import { flow } from '../../sandbox/picture/flow.ts';
import { parseMarkdown } from '../../sandbox/picture/markdown.ts';
import { pageAsSvg } from '../../sandbox/picture/page.ts';
import { stable } from '../../sandbox/picture/stable.ts';
import { terminalAsSvg } from '../../sandbox/picture/svg.ts';
import { THEMES } from '../../sandbox/picture/theme.ts';

describe('what differs from run to run', () => {
  test.each([
    ['agent id wjs8m2l19sgiqed60w4faruq293misp3', 'agent id 9eyf37799b5949099a5287a547f8e001'],
    ['id 8HNR72BC49AW3S2FWREV4HAY61,', 'id 01G16QJSRNKA3JD4DQE2Z7KPEK,'],
    ['53:97:D8:AA', 'AB:CD:EF:01'],
    [
      'http://127.0.0.1:38177/ mqtts://localhost:40089',
      'http://127.0.0.1:50001/ mqtts://localhost:50002',
    ],
    ['"2026-11-25T22:14:51.527Z"', '"2026-01-01T08:00:00.000Z"'],
    ['Nov 25 22:09:10 2026 GMT', 'Jan  1 08:00:00 2026 GMT'],
    ['broker, 1.3 s', 'broker, 0.4 s'],
    ['/tmp/runner-gt3FW3/work/a.pem', '/tmp/runner-a1b2c3/work/a.pem'],
    ['0600   1679  a/b.key', '0600   1675  a/b.key'],
  ])('is replaced, at the same length: %s', (line, expected) => {
    expect(stable(line)).toBe(expected);
    expect(expected).toHaveLength(line.length);
  });

  test('is all that is replaced', () => {
    const line = 'Dec 31 23:59:59 2049 GMT, 2049-12-31T23:59:59.000Z, 0700   4096  .insights-hub';
    expect(stable(line)).toBe(line);
  });
});

test('a picture holds the text, escaped and in its colours', () => {
  const svg = terminalAsSvg('\u001b[1m\u001b[32m<ok>\u001b[39m\u001b[22m & plain', {
    title: 'npm start',
    columns: 20,
  });
  expect(svg).toMatch(/class="b g">&lt;ok&gt;<\/tspan><tspan x="[\d.]+" [^>]*"> &amp; plain</);
  expect(svg).toContain('aria-label="npm start"');
  expect(svg).not.toContain('\u001b');
});

test('a line that is wider than the terminal continues in the next row', () => {
  const svg = terminalAsSvg('\u001b[2m12345678901234\u001b[22m\nshort', { title: '', columns: 10 });
  const rows = [...svg.matchAll(/>([^<>]+)<\/tspan>/g)].map(([, text]) => text);
  expect(rows).toEqual(['1234567890', '1234', 'short']);
  expect(svg.match(/class="d">1234</)).not.toBeNull();
});

describe('a picture that is abridged', () => {
  const heading = (title: string) => `\n\u001b[2m──\u001b[22m \u001b[1m${title}\u001b[22m ───`;

  test('says which sections of the demo are left out, and where', () => {
    const lines = [
      heading('The certificate'),
      'subject',
      heading('Outputs'),
      'agentId',
      heading('Job summary'),
      'first',
      '',
      'second',
      heading('Files in the workspace after the job'),
      '(none)',
      '',
      'Exit code 0',
    ];
    expect(stripped(abridged(lines.join('\n')))).toEqual([
      '── The certificate ───',
      'subject',
      '[… left out here: Outputs; Job summary]',
      '── Files in the workspace after the job ───',
      '(none)',
      'Exit code 0',
    ]);
  });

  test('says that the last part of a job summary is left out', () => {
    const markdown = '### Title\n\n#### Connect as <code>a</code>\n\nConnect so.\n';
    expect(withoutConnect(markdown)).toBe(
      '### Title\n\n[… left out here: Connect as <code>a</code>]',
    );
    expect(withoutConnect('### Title\n')).toBe('### Title\n');
  });
});

const stripped = (text: string) => stripVTControlCharacters(text).split('\n').filter(Boolean);

test('Markdown is read as job summaries use it', () => {
  const markdown = [
    '### ✅ Agent <code>a&#95;b</code>',
    '',
    '- **Key**: <code>/a/b</code>',
    '  - nested, [`code`](https://host/page)',
    '- Failed: `` `a` is &lt;b&gt;, not **c** ``',
    '',
    '<details><summary>Closed</summary>',
    '',
    'hidden',
    '',
    '</details>',
    '',
    '<details open><summary>Open</summary>',
    '',
    '| A | B |',
    '| --- | --- |',
    '| x<br>y | <code>&lt;z&gt;</code> |',
    '',
    '</details>',
    '',
    '```sh',
    '- some **code**',
    '```',
    'The end.',
  ].join('\n');
  const plain = (text: string) => [{ text }];
  const bold = (text: string) => ({ text, bold: true });
  expect(parseMarkdown(markdown)).toEqual([
    { kind: 'heading', level: 3, runs: [{ text: '✅ Agent ' }, { text: 'a_b', code: true }] },
    { kind: 'item', depth: 0, runs: [bold('Key'), { text: ': ' }, { text: '/a/b', code: true }] },
    {
      kind: 'item',
      depth: 1,
      runs: [{ text: 'nested, ' }, { text: 'code', code: true, link: true }],
    },
    {
      kind: 'item',
      depth: 0,
      runs: [{ text: 'Failed: ' }, { text: '`a` is &lt;b&gt;, not **c**', code: true }],
    },
    { kind: 'summary', isOpen: false, runs: plain('Closed') },
    { kind: 'summary', isOpen: true, runs: plain('Open') },
    {
      kind: 'table',
      rows: [
        [[plain('A')], [plain('B')]],
        [[plain('x'), plain('y')], [[{ text: '<z>', code: true }]]],
      ],
    },
    { kind: 'code', lines: ['- some **code**'] },
    { kind: 'paragraph', runs: plain('The end.') },
  ]);
});

test('text is broken into lines that fit, and nothing but spaces is lost', () => {
  const run = fc.record({ text: fc.string({ unit: 'grapheme-ascii' }), code: fc.boolean() });
  const size = 10;
  fc.assert(
    fc.property(fc.array(run), fc.integer({ min: 40, max: 400 }), (runs, width) => {
      const lines = flow(runs, { size, width });
      const ends = lines.flatMap((pieces) => pieces.map((piece) => piece.x + piece.width));
      expect(ends.filter((end) => end > width + 0.001)).toEqual([]);
      const shown = lines.flat().map(({ text }) => text);
      const given = runs.map(({ text }) => text);
      expect(shown.join('').replace(/ /g, '')).toBe(given.join('').replace(/ /g, ''));
    }),
  );
});

describe('a page', () => {
  const page = (markdown: string, width = 600) =>
    pageAsSvg(markdown, { title: 'A "page"', width, theme: THEMES.dark });

  test('has a title, its text escaped, and the colours of its theme', () => {
    const svg = page('#### <code>&lt;a&gt;</code> & b');
    expect(svg).toContain('aria-label="A &quot;page&quot;"');
    expect(svg).toMatch(/class="c b" [^>]*>&lt;a&gt;<\/text>/);
    expect(svg).toMatch(/class="b" [^>]*> ?&amp; b<\/text>/);
    expect(svg).toContain(`fill="${THEMES.dark.page}"`);
    expect(svg).not.toContain(THEMES.light.page);
  });

  test('draws emoji as icons, which needs no font', () => {
    expect(page('### ✅ yes')).toContain('<g transform');
    expect(page('### ❌ no')).toContain(`stroke="${THEMES.dark.failed}"`);
    expect(page('### ✅ yes\n### ❌ no')).not.toMatch(/[✅❌]/u);
  });

  test('cuts long lines of code, with a scroll bar', () => {
    const svg = page(`\`\`\`sh\n${'x'.repeat(200)}\n\`\`\``);
    const [, shown = ''] = />(x+)<\/text>/.exec(svg) ?? [];
    expect(shown.length).toBeGreaterThan(50);
    expect(shown.length).toBeLessThan(70);
    expect(svg).toContain(`fill="${THEMES.dark.bar}"`);
    expect(page('```sh\nx\n```')).not.toContain(THEMES.dark.bar);
  });

  test('keeps a table as narrow as its longest words allow', () => {
    const table = `| A | B |\n| --- | --- |\n| ${'word '.repeat(60)} | <code>one&#95;word</code> |`;
    const edges = [...page(table).matchAll(/<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"/g)];
    const ends = edges.map(([, x, width]) => Number(x) + Number(width));
    expect(Math.max(...ends)).toBeLessThanOrEqual(600);
    expect(page(table)).toContain('>one_word</text>');
  });
});
