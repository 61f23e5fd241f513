import { beforeAll, describe, expect, test } from 'vitest';
import { type ExampleRuns, runExamples } from '../../docs/example-runs.ts';
import { examplesOf, PAGES, withExamples } from '../../docs/examples.ts';
import { createWork, estimateLine } from '../../src/report/estimate.ts';
import { countProgress } from '../../src/report/log.ts';
import { pages, proseOf, read } from './pages.ts';

/** The modes of files, and paths with slashes, are those of a POSIX system. */
describe.skipIf(process.platform === 'win32')('the examples in the pages', () => {
  let runs: ExampleRuns;
  let examples: ReturnType<typeof examplesOf>;
  beforeAll(async () => {
    runs = await runExamples();
    examples = examplesOf(runs);
  });

  test.each(PAGES)('are what the bundles print: %s; `npm run docs` writes them', (page) => {
    expect(withExamples(read(page), examples)).toBe(read(page));
  });

  test('are all shown', () => {
    const all = PAGES.map(read).join('\n');
    const missing = Object.keys(examples).filter(
      (name) => !all.includes(`<!-- example: ${name}, written by npm run docs -->`),
    );
    expect(missing).toEqual([]);
  });

  test('would be corrected', () => {
    const page = read('docs/reference.md');
    const wrong = page.replace('Created agent device001', 'Made agent device001');
    expect(wrong).not.toBe(page);
    expect(withExamples(wrong, examples)).toBe(page);
    const open = wrong.replace('<!-- end of the example -->', '');
    expect(() => withExamples(open, examples)).toThrow('no end');
    const unknown = wrong.replace('<!-- example: log,', '<!-- example: nothing,');
    expect(() => withExamples(unknown, examples)).toThrow('nothing');
  });

  test('contain nothing that differs from run to run', async () => {
    expect(examplesOf(await runExamples())).toEqual(examples);
    const told = JSON.stringify(examples);
    expect(told).not.toMatch(/127\.0\.0\.1|localhost|sandbox-runner|\b[0-9a-f]{32}\b/);
  });

  test('show each file that docs/reference.md describes for a run of one agent', () => {
    const [, table = ''] = read('docs/reference.md').split(/\n## Files\n/);
    const rows = [...table.matchAll(/^\| `([^`]+)` \| (\d{4}) \|/gm)].map(
      ([, file = '', mode]) =>
        `${mode} .insights-hub/${file.replace('<clientId>', 'mqtt1_device001')}`,
    );
    const [folder, ...files] = runs.one.files.map(({ path, mode }) => `${mode} ${path}`);
    expect(folder).toBe('0700 .insights-hub');
    const ofFleets = '0644 .insights-hub/agents.json';
    expect(rows.filter((row) => row !== ofFleets).sort()).toEqual([...files].sort());
  });
});

/** What looks like the output, the log or the summary of a run. */
const PRINTED =
  /^ +"(?:clientId|certificatePath|privateKeyPath)": |^mosquitto_pub |^(?:Created|Deleted|Failed:?) agent |^> ### \S* ?Agent/gm;
const MARKED = /^<!-- example: .*\n(?:(?!<!-- ).*\n)*<!-- end of the example -->$/gm;

test.each(pages)('what a run prints is an example, and not typed: %s', (page) => {
  expect(read(page).replaceAll(MARKED, '').match(PRINTED)).toBeNull();
});

test('typed output would be found', () => {
  const printed = PAGES.flatMap((page) => read(page).match(PRINTED) ?? []);
  expect(printed.length).toBeGreaterThan(5);
  for (const page of PAGES) expect(read(page).match(MARKED)).not.toBeNull();
});

describe('the log lines that docs/fleets.md quotes', () => {
  const code = (text = '') => [...text.matchAll(/`([^`\n]+)`/g)].map(([, quoted = '']) => quoted);
  const quotes = code(proseOf('docs/fleets.md'));
  const withoutNumbers = (text: string) => text.replaceAll(/\d+(\.\d+)?/g, '0');

  test('show how long a step takes', () => {
    const rateLimit = { count: 10, seconds: 30 };
    expect(quotes).toContain(estimateLine(createWork(1000, { rateLimit, ephemeral: false })));
  });

  test('show progress, with any numbers', () => {
    const lines: string[] = [];
    let now = 0;
    const count = countProgress(1000, { now: () => now }, (line) => lines.push(line));
    now = 10_001;
    count({ state: 'failed' });
    // More than an hour to go: seconds are left out then.
    expect(lines).toHaveLength(1);
    now = 40_000;
    for (let done = 1; done < 122; done += 1) count({ state: 'created' });
    now = 60_000;
    count({ state: 'created' });
    const [, , line = ''] = lines;
    expect(line).toMatch(/\d min \d+ s/);
    expect(quotes.map(withoutNumbers)).toContain(withoutNumbers(line));
  });
});
