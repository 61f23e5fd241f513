import { fchmodSync, linkSync, openSync } from 'node:fs';
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { deleteFiles } from '../../src/destinations/clean-up.ts';
import type { Files } from '../../src/destinations/destination.ts';
import { temporaryNames } from '../../src/destinations/files.ts';
import { Journal, noLog } from '../../src/destinations/journal.ts';
import { readJournal } from '../../src/destinations/read-journal.ts';
import { Workspace, type WorkspaceOptions } from '../../src/destinations/workspace.ts';
import { issuedFor, requestOf } from './issued.ts';

vi.mock('node:fs', async (load) => {
  const actual = await load<typeof import('node:fs')>();
  return {
    ...actual,
    fchmodSync: vi.fn(actual.fchmodSync),
    linkSync: vi.fn(actual.linkSync),
    openSync: vi.fn(actual.openSync),
  };
});
vi.mock('node:fs/promises', async (load) => {
  const actual = await load<typeof import('node:fs/promises')>();
  return { ...actual, unlink: vi.fn(actual.unlink) };
});
const actual = await vi.importActual<typeof import('node:fs')>('node:fs');

const { platform } = process;
const POSIX = platform !== 'win32';

let root: string;
beforeEach(async () => {
  root = await realpath(await mkdtemp(path.join(tmpdir(), 'workspace-')));
});
afterEach(async () => {
  Object.defineProperty(process, 'platform', { value: platform });
  for (const mocked of [fchmodSync, linkSync, openSync]) vi.mocked(mocked).mockReset();
  await rm(root, { recursive: true });
});

const inside = (...names: readonly string[]) => path.join(root, 'out', ...names);
const all = async () => (await readdir(inside())).sort();
const modeOf = async (file: string) => (await stat(file)).mode & 0o777;
const namesOf = (files: Files) =>
  Object.entries(files).map(([kind, file]) => [kind, path.relative(inside(), file)]);

const facts = { count: 2, kind: 'trusted', broker: 'mqtts://broker.invalid:8883' } as const;

/** The CAs to write, as soon as they are known. */
const authoritiesOf = (contentOf: () => Promise<string>) => {
  const authorities = async () => ({ ...facts, content: await contentOf() });
  return { toVerify: authorities, toWrite: authorities };
};

function workspaceWith(options: Partial<WorkspaceOptions> = {}) {
  return new Workspace({
    directory: inside(),
    workspace: root,
    made: noLog,
    temporary: temporaryNames(noLog),
    warn: () => {},
    connection: {
      broker: { host: 'broker.invalid', port: 8883 },
      authorities: authoritiesOf(async () => 'the CAs\n'),
    },
    helpful: [],
    ...options,
  });
}
const helpful = ['brokerCa', 'mqttx'] as const;

async function prepared(options: Partial<WorkspaceOptions> = {}): Promise<Workspace> {
  const workspace = workspaceWith(options);
  await workspace.prepare([]);
  return workspace;
}

