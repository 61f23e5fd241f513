import {
  appendFile,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import * as os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FIRST_LINK, sealLine } from '../../src/destinations/chain.ts';
import { isId, Journal, type Made, noLog } from '../../src/destinations/journal.ts';
import { readJournal } from '../../src/destinations/read-journal.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'journal-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

const POSIX = process.platform !== 'win32';

const identity = { device: '65024', inode: '18446744073709551615', born: '1795905710120315439' };
const content = { bytes: 5, sha256: 'ab'.repeat(32) };

const pathOf = (made: Made) => ('path' in made ? made.path : undefined);
const read = async (journal: Journal) => (await readJournal(journal)).made;

describe('a journal', () => {
  test('starts empty, as a separate file', async () => {
    const first = await Journal.start(directory);
    const second = await Journal.start(directory);
    expect(path.dirname(first.path)).toBe(directory);
    expect(first.path).not.toBe(second.path);
    expect(await read(first)).toEqual([]);
  });

  test.skipIf(!POSIX)('gives only the owner access', async () => {
    const { path: file } = await Journal.start(directory);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  test('remembers what was created, in order', async () => {
    const journal = await Journal.start(directory);
    const made: readonly Made[] = [
      { kind: 'directory', path: '/w/.insights-hub', identity },
      { kind: 'ignore-file', path: '/w/.insights-hub/.gitignore', identity },
      { kind: 'placing', path: '/w/.insights-hub/a.key', identity: { ...identity, content } },
      { kind: 'key', path: '/w/.insights-hub/a.key', identity: { ...identity, content } },
      { kind: 'temporary', path: '/w/.insights-hub/.x' },
      { kind: 'agent', name: 'a', clientId: 'mqtt1_a', state: 'made' },
      { kind: 'agent', name: 'a', clientId: 'mqtt1_b', agentId: 'x', state: 'absent' },
      { kind: 'agent', name: 'a', clientId: 'mqtt1_c', certificateId: '01M8_-z', state: 'made' },
      {
        kind: 'setting',
        setting: { kind: 'secret', name: 'A_PRIVATE_KEY', scope: 'repository octo/device' },
        state: 'writing',
      },
      {
        kind: 'setting',
        setting: { kind: 'secret', name: 'A_PRIVATE_KEY', scope: 'repository octo/device' },
        state: 'written',
      },
      { kind: 'agent', name: 'a', clientId: 'mqtt1_a', certificateId: '01M8', state: 'issued' },
    ];
    for (const entry of made) journal.record(entry);
    expect(await read(journal)).toEqual(made);
  });

  test('keeps every path verbatim', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ minLength: 1, unit: 'binary' })), async (paths) => {
        const journal = await Journal.start(directory);
        for (const name of paths) journal.record({ kind: 'file', path: name, identity });
        expect((await read(journal)).map(pathOf)).toEqual(paths);
      }),
      { numRuns: 20 },
    );
  });

  test('can be read up to where a killed step was writing', async () => {
    const journal = await Journal.start(directory);
    journal.record({ kind: 'file', path: '/a', identity });
    journal.record({ kind: 'file', path: '/b', identity });
    const text = await readFile(journal.path, 'utf8');
    for (let length = 0; length <= text.length; length++) {
      await writeFile(journal.path, text.slice(0, length));
      const paths = (await read(journal)).map(pathOf);
      expect(['/a', '/b'].slice(0, paths.length)).toEqual(paths);
      // Nothing that was written out is lost.
      const whole = text.slice(0, length).match(/\}\n/g) ?? [];
      expect(paths.length).toBeGreaterThanOrEqual(whole.length);
    }
  });

  test('loses nothing after an entry that was partly written', async () => {
    const journal = await Journal.start(directory);
    await writeFile(journal.path, '{"kind":"file","pa', { flag: 'a' });
    journal.record({ kind: 'file', path: '/b', identity });
    expect((await read(journal)).map(pathOf)).toEqual(['/b']);
  });

  test('ignores meaningless entries', async () => {
    const journal = await Journal.start(directory);
    const lines = [
      'garbage',
      '[]',
      '{"kind":"file"}',
      '{"kind":"file","path":""}',
      '{"kind":"file","path":7}',
      '{"kind":"elephant","path":"/a"}',
      '{"path":"/a"}',
      '{"kind":"placing","path":"/a"}',
      ...[
        7,
        {},
        { ...identity, inode: 1 },
        { ...identity, born: 'x' },
        { ...identity, content: 1 },
      ].map((one) => JSON.stringify({ kind: 'file', path: '/a', identity: one })),
      '{"kind":"agent","name":"a","clientId":"t_a"}',
      '{"kind":"agent","name":"a","clientId":"t_a","state":"maybe"}',
      '{"kind":"agent","name":"a","state":"made"}',
      '{"kind":"agent","name":"a","clientId":"t_a","agentId":7,"state":"made"}',
      ...['""', '7', 'null', '"../agents"', '"a/b"', '"a?b"', `"${'x'.repeat(129)}"`].map(
        (id) => `{"kind":"agent","name":"a","clientId":"t_a","certificateId":${id},"state":"made"}`,
      ),
      '{"kind":"setting","setting":{"kind":"secret","name":"S"},"state":"writing"}',
      '{"kind":"setting","setting":{"kind":"file","name":"S","scope":"p"},"state":"writing"}',
      '{"kind":"setting","setting":{"kind":"secret","name":"S","scope":"p"}}',
      '{"kind":"setting","state":"writing"}',
      JSON.stringify({ kind: 'file', path: '/b', identity }),
    ];
    // Sealed, as a later version might write them.
    let last = FIRST_LINK;
    for (const line of lines) {
      const sealed = sealLine(line, last, journal.key);
      await appendFile(journal.path, `${sealed.line}\n`);
      last = sealed;
    }
    expect(await readJournal(journal)).toEqual({
      made: [{ kind: 'file', path: '/b', identity }],
      others: 0,
      isWhole: true,
    });
  });

  test('ignores what others wrote, and notices what they deleted', async () => {
    const journal = await Journal.start(directory);
    journal.record({ kind: 'file', path: '/a', identity }, { kind: 'file', path: '/b', identity });
    const { path: file, key, lines } = journal;
    await appendFile(file, '{"kind":"file","path":"/etc/passwd"}\n');
    expect(await readJournal(journal)).toMatchObject({ others: 1, isWhole: true });
    const [, first = ''] = (await readFile(file, 'utf8')).split('\n');
    await writeFile(file, `${first}\n`);
    expect(await readJournal({ path: file, key, lines })).toEqual({
      made: [{ kind: 'file', path: '/a', identity }],
      others: 0,
      isWhole: false,
    });
    // Of a step that was killed, nobody knows how many there were.
    expect(await readJournal({ path: file, key })).toMatchObject({ isWhole: true });
  });

  test('has its own key, which no text shows', async () => {
    const [one, other] = [await Journal.start(directory), await Journal.start(directory)];
    expect(one.key.reveal()).toMatch(/^[\w-]{43}$/);
    expect(one.key.reveal()).not.toBe(other.key.reveal());
    expect(JSON.stringify(one)).not.toContain(one.key.reveal());
  });

  test.each([
    ['is gone', 'ENOENT', () => {}],
    ['is a directory', 'EFTYPE', (file: string) => mkdir(file)],
    ['is a link', 'ELOOP', (file: string) => symlink(os.devNull, file)],
  ] as const)('that %s is an error', async (_, code, make) => {
    const journal = await Journal.start(directory);
    await rm(journal.path);
    await make(journal.path);
    await expect(readJournal(journal)).rejects.toMatchObject({ code });
  });

  test('can’t start where nothing can be written', async () => {
    const nowhere = path.join(directory, 'nowhere');
    await expect(Journal.start(nowhere)).rejects.toMatchObject({
      name: 'Failure',
      code: 'destination-invalid',
      message: expect.stringContaining(`${nowhere} can't be written (ENOENT)`),
    });
  });

  test('tells those who ask when it can no longer be written, and keeps the first reason', async () => {
    const gone = path.join(directory, 'gone');
    await mkdir(gone);
    const journal = await Journal.start(gone);
    journal.note({ kind: 'file', path: '/a', identity });
    expect(journal.problem).toBeUndefined();
    await rm(gone, { recursive: true });
    journal.note({ kind: 'file', path: '/b', identity });
    const { problem } = journal;
    expect(problem).toMatchObject({ code: 'ENOENT' });
    journal.note({ kind: 'file', path: '/c', identity });
    expect(journal.problem).toBe(problem);
    expect(() => journal.record({ kind: 'file', path: '/d', identity })).toThrow('ENOENT');
  });
});

test.each([
  ['01M8HZXEDQMCFA1RM19V42B9B0', true],
  ['0b3c_-9', true],
  ['x'.repeat(128), true],
  ['x'.repeat(129), false],
  ['', false],
  ['a/b', false],
  ['..', false],
  ['a\n', false],
  [undefined, false],
  [7, false],
])('%j may be part of a path: %s', (value, expected) => {
  expect(isId(value)).toBe(expected);
});

test('files that stay are not noted', () => {
  expect(noLog.record({ kind: 'file', path: '/a', identity })).toBeUndefined();
});
