import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  cannot,
  directoryCheck,
  isInside,
  makeDirectory,
} from '../../src/destinations/directory.ts';
import { draftsIn } from '../../src/destinations/drafts.ts';
import type { MadeFile } from '../../src/destinations/journal.ts';
import type { FileLogs } from '../../src/destinations/new-files.ts';
import { Failure } from '../../src/failure.ts';
import { refusal } from './refusal.ts';

const POSIX = process.platform !== 'win32';

let root: string;
let workspace: string;
let made: MadeFile[];
let logs: FileLogs;

beforeEach(async () => {
  root = await realpath(await mkdtemp(path.join(tmpdir(), 'directory-')));
  workspace = path.join(root, 'work');
  await mkdir(workspace);
  made = [];
  const record = (entry: MadeFile) => void made.push(entry);
  const log = { record, note: record };
  logs = { made: log, drafts: draftsIn(log) };
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

const inWorkspace = (...names: readonly string[]) => path.join(workspace, ...names);
const placeAt = (...names: readonly string[]) => ({ directory: inWorkspace(...names), workspace });
const modeOf = async (file: string) => (await stat(file)).mode & 0o777;
const all = async (directory = workspace) => (await readdir(directory, { recursive: true })).sort();

const invalid = (message: RegExp) => ({
  name: 'Failure',
  code: 'destination-invalid',
  message: expect.stringMatching(message),
});

describe('makeDirectory', () => {
  test('makes what is missing; the topmost directory hides them all from git', async () => {
    makeDirectory({ ...placeAt('a', 'b', 'c'), ...logs });
    expect(await all()).toEqual(['a', 'a/.gitignore', 'a/b', 'a/b/c'].map(path.normalize));
    expect(await readFile(inWorkspace('a', '.gitignore'), 'utf8')).toBe('*\n');
  });

  test.skipIf(!POSIX).each([0o000, 0o022, 0o077, 0o277])(
    'for their owner only, under umask %o',
    async (mask) => {
      const before = process.umask(mask);
      try {
        makeDirectory({ ...placeAt('a', 'b'), ...logs });
      } finally {
        process.umask(before);
      }
      expect(await modeOf(inWorkspace('a'))).toBe(0o700);
      expect(await modeOf(inWorkspace('a', 'b'))).toBe(0o700);
      expect(await modeOf(inWorkspace('a', '.gitignore'))).toBe(0o644);
    },
  );

  test('notes what the post step is to remove', async () => {
    makeDirectory({ ...placeAt('a', 'b'), ...logs });
    expect(made.filter(({ kind }) => kind !== 'drafts')).toEqual([
      { kind: 'directory', path: inWorkspace('a') },
      { kind: 'ignore-file', path: inWorkspace('a', '.gitignore') },
      { kind: 'directory', path: inWorkspace('a', 'b') },
    ]);
  });

  test.skipIf(!POSIX)('leaves what is there as it is', async () => {
    await mkdir(inWorkspace('a'), 0o755);
    makeDirectory({ ...placeAt('a'), ...logs });
    expect(made).toEqual([]);
    expect(await all()).toEqual(['a']);
    makeDirectory({ ...placeAt('a', 'b'), ...logs });
    expect(await modeOf(inWorkspace('a'))).toBe(0o755);
    expect(await all()).toEqual(['a', 'a/b', 'a/b/.gitignore'].map(path.normalize));
  });

  test('makes nothing when the directory is the workspace', async () => {
    makeDirectory({ ...placeAt(), ...logs });
    expect(made).toEqual([]);
    expect(await all()).toEqual([]);
  });

  test('makes a directory outside of the workspace', async () => {
    const directory = path.join(root, 'outside', 'deep');
    makeDirectory({ directory, workspace, ...logs });
    expect(await all(path.join(root, 'outside'))).toEqual(['.gitignore', 'deep']);
  });

  test.skipIf(!POSIX)('refuses a link at its place, and one on the way to it', async () => {
    await mkdir(path.join(root, 'elsewhere', 'b'), { recursive: true });
    await symlink(path.join(root, 'elsewhere'), inWorkspace('a'));
    for (const place of [placeAt('a'), placeAt('a', 'b'), placeAt('a', 'new')]) {
      expect(refusal(() => makeDirectory({ ...place, ...logs }))).toMatchObject(
        invalid(/work\/a is a link/),
      );
    }
    expect(await all(path.join(root, 'elsewhere'))).toEqual(['b']);
    expect(made).toEqual([]);
  });

  test.skipIf(!POSIX)('refuses a link that leads nowhere', async () => {
    await symlink(path.join(root, 'nowhere'), inWorkspace('a'));
    expect(refusal(() => makeDirectory({ ...placeAt('a'), ...logs }))).toMatchObject(
      invalid(/is a link/),
    );
    expect(await all(root)).not.toContain('nowhere');
  });

  test.skipIf(!POSIX)(
    'outside, takes a link above the directory, but not in its place',
    async () => {
      await mkdir(path.join(root, 'real'));
      await symlink(path.join(root, 'real'), path.join(root, 'link'));
      makeDirectory({ directory: path.join(root, 'link', 'out'), workspace, ...logs });
      expect(await all(path.join(root, 'real'))).toContain('out');
      expect(
        refusal(() => makeDirectory({ directory: path.join(root, 'link'), workspace, ...logs })),
      ).toMatchObject(invalid(/is a link/));
    },
  );

  test('refuses a file in its place or on the way', async () => {
    await writeFile(inWorkspace('a'), 'theirs');
    expect(refusal(() => makeDirectory({ ...placeAt('a'), ...logs }))).toMatchObject(
      invalid(/not a directory/),
    );
    expect(refusal(() => makeDirectory({ ...placeAt('a', 'b'), ...logs }))).toMatchObject(
      invalid(/not a directory/),
    );
  });

  test('tells why a directory can’t be made', async () => {
    const directory = inWorkspace('x'.repeat(300));
    expect(refusal(() => makeDirectory({ directory, workspace, ...logs }))).toMatchObject(
      invalid(/^Can't (look at|make) .*x \((ENAMETOOLONG|ENOENT)\)\.$/),
    );
  });
});

describe('directoryCheck', () => {
  test('accepts what is as it was made', async () => {
    makeDirectory({ ...placeAt('a', 'b'), ...logs });
    expect(() => directoryCheck(placeAt('a', 'b'))()).not.toThrow();
  });

  test('refuses a directory that is gone', async () => {
    expect(refusal(() => directoryCheck(placeAt('a'))())).toMatchObject(
      invalid(/not there any more/),
    );
  });

  test.skipIf(!POSIX)('refuses one that has become a link', async () => {
    makeDirectory({ ...placeAt('a', 'b'), ...logs });
    await rm(inWorkspace('a'), { recursive: true });
    await mkdir(path.join(root, 'elsewhere', 'b'), { recursive: true });
    await symlink(path.join(root, 'elsewhere'), inWorkspace('a'));
    expect(refusal(() => directoryCheck(placeAt('a', 'b'))())).toMatchObject(invalid(/is a link/));
  });
});

test.each([
  ['/w', true],
  ['/w/a', true],
  ['/w/a/b', true],
  ['/w/..a', true],
  ['/w/...', true],
  ['/', false],
  ['/wx', false],
  ['/x/w', false],
])('%s is inside of /w: %s', (directory, inside) => {
  const resolved = { directory: path.resolve(directory), workspace: path.resolve('/w') };
  expect(isInside(resolved)).toBe(inside);
});

describe('cannot', () => {
  test('names the reason by its code', () => {
    const error = Object.assign(new Error('the words'), { code: 'EROFS' });
    const failure = cannot('make', '/a', error);
    expect(failure.code).toBe('destination-invalid');
    expect(failure.message).toBe("Can't make /a (EROFS).");
    expect(failure.cause).toBe(error);
  });

  test('leaves a failure as it is', () => {
    const failure = new Failure('delivery-failed', 'No.');
    expect(cannot('make', '/a', failure)).toBe(failure);
  });
});
