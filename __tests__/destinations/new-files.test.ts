import { linkSync, openSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { draftsIn } from '../../src/destinations/drafts.ts';
import { forgetful, type MadeFile, type MadeLog } from '../../src/destinations/journal.ts';
import { makeFiles, type NewFile } from '../../src/destinations/new-files.ts';
import { Secret } from '../../src/secret.ts';
import { refusal } from './refusal.ts';

vi.mock('node:fs', async (load) => {
  const actual = await load<typeof import('node:fs')>();
  return {
    ...actual,
    linkSync: vi.fn(actual.linkSync),
    openSync: vi.fn(actual.openSync),
    writeFileSync: vi.fn(actual.writeFileSync),
  };
});

const POSIX = process.platform !== 'win32';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'new-files-'));
});
afterEach(async () => {
  // Back to the real ones.
  vi.mocked(linkSync).mockReset();
  vi.mocked(openSync).mockReset();
  vi.mocked(writeFileSync).mockReset();
  await rm(directory, { recursive: true });
});

const inside = (...names: readonly string[]) => path.join(directory, ...names);
const names = async () => (await readdir(directory)).sort();
const modeOf = async (file: string) => (await stat(file)).mode & 0o777;

const pair = (): readonly NewFile[] => [
  { path: inside('a.key'), content: new Secret('the key\n'), mode: 0o600 },
  { path: inside('a.pem'), content: 'the certificate\n', mode: 0o644 },
];

/** Remembers what it is told, and what was in the directory then. */
class Log implements MadeLog<MadeFile> {
  readonly made: MadeFile[] = [];
  readonly seen: (readonly string[])[] = [];

  note(...made: readonly MadeFile[]): void {
    this.made.push(...made);
    const found = readdirSync(directory);
    this.seen.push(...made.map(() => found));
  }

  record(...made: readonly MadeFile[]): void {
    this.note(...made);
  }

  get entries() {
    return this.made.map(({ kind, path: file }) => `${kind} ${path.basename(file)}`);
  }
}

const logs = () => ({ made: new Log(), drafts: draftsIn(forgetful) });
const error = (code: string) => Object.assign(new Error(code), { code });
const refuse = (code: string) => () => {
  throw error(code);
};

/** With each way to place a file: hard links, and writing it again where there are none. */
const ways = [
  { way: 'with hard links', linked: true, opened: 2 },
  { way: 'without hard links', linked: false, opened: 4 },
] as const;

describe.each(ways)('makeFiles $way', ({ linked, opened }) => {
  beforeEach(() => {
    if (!linked) vi.mocked(linkSync).mockImplementation(refuse('EPERM'));
  });

  test('makes them with their content, and nothing else', async () => {
    makeFiles(pair(), logs());
    expect(await names()).toEqual(['a.key', 'a.pem']);
    expect(await readFile(inside('a.key'), 'utf8')).toBe('the key\n');
    expect(await readFile(inside('a.pem'), 'utf8')).toBe('the certificate\n');
    expect(openSync).toHaveBeenCalledTimes(opened);
  });

  test.skipIf(!POSIX).each([0o000, 0o022, 0o077, 0o177])(
    'with their exact modes under umask %o',
    async (mask) => {
      const before = process.umask(mask);
      try {
        makeFiles(pair(), logs());
      } finally {
        process.umask(before);
      }
      expect([await modeOf(inside('a.key')), await modeOf(inside('a.pem'))]).toEqual([
        0o600, 0o644,
      ]);
    },
  );

  test('never over an existing file, and then none of them', async () => {
    await writeFile(inside('a.pem'), 'theirs');
    expect(refusal(() => makeFiles(pair(), logs()))).toMatchObject({ code: 'EEXIST' });
    expect(await names()).toEqual(['a.pem']);
    expect(await readFile(inside('a.pem'), 'utf8')).toBe('theirs');
  });

  test.skipIf(!POSIX)('never through a link, whether it leads somewhere or not', async () => {
    await mkdir(inside('elsewhere'));
    await writeFile(inside('elsewhere', 'theirs'), 'theirs');
    for (const target of ['theirs', 'nothing']) {
      await symlink(inside('elsewhere', target), inside('a.key'));
      expect(refusal(() => makeFiles(pair(), logs()))).toMatchObject({ code: 'EEXIST' });
      await rm(inside('a.key'));
    }
    expect(await names()).toEqual(['elsewhere']);
    expect(await readdir(inside('elsewhere'))).toEqual(['theirs']);
    expect(await readFile(inside('elsewhere', 'theirs'), 'utf8')).toBe('theirs');
  });

  test('not in the place of a directory', async () => {
    await mkdir(inside('a.key'));
    expect(refusal(() => makeFiles(pair(), logs()))).toMatchObject({ code: 'EEXIST' });
    expect(await names()).toEqual(['a.key']);
    expect((await stat(inside('a.key'))).isDirectory()).toBe(true);
  });

  test('tells what it makes before it does, so that a killed step leaves nothing unknown', async () => {
    const made = new Log();
    const drafts = new Log();
    makeFiles(pair(), { made, drafts: draftsIn(drafts) });
    expect(drafts.entries).toEqual([expect.stringMatching(/^drafts \.[0-9a-f-]{36}-$/)]);
    expect(drafts.seen).toEqual([[]]);
    const [start = ''] = drafts.made.map(({ path: file }) => file);
    for (const [file] of vi.mocked(openSync).mock.calls.slice(0, 2)) {
      expect(String(file).startsWith(start)).toBe(true);
    }
    const placing = (name: string) => Array(linked ? 1 : 2).fill(`placing ${name}`);
    expect(made.entries).toEqual([
      ...placing('a.key'),
      ...placing('a.pem'),
      'file a.key',
      'file a.pem',
    ]);
    expect(made.seen[0]).not.toContain('a.key');
    expect(made.seen[linked ? 1 : 2]).not.toContain('a.pem');
  });
});

