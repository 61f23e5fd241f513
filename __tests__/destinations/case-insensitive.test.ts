import { linkSync } from 'node:fs';
import { mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { removeFiles } from '../../src/destinations/clean-up.ts';
import { draftsIn } from '../../src/destinations/drafts.ts';
import { Journal, readJournal } from '../../src/destinations/journal.ts';
import { Workspace } from '../../src/destinations/workspace.ts';
import type { IssuedCertificate } from '../../src/insights-hub/agent-certificates.ts';
import { Secret } from '../../src/secret.ts';

vi.mock('node:fs', async (load) => {
  const actual = await load<typeof import('node:fs')>();
  return { ...actual, linkSync: vi.fn(actual.linkSync) };
});

let root: string;
beforeEach(async () => {
  root = await realpath(await mkdtemp(path.join(tmpdir(), 'case-insensitive-')));
  const actual = await vi.importActual<typeof import('node:fs')>('node:fs');
  // Plays Windows and macOS, where names that differ only in case are one.
  vi.mocked(linkSync).mockImplementation((from, to) => {
    const wanted = path.basename(String(to)).toLowerCase();
    const names = actual.readdirSync(path.dirname(String(to)));
    const isTaken = names.some((name) => name.toLowerCase() === wanted);
    if (isTaken) throw Object.assign(new Error('EEXIST'), { code: 'EEXIST' });
    actual.linkSync(from, to);
  });
});
afterEach(async () => {
  vi.mocked(linkSync).mockReset();
  await rm(root, { recursive: true });
});

function issued(name: string, certificateId: string): IssuedCertificate {
  return {
    name,
    clientId: `mqtt1_${name}`,
    agentId: undefined,
    agentName: undefined,
    certificateId,
    privateKey: new Secret(`the key of ${name}\n`),
    certificate: `the certificate of ${name}\n`,
    fingerprint: 'AB:CD',
    expiresAt: undefined,
    altered: [],
  };
}

test('two agents whose names differ only in case keep a key each', async () => {
  const directory = path.join(root, 'out');
  const journal = await Journal.start(root);
  const logs = { made: journal, drafts: draftsIn(journal) };
  const workspace = new Workspace({ directory, workspace: root, ...logs });
  await workspace.prepare([]);
  const first = await workspace.deliver(issued('Device', 'ID1'));
  const second = await workspace.deliver(issued('device', 'ID2'));
  expect([first.isKept, second.isKept]).toEqual([true, true]);
  const paths = [first, second].map(({ delivery }) => delivery.privateKeyPath ?? '');
  expect(paths.map((file) => path.basename(file))).toEqual([
    'mqtt1_Device.key',
    'mqtt1_device-ID2.key',
  ]);
  expect(await Promise.all(paths.map((file) => readFile(file, 'utf8')))).toEqual([
    'the key of Device\n',
    'the key of device\n',
  ]);
  expect(await removeFiles(await readJournal(journal.path))).toEqual([]);
  expect(await readdir(root)).toEqual([path.basename(journal.path)]);
});
