import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const SRC = path.resolve(import.meta.dirname, '../../src');

/** Files beside the rooms that every room may use. */
const FOUNDATION = [
  'decode.ts',
  'failure.ts',
  'json.ts',
  'secret.ts',
  'shared-spans.ts',
  'text.ts',
  'used-action.ts',
  'version.ts',
];

/** The rooms, from the top down: what a file imports is in its own room or further down. */
const LEVELS = [
  ['entries'],
  ['host', 'inputs', 'report'],
  ['destinations'],
  ['insights-hub', 'github', 'mqtt'],
  ['http', 'keys'],
  ['foundation'],
];

/** Rooms that are known to entries only; elsewhere they are there as types. */
const KNOWN_AS_TYPES = ['host', 'inputs'];

interface Import {
  /** a path below src, or a package */
  readonly name: string;
  /** whether nothing is left of it when types are stripped */
  readonly isType: boolean;
  /** whether it is loaded when it is needed first */
  readonly isLazy: boolean;
}

interface Source {
  readonly file: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

function importsOf(file: string, text: string): readonly Import[] {
  const found = text.matchAll(
    /^(?:import|export) ([^;]*?)\s?from '([^']+)'|\bimport\('([^']+)'\)/gm,
  );
  return [...found].map(([, clause, name = '', lazy]) => {
    const specifier = lazy ?? name;
    const names = clause?.replace(/^\{|\}$/g, '').split(',') ?? [];
    return {
      name: specifier.startsWith('.')
        ? path.posix.join(path.posix.dirname(file), specifier)
        : specifier,
      isType: names.length > 0 && (isTypeOnly(clause) || names.filter(isName).every(isTypeOnly)),
      isLazy: lazy !== undefined,
    };
  });
}

const isName = (name: string) => name.trim() !== '';
const isTypeOnly = (clause = '') => clause.trim().startsWith('type ');

const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .map((name) => name.replaceAll(path.sep, '/'))
  .filter((name) => name.endsWith('.ts'))
  .map((file): Source => {
    const text = readFileSync(path.join(SRC, file), 'utf8');
    return { file, text, imports: importsOf(file, text) };
  });

const sourceOf = (file: string) => sources.find((source) => source.file === file);

function roomOf(file: string): string {
  if (file.includes('/')) return path.posix.dirname(file);
  return FOUNDATION.includes(file) ? 'foundation' : 'entries';
}

const levelOf = (file: string) => LEVELS.findIndex((rooms) => rooms.includes(roomOf(file)));
const filesWith = (pattern: RegExp) =>
  sources.filter(({ text }) => pattern.test(text)).map(({ file }) => file);
const importersOf = (pattern: RegExp) =>
  sources
    .filter(({ imports }) => imports.some(({ name, isType }) => !isType && pattern.test(name)))
    .map(({ file }) => file);

/** A file, and all that is loaded together with it. */
function loadedWith(file: string, loaded = new Set<string>()): ReadonlySet<string> {
  if (loaded.has(file)) return loaded;
  loaded.add(file);
  for (const { name, isType, isLazy } of sourceOf(file)?.imports ?? []) {
    if (!isType && !isLazy) loadedWith(name, loaded);
  }
  return loaded;
}

