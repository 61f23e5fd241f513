import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const SRC = path.resolve(import.meta.dirname, '../../src');

/** The rooms, from the top down: what a file imports must be in its own room or further down. */
const ORDER = [
  ['create'],
  ['delete'],
  ['runner'],
  ['inputs'],
  ['destinations'],
  ['insights-hub', 'github', 'mqtt'],
  ['http', 'key-pair'],
  // Files beside the rooms, which every room may use.
  ['.'],
];

/** What the launchers call: nothing else may import it. */
const ENTRIES = ['create/main.ts', 'create/post.ts', 'delete/main.ts'];

/** What the bundle starts with. */
const START = 'index.ts';

/** What knows the runner: the entries, and what they load when there is something to do. */
const RUNNER_USERS = [
  'create/main.ts',
  'create/post.ts',
  'create/report.ts',
  'create/run.ts',
  'create/undo-ephemeral.ts',
  'delete/main.ts',
  'delete/run.ts',
];

interface Source {
  readonly file: string;
  readonly text: string;
  /** what it imports: paths below src, or packages */
  readonly imports: readonly string[];
}

const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .map((name) => name.replaceAll(path.sep, '/'))
  .filter((name) => name.endsWith('.ts'))
  .map((file): Source => {
    const text = readFileSync(path.join(SRC, file), 'utf8');
    const specifiers = [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g)];
    const imports = specifiers.map(([, name = '']) =>
      name.startsWith('.') ? path.posix.join(path.posix.dirname(file), name) : name,
    );
    return { file, text, imports };
  });

const isOwn = (name: string) => sources.some(({ file }) => file === name);
const levelOf = (file: string) =>
  file === START ? 0 : ORDER.findIndex((rooms) => rooms.includes(path.posix.dirname(file)));
const filesWith = (pattern: RegExp) =>
  sources.filter(({ text }) => pattern.test(text)).map(({ file }) => file);
const importersOf = (name: string) =>
  sources.filter(({ imports }) => imports.includes(name)).map(({ file }) => file);

/** What a file imports without `import()`, and so together with itself. */
function importsAtOnce(file: string): readonly string[] {
  const text = sources.find((source) => source.file === file)?.text ?? '';
  const found = text.matchAll(/^(?:import|export) (?!type )[^;]*?from '(\.[^']+)'/gm);
  return [...found].map(([, name = '']) => path.posix.join(path.posix.dirname(file), name));
}

/** A file and all that is loaded together with it. */
function loadedWith(file: string, loaded = new Set<string>()): ReadonlySet<string> {
  if (loaded.has(file)) return loaded;
  loaded.add(file);
  for (const name of importsAtOnce(file)) loadedWith(name, loaded);
  return loaded;
}

/** What every start loads, and what each run that has valid inputs loads. */
const atStart = loadedWith(START);
const inEveryRun = ['create/run.ts', 'delete/run.ts'].map((file) => loadedWith(file));

describe('the house', () => {
  test('has every file in a known room', () => {
    expect(sources.length).toBeGreaterThan(20);
    expect(sources.filter(({ file }) => levelOf(file) < 0)).toEqual([]);
  });

  test.each(sources)('$file imports downwards only', ({ file, imports }) => {
    const upwards = imports.filter((name) => isOwn(name) && levelOf(name) < levelOf(file));
    expect(upwards).toEqual([]);
    const unknown = imports.filter((name) => name.endsWith('.ts') && !isOwn(name));
    expect(unknown).toEqual([]);
  });

  test('has no circles', () => {
    const done = new Set<string>();
    const visit = (file: string, way: readonly string[]): void => {
      expect(way, `${[...way, file].join(' → ')}`).not.toContain(file);
      if (done.has(file)) return;
      const source = sources.find((candidate) => candidate.file === file);
      for (const name of source?.imports.filter(isOwn) ?? []) visit(name, [...way, file]);
      done.add(file);
    };
    for (const { file } of sources) visit(file, []);
  });

  test('imports no entry', () => {
    for (const entry of ENTRIES) expect(importersOf(entry)).toEqual([START]);
    expect(importersOf(START)).toEqual([]);
  });

  test('leaves printing to the runner, whom only the entries and the room itself know', () => {
    const toolkit = sources.filter(({ imports }) =>
      imports.some((name) => /@actions\/core/.test(name)),
    );
    expect(toolkit.map(({ file }) => file)).toEqual(['runner/protocol.ts']);
    expect(filesWith(/\bconsole\.|process\.stderr|process\.stdout(?!\.(write|on)\()/)).toEqual([]);
    expect(filesWith(/process\.stdout\.write/)).toEqual(['runner/runner.ts']);
    const users = sources.filter(({ imports }) =>
      imports.some((name) => name.startsWith('runner/')),
    );
    const others = users.map(({ file }) => file).filter((file) => !file.startsWith('runner/'));
    expect(others.sort()).toEqual(RUNNER_USERS);
  });

  test('leaves HTTP to the client and its attempts, and tunnels through proxies to another', () => {
    expect(filesWith(/from 'undici/)).toEqual(['http/undici-parts.d.ts', 'http/undici.ts']);
    expect(importersOf('http/undici.ts')).toEqual([
      'http/attempt.ts',
      'http/client.ts',
      'http/early.ts',
      'http/tunnel.ts',
    ]);
    expect(filesWith(/\bfetch\(|^import (?!type ).*'node:https?'/m)).toEqual([]);
  });

  test('reveals secrets where they leave the program, and in the room of keys', () => {
    expect(filesWith(/\.reveal\(\)/)).toEqual([
      'destinations/new-files.ts',
      'github/sealed-box.ts',
      'http/client.ts',
      'key-pair/masks.ts',
      'key-pair/pem.ts',
      'key-pair/traces.ts',
      'mqtt/connection.ts',
      'runner/secrets.ts',
    ]);
  });

  test('loads Octokit and the sealed box only when secrets are pushed', () => {
    const heavy = sources.filter(({ imports }) =>
      imports.some((name) => /^@actions\/github|^@noble\//.test(name)),
    );
    expect(heavy.map(({ file }) => file)).toEqual(['github/api.ts', 'github/sealed-box.ts']);
    for (const { file } of heavy) {
      for (const loaded of [atStart, ...inEveryRun]) expect(loaded).not.toContain(file);
    }
  });

  test('loads MQTT, and what it needs, only when a connection is verified', () => {
    expect(importersOf('mqtt-packet')).toEqual(['mqtt/connection.ts']);
    expect(importersOf('mqtt/connection.ts')).toEqual(['create/run.ts']);
    expect(importersOf('http/tunnel.ts')).toEqual(['mqtt/connection.ts']);
    for (const loaded of [atStart, ...inEveryRun]) {
      expect(loaded).not.toContain('mqtt/connection.ts');
      expect(loaded).not.toContain('http/tunnel.ts');
    }
  });

  test('loads HTTP only when the inputs are valid, and then the rest that each run needs', () => {
    expect(atStart).not.toContain('http/client.ts');
    const [create, end] = inEveryRun;
    expect(create).toContain('http/client.ts');
    expect(create).toContain('destinations/workspace.ts');
    expect(create).toContain('mqtt/mqttx.ts');
    expect(end).toContain('delete/delete.ts');
  });

  test('knows nothing of the sandbox', () => {
    expect(filesWith(/sandbox/)).toEqual([]);
  });
});
