import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, open, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { readRegularFile } from '../../src/destinations/regular-file.ts';

vi.mock('node:fs/promises', async (load) => {
  const actual = await load<typeof import('node:fs/promises')>();
  return { ...actual, open: vi.fn(actual.open) };
});
const actual = await vi.importActual<typeof import('node:fs/promises')>('node:fs/promises');

const POSIX = process.platform !== 'win32';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'regular-file-'));
});
afterEach(async () => {
  vi.mocked(open).mockReset();
  await rm(directory, { recursive: true });
});

const inside = (name: string) => path.join(directory, name);
const read = async (name: string, most = 10, followLinks = false) =>
  (await readRegularFile(inside(name), { most, followLinks })).toString();

/** Makes what is read report another size, and arrive in small pieces. */
function withOddReads({ size, piece }: { readonly size?: number; readonly piece?: number }): void {
  vi.mocked(open).mockImplementation(async (...given) => {
    const handle = await actual.open(...given);
    const [stat, readPart] = [handle.stat.bind(handle), handle.read.bind(handle)];
    const overrides = {
      stat: async () => Object.assign(await stat(), size === undefined ? {} : { size }),
      read: (buffer: Buffer, offset: number, length: number) =>
        readPart(buffer, offset, Math.min(length, piece ?? length)),
    };
    return Object.assign(handle, overrides);
  });
}

test.each(['', 'x', '0123456789'])('reads all of %j', async (content) => {
  await writeFile(inside('a'), content);
  expect(await read('a')).toBe(content);
});

test('refuses a larger file', async () => {
  await writeFile(inside('a'), '0123456789+');
  await expect(read('a')).rejects.toMatchObject({ code: 'EFBIG' });
});

test.each([{ size: 0 }, { size: 3 }, { size: 10 }, { piece: 1 }, { size: 0, piece: 3 }])(
  'reads all of a file that reports or returns less than it has: %j',
  async (odd) => {
    const content = '0123456789'.repeat(1000);
    await writeFile(inside('a'), content);
    withOddReads(odd);
    expect(await read('a', content.length)).toBe(content);
    await expect(read('a', content.length - 1)).rejects.toMatchObject({ code: 'EFBIG' });
  },
);

test.runIf(process.platform === 'linux')('reads a file of unknown size', async () => {
  const { length } = await readRegularFile('/proc/self/status', { most: 100_000 });
  expect(length).toBeGreaterThan(100);
});

describe.runIf(POSIX)('links and other kinds', () => {
  test('a link is only read on request', async () => {
    await writeFile(inside('a'), 'x');
    await symlink(inside('a'), inside('link'));
    await expect(read('link')).rejects.toMatchObject({ code: 'ELOOP' });
    expect(await read('link', 10, true)).toBe('x');
  });

  test('pipes, devices and directories are not even opened', async () => {
    execFileSync('mkfifo', [inside('pipe')]);
    await symlink('/dev/zero', inside('device'));
    await mkdir(inside('directory'));
    for (const name of ['pipe', 'device', 'directory']) {
      await expect(read(name, 10, true)).rejects.toMatchObject({ code: 'EFTYPE' });
    }
    expect(open).not.toHaveBeenCalled();
  });

  test('a file that was replaced by a pipe in the meantime is not waited for', async () => {
    await writeFile(inside('a'), 'x');
    vi.mocked(open).mockImplementation(async (...given) => {
      await rm(inside('a'));
      execFileSync('mkfifo', [inside('a')]);
      return actual.open(...given);
    });
    await expect(read('a')).rejects.toMatchObject({ code: 'EFTYPE' });
  });
});
