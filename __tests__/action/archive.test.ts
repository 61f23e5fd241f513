import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test as base, describe, expect } from 'vitest';
import { ACTION, agentsOf, readyPairs, Sandbox, warningsOf } from './sandbox.ts';

/** In bytes, packed. */
const LARGEST = 330_000;
const MOST_FILES = 30;

/** What every job that uses an action downloads. */
interface Download {
  readonly packed: Buffer;
  /** where it is unpacked */
  readonly directory: string;
}

/**
 * Packs the working tree as GitHub packs a commit, by the tree's own attributes, into a folder.
 * Writes nothing to the repository: the index and new objects are in that folder.
 */
async function download(folder: string): Promise<Download> {
  const objects = git(['rev-parse', '--path-format=absolute', '--git-path', 'objects']);
  const env = {
    GIT_INDEX_FILE: path.join(folder, 'index'),
    GIT_OBJECT_DIRECTORY: path.join(folder, 'objects'),
    GIT_ALTERNATE_OBJECT_DIRECTORIES: objects.toString().trim(),
  };
  const directory = path.join(folder, 'actions');
  for (const name of [env.GIT_OBJECT_DIRECTORY, directory]) await mkdir(name);
  git(['add', '--all'], env);
  const tree = git(['write-tree'], env).toString().trim();
  const packed = git(['archive', '--format=tar.gz', tree], env);
  execFileSync('tar', ['-xzf', '-'], { cwd: directory, input: packed });
  return { packed, directory };
}

function git(args: readonly string[], env: Readonly<Record<string, string>> = {}): Buffer {
  return execFileSync('git', args, {
    cwd: ACTION,
    env: { ...process.env, ...env },
    maxBuffer: 2 ** 26,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

const test = base.extend<{ downloaded: Download }>({
  // biome-ignore lint/correctness/noEmptyPattern: the runner reads the fixtures used from it
  downloaded: async ({}, use) => {
    const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'download-')));
    try {
      await use(await download(folder));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
});

describe('the files that a job downloads', () => {
  test('are only those that it runs', async ({ downloaded: { packed, directory } }) => {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    expect((await readdir(directory)).sort()).toEqual(
      ['LICENSE', 'README.md', 'action.yml', 'delete', 'dist'].sort(),
    );
    expect(files.length).toBeLessThanOrEqual(MOST_FILES);
    expect(packed.length).toBeLessThanOrEqual(LARGEST);
  });

  test('run both actions, with all their features', async ({ downloaded }) => {
    const sandbox = await Sandbox.start(
      { pairs: await readyPairs() },
      undefined,
      downloaded.directory,
    );
    try {
      await createAndDelete(sandbox);
    } finally {
      await sandbox.stop();
    }
  });
});

/** Creates an agent, has it connect, pushes its encrypted key, cleans up, and deletes it all. */
async function createAndDelete(sandbox: Sandbox): Promise<void> {
  const github = await sandbox.startGitHub();
  const { inputs } = await sandbox.startBroker();
  const place = {
    destination: 'workspace, repository',
    'github-token': github.issueToken({ variables: 'write' }),
    variables: 'true',
  };
  const created = await sandbox.main({ ...inputs, ...place, 'key-passphrase': 'correct horse' });
  expect(created).toMatchObject({ exitCode: 0, outputs: { clientId: 'mqtt1_device001' } });
  expect(warningsOf(created)).toEqual([]);
  expect(await sandbox.files()).not.toEqual([]);
  expect(github.vault.secrets.size).toBe(2);

  expect(await sandbox.post(created)).toMatchObject({ exitCode: 0 });
  expect(await sandbox.files()).toEqual([]);

  const deleted = await sandbox.delete({ ...place, destination: 'repository' });
  expect(deleted.exitCode).toBe(0);
  expect(agentsOf(deleted)).toMatchObject([{ name: 'device001', result: 'deleted' }]);
  expect(sandbox.hub.agents.size + github.vault.secrets.size + github.vault.variables.size).toBe(0);
}
