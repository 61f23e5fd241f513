import {
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { removeFiles } from '../../src/destinations/clean-up.ts';
import { temporaryNames } from '../../src/destinations/files.ts';
import { Journal, type MadeFile, noLog } from '../../src/destinations/journal.ts';
import { readJournal } from '../../src/destinations/read-journal.ts';

let root: string;
let workspace: string;
let journal: Journal;

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'clean-up-'));
  workspace = path.join(root, 'work');
  await mkdir(workspace);
  journal = await Journal.start(root);
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

const inWorkspace = (...names: readonly string[]) => path.join(workspace, ...names);

async function make(
  kind: Exclude<MadeFile['kind'], 'placing'>,
  ...names: readonly string[]
): Promise<void> {
  const file = inWorkspace(...names);
  journal.record({ kind, path: file });
  await (kind === 'directory' ? mkdir(file) : writeFile(file, 'made'));
}

/** What a step makes of `out/certificates`. */
async function makeAll(): Promise<void> {
  await make('directory', 'out');
  await make('ignore-file', 'out', '.gitignore');
  await make('directory', 'out', 'certificates');
  await make('file', 'out', 'certificates', 'a.key');
  await make('file', 'out', 'certificates', 'a.pem');
}

const cleanUp = async () => removeFiles((await readJournal(journal)).made);

/** Everything in the workspace, sorted. */
const left = async () => (await readdir(workspace, { recursive: true })).sort();

test('removes all that was made', async () => {
  await makeAll();
  await writeFile(inWorkspace('theirs.txt'), 'theirs');
  expect(await cleanUp()).toEqual([]);
  expect(await left()).toEqual(['theirs.txt']);
});

test('may run twice', async () => {
  await makeAll();
  await cleanUp();
  expect(await cleanUp()).toEqual([]);
});

test('does not mind what is gone already', async () => {
  await makeAll();
  await rm(inWorkspace('out'), { recursive: true });
  expect(await cleanUp()).toEqual([]);
});

test('does not mind what was noted and never made', async () => {
  await makeAll();
  journal.record({ kind: 'file', path: inWorkspace('out', 'certificates', 'b.key') });
  journal.record({ kind: 'placing', path: inWorkspace('c.key'), inode: '1' });
  journal.record({ kind: 'directory', path: inWorkspace('other', 'inner') });
  expect(await cleanUp()).toEqual([]);
  expect(await left()).toEqual([]);
});

test('leaves files of others, their directories, and what hides them from git', async () => {
  await makeAll();
  await writeFile(inWorkspace('out', 'certificates', 'theirs.txt'), 'theirs');
  expect(await cleanUp()).toEqual([]);
  expect(await left()).toEqual([
    'out',
    path.join('out', '.gitignore'),
    path.join('out', 'certificates'),
    path.join('out', 'certificates', 'theirs.txt'),
  ]);
});

test('removes the inner directory when only the outer one is in use', async () => {
  await makeAll();
  await writeFile(inWorkspace('out', 'theirs.txt'), 'theirs');
  expect(await cleanUp()).toEqual([]);
  expect(await left()).toEqual([
    'out',
    path.join('out', '.gitignore'),
    path.join('out', 'theirs.txt'),
  ]);
});

test('leaves a directory that was there before', async () => {
  await mkdir(inWorkspace('theirs'));
  await make('file', 'theirs', 'a.key');
  expect(await cleanUp()).toEqual([]);
  expect(await left()).toEqual(['theirs']);
});

test('tells what it can’t remove, removes the rest, and can be tried again', async () => {
  await makeAll();
  const blocked = inWorkspace('out', 'certificates', 'a.key');
  await rm(blocked);
  await mkdir(blocked);
  const problems = await cleanUp();
  expect(problems).toEqual([expect.stringMatching(/a\.key \((EISDIR|EPERM)\)$/)]);
  expect(await left()).not.toContain(path.join('out', 'certificates', 'a.pem'));
  await rm(blocked, { recursive: true });
  expect(await cleanUp()).toEqual([]);
  expect(await left()).toEqual([]);
});

test.skipIf(process.platform === 'win32')('removes a link, and not what it leads to', async () => {
  const theirs = path.join(root, 'theirs.txt');
  await writeFile(theirs, 'theirs');
  await makeAll();
  await rm(inWorkspace('out', 'certificates', 'a.key'));
  await symlink(theirs, inWorkspace('out', 'certificates', 'a.key'));
  expect(await cleanUp()).toEqual([]);
  expect(await left()).toEqual([]);
  expect(await readFile(theirs, 'utf8')).toBe('theirs');
});

