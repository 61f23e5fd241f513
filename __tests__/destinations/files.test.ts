import {
  chmodSync,
  fchmodSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  cannot,
  checkDirectory,
  isInside,
  makeDirectory,
  makeFiles,
  makeUnderFreeName,
  type NewFile,
  type Place,
  safeFileName,
  temporaryNames,
} from '../../src/destinations/files.ts';
import { identityOf } from '../../src/destinations/identity.ts';
import { type Made, type MadeLog, noLog } from '../../src/destinations/journal.ts';
import { Failure } from '../../src/failure.ts';
import { Secret } from '../../src/secret.ts';

vi.mock('node:fs', async (load) => {
  const actual = await load<typeof import('node:fs')>();
  return {
    ...actual,
    chmodSync: vi.fn(actual.chmodSync),
    fchmodSync: vi.fn(actual.fchmodSync),
    linkSync: vi.fn(actual.linkSync),
    openSync: vi.fn(actual.openSync),
    writeFileSync: vi.fn(actual.writeFileSync),
  };
});

const POSIX = process.platform !== 'win32';

let root: string;
let directory: string;

beforeEach(async () => {
  root = await realpath(await mkdtemp(path.join(tmpdir(), 'files-')));
  directory = path.join(root, 'work');
  await mkdir(directory);
});
afterEach(async () => {
  // Restores the real functions.
  const mocks = [chmodSync, fchmodSync, linkSync, openSync, writeFileSync];
  for (const mocked of mocks) vi.mocked(mocked).mockReset();
  await rm(root, { recursive: true });
});

const inside = (...names: readonly string[]) => path.join(directory, ...names);
const all = async (folder = directory) => (await readdir(folder, { recursive: true })).sort();
const modeOf = async (file: string) => (await stat(file)).mode & 0o777;

