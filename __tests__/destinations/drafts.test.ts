import path from 'node:path';
import { expect, test } from 'vitest';
import { draftsIn } from '../../src/destinations/drafts.ts';
import type { MadeFile } from '../../src/destinations/journal.ts';

test('names for drafts differ, and the log learns once a directory how they begin', () => {
  const made: MadeFile[] = [];
  const note = (...entries: readonly MadeFile[]) => void made.push(...entries);
  const drafts = draftsIn({ note, record: note });
  const names: string[] = [];
  for (const directory of ['/a', '/a', '/b', '/a']) {
    const name = drafts.nameIn(path.resolve(directory));
    names.push(name);
    expect(made.some(({ path: start }) => name.startsWith(start))).toBe(true);
  }
  expect(new Set(names).size).toBe(4);
  expect(made.map(({ kind }) => kind)).toEqual(['drafts', 'drafts']);
  expect(names.map((name) => path.dirname(name))).toEqual(
    ['/a', '/a', '/b', '/a'].map((directory) => path.resolve(directory)),
  );
});

test('names of two runs never clash', () => {
  const [one, other] = [1, 2].map(() =>
    draftsIn({ note: () => {}, record: () => {} }).nameIn('/a'),
  );
  expect(one).not.toBe(other);
});
