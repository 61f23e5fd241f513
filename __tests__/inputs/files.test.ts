import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ServerAuthority } from '../../sandbox/insights-hub/authority.ts';
import { readBrokerCa, readInputFile } from '../../src/inputs/files.ts';
import { read } from './source.ts';

let root: string;
let workspace: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'input-files-'));
  workspace = path.join(root, 'work');
  await mkdir(workspace);
});
afterEach(() => rm(root, { recursive: true }));

describe('a file that an input names', () => {
  beforeEach(async () => {
    await writeFile(path.join(root, 'private.txt'), 'not for a log');
    await writeFile(path.join(workspace, 'devices.csv'), 'device001');
  });

  const fileOf = async (value: string, at = workspace) => {
    const { reader, problems } = read({ 'names-file': value }, { workspace: at });
    const file = await readInputFile(reader, 'names-file');
    return { file, content: file?.content.toString(), problems: problems() };
  };
  const contentOf = async (value: string, at?: string) => (await fileOf(value, at)).content;
  const problemsWith = async (value: string) => {
    const { file, problems } = await fileOf(value);
    expect(file).toBeUndefined();
    return problems;
  };

  test('is read, with its absolute path', async () => {
    const { file, content, problems } = await fileOf('./devices.csv');
    expect(file?.path).toBe(path.join(workspace, 'devices.csv'));
    expect([content, problems]).toEqual(['device001', []]);
  });

  test('is optional', async () => {
    expect(await problemsWith('')).toEqual([]);
  });

  test('must exist', async () => {
    expect(await problemsWith('none.csv')).toEqual(['`names-file` "none.csv" does not exist.']);
  });

  test('must be a file', async () => {
    await mkdir(path.join(workspace, 'folder'));
    expect(await problemsWith('folder')).toEqual(['`names-file` "folder" is not a file.']);
  });

  test('must be readable', async () => {
    await writeFile(path.join(workspace, 'file'), '');
    expect(await problemsWith('file/none.csv')).toEqual([
      '`names-file` "file/none.csv" can\'t be read (ENOTDIR).',
    ]);
  });

  test('can have up to 1 MiB', async () => {
    const largest = 1024 * 1024;
    await writeFile(path.join(workspace, 'large.csv'), Buffer.alloc(largest));
    expect((await fileOf('large.csv')).problems).toEqual([]);
    await writeFile(path.join(workspace, 'large.csv'), Buffer.alloc(largest + 1));
    expect(await problemsWith('large.csv')).toEqual([
      '`names-file` "large.csv" is larger than 1 MiB.',
    ]);
  });

  test.skipIf(process.platform === 'win32')('can’t be a pipe, which would block', async () => {
    execFileSync('mkfifo', [path.join(workspace, 'pipe')]);
    expect(await problemsWith('pipe')).toEqual(['`names-file` "pipe" is not a file.']);
    expect(await problemsWith('/dev/zero')).toEqual(['`names-file` "/dev/zero" is not a file.']);
  });

  test('can’t be one that only a shell would find', async () => {
    await mkdir(path.join(workspace, '~'));
    await writeFile(path.join(workspace, '~', 'devices.csv'), 'device001');
    for (const sign of ['~', '$HOME', '%TEMP%']) {
      expect(await problemsWith(`${sign}/devices.csv`)).toEqual([
        expect.stringMatching(/ begins with .*, but no shell expands it here\. .*runner\.temp/),
      ]);
    }
    expect(await contentOf('./~/devices.csv')).toBe('device001');
  });

  test('can be anywhere, if the input says so', async () => {
    expect(await contentOf('devices.csv')).toBe('device001');
    expect(await contentOf('../private.txt')).toBe('not for a log');
    expect(await contentOf(path.join(root, 'private.txt'))).toBe('not for a log');
  });

  test.skipIf(process.platform === 'win32')('can be a link within the workspace', async () => {
    await symlink('devices.csv', path.join(workspace, 'link.csv'));
    expect(await contentOf('link.csv')).toBe('device001');
    // As on macOS, where the path of the workspace may contain a link.
    await symlink(workspace, path.join(root, 'alias'));
    expect(await contentOf('link.csv', path.join(root, 'alias'))).toBe('device001');
  });

  test.skipIf(process.platform === 'win32')('can’t be a link out of it', async () => {
    await symlink('../private.txt', path.join(workspace, 'link.csv'));
    await symlink('..', path.join(workspace, 'folder'));
    for (const name of ['link.csv', 'folder/private.txt', path.join(workspace, 'link.csv')]) {
      expect(await problemsWith(name)).toEqual([
        `\`names-file\` "${name}" is a link that leads out of the workspace.`,
      ]);
    }
  });
});

describe('a file of CA certificates', () => {
  const readCa = async (content: string) => {
    await writeFile(path.join(workspace, 'ca.pem'), content);
    const { reader, problems } = read({ 'broker-ca-file': 'ca.pem' }, { workspace });
    return { file: await readBrokerCa(reader), problems: problems() };
  };

  test('is reduced to its certificates', async () => {
    const first = (await ServerAuthority.create()).certificate;
    const second = (await ServerAuthority.create()).certificate;
    const { file, problems } = await readCa(`# root\n${first}# another\n${second}`);
    expect(problems).toEqual([]);
    expect(file).toEqual({ path: path.join(workspace, 'ca.pem'), content: first + second });
  });

  test('must contain one', async () => {
    expect(await readCa('no certificate')).toEqual({
      file: undefined,
      problems: [
        '`broker-ca-file` "ca.pem" contains no PEM certificate, or one that can\'t be parsed.',
      ],
    });
  });

  test('is optional', async () => {
    const { reader, problems } = read({}, { workspace });
    expect(await readBrokerCa(reader)).toBeUndefined();
    expect(problems()).toEqual([]);
  });
});