test('removes the temporary files of a killed step, and no other file beside them', async () => {
  await make('directory', 'out');
  const temporary = temporaryNames(journal);
  const half = [temporary(inWorkspace('out')), temporary(inWorkspace('out'))];
  for (const file of half) await writeFile(file, 'half');
  const theirs = temporaryNames(noLog)(inWorkspace('out'));
  await writeFile(theirs, 'theirs');
  expect(await cleanUp()).toEqual([]);
  expect(await left()).toEqual(['out', path.join('out', path.basename(theirs))]);
});

test('has no problem with temporary files in a directory that is gone', async () => {
  temporaryNames(journal)(inWorkspace('gone'));
  expect(await cleanUp()).toEqual([]);
});

test('removes a file that was being placed', async () => {
  await make('directory', 'out');
  const temporary = inWorkspace('out', '.first.tmp');
  const placed = inWorkspace('out', 'a.key');
  await make('file', 'out', '.first.tmp');
  const { ino } = await stat(temporary, { bigint: true });
  journal.record({ kind: 'placing', path: placed, inode: String(ino) });
  await link(temporary, placed);
  expect(await cleanUp()).toEqual([]);
  expect(await left()).toEqual([]);
});

test('leaves somebody else’s file where one was to be placed', async () => {
  const placed = inWorkspace('a.key');
  await writeFile(placed, 'theirs');
  const { ino } = await lstat(placed, { bigint: true });
  journal.record({ kind: 'placing', path: placed, inode: String(ino + 1n) });
  expect(await cleanUp()).toEqual([]);
  expect(await readFile(placed, 'utf8')).toBe('theirs');
});

test('a shared file goes as soon as no connection file names it, whatever else is connected', async () => {
  const pathOf = (name: string) => path.join(workspace, name);
  const [first, second] = [pathOf('broker-ca.pem'), pathOf('broker-ca-2.pem')];
  await writeFile(first, 'a CA');
  await writeFile(second, 'another CA');
  await writeFile(pathOf('one.mqttx.json'), JSON.stringify({ ca: first }));
  await writeFile(pathOf('two.mqttx.json'), JSON.stringify({ ca: second }));

  // Post steps run in reverse order: the later step's comes first.
  const later = ['two.mqttx.json'].map((name): MadeFile => ({ kind: 'file', path: pathOf(name) }));
  expect(await removeFiles([...later, { kind: 'shared', path: second }])).toEqual([]);
  expect((await readdir(workspace)).sort()).toEqual(['broker-ca.pem', 'one.mqttx.json']);

  expect(await removeFiles([{ kind: 'shared', path: first }])).toEqual([]);
  expect((await readdir(workspace)).sort()).toEqual(['broker-ca.pem', 'one.mqttx.json']);
});

test('a file that is kept after all stays, also one that connection files share', async () => {
  await makeAll();
  const kept = ['a.key', 'a.pem'].map((name) => inWorkspace('out', 'certificates', name));
  const shared = inWorkspace('broker-ca.pem');
  await writeFile(shared, 'a CA');
  journal.record({ kind: 'placing', path: shared, inode: '1' }, { kind: 'shared', path: shared });
  for (const file of [...kept, shared]) journal.record({ kind: 'kept', path: file });
  expect(await cleanUp()).toEqual([]);
  expect(await left()).toEqual([
    'broker-ca.pem',
    'out',
    path.join('out', '.gitignore'),
    path.join('out', 'certificates'),
    path.join('out', 'certificates', 'a.key'),
    path.join('out', 'certificates', 'a.pem'),
  ]);
});

test('a shared file that was being placed by this step stays while another step uses it', async () => {
  const shared = inWorkspace('broker-ca.pem');
  await writeFile(shared, 'a CA');
  await writeFile(inWorkspace('theirs.mqttx.json'), JSON.stringify({ ca: shared }));
  const { ino } = await stat(shared, { bigint: true });
  const inode = String(ino);
  journal.record({ kind: 'placing', path: shared, inode }, { kind: 'shared', path: shared });
  expect(await cleanUp()).toEqual([]);
  expect(await left()).toContain('broker-ca.pem');
});
