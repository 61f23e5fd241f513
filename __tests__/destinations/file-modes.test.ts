import { fchmodSync, openSync } from 'node:fs';
import { mkdtemp, readdir, realpath, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { draftsIn } from '../../src/destinations/drafts.ts';
import { forgetful } from '../../src/destinations/journal.ts';
import { Workspace } from '../../src/destinations/workspace.ts';
import type { IssuedCertificate } from '../../src/insights-hub/agent-certificates.ts';
import { Secret } from '../../src/secret.ts';

vi.mock('node:fs', async (load) => {
  const actual = await load<typeof import('node:fs')>();
  return { ...actual, openSync: vi.fn(actual.openSync), fchmodSync: vi.fn(actual.fchmodSync) };
});

const { platform } = process;
const playAs = (value: NodeJS.Platform) => Object.defineProperty(process, 'platform', { value });

let root: string;
beforeEach(async () => {
  root = await realpath(await mkdtemp(path.join(tmpdir(), 'file-modes-')));
});
afterEach(async () => {
  playAs(platform);
  vi.mocked(openSync).mockReset();
  vi.mocked(fchmodSync).mockReset();
  await rm(root, { recursive: true });
});

/** Plays a mount that gives every file one mode, whatever is asked for: FAT, CIFS, a shared folder. */
async function playFixedModes(): Promise<void> {
  const actual = await vi.importActual<typeof import('node:fs')>('node:fs');
  vi.mocked(openSync).mockImplementation((...given) => {
    const descriptor = actual.openSync(...given);
    actual.fchmodSync(descriptor, 0o777);
    return descriptor;
  });
  vi.mocked(fchmodSync).mockImplementation(() => {});
}

const device = {
  name: 'device001',
  owner: undefined,
  expectedClientId: 'mqtt1_device001',
  passphrase: undefined,
  ephemeral: false,
};
const issued = {
  name: 'device001',
  clientId: 'mqtt1_device001',
  privateKey: new Secret('the key\n'),
  certificate: 'the certificate\n',
  fingerprint: 'AB:CD',
  altered: [],
} as unknown as IssuedCertificate;

const directory = () => path.join(root, 'out');
const workspace = () =>
  new Workspace({
    directory: directory(),
    workspace: root,
    made: forgetful,
    drafts: draftsIn(forgetful),
  });

describe.skipIf(platform === 'win32')('a file system that does not keep modes', () => {
  test('is refused before anything is created, and nothing is left there', async () => {
    await playFixedModes();
    await expect(workspace().prepare([device])).rejects.toMatchObject({
      code: 'destination-invalid',
      message: expect.stringContaining('does not keep the modes of files'),
    });
    expect(await readdir(directory())).toEqual(['.gitignore']);
  });

  test('is no problem where files have no such modes', async () => {
    await playFixedModes();
    playAs('win32');
    await workspace().prepare([device]);
  });

  test('takes a key that would be lost otherwise', async () => {
    await playFixedModes();
    const place = workspace();
    await place.prepare([]);
    expect(await place.deliver(issued)).toMatchObject({ isKept: true });
  });
});

test.skipIf(platform === 'win32')('a key is for its owner only', async () => {
  const place = workspace();
  await place.prepare([device]);
  await place.deliver(issued);
  expect((await stat(path.join(directory(), 'mqtt1_device001.key'))).mode & 0o777).toBe(0o600);
});
