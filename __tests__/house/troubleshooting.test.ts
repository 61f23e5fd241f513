import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { failureCodes } from '../../src/failure.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const page = readFileSync(path.join(ROOT, 'docs/troubleshooting.md'), 'utf8');

/** All source: it contains every message verbatim. */
const source = readdirSync(path.join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => readFileSync(path.join(ROOT, 'src', name), 'utf8').replaceAll('\\', ''))
  .join('\n')
  // Placeholders appear on the page as `…` or as a value.
  .replaceAll(/\$\{[^{}]*\}/g, '…');

/** Messages of others: GitHub, OpenSSL, a shell, a Dockerfile, or a user's own step. */
const OTHERS = [
  "The agent's client id is ***_device001",
  "Skip output 'client-id' since it may contain secret.",
  'Argument list too long',
  'Resource not accessible by integration',
  'Could not read key from …',
  'COPY . .',
  'error:1E08010C:DECODER routines::unsupported',
  'algid parse error, not a sequence',
];

interface Entry {
  readonly heading: string;
  readonly shown: readonly string[];
  readonly rest: string;
}

function entriesOf(heading: string): readonly Entry[] {
  const [, section = ''] = page.split(`\n## ${heading}\n`);
  const [own = ''] = section.split(/\n## /);
  const [, ...entries] = own.split(/\n### /);
  return entries.map((entry) => {
    const [, name = '', shown = '', rest = ''] =
      /^([^\n]+)\n\n```text\n(.*?)\n```\n(.*)$/s.exec(entry) ?? [];
    return { heading: name, shown: shown.split('\n'), rest };
  });
}

/** The parts of a text that are the same in every run, which are nowhere in the source. */
function madeUp(shown: string): readonly string[] {
  const text = shown
    .replace(/^\[[\w-]+\] /, '')
    .replace('the proxy in HTTPS_PROXY', 'the proxy in …')
    // What is wrong with a certificate follows whose it is.
    .replace("the broker's certificate", "the broker's certificate …")
    // The host's own words.
    .replace('in a later step (with `if: always()`)', '…');
  // Sentences come from different places; placeholders also divide them.
  const parts = text.split(/ \(…|…|(?<=[.:]) /).map((part) => part.trim());
  return parts.filter((part) => part.length > 3 && !source.includes(part));
}

const codes = entriesOf('Failure codes');
const traps = entriesOf('Traps');
const lines = entriesOf('Warnings and other lines');
const all = [...codes, ...traps, ...lines];

describe('docs/troubleshooting.md', () => {
  test('has an entry for every failure code, in their order, and no others', () => {
    expect(codes.map(({ heading }) => heading)).toEqual(failureCodes);
  });

  test.each(codes)('begins with what a user sees: $heading', ({ heading, shown }) => {
    expect(shown.length).toBeGreaterThan(0);
    for (const line of shown) expect(line.startsWith(`[${heading}] `), line).toBe(true);
  });

  test.each(all)('quotes messages exactly: $heading', ({ shown }) => {
    const ours = shown.filter((line) => !OTHERS.includes(line));
    expect(ours.flatMap(madeUp)).toEqual([]);
  });

  test.each(all)('says what it means, and what to do: $heading', ({ rest }) => {
    expect(rest).toMatch(/^\n\*\*It means\*\* .+\n\n\*\*What to do\*\*: /);
  });

  test('has entries for the traps, with codes that exist', () => {
    expect(traps.length).toBeGreaterThanOrEqual(10);
    const named = traps.flatMap(({ shown }) =>
      shown.flatMap((line) => /^\[([\w-]+)\] /.exec(line)?.[1] ?? []),
    );
    expect(named.filter((code) => !failureCodes.some((known) => known === code))).toEqual([]);
  });

  test('has entries for lines without a code, all of them from this project', () => {
    expect(lines.length).toBeGreaterThanOrEqual(10);
    const shown = lines.flatMap((entry) => entry.shown);
    expect(shown.filter((line) => line.startsWith('[') || OTHERS.includes(line))).toEqual([]);
  });

  test('quotes only messages of others that are on the page', () => {
    const shown = all.flatMap((entry) => entry.shown);
    expect(OTHERS.filter((text) => !shown.includes(text))).toEqual([]);
  });

  test('would be found to quote a message that does not exist', () => {
    expect(madeUp('[timeout] … did not succeed within the time limit of … s.')).toEqual([]);
    expect(madeUp('The certificate of agent … ran out on …')).not.toEqual([]);
    expect(madeUp('[timeout] … did not succeed in time.')).toEqual(['did not succeed in time.']);
  });
});