describe('prepare', () => {
  test('leaves nothing but the directory', async () => {
    await workspaceWith({ helpful }).prepare([requestOf('a')]);
    expect(await all()).toEqual(['.gitignore']);
  });

  test.each([
    { is: 'a private key', name: 'mqtt1_b.key', connection: false },
    { is: 'a certificate', name: 'mqtt1_b.pem', connection: false },
    { is: 'a connection file', name: 'mqtt1_b.mqttx.json', connection: true },
  ])('refuses an existing file: $is', async ({ name, connection }) => {
    await mkdir(inside());
    await writeFile(inside(name), 'theirs');
    const agents = [requestOf('a'), requestOf('b')];
    const workspace = workspaceWith({ helpful: connection ? helpful : [] });
    await expect(workspace.prepare(agents)).rejects.toMatchObject({
      code: 'destination-invalid',
      message: expect.stringContaining(`and are never overwritten: ${inside(name)}. Delete them, `),
    });
    await workspace.prepare([requestOf('a')]);
  });

  test.skipIf(!POSIX)('refuses a dangling link', async () => {
    await mkdir(inside());
    await symlink(path.join(root, 'nowhere'), inside('mqtt1_a.key'));
    await expect(workspaceWith().prepare([requestOf('a')])).rejects.toThrow('never overwritten');
  });

  test('ignores a connection file when none is to be written', async () => {
    await mkdir(inside());
    await writeFile(inside('mqtt1_a.mqttx.json'), 'theirs');
    await workspaceWith().prepare([requestOf('a')]);
  });

  test('creates files of every kind and mode, each with a link, and deletes them', async () => {
    const journal = await Journal.start(root);
    const temporary = temporaryNames(journal);
    await workspaceWith({ helpful, temporary }).prepare([requestOf('a'.repeat(60))]);
    const files = vi.mocked(linkSync).mock.calls.map(([, to]) => path.basename(String(to)));
    expect(files).toEqual([
      '.gitignore',
      ...Array(4).fill(expect.stringMatching(/^\.[\w-]+\.tmp-+$/)),
    ]);
    // As long as the longest name, and known to the journal in case the step is killed.
    expect(files[1]?.length).toBe(`mqtt1_${'a'.repeat(60)}.key`.length);
    const [start] = (await readJournal(journal)).made.map((made) =>
      'path' in made ? made.path : '',
    );
    for (const file of files.slice(1)) expect(inside(file).startsWith(start ?? '')).toBe(true);
    expect(fchmodSync).toHaveBeenCalledTimes(POSIX ? 4 : 5);
    expect(await all()).toEqual(['.gitignore']);
  });

  test('refuses a directory from which nothing can be deleted', async () => {
    vi.mocked(unlink).mockRejectedValueOnce(Object.assign(new Error('no'), { code: 'EPERM' }));
    await expect(workspaceWith().prepare([requestOf('a')])).rejects.toMatchObject({
      code: 'destination-invalid',
      message: `Can't write to ${inside()} (EPERM).`,
    });
  });

  test('accepts a mount on which modes can’t be changed', async () => {
    vi.mocked(fchmodSync).mockImplementation(() => {
      throw Object.assign(new Error('no'), { code: 'EPERM' });
    });
    const warn = vi.fn();
    const workspace = workspaceWith({ warn, helpful });
    await workspace.prepare([requestOf('a')]);
    expect(warn).toHaveBeenCalled();
    expect(await workspace.deliver(issuedFor('a'))).toMatchObject({ keepsKey: true });
    if (POSIX) expect(await modeOf(inside('mqtt1_a.pem'))).toBe(0o600);
  });

  test('says why nothing can be written', async () => {
    vi.mocked(openSync).mockImplementation(() => {
      throw Object.assign(new Error('the words'), { code: 'EDQUOT' });
    });
    await mkdir(inside());
    await expect(workspaceWith().prepare([requestOf('a')])).rejects.toMatchObject({
      code: 'destination-invalid',
      message: `Can't write to ${inside()} (EDQUOT).`,
    });
  });
});

