import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readInputFile } from '../../src/inputs/input-file.ts';
import { InputReader } from '../../src/inputs/reader.ts';

let root: string;
let workspace: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'input-file-'));
  workspace = path.join(root, 'work');
  await mkdir(workspace);
  await writeFile(path.join(root, 'private.txt'), 'not for a log');
  await writeFile(path.join(workspace, 'devices.csv'), 'device001');
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

/** The content of the file that an input names; throws the problems. */
async function read(value: string, at = workspace): Promise<string | undefined> {
  const secrets = { mask: () => {}, maskKey: () => {}, redact: (text: string) => text };
  const input = () => value;
  const source = { input, rawInput: input, workspace: at, environment: {}, secrets };
  const reader = new InputReader(source, {});
  const file = await readInputFile(reader, 'names-file');
  reader.throwProblems();
  return file?.content.toString();
}

describe('a file that an input names', () => {
  test('may be anywhere, as long as the input says so', async () => {
    expect(await read('devices.csv')).toBe('device001');
    expect(await read('../private.txt')).toBe('not for a log');
    expect(await read(path.join(root, 'private.txt'))).toBe('not for a log');
  });

  test.skipIf(process.platform === 'win32')('may be a link within the workspace', async () => {
    await symlink('devices.csv', path.join(workspace, 'link.csv'));
    expect(await read('link.csv')).toBe('device001');
    // As on macOS, where the way to the workspace may hold a link.
    await symlink(workspace, path.join(root, 'alias'));
    expect(await read('link.csv', path.join(root, 'alias'))).toBe('device001');
  });

  test.skipIf(process.platform === 'win32')('is refused as a link out of it', async () => {
    await symlink('../private.txt', path.join(workspace, 'link.csv'));
    await symlink('..', path.join(workspace, 'folder'));
    for (const name of ['link.csv', 'folder/private.txt', path.join(workspace, 'link.csv')]) {
      await expect(read(name)).rejects.toThrow(/is a link out of the workspace\.$/);
    }
  });
});
