import { describe, expect, test, vi } from 'vitest';
import { isInside } from '../../src/destinations/files.ts';
import { readDirectory } from './output-directory.ts';

// As on Windows, wherever the test runs.
vi.mock('node:path', async (load) => {
  const { win32 } = await load<typeof import('node:path')>();
  return { ...win32, default: win32 };
});

const WORKSPACE = 'D:\\a\\Repo';

describe('the output directory on Windows', () => {
  test.each([
    ['.insights-hub', 'D:\\a\\Repo\\.insights-hub'],
    ['certs/line 1', 'D:\\a\\Repo\\certs\\line 1'],
    ['.', 'D:\\a\\Repo'],
    ['E:\\certs', 'E:\\certs'],
    ['E:/certs', 'E:\\certs'],
    ['\\certs', 'D:\\certs'],
    ['\\\\server\\share\\certs', '\\\\server\\share\\certs'],
    ['\\\\?\\E:\\certs', '\\\\?\\E:\\certs'],
    ['console\\nullable', 'D:\\a\\Repo\\console\\nullable'],
  ])('%j is %j', (value, directory) => {
    expect(readDirectory(value, WORKSPACE)).toBe(directory);
  });

  test.each(['..', '..\\Repo2', 'a/../../b', 'E:certs'])(
    '%j leads out of the workspace',
    (value) => {
      expect(() => readDirectory(value, WORKSPACE)).toThrow('leads out of the workspace');
    },
  );

  test.each([
    'NUL',
    'aux\\certs',
    'certs/com1.old',
    'certs/LPT\u00b9',
    'CONIN$',
    'con .txt',
    'certs.',
    'certs \\a',
    'certs:stream',
    'a?b',
    'E:\\certs\\prn',
    '\\\\server\\share\\certs.',
  ])('%j contains a name that Windows rejects or changes', (value) => {
    expect(() => readDirectory(value, WORKSPACE)).toThrow('contains a name that Windows');
  });

  test('is in the workspace whatever the case of its letters', () => {
    const inside = (directory: string) => isInside({ directory, workspace: WORKSPACE });
    expect(inside('d:\\A\\repo\\certs')).toBe(true);
    expect(inside('D:\\a\\Repo2')).toBe(false);
    expect(inside('E:\\a\\Repo\\certs')).toBe(false);
    expect(inside('\\\\server\\a\\Repo\\certs')).toBe(false);
  });
});