describe('makeFiles', () => {
  test('leaves nothing when a draft can’t be written', async () => {
    const [key] = pair();
    const files = [key, { path: inside('nowhere', 'a.pem'), content: 'x', mode: 0o644 }];
    const given = files.filter((file) => file !== undefined);
    expect(refusal(() => makeFiles(given, logs()))).toMatchObject({ code: 'ENOENT' });
    expect(await names()).toEqual([]);
  });

  test.each(['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK'])(
    'writes again where a link is answered with %s',
    async (code) => {
      vi.mocked(linkSync).mockImplementation(refuse(code));
      makeFiles(pair(), logs());
      expect(await names()).toEqual(['a.key', 'a.pem']);
      const flags = vi.mocked(openSync).mock.calls.map(([, flag]) => flag);
      expect(flags).toEqual(['wx', 'wx', 'wx', 'wx']);
    },
  );

  test.each(['ENOSPC', 'EACCES', 'EROFS'])('does not write again after %s', async (code) => {
    vi.mocked(linkSync).mockImplementation(refuse(code));
    expect(refusal(() => makeFiles(pair(), logs()))).toMatchObject({ code });
    expect(openSync).toHaveBeenCalledTimes(2);
    expect(await names()).toEqual([]);
  });

  test('leaves no half of a file that is written again', async () => {
    const actual = await vi.importActual<typeof import('node:fs')>('node:fs');
    vi.mocked(linkSync).mockImplementation(refuse('EPERM'));
    let written = 0;
    vi.mocked(writeFileSync).mockImplementation((file, content) => {
      // Both drafts first, then the files themselves.
      written += 1;
      if (written > 3) throw error('ENOSPC');
      actual.writeFileSync(file, content);
    });
    expect(refusal(() => makeFiles(pair(), logs()))).toMatchObject({ code: 'ENOSPC' });
    expect(await names()).toEqual([]);
  });

  test('knows a file that is written again by its inode before it has content', async () => {
    vi.mocked(linkSync).mockImplementation(refuse('EPERM'));
    const sizes: number[] = [];
    const { drafts } = logs();
    const inodes = new Set<string | undefined>();
    const made: MadeLog<MadeFile> = {
      record: () => {},
      note: (entry) => {
        if (entry?.kind !== 'placing') return;
        const { path: file, inode } = entry;
        if (!readdirSync(directory).includes(path.basename(file))) return;
        const found = statSync(file, { bigint: true });
        sizes.push(Number(found.size));
        expect(inode).toBe(String(found.ino));
        inodes.add(inode);
      },
    };
    makeFiles(pair(), { made, drafts });
    expect(sizes).toEqual([0, 0]);
    expect(inodes.size).toBe(2);
  });

  test('leaves nothing of the first when the second can’t be placed', async () => {
    const actual = await vi.importActual<typeof import('node:fs')>('node:fs');
    vi.mocked(linkSync)
      .mockImplementationOnce(actual.linkSync)
      .mockImplementationOnce(refuse('ENOSPC'));
    expect(refusal(() => makeFiles(pair(), logs()))).toMatchObject({ code: 'ENOSPC' });
    expect(await names()).toEqual([]);
  });

  test('shows no file under its own name before it is complete', async () => {
    const actual = await vi.importActual<typeof import('node:fs')>('node:fs');
    const contents: string[] = [];
    vi.mocked(linkSync).mockImplementation((draft, name) => {
      contents.push(readFileSync(draft, 'utf8'));
      actual.linkSync(draft, name);
    });
    makeFiles(pair(), logs());
    expect(contents).toEqual(['the key\n', 'the certificate\n']);
  });

  test('opens no draft for anyone but its owner, not even for a moment', async () => {
    makeFiles(pair(), logs());
    const { calls } = vi.mocked(openSync).mock;
    expect(calls.map(([, flags, mode]) => [flags, mode])).toEqual([
      ['wx', 0o600],
      ['wx', 0o600],
    ]);
  });
});