describe('deliver', () => {
  test('writes key and certificate', async () => {
    const workspace = await prepared();
    const { files, ...rest } = await workspace.deliver(issuedFor('a'));
    expect(rest).toEqual({ settings: [], keepsKey: true });
    expect(namesOf(files)).toEqual([
      ['privateKey', 'mqtt1_a.key'],
      ['certificate', 'mqtt1_a.pem'],
    ]);
    expect(await readFile(inside('mqtt1_a.key'), 'utf8')).toBe('the key of a\n');
    expect(await readFile(inside('mqtt1_a.pem'), 'utf8')).toBe('the certificate of a\n');
    expect(await all()).toEqual(['.gitignore', 'mqtt1_a.key', 'mqtt1_a.pem']);
  });

  test.skipIf(!POSIX)('gives only the owner access to the key', async () => {
    await (await prepared({ helpful })).deliver(issuedFor('a'));
    const modes = ['mqtt1_a.key', 'mqtt1_a.pem', 'mqtt1_a.mqttx.json', 'broker-ca.pem'].map(
      (name) => modeOf(inside(name)),
    );
    expect(await Promise.all(modes)).toEqual([0o600, 0o644, 0o644, 0o644]);
  });

  test('adds a connection file that names them, and the CAs of the broker', async () => {
    const { files } = await (await prepared({ helpful })).deliver(issuedFor('a'));
    expect(namesOf(files)).toEqual([
      ['privateKey', 'mqtt1_a.key'],
      ['certificate', 'mqtt1_a.pem'],
      ['brokerCa', 'broker-ca.pem'],
      ['mqttx', 'mqtt1_a.mqttx.json'],
    ]);
    const [connection] = JSON.parse(await readFile(files.mqttx ?? '', 'utf8'));
    expect(connection).toMatchObject({
      clientId: 'mqtt1_a',
      host: 'broker.invalid',
      ca: files.brokerCa,
      cert: files.certificate,
      key: files.privateKey,
    });
    expect(await readFile(files.brokerCa ?? '', 'utf8')).toBe('the CAs\n');
  });

  test('writes the CAs once for all agents, including those of another step', async () => {
    const workspace = await prepared({ helpful });
    const names = ['a', 'b', 'c'].map((name) => issuedFor(name));
    const deliveries = await Promise.all(names.map((issued) => workspace.deliver(issued)));
    const other = await prepared({ helpful });
    const last = await other.deliver(issuedFor('d'));
    const used = [...deliveries, last].map(({ files }) => files.brokerCa);
    expect(new Set(used)).toEqual(new Set([inside('broker-ca.pem')]));
  });

  test('writes the CAs beside others, once', async () => {
    await mkdir(inside());
    await writeFile(inside('broker-ca.pem'), 'other CAs');
    const workspace = await prepared({ helpful });
    const names = ['a', 'b'].map((name) => issuedFor(name));
    const deliveries = await Promise.all(names.map((issued) => workspace.deliver(issued)));
    const [first, second] = deliveries.map(({ files }) => path.basename(files.brokerCa ?? ''));
    expect(first).toMatch(/^broker-ca-[0-9a-f-]{36}\.pem$/);
    expect(second).toBe(first);
    expect(await readFile(inside('broker-ca.pem'), 'utf8')).toBe('other CAs');
  });

  test.skipIf(!POSIX)('does not use a link as the CA file', async () => {
    await mkdir(inside());
    await writeFile(path.join(root, 'ca'), 'the CAs\n');
    await symlink(path.join(root, 'ca'), inside('broker-ca.pem'));
    const { files } = await (await prepared({ helpful })).deliver(issuedFor('a'));
    expect(files.brokerCa).not.toBe(inside('broker-ca.pem'));
  });

  test('writes the connection file beside one that has appeared', async () => {
    const workspace = await prepared({ helpful });
    await writeFile(inside('mqtt1_a.mqttx.json'), 'theirs');
    const { files } = await workspace.deliver(issuedFor('a'));
    const name = path.basename(files.mqttx ?? '');
    expect(name).toMatch(/^mqtt1_a-[0-9a-f-]{36}\.mqttx\.json$/);
    expect(await readFile(inside('mqtt1_a.mqttx.json'), 'utf8')).toBe('theirs');
  });

  test('uses a unique name if files unexpectedly exist', async () => {
    const workspace = await prepared({ helpful });
    await writeFile(inside('mqtt1_a.pem'), 'theirs');
    await writeFile(inside('mqtt1_b.pem'), 'theirs');
    await writeFile(inside('mqtt1_b-ABCD.pem'), 'theirs');
    const named = await workspace.deliver(issuedFor('a', { certificateId: 'id/1' }));
    expect(namesOf(named.files)).toEqual([
      ['privateKey', 'mqtt1_a-id_1.key'],
      ['certificate', 'mqtt1_a-id_1.pem'],
      ['brokerCa', 'broker-ca.pem'],
      ['mqttx', 'mqtt1_a-id_1.mqttx.json'],
    ]);
    const { files } = await workspace.deliver(issuedFor('b'));
    expect(path.basename(files.privateKey ?? '')).toMatch(/^mqtt1_b-[0-9a-f-]{36}\.key$/);
    expect(await all()).not.toContain('mqtt1_a.key');
  });

  test('keeps no key when the directory no longer exists', async () => {
    const workspace = await prepared();
    await rm(inside(), { recursive: true });
    expect(await workspace.deliver(issuedFor('a'))).toEqual({
      files: {},
      settings: [],
      keepsKey: false,
      failure: expect.objectContaining({
        code: 'delivery-failed',
        message: `The directory ${inside()} no longer exists.`,
      }),
    });
  });

  test('keeps the key when only the rest fails, and tries that again for the next agent', async () => {
    let calls = 0;
    const authorities = authoritiesOf(async () => {
      calls += 1;
      if (calls === 1) throw Object.assign(new Error('the words'), { code: 'EMFILE' });
      return 'the CAs\n';
    });
    const connection = { broker: { host: 'broker.invalid', port: 8883 }, authorities };
    const workspace = await prepared({ helpful, connection });
    const first = await workspace.deliver(issuedFor('a'));
    expect(namesOf(first.files).map(([kind]) => kind)).toEqual(['privateKey', 'certificate']);
    expect(first).toMatchObject({
      keepsKey: true,
      failure: {
        code: 'delivery-failed',
        message: `The connection file could not be written to ${inside()} (EMFILE).`,
      },
    });
    const second = await workspace.deliver(issuedFor('b'));
    expect(second).toMatchObject({ keepsKey: true, files: { brokerCa: inside('broker-ca.pem') } });
  });
});