describe('the house', () => {
  test('has every file in a known room', () => {
    expect(sources.length).toBeGreaterThan(20);
    expect(sources.filter(({ file }) => levelOf(file) < 0)).toEqual([]);
  });

  test.each(sources)('$file imports downwards only', ({ file, imports }) => {
    const wrong = imports.filter(({ name, isType }) => {
      if (!name.endsWith('.ts') || roomOf(name) === roomOf(file)) return false;
      if (isType && KNOWN_AS_TYPES.includes(roomOf(name))) return false;
      return sourceOf(name) === undefined || levelOf(name) <= levelOf(file);
    });
    expect(wrong).toEqual([]);
  });

  test('has no cycles', () => {
    const done = new Set<string>();
    const visit = (file: string, way: readonly string[]): void => {
      expect(way, `${[...way, file].join(' → ')}`).not.toContain(file);
      if (done.has(file)) return;
      for (const { name } of sourceOf(file)?.imports ?? []) visit(name, [...way, file]);
      done.add(file);
    };
    for (const { file } of sources) visit(file, []);
  });

  test('keeps no state in modules, and nothing happens when one is imported', () => {
    expect(filesWith(/^(let|var) /m)).toEqual([]);
    expect(filesWith(/^(await |void |if \(|for \(|\w+(\.\w+)*\()/m)).toEqual([]);
  });

  test('prints in one place, on standard output', () => {
    expect(filesWith(/\bconsole\.|process\.stderr|process\.stdout(?!\.(write|on)\()/)).toEqual([]);
    expect(filesWith(/process\.stdout\.write/)).toEqual(['host/github-runner.ts']);
    expect(importersOf(/@actions\/core/)).toEqual(['host/github-runner.ts']);
  });

  test('makes requests in one place, and tunnels in another, with Node’s own HTTP', () => {
    expect(importersOf(/undici/)).toEqual([]);
    expect(importersOf(/^node:https?$/)).toEqual(['http/client.ts', 'http/tunnel.ts']);
    expect(filesWith(/[^.\w]fetch\(/)).toEqual([]);
  });

  test('reveals secrets only where they leave the program, and in the room of keys', () => {
    const elsewhere = filesWith(/\.reveal\(\)/).filter((file) => roomOf(file) !== 'keys');
    expect(elsewhere.sort()).toEqual([
      'destinations/chain.ts',
      'destinations/files.ts',
      'destinations/journal-state.ts',
      'github/octokit.ts',
      'github/sealed-box.ts',
      'http/client.ts',
      'mqtt/verify.ts',
      'secret.ts',
    ]);
  });

  test('turns private keys into secrets in one place, which masks them', () => {
    // What else becomes a secret are inputs and tokens, and what is sealed for GitHub.
    expect(filesWith(/new Secret\(/).sort()).toEqual([
      'destinations/github-secrets.ts',
      'destinations/journal-state.ts',
      'destinations/journal.ts',
      'github/sealed-box.ts',
      'inputs/credentials.ts',
      'inputs/github.ts',
      'inputs/reader.ts',
      'insights-hub/tokens.ts',
      'keys/masks.ts',
    ]);
    // Their texts are in answers and in files, and go from there to what masks them.
    const readers = filesWith(/createPrivateKey\(|'privateKey'\]|LONGEST_KEY\b/);
    for (const file of readers.filter((name) => roomOf(name) !== 'keys')) {
      expect([file, sourceOf(file)?.text]).toEqual([file, expect.stringMatching(/\bkeep\w+Key\(/)]);
    }
  });

  test('does not import the sandbox', () => {
    expect(filesWith(/sandbox/)).toEqual([]);
  });
});

describe('the modules that are loaded', () => {
  const atStart = [...loadedWith('index.ts')];
  const inEveryRun = ['create-step.ts', 'delete-step.ts'].flatMap((file) => [...loadedWith(file)]);

  test('at the start do not include HTTP', () => {
    expect(atStart).not.toContain('http/client.ts');
    expect(inEveryRun).toContain('http/client.ts');
  });

  test.each([/^@actions\/github/, /^@noble\//, /^csv-parse/])(
    'only in some runs are what imports %s',
    (name) => {
      const importers = importersOf(name).filter((file) =>
        sourceOf(file)?.imports.some((one) => name.test(one.name) && !one.isLazy),
      );
      for (const file of importers) expect([...atStart, ...inEveryRun]).not.toContain(file);
    },
  );

  test('only for a verified connection include MQTT', () => {
    expect([...atStart, ...inEveryRun]).not.toContain('mqtt/verify.ts');
  });
});
