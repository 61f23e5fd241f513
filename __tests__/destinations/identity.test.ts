import { link, lstat, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { identityOf, isAt, isIdentity } from '../../src/destinations/identity.ts';

vi.mock('node:fs/promises', async (load) => {
  const actual = await load<typeof import('node:fs/promises')>();
  return { ...actual, lstat: vi.fn(actual.lstat) };
});
const actual = await vi.importActual<typeof import('node:fs/promises')>('node:fs/promises');

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'identity-'));
  file = path.join(directory, 'a.key');
  await writeFile(file, 'made');
});
afterEach(async () => {
  vi.mocked(lstat).mockReset();
  await rm(directory, { recursive: true });
});

const identify = async () => identityOf(await lstat(file, { bigint: true }), 'made');

/**
 * Simulates a file system without a time of birth, or one that gives that of the last change for
 * it.
 */
function withBirth(birthOf: (changed: bigint) => bigint): void {
  vi.mocked(lstat).mockImplementation((async (at: string, options: { bigint?: boolean }) => {
    const found = await actual.lstat(at, options);
    if (!('ctimeNs' in found)) return found;
    return Object.assign(found, { birthtimeNs: birthOf(found.ctimeNs) });
  }) as typeof lstat);
}

test('a file keeps its identity under another name, and after it was written to', async () => {
  const identity = await identify();
  const other = path.join(directory, 'b.key');
  await link(file, other);
  await writeFile(file, 'changed');
  expect(await isAt(file, identity)).toBe(true);
  expect(await isAt(other, identity)).toBe(true);
});

test.each([
  ['device', '1'],
  ['inode', '1'],
  ['born', '1'],
])('another %s has another identity, even with the same content', async (key, value) => {
  // So that the time of birth is no longer that of the last change.
  const before = await lstat(file, { bigint: true });
  do await writeFile(file, 'made');
  while ((await lstat(file, { bigint: true })).ctimeNs === before.ctimeNs);
  expect(await isAt(file, { ...(await identify()), [key]: value })).toBe(false);
});

describe.each([
  { is: 'no time of birth', birthOf: () => 0n },
  {
    is: 'the time of the last change for that of the birth',
    birthOf: (changed: bigint) => changed,
  },
])('a file system with $is', ({ birthOf }) => {
  beforeEach(() => withBirth(birthOf));

  test('identifies a file by its content', async () => {
    const identity = await identify();
    await link(file, path.join(directory, 'b'));
    expect(await isAt(file, identity)).toBe(true);
    expect(await isAt(file, { ...identity, inode: '1' })).toBe(true);
  });

  test.each(['Made', 'mad', 'made!', ''])('distinguishes another one: %j', async (content) => {
    const identity = await identify();
    await writeFile(file, content);
    const noted = { ...identity, born: birthOf(1n).toString() };
    expect(await isAt(file, noted)).toBe(false);
  });
});

test('without a time of birth, a directory is identified by its inode', async () => {
  withBirth(() => 0n);
  const identity = identityOf(await lstat(directory, { bigint: true }));
  expect(await isAt(directory, identity)).toBe(true);
  expect(await isAt(directory, { ...identity, inode: '1' })).toBe(false);
  const inner = path.join(directory, 'inner');
  await mkdir(inner);
  expect(await isAt(inner, await identify())).toBe(false);
});

test('a missing file causes the system’s error', async () => {
  const identity = await identify();
  await rm(file);
  await expect(isAt(file, identity)).rejects.toMatchObject({ code: 'ENOENT' });
});

test.each([
  [{ device: '1', inode: '2', born: '0' }, true],
  [{ device: '1', inode: '2', born: '-3', content: { bytes: 0, sha256: 'ab' } }, true],
  [{ device: '1', inode: '2' }, false],
  [{ device: '1', inode: '2', born: 0 }, false],
  [{ device: '1', inode: '2', born: '0', content: { bytes: -1, sha256: 'ab' } }, false],
  [{ device: '1', inode: '2', born: '0', content: { bytes: 1 } }, false],
  [undefined, false],
])('%j is an identity: %s', (value, expected) => {
  expect(isIdentity(value)).toBe(expected);
});
