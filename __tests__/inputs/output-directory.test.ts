import { describe, expect, test, vi } from 'vitest';
import { readDirectory } from './output-directory.ts';

// As on Linux and macOS, wherever the test runs.
vi.mock('node:path', async (load) => {
  const { posix } = await load<typeof import('node:path')>();
  return { ...posix, default: posix };
});

describe('the output directory on Linux and macOS', () => {
  test.each([
    ['certs', '/home/runner/repo/certs'],
    ['./a/../b', '/home/runner/repo/b'],
    ['.', '/home/runner/repo'],
    ['..certs', '/home/runner/repo/..certs'],
    ['/srv/certs', '/srv/certs'],
    ['nul', '/home/runner/repo/nul'],
    ['a:b. ', '/home/runner/repo/a:b. '],
    ['C:\\certs', '/home/runner/repo/C:\\certs'],
  ])('%j is %j', (value, directory) => {
    expect(readDirectory(value, '/home/runner/repo')).toBe(directory);
  });

  test.each(['..', '../repo2', 'a/../../b'])('%j leads out of the workspace', (value) => {
    expect(() => readDirectory(value, '/home/runner/repo')).toThrow('leads out of the workspace');
  });
});
