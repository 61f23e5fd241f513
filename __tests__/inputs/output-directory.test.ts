import { describe, expect, test, vi } from 'vitest';
import { readDirectory } from './output-directory.ts';

// As on Linux and macOS, wherever the test runs.
vi.mock('node:path', async (load) => {
  const { posix } = await load<typeof import('node:path')>();
  return { ...posix, default: posix };
});

describe('the output directory on Linux and macOS', () => {
  test.each([
    ['certs', '/work/repo/certs'],
    ['./a/../b', '/work/repo/b'],
    ['.', '/work/repo'],
    ['..certs', '/work/repo/..certs'],
    ['/srv/certs', '/srv/certs'],
    ['nul', '/work/repo/nul'],
    ['a:b. ', '/work/repo/a:b. '],
    ['C:\\certs', '/work/repo/C:\\certs'],
  ])('%j is %j', (value, directory) => {
    expect(readDirectory(value, '/work/repo')).toBe(directory);
  });

  test.each(['..', '../repo2', 'a/../../b'])('%j leads out of the workspace', (value) => {
    expect(() => readDirectory(value, '/work/repo')).toThrow('leads out of the workspace');
  });
});