describe('files that wait for a proof', () => {
  /** A workspace that does not know the content of the CA file until it is told. */
  async function waiting(options: Partial<WorkspaceOptions> = {}) {
    let content: string | undefined;
    const known = authoritiesOf(async () => content ?? '');
    const toWrite = async () => (content === undefined ? undefined : known.toWrite());
    const broker = { host: 'broker.invalid', port: 8883 };
    const connection = { broker, authorities: { ...known, toWrite } };
    const workspace = await prepared({ helpful, connection, ...options });
    const tell = (text: string) => {
      content = text;
    };
    return { workspace, tell };
  }

  test('are written after key and certificate, which don’t wait', async () => {
    const { workspace, tell } = await waiting();
    const first = await workspace.deliver(issuedFor('a'));
    expect(first).toMatchObject({ keepsKey: true, isPartial: true });
    expect(await all()).toEqual(['.gitignore', 'mqtt1_a.key', 'mqtt1_a.pem']);
    expect(await workspace.complete(issuedFor('a'), first)).toEqual(first);
    tell('the one CA\n');
    const { isPartial, authorities, files } = await workspace.complete(issuedFor('a'), first);
    expect({ isPartial, authorities }).toEqual({ isPartial: undefined, authorities: facts });
    expect(namesOf(files).map(([, name]) => name)).toEqual([
      'mqtt1_a.key',
      'mqtt1_a.pem',
      'broker-ca.pem',
      'mqtt1_a.mqttx.json',
    ]);
    expect(await readFile(files.brokerCa ?? '', 'utf8')).toBe('the one CA\n');
    const [connection] = JSON.parse(await readFile(files.mqttx ?? '', 'utf8'));
    expect(connection).toMatchObject({ ca: files.brokerCa, key: files.privateKey });
  });

  test('don’t wait once it is known', async () => {
    const { workspace, tell } = await waiting();
    tell('the one CA\n');
    const delivery = await workspace.deliver(issuedFor('a'));
    expect(delivery.isPartial).toBeUndefined();
    expect(Object.keys(delivery.files)).toContain('mqttx');
  });

  test('are named after the key that has a unique name', async () => {
    const { workspace, tell } = await waiting();
    await writeFile(inside('mqtt1_a.pem'), 'theirs');
    const issued = issuedFor('a', { certificateId: 'id1' });
    const first = await workspace.deliver(issued);
    tell('the one CA\n');
    const { files } = await workspace.complete(issued, first);
    expect(path.basename(files.mqttx ?? '')).toBe('mqtt1_a-id1.mqttx.json');
  });

  test.skipIf(!POSIX)('are not written when the directory has become a link', async () => {
    const { workspace, tell } = await waiting();
    const first = await workspace.deliver(issuedFor('a'));
    tell('the one CA\n');
    await rename(inside(), path.join(root, 'moved'));
    await symlink(path.join(root, 'moved'), inside());
    const { failure, keepsKey } = await workspace.complete(issuedFor('a'), first);
    expect({ code: failure?.code, keepsKey }).toEqual({ code: 'delivery-failed', keepsKey: true });
    expect(await readdir(path.join(root, 'moved'))).not.toContain('broker-ca.pem');
  });

  test('are only the CAs beside an encrypted key', async () => {
    const { workspace, tell } = await waiting({ helpful: ['brokerCa'] });
    const first = await workspace.deliver(issuedFor('a'));
    tell('the one CA\n');
    const { files } = await workspace.complete(issuedFor('a'), first);
    expect(Object.keys(files)).toEqual(['privateKey', 'certificate', 'brokerCa']);
  });
});

