import { execFileSync } from 'node:child_process';
import {
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { deleteFiles, deleteJournal, isFirstTime } from '../../src/destinations/clean-up.ts';
import { temporaryNames } from '../../src/destinations/files.ts';
import { identityOf } from '../../src/destinations/identity.ts';
import { type IdentifiedFile, Journal, noLog } from '../../src/destinations/journal.ts';
import { readJournal } from '../../src/destinations/read-journal.ts';

let root: string;
let workspace: string;
let journal: Journal;

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'clean-up-'));
  workspace = path.join(root, 'work');
  missed.length = 0;
  await mkdir(workspace);
  journal = await Journal.start(root);
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

const inWorkspace = (...names: readonly string[]) => path.join(workspace, ...names);

/** What the journal notes about an existing file or directory. */
async function noteOf(kind: IdentifiedFile['kind'], file: string): Promise<IdentifiedFile> {
  const found = await lstat(file, { bigint: true });
  const content = found.isFile() ? await readFile(file, 'utf8') : undefined;
  return { kind, path: file, identity: identityOf(found, content) };
}

async function make(kind: IdentifiedFile['kind'], ...names: readonly string[]): Promise<void> {
  const file = inWorkspace(...names);
  await (kind === 'directory' ? mkdir(file) : writeFile(file, 'made'));
  journal.record(await noteOf(kind, file));
}

/** Puts something else in the place of a file, with another time of birth, though perhaps its inode. */
async function replace(file: string, content: string): Promise<void> {
  const { birthtimeNs } = await lstat(file, { bigint: true });
  do {
    await rm(file);
    await writeFile(file, content);
  } while ((await lstat(file, { bigint: true })).birthtimeNs === birthtimeNs);
}

/** What a step creates in `out/certificates`. */
async function makeAll(): Promise<void> {
  await make('directory', 'out');
  await make('ignore-file', 'out', '.gitignore');
  await make('directory', 'out', 'certificates');
  await make('key', 'out', 'certificates', 'a.key');
  await make('file', 'out', 'certificates', 'a.pem');
}

const missed: string[] = [];
const cleanUp = async () => {
  const { made } = await readJournal(journal);
  return deleteFiles(made, { workspace, missed: (file) => missed.push(file) });
};

/** Everything in the workspace, sorted. */
const left = async () => (await readdir(workspace, { recursive: true })).sort();

test('deletes everything that was created', async () => {
  await makeAll();
  await writeFile(inWorkspace('theirs.txt'), 'theirs');
  expect(await cleanUp()).toEqual([]);
  expect(await left()).toEqual(['theirs.txt']);
});

test('can run twice', async () => {
  await makeAll();
  await cleanUp();
  expect(await cleanUp()).toEqual([]);
});

test('ignores what no longer exists', async () => {
  await makeAll();
  await rm(inWorkspace('out'), { recursive: true });
  expect(await cleanUp()).toEqual([]);
  expect(missed).toEqual([inWorkspace('out', 'certificates', 'a.key')]);
});

test('ignores what was noted but never created', async () => {
  await makeAll();
  const { identity } = await noteOf('file', root);
  journal.record({ kind: 'file', path: inWorkspace('out', 'certificates', 'b.pem'), identity });
  journal.record({ kind: 'placing', path: inWorkspace('c.key'), identity });
  journal.record({ kind: 'directory', path: inWorkspace('other', 'inner'), identity });
  expect(await cleanUp()).toEqual([]);
  expect(missed).toEqual([]);
  expect(await left()).toEqual([]);
});