/** What a call throws. */
function thrownBy(call: () => void): unknown {
  try {
    call();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Records what it is told, and what was in the directory at that time. */
class Log implements MadeLog {
  readonly made: Made[] = [];
  readonly seen: (readonly string[])[] = [];

  note(...made: readonly Made[]): void {
    this.made.push(...made);
    const found = readdirSync(directory);
    this.seen.push(...made.map(() => found));
  }

  record(...made: readonly Made[]): void {
    this.note(...made);
  }

  get paths() {
    return this.made.flatMap((entry) => ('path' in entry ? entry.path : []));
  }

  get entries() {
    return this.made.map((entry, at) => `${entry.kind} ${path.basename(this.paths[at] ?? '')}`);
  }
}

const logsFor = (made: MadeLog) => ({ made, temporary: temporaryNames(noLog), warn: () => {} });
const logs = logsFor(noLog);
const error = (code: string) => Object.assign(new Error(code), { code });
const refuse = (code: string) => () => {
  throw error(code);
};

describe('temporaryNames', () => {
  test('differ, and the journal learns once per directory how they begin', () => {
    const made = new Log();
    const temporary = temporaryNames(made);
    const folders = ['/a', '/a', '/b', '/a'].map((folder) => path.resolve(folder));
    const names: string[] = [];
    for (const folder of folders) {
      const name = temporary(folder);
      names.push(name);
      expect(made.paths.some((start) => name.startsWith(start))).toBe(true);
    }
    expect(new Set(names).size).toBe(4);
    expect(made.made.map(({ kind }) => kind)).toEqual(['temporary', 'temporary']);
    expect(names.map((name) => path.dirname(name))).toEqual(folders);
  });

  test('of two runs never clash', () => {
    const [one, other] = [1, 2].map(() => temporaryNames(noLog)('/a'));
    expect(one).not.toBe(other);
  });
});

const pair = (): readonly NewFile[] => [
  { path: inside('a.key'), content: new Secret('the key\n'), mode: 0o600 },
  { path: inside('a.pem'), content: 'the certificate\n', mode: 0o644 },
];

/** With each way to place a file: hard links, and writing it again where there are none. */
const ways = [
  { way: 'with hard links', linked: true, opened: 2 },
  { way: 'without hard links', linked: false, opened: 4 },
] as const;

describe.each(ways)('makeFiles $way', ({ linked, opened }) => {
  beforeEach(() => {
    if (!linked) vi.mocked(linkSync).mockImplementation(refuse('EPERM'));
  });

  test('creates them with their content, and nothing else', async () => {
    makeFiles(pair(), logs);
    expect(await all()).toEqual(['a.key', 'a.pem']);
    expect(await readFile(inside('a.key'), 'utf8')).toBe('the key\n');
    expect(await readFile(inside('a.pem'), 'utf8')).toBe('the certificate\n');
    expect(openSync).toHaveBeenCalledTimes(opened);
  });

  test.skipIf(!POSIX).each([0o000, 0o022, 0o077, 0o177])(
    'sets their exact modes under umask %o',
    async (mask) => {
      const before = process.umask(mask);
      try {
        makeFiles(pair(), logs);
      } finally {
        process.umask(before);
      }
      expect([await modeOf(inside('a.key')), await modeOf(inside('a.pem'))]).toEqual([
        0o600, 0o644,
      ]);
    },
  );

  test('never overwrites an existing file, and then creates none of them', async () => {
    await writeFile(inside('a.pem'), 'theirs');
    expect(thrownBy(() => makeFiles(pair(), logs))).toMatchObject({ code: 'EEXIST' });
    expect(await all()).toEqual(['a.pem']);
    expect(await readFile(inside('a.pem'), 'utf8')).toBe('theirs');
  });

  test.skipIf(!POSIX)(
    'never writes through a link, whether it leads somewhere or not',
    async () => {
      await mkdir(inside('elsewhere'));
      await writeFile(inside('elsewhere', 'theirs'), 'theirs');
      for (const target of ['theirs', 'nothing']) {
        await symlink(inside('elsewhere', target), inside('a.key'));
        expect(thrownBy(() => makeFiles(pair(), logs))).toMatchObject({ code: 'EEXIST' });
        await rm(inside('a.key'));
      }
      expect(await all()).toEqual(['elsewhere', path.join('elsewhere', 'theirs')]);
      expect(await readFile(inside('elsewhere', 'theirs'), 'utf8')).toBe('theirs');
    },
  );

  test('does not replace a directory', async () => {
    await mkdir(inside('a.key'));
    expect(thrownBy(() => makeFiles(pair(), logs))).toMatchObject({ code: 'EEXIST' });
    expect(await all()).toEqual(['a.key']);
    expect((await stat(inside('a.key'))).isDirectory()).toBe(true);
  });

  test('notes what it creates before it does, so that a killed step leaves nothing unknown', async () => {
    const made = new Log();
    const temporary = new Log();
    makeFiles(pair(), { ...logsFor(made), temporary: temporaryNames(temporary) });
    expect(temporary.entries).toEqual([expect.stringMatching(/^temporary \.[0-9a-f-]{36}-$/)]);
    expect(temporary.seen).toEqual([[]]);
    const [start = ''] = temporary.paths;
    for (const [file] of vi.mocked(openSync).mock.calls.slice(0, 2)) {
      expect(String(file).startsWith(start)).toBe(true);
    }
    const placing = (name: string) => Array(linked ? 1 : 2).fill(`placing ${name}`);
    expect(made.entries).toEqual([
      ...placing('a.key'),
      ...placing('a.pem'),
      'key a.key',
      'file a.pem',
    ]);
    expect(made.seen[0]).not.toContain('a.key');
    expect(made.seen[linked ? 1 : 2]).not.toContain('a.pem');
  });
});

describe('makeFiles', () => {
  test('notes a file that other steps may share as such', () => {
    const made = new Log();
    makeFiles(
      [{ path: inside('ca.pem'), content: '', mode: 0o644, kind: 'shared' }],
      logsFor(made),
    );
    expect(made.entries).toEqual(['placing ca.pem', 'shared ca.pem']);
  });

  test('leaves nothing behind when a temporary file can’t be written', async () => {
    const elsewhere = { path: inside('nowhere', 'a.pem'), content: 'x', mode: 0o644 };
    expect(thrownBy(() => makeFiles([...pair(), elsewhere], logs))).toMatchObject({
      code: 'ENOENT',
    });
    expect(await all()).toEqual([]);
  });

  test.each(['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK'])(
    'writes a second time when a link fails with %s',
    async (code) => {
      vi.mocked(linkSync).mockImplementation(refuse(code));
      makeFiles(pair(), logs);
      expect(await all()).toEqual(['a.key', 'a.pem']);
      const flags = vi.mocked(openSync).mock.calls.map(([, flag]) => flag);
      expect(flags).toEqual(['wx', 'wx', 'wx', 'wx']);
    },
  );

  test.each(['ENOSPC', 'EACCES', 'EROFS'])(
    'does not write a second time after %s',
    async (code) => {
      vi.mocked(linkSync).mockImplementation(refuse(code));
      expect(thrownBy(() => makeFiles(pair(), logs))).toMatchObject({ code });
      expect(openSync).toHaveBeenCalledTimes(2);
      expect(await all()).toEqual([]);
    },
  );

  test('leaves no partial file when it writes a second time', async () => {
    const actual = await vi.importActual<typeof import('node:fs')>('node:fs');
    vi.mocked(linkSync).mockImplementation(refuse('EPERM'));
    let written = 0;
    vi.mocked(writeFileSync).mockImplementation((file, content) => {
      // Both temporary files first, then the files themselves.
      written += 1;
      if (written > 3) throw error('ENOSPC');
      actual.writeFileSync(file, content);
    });
    expect(thrownBy(() => makeFiles(pair(), logs))).toMatchObject({ code: 'ENOSPC' });
    expect(await all()).toEqual([]);
  });

  test('knows the inode of a file that it writes a second time before there is content', async () => {
    vi.mocked(linkSync).mockImplementation(refuse('EPERM'));
    const sizes: number[] = [];
    const inodes = new Set<string | undefined>();
    const made: MadeLog = {
      record: () => {},
      note: (entry) => {
        if (entry?.kind !== 'placing') return;
        const { path: file, identity } = entry;
        const { inode } = identity;
        if (!readdirSync(directory).includes(path.basename(file))) return;
        const found = statSync(file, { bigint: true });
        sizes.push(Number(found.size));
        expect(inode).toBe(String(found.ino));
        inodes.add(inode);
      },
    };
    makeFiles(pair(), logsFor(made));
    expect(sizes).toEqual([0, 0]);
    expect(inodes.size).toBe(2);
  });

  test('leaves nothing of the first when the second can’t be placed', async () => {
    const actual = await vi.importActual<typeof import('node:fs')>('node:fs');
    vi.mocked(linkSync)
      .mockImplementationOnce(actual.linkSync)
      .mockImplementationOnce(refuse('ENOSPC'));
    expect(thrownBy(() => makeFiles(pair(), logs))).toMatchObject({ code: 'ENOSPC' });
    expect(await all()).toEqual([]);
  });

  test('shows no file under its own name before it is complete', async () => {
    const actual = await vi.importActual<typeof import('node:fs')>('node:fs');
    const contents: string[] = [];
    vi.mocked(linkSync).mockImplementation((temporary, name) => {
      contents.push(readFileSync(temporary, 'utf8'));
      actual.linkSync(temporary, name);
    });
    makeFiles(pair(), logs);
    expect(contents).toEqual(['the key\n', 'the certificate\n']);
  });

  test('opens no temporary file for anyone but its owner, not even for a moment', async () => {
    makeFiles(pair(), logs);
    const { calls } = vi.mocked(openSync).mock;
    expect(calls.map(([, flags, mode]) => [flags, mode])).toEqual([
      ['wx', 0o600],
      ['wx', 0o600],
    ]);
  });
});

describe.skipIf(!POSIX)('a mode that can’t be set', () => {
  const warnings: string[] = [];
  const told = { ...logs, warn: (message: string) => warnings.push(message) };
  beforeEach(() => {
    warnings.length = 0;
    vi.mocked(fchmodSync).mockImplementation(refuse('ERR_ACCESS_DENIED'));
    vi.mocked(chmodSync).mockImplementation(refuse('EPERM'));
  });

  test('leaves the certificate to its owner, with a warning, and costs no key', async () => {
    makeFiles(pair(), told);
    expect(await modeOf(inside('a.key'))).toBe(0o600);
    expect(await modeOf(inside('a.pem'))).toBe(0o600);
    expect(warnings).toEqual([
      `The mode of files in ${directory} can't be set to 644 (ERR_ACCESS_DENIED), so they keep the mode that they were created with.`,
    ]);
  });

  test('stops a key that others could read, before there is any content', async () => {
    const actual = await vi.importActual<typeof import('node:fs')>('node:fs');
    vi.mocked(openSync).mockImplementation((...given) => {
      const descriptor = actual.openSync(...given);
      actual.fchmodSync(descriptor, 0o640);
      return descriptor;
    });
    expect(thrownBy(() => makeFiles(pair(), told))).toMatchObject({ code: 'destination-invalid' });
    expect(writeFileSync).not.toHaveBeenCalled();
    expect(await all()).toEqual([]);
    makeFiles(
      pair().map((file) => ({ ...file, isLastResort: true })),
      told,
    );
    expect(await all()).toEqual(['a.key', 'a.pem']);
    expect(warnings.at(-2)).toContain('others on this machine could read the private key');
  });

  test('of a directory causes a warning', async () => {
    const before = process.umask(0o100);
    try {
      makeDirectory({ ...placeAt('a'), ...told });
    } finally {
      process.umask(before);
    }
    expect(warnings[0]).toBe(`The mode of the directory ${inside('a')} can't be set (EPERM).`);
  });
});

test('a .gitignore that can’t be written causes a warning', async () => {
  const actual = await vi.importActual<typeof import('node:fs')>('node:fs');
  vi.mocked(linkSync).mockImplementation((from, to) => {
    if (path.basename(String(to)) === '.gitignore') throw error('EDQUOT');
    actual.linkSync(from, to);
  });
  const warnings: string[] = [];
  makeDirectory({ ...placeAt('a', 'b'), ...logs, warn: (message) => warnings.push(message) });
  expect(await all()).toEqual(['a', path.join('a', 'b')]);
  expect(warnings).toEqual([
    expect.stringContaining(`${inside('a', '.gitignore')} could not be written (EDQUOT)`),
  ]);
});

describe('makeUnderFreeName', () => {
  const filesAt = (name: string) =>
    ['.key', '.pem'].map((ending) => ({ path: `${name}${ending}`, content: name, mode: 0o600 }));

  test('uses the first name under which all files are free', async () => {
    await writeFile(inside('a.pem'), 'theirs');
    const [first, second, third] = [inside('a'), inside('b'), inside('c')];
    expect(makeUnderFreeName([first, second, third], filesAt, logs)).toBe(second);
    expect(await all()).toEqual(['a.pem', 'b.key', 'b.pem']);
    expect(thrownBy(() => makeUnderFreeName([first, second], filesAt, logs))).toBeInstanceOf(Error);
  });

  test('tries no other name after another error', () => {
    vi.mocked(openSync).mockImplementation(refuse('ENOSPC'));
    const call = () => makeUnderFreeName([inside('a'), inside('b')], filesAt, logs);
    expect(thrownBy(call)).toMatchObject({ code: 'ENOSPC' });
    expect(openSync).toHaveBeenCalledTimes(1);
  });
});

const placeAt = (...names: readonly string[]) => ({
  directory: inside(...names),
  workspace: directory,
});

const invalid = (message: RegExp) => ({
  name: 'Failure',
  code: 'destination-invalid',
  message: expect.stringMatching(message),
});

describe('makeDirectory', () => {
  const make = (place: Place, made = noLog) => makeDirectory({ ...place, ...logsFor(made) });
  const refusalOf = (place: Place, made?: MadeLog) => thrownBy(() => make(place, made));

  test('creates what is missing; the topmost directory hides it all from Git', async () => {
    make(placeAt('a', 'b', 'c'));
    expect(await all()).toEqual(['a', 'a/.gitignore', 'a/b', 'a/b/c'].map(path.normalize));
    expect(await readFile(inside('a', '.gitignore'), 'utf8')).toBe('*\n');
  });

  test.skipIf(!POSIX).each([0o000, 0o022, 0o077, 0o277])(
    'gives only the owner access, under umask %o',
    async (mask) => {
      const before = process.umask(mask);
      try {
        make(placeAt('a', 'b'));
      } finally {
        process.umask(before);
      }
      expect(await modeOf(inside('a'))).toBe(0o700);
      expect(await modeOf(inside('a', 'b'))).toBe(0o700);
      expect(await modeOf(inside('a', '.gitignore'))).toBe(0o644);
    },
  );

  test('notes what the post step has to delete', () => {
    const log = new Log();
    make(placeAt('a', 'b'), log);
    const [first, ...rest] = log.made;
    expect(first).toEqual({
      kind: 'directory',
      path: inside('a'),
      identity: identityOf(lstatSync(inside('a'), { bigint: true })),
    });
    const names = rest.map(({ kind }, at) => [kind, log.paths[at + 1]]);
    expect(names).toEqual([
      ['ignore-file', inside('a', '.gitignore')],
      ['ignore-file', inside('a', '.gitignore')],
      ['directory', inside('a', 'b')],
    ]);
  });

  test.skipIf(!POSIX)('leaves existing directories as they are', async () => {
    await mkdir(inside('a'), 0o755);
    const log = new Log();
    make(placeAt('a'), log);
    expect(log.made).toEqual([]);
    expect(await all()).toEqual(['a']);
    make(placeAt('a', 'b'));
    expect(await modeOf(inside('a'))).toBe(0o755);
    expect(await all()).toEqual(['a', 'a/b', 'a/b/.gitignore'].map(path.normalize));
  });

  test('creates nothing when the directory is the workspace', async () => {
    const log = new Log();
    make(placeAt(), log);
    expect(log.made).toEqual([]);
    expect(await all()).toEqual([]);
  });

  test('creates a directory outside of the workspace', async () => {
    const outside = path.join(root, 'outside');
    make({ directory: path.join(outside, 'deep'), workspace: directory });
    expect(await all(outside)).toEqual(['.gitignore', 'deep']);
  });

  test.skipIf(!POSIX)('refuses a link in its place, and one on the way to it', async () => {
    await mkdir(path.join(root, 'elsewhere', 'b'), { recursive: true });
    await symlink(path.join(root, 'elsewhere'), inside('a'));
    const log = new Log();
    for (const place of [placeAt('a'), placeAt('a', 'b'), placeAt('a', 'new')]) {
      expect(refusalOf(place, log)).toMatchObject(invalid(/work\/a is a link/));
    }
    expect(await all(path.join(root, 'elsewhere'))).toEqual(['b']);
    expect(log.made).toEqual([]);
  });

  test.skipIf(!POSIX)('refuses a link that leads nowhere', async () => {
    await symlink(path.join(root, 'nowhere'), inside('a'));
    expect(refusalOf(placeAt('a'))).toMatchObject(invalid(/is a link/));
    expect(await all(root)).not.toContain('nowhere');
  });

  test.skipIf(!POSIX)(
    'outside, accepts a link above the directory, but not in its place',
    async () => {
      await mkdir(path.join(root, 'real'));
      const link = path.join(root, 'link');
      await symlink(path.join(root, 'real'), link);
      make({ directory: path.join(link, 'out'), workspace: directory });
      expect(await all(path.join(root, 'real'))).toContain('out');
      const place = { directory: link, workspace: directory };
      expect(refusalOf(place)).toMatchObject(invalid(/is a link/));
    },
  );

  test.skipIf(!POSIX)(
    'outside, refuses a link above it that does not lead to a directory',
    async () => {
      await writeFile(path.join(root, 'file'), 'theirs');
      for (const target of ['file', 'nothing']) {
        const link = path.join(root, `to-${target}`);
        await symlink(path.join(root, target), link);
        const place = { directory: path.join(link, 'out'), workspace: directory };
        expect(refusalOf(place)).toMatchObject(invalid(/is a link/));
      }
    },
  );

  test('refuses a file in its place or on the way', async () => {
    await writeFile(inside('a'), 'theirs');
    for (const place of [placeAt('a'), placeAt('a', 'b')]) {
      expect(refusalOf(place)).toMatchObject(invalid(/not a directory/));
    }
  });

  test('says why a directory can’t be created', () => {
    const why = /^Can't (access|create) .*x \((ENAMETOOLONG|ENOENT)\)\.$/;
    expect(refusalOf(placeAt('x'.repeat(300)))).toMatchObject(invalid(why));
  });
});

describe('checkDirectory', () => {
  test('accepts a directory that is unchanged', () => {
    makeDirectory({ ...placeAt('a', 'b'), ...logs });
    expect(thrownBy(() => checkDirectory(placeAt('a', 'b')))).toBeUndefined();
  });

  test('refuses a directory that no longer exists', () => {
    expect(thrownBy(() => checkDirectory(placeAt('a')))).toMatchObject(invalid(/no longer exists/));
  });

  test.skipIf(!POSIX)('refuses one that has become a link', async () => {
    makeDirectory({ ...placeAt('a', 'b'), ...logs });
    await rm(inside('a'), { recursive: true });
    await mkdir(path.join(root, 'elsewhere', 'b'), { recursive: true });
    await symlink(path.join(root, 'elsewhere'), inside('a'));
    expect(thrownBy(() => checkDirectory(placeAt('a', 'b')))).toMatchObject(invalid(/is a link/));
  });
});

test.each([
  ['/w', true],
  ['/w/a', true],
  ['/w/a/b', true],
  ['/w/..a', true],
  ['/w/...', true],
  ['/', false],
  ['/wx', false],
  ['/x/w', false],
])('%s is inside of /w: %s', (folder, expected) => {
  const resolved = { directory: path.resolve(folder), workspace: path.resolve('/w') };
  expect(isInside(resolved)).toBe(expected);
});

describe('cannot', () => {
  test('names the reason by its code', () => {
    const cause = Object.assign(new Error('the words'), { code: 'EROFS' });
    const failure = cannot('create', '/a', cause);
    expect(failure).toMatchObject({ code: 'destination-invalid', cause });
    expect(failure.message).toBe("Can't create /a (EROFS).");
  });

  test('leaves a failure as it is', () => {
    const failure = new Failure('delivery-failed', 'No.');
    expect(cannot('create', '/a', failure)).toBe(failure);
  });
});

describe('safeFileName', () => {
  test.each([
    ['mqtt1_device001', 'mqtt1_device001'],
    ['A-b.c_9', 'A-b.c_9'],
    ['a b', 'a_b'],
    ['a/b', 'a_b'],
    ['a\\b', 'a_b'],
    ['a:b*c?d"e<f>g|h', 'a_b_c_d_e_f_g_h'],
    ['größe', 'gr__e'],
    ['😀', '_'],
    ['a\u0000b\n', 'a_b_'],
    ['.', '_'],
    ['..', '__'],
    ['../../etc/passwd', '___.._etc_passwd'],
    ['.hidden', '_hidden'],
    ['%2e%2e', '_2e_2e'],
    ['~root', '_root'],
    ['CON', '_CON'],
    ['nul.x', '_nul.x'],
    ['Com1', '_Com1'],
    ['lpt9.key', '_lpt9.key'],
    ['console', 'console'],
    ['com12', 'com12'],
    ['a.con', 'a.con'],
  ])('of %j is %j', (clientId, name) => {
    expect(safeFileName(clientId)).toBe(name);
  });

  /** Names that Windows gives to devices, whatever follows the first dot. */
  const DEVICE = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i;

  test('is always a safe name', () => {
    const hostile = fc.constantFrom(
      '.',
      '..',
      '/',
      '\\',
      'con',
      'NUL',
      'com1',
      ':',
      '\u0000',
      '~',
      '-',
    );
    const clientId = fc.oneof(
      fc.string({ minLength: 1, unit: 'binary', maxLength: 300 }),
      fc.array(fc.oneof(hostile, fc.string()), { minLength: 1 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(
        clientId.filter((id) => id !== ''),
        (id) => {
          const name = safeFileName(id);
          expect(name).toMatch(/^[A-Za-z0-9_-][A-Za-z0-9._-]*$/);
          expect(name).not.toMatch(DEVICE);
          // With an extension and a suffix of 64 it still has to fit into 255.
          expect(name.length).toBeLessThan(150);
          expect(safeFileName(name)).toBe(name);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('does not change a safe client id', () => {
    const safe = fc
      .stringMatching(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$/)
      .filter((id) => !DEVICE.test(id));
    fc.assert(
      fc.property(safe, (id) => {
        expect(safeFileName(id)).toBe(id);
      }),
    );
  });
});