test('the CAs stay when the job ends, while the connection file of another step names them', async () => {
  const journal = await Journal.start(root);
  const workspace = await prepared({ made: journal, helpful });
  await workspace.deliver(issuedFor('a'));
  await (await prepared({ helpful })).deliver(issuedFor('b'));
  const made = (await readJournal(journal)).made;
  expect(await deleteFiles(made, { workspace: root })).toEqual([]);
  expect(await all()).toEqual([
    '.gitignore',
    'broker-ca.pem',
    'mqtt1_b.key',
    'mqtt1_b.mqttx.json',
    'mqtt1_b.pem',
  ]);
  for (const name of ['mqtt1_b.key', 'mqtt1_b.mqttx.json', 'mqtt1_b.pem']) await rm(inside(name));
  expect(await deleteFiles(made, { workspace: root })).toEqual([]);
  expect(await readdir(root)).toEqual([path.basename(journal.path)]);
});

describe('a key that is kept nevertheless', () => {
  test('stays when the job ends, while the rest is deleted', async () => {
    const journal = await Journal.start(root);
    const workspace = await prepared({ made: journal, helpful });
    const kept = await workspace.deliver(issuedFor('a'));
    await workspace.deliver(issuedFor('b'));
    await workspace.keep(kept);
    expect(await deleteFiles((await readJournal(journal)).made, { workspace: root })).toEqual([]);
    expect(await all()).toEqual([
      '.gitignore',
      'broker-ca.pem',
      'mqtt1_a.key',
      'mqtt1_a.mqttx.json',
      'mqtt1_a.pem',
    ]);
  });
});

describe.skipIf(!POSIX)('a file system that does not support file modes', () => {
  /**
   * Simulates a mount that gives every file the same mode, whatever is requested: FAT, CIFS, a
   * shared folder.
   */
  beforeEach(() => {
    vi.mocked(openSync).mockImplementation((...given) => {
      const descriptor = actual.openSync(...given);
      actual.fchmodSync(descriptor, 0o777);
      return descriptor;
    });
    vi.mocked(fchmodSync).mockImplementation(() => {});
  });

  test('is refused before anything is created, and nothing is left there', async () => {
    await expect(workspaceWith().prepare([requestOf('a')])).rejects.toMatchObject({
      code: 'destination-invalid',
      message: expect.stringContaining('does not support file modes'),
    });
    expect(await all()).toEqual(['.gitignore']);
  });

  test('is accepted on systems without such modes', async () => {
    Object.defineProperty(process, 'platform', { value: 'win32' });
    await workspaceWith().prepare([requestOf('a')]);
  });

  test('gets a key only if it would otherwise be lost, with a warning', async () => {
    const workspace = await prepared();
    expect(await workspace.deliver(issuedFor('a'))).toMatchObject({
      keepsKey: false,
      failure: { message: expect.stringContaining('does not support file modes') },
    });
    expect(await all()).toEqual(['.gitignore']);
    const warn = vi.fn();
    const lastResort = await prepared({ isLastResort: true, warn });
    expect(await lastResort.deliver(issuedFor('a'))).toMatchObject({ keepsKey: true });
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('others on this machine could read'));
  });
});

test('two agents whose names differ only in case have a key each', async () => {
  // Simulates Windows and macOS, where names that differ only in case are one.
  vi.mocked(linkSync).mockImplementation((from, to) => {
    const wanted = path.basename(String(to)).toLowerCase();
    const names = actual.readdirSync(path.dirname(String(to)));
    const isTaken = names.some((name) => name.toLowerCase() === wanted);
    if (isTaken) throw Object.assign(new Error('EEXIST'), { code: 'EEXIST' });
    actual.linkSync(from, to);
  });
  const journal = await Journal.start(root);
  const workspace = await prepared({ made: journal, temporary: temporaryNames(journal) });
  const first = await workspace.deliver(issuedFor('Device', { certificateId: 'ID1' }));
  const second = await workspace.deliver(issuedFor('device', { certificateId: 'ID2' }));
  expect([first.keepsKey, second.keepsKey]).toEqual([true, true]);
  const keys = [first, second].map(({ files }) => files.privateKey ?? '');
  expect(keys.map((file) => path.basename(file))).toEqual([
    'mqtt1_Device.key',
    'mqtt1_device-ID2.key',
  ]);
  expect(await Promise.all(keys.map((file) => readFile(file, 'utf8')))).toEqual([
    'the key of Device\n',
    'the key of device\n',
  ]);
  expect(await deleteFiles((await readJournal(journal)).made, { workspace: root })).toEqual([]);
  expect(await readdir(root)).toEqual([path.basename(journal.path)]);
});