test('leaves files of others, their directories, and what hides them from Git', async () => {
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

test('deletes the inner directory when only the outer one is in use', async () => {
  await makeAll();
  await writeFile(inWorkspace('out', 'theirs.txt'), 'theirs');
  expect(await cleanUp()).toEqual([]);
  expect(await left()).toEqual([
    'out',
    path.join('out', '.gitignore'),
    path.join('out', 'theirs.txt'),
  ]);
});

test('leaves a directory that existed before', async () => {
  await mkdir(inWorkspace('theirs'));
  await make('file', 'theirs', 'a.key');
  expect(await cleanUp()).toEqual([]);
  expect(await left()).toEqual(['theirs']);
});

test('reports what it can’t delete, deletes the rest, and can be repeated', async () => {
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

describe('anything in the place of a file that was created stays, and is named:', () => {
  const file = () => inWorkspace('out', 'certificates', 'a.key');
  const OTHER = 'it is not the file that this step wrote';

  test('another file, even if it has the same inode', async () => {
    await makeAll();
    await replace(file(), 'theirs');
    expect(await cleanUp()).toEqual([`${file()} (${OTHER})`]);
    expect(await readFile(file(), 'utf8')).toBe('theirs');
    expect(missed).toEqual([]);
  });

  test.skipIf(process.platform === 'win32')('a link', async () => {
    const moved = path.join(root, 'moved.key');
    await makeAll();
    await rename(file(), moved);
    await symlink(moved, file());
    expect(await cleanUp()).toEqual([`${file()} (${OTHER})`]);
    expect(await readFile(moved, 'utf8')).toBe('made');
  });

  test('a directory', async () => {
    await make('file', 'a.pem');
    await rm(inWorkspace('a.pem'));
    await mkdir(inWorkspace('a.pem'));
    expect(await cleanUp()).toEqual([`${inWorkspace('a.pem')} (EISDIR)`]);
  });

  test('another directory, and what hides it from Git', async () => {
    await make('directory', 'out');
    await make('ignore-file', 'out', '.gitignore');
    await replace(inWorkspace('out', '.gitignore'), '*.log');
    expect(await cleanUp()).toEqual([]);
    expect(await left()).toEqual(['out', path.join('out', '.gitignore')]);
  });
});

describe.each(['certificates', '.'])('when the directory out/%s was replaced', (name) => {
  const OWN = ['a.key', 'a.pem'];
  let moved: string;
  beforeEach(async () => {
    moved = path.join(root, 'moved');
    await makeAll();
    await rename(inWorkspace('out', name), moved);
  });

  test('by a link to files of the same names, those stay', async () => {
    const elsewhere = path.join(root, 'elsewhere', name === '.' ? 'certificates' : '');
    await mkdir(elsewhere, { recursive: true });
    for (const own of OWN) await writeFile(path.join(elsewhere, own), 'theirs');
    await symlink(path.join(root, 'elsewhere'), inWorkspace('out', name), 'junction');
    const folder = inWorkspace('out', 'certificates');
    expect((await cleanUp()).slice(0, 2)).toEqual(
      OWN.map((own) => `${path.join(folder, own)} (a directory in its path was replaced)`),
    );
    expect((await readdir(elsewhere)).sort()).toEqual(OWN);
    for (const own of OWN) expect(await readFile(path.join(elsewhere, own), 'utf8')).toBe('theirs');
  });

  test('by a link to its new place, nothing is deleted through it', async () => {
    await symlink(moved, inWorkspace('out', name), 'junction');
    expect(await cleanUp()).toContainEqual(
      expect.stringMatching(/a\.key \(a directory in its path/),
    );
    expect(await readdir(moved, { recursive: true })).toContain(
      path.join(name === '.' ? 'certificates' : '', 'a.key'),
    );
  });

  test('by nothing, the key is reported missing', async () => {
    expect(await cleanUp()).toEqual([]);
    expect(missed).toEqual([inWorkspace('out', 'certificates', 'a.key')]);
  });
});

test('a directory of others in the place of one that was created stays', async () => {
  await make('directory', 'out');
  await rename(inWorkspace('out'), path.join(root, 'moved'));
  await mkdir(inWorkspace('out'));
  expect(await cleanUp()).toEqual([]);
  expect(await left()).toEqual(['out']);
});

test('deletes the temporary files of a killed step, and no other file beside them', async () => {
  await make('directory', 'out');
  const temporary = temporaryNames(journal);
  const half = [temporary(inWorkspace('out')), temporary(inWorkspace('out'))];
  for (const file of half) await writeFile(file, 'half');
  const theirs = temporaryNames(noLog)(inWorkspace('out'));
  await writeFile(theirs, 'theirs');
  expect(await cleanUp()).toEqual([]);
  expect(await left()).toEqual(['out', path.join('out', path.basename(theirs))]);
});

test('accepts temporary files in a directory that no longer exists', async () => {
  temporaryNames(journal)(inWorkspace('gone'));
  expect(await cleanUp()).toEqual([]);
});

test('deletes a file that was being placed', async () => {
  await make('directory', 'out');
  const temporary = inWorkspace('out', '.first.tmp');
  const placed = inWorkspace('out', 'a.key');
  await make('file', 'out', '.first.tmp');
  const { identity } = await noteOf('file', temporary);
  journal.record({ kind: 'placing', path: placed, identity });
  await link(temporary, placed);
  expect(await cleanUp()).toEqual([]);
  expect(await left()).toEqual([]);
});

test('leaves somebody else’s file where one was to be placed', async () => {
  const placed = inWorkspace('a.key');
  await writeFile(placed, 'made');
  journal.record(await noteOf('placing', placed));
  await replace(placed, 'theirs');
  expect(await cleanUp()).toEqual([]);
  expect(await readFile(placed, 'utf8')).toBe('theirs');
});

test('a shared file is deleted as soon as no connection file names it, whatever else is connected', async () => {
  const pathOf = (name: string) => path.join(workspace, name);
  const [first, second] = [pathOf('broker-ca.pem'), pathOf('broker-ca-2.pem')];
  await writeFile(first, 'a CA');
  await writeFile(second, 'another CA');
  await writeFile(pathOf('one.mqttx.json'), JSON.stringify({ ca: first }));
  await writeFile(pathOf('two.mqttx.json'), JSON.stringify({ ca: second }));

  // Post steps run in reverse order: the later step's comes first.
  const later = [await noteOf('file', pathOf('two.mqttx.json')), await noteOf('shared', second)];
  expect(await deleteFiles(later, { workspace })).toEqual([]);
  expect((await readdir(workspace)).sort()).toEqual(['broker-ca.pem', 'one.mqttx.json']);

  expect(await deleteFiles([await noteOf('shared', first)], { workspace })).toEqual([]);
  expect((await readdir(workspace)).sort()).toEqual(['broker-ca.pem', 'one.mqttx.json']);
});

test.skipIf(process.platform === 'win32')(
  'something that can’t be a connection file does not keep the post step waiting',
  async () => {
    await make('shared', 'broker-ca.pem');
    const theirs = path.join(root, 'theirs');
    await writeFile(theirs, 'broker-ca.pem');
    await symlink(theirs, inWorkspace('link.mqttx.json'));
    await symlink('/dev/zero', inWorkspace('device.mqttx.json'));
    execFileSync('mkfifo', [inWorkspace('pipe.mqttx.json')]);
    await mkdir(inWorkspace('directory.mqttx.json'));
    await writeFile(inWorkspace('large.mqttx.json'), `broker-ca.pem${'x'.repeat(1_048_576)}`);
    expect(await cleanUp()).toEqual([]);
    expect(await left()).not.toContain('broker-ca.pem');
  },
);

test('a file that is kept nevertheless stays, even if connection files share it', async () => {
  await makeAll();
  const kept = ['a.key', 'a.pem'].map((name) => inWorkspace('out', 'certificates', name));
  const shared = inWorkspace('broker-ca.pem');
  await writeFile(shared, 'a CA');
  journal.record(await noteOf('placing', shared), await noteOf('shared', shared));
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
  journal.record(await noteOf('placing', shared), await noteOf('shared', shared));
  expect(await cleanUp()).toEqual([]);
  expect(await left()).toContain('broker-ca.pem');
});

test('a second clean-up by a journal is recognised, and nothing is left of either', async () => {
  expect([await isFirstTime(journal.path), await isFirstTime(journal.path)]).toEqual([true, false]);
  await deleteJournal(journal.path);
  expect(await readdir(root)).toEqual(['work']);
  // If that can't be noted, it is better to report a missing key twice than never.
  expect(await isFirstTime(path.join(root, 'nowhere', 'journal'))).toBe(true);
});
