import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ServerAuthority } from '../../sandbox/insights-hub/authority.ts';
import { readFileOfNames } from '../../src/inputs/agents.ts';
import { readBrokerCa } from '../../src/inputs/broker.ts';
import { readNamesFile } from '../../src/inputs/names-file.ts';
import { read } from './source.ts';

let workspace: string;
beforeAll(async () => {
  workspace = await mkdtemp(path.join(tmpdir(), 'inputs-'));
});
afterAll(() => rm(workspace, { recursive: true }));

/** Reads a `names-file` with some content. */
async function namesOf(content: string | Buffer) {
  await writeFile(path.join(workspace, 'devices.csv'), content);
  const { reader, problems } = read({ 'names-file': 'devices.csv' }, { workspace });
  const rows = await readNamesFile(reader);
  const shown = rows.map(({ name, owner, where }) => `${name},${owner}: ${where}`);
  return { shown, problems: problems() };
}

describe('a file of names', () => {
  const a = 'a,undefined: line 1 of devices.csv';
  const owned = 'a,me@b.c: line 1 of devices.csv';
  const below = 'a,me@b.c: line 2 of devices.csv';

  test.each<[string, string, readonly string[]]>([
    ['one name', 'a', [a]],
    ['names, one a line', 'a\nb\n', [a, 'b,undefined: line 2 of devices.csv']],
    ['CRLF line ends', 'a\r\nb\r\n', [a, 'b,undefined: line 2 of devices.csv']],
    ['CR line ends', 'a\rb', [a, expect.stringMatching(/^b,undefined: /)]],
    [
      'all line ends at once',
      'a\nb\r\nc\rd',
      [a, ...['b', 'c', 'd'].map((name) => expect.stringContaining(`${name},undefined: line `))],
    ],
    ['owners', 'a,me@b.c', [owned]],
    ['an empty owner', 'a,', [a]],
    ['spaces around', ' a , me@b.c ', [owned]],
    ['quotes', '"a","me@b.c"', [owned]],
    ['a quote in quotes', '"a""b"', ['a"b,undefined: line 1 of devices.csv']],
    ['a byte order mark', '\ufeffa', [a]],
    ['a header', 'name,owner\na,me@b.c', [below]],
    ['a header in quotes, behind a byte order mark', '\ufeff"name","owner"\na,me@b.c', [below]],
    [
      'an agent that is called name',
      'name\nb',
      ['name,undefined: line 1 of devices.csv', 'b,undefined: line 2 of devices.csv'],
    ],
    ['blank lines', '\n\na', ['a,undefined: line 3 of devices.csv']],
  ])('may hold %s', async (_, content, rows) => {
    expect(await namesOf(content)).toEqual({ shown: rows, problems: [] });
  });

  const quotes = (line: string) =>
    `\`names-file\` "devices.csv" is not CSV: ${line} has a quote that is not closed or not in place.`;
  test.each<[string, string | Buffer, string]>([
    ['nothing', '', '`names-file` "devices.csv" is empty.'],
    ['blank lines only', '\n \n', '`names-file` "devices.csv" is empty.'],
    ['a header only', 'name,owner\n', '`names-file` "devices.csv" lists no agent.'],
    [
      'something else than UTF-8',
      Buffer.from([0x61, 0xff]),
      '`names-file` "devices.csv" is not UTF-8 text.',
    ],
    ['a row without a name', 'a\n,b\n', 'line 2 of devices.csv has no name in its first column.'],
    [
      'a third column',
      'a,b\nc,d,e\n',
      'line 2 of devices.csv has 3 columns; it may have a name and an owner.',
    ],
    ['a quote that is not closed', 'a\n"b', quotes('line 2')],
    ['a quote that is not in place', 'a"b', quotes('line 1')],
  ])('may not hold %s', async (_, content, problem) => {
    expect((await namesOf(content)).problems).toEqual([problem]);
  });

  test('keeps its good rows beside a bad one', async () => {
    expect((await namesOf('a,,x\n,b\nc')).shown).toEqual([a, 'c,undefined: line 3 of devices.csv']);
  });

  test('gives agents their client ids', async () => {
    await writeFile(path.join(workspace, 'devices.csv'), 'a,me@b.c');
    const { reader } = read({ 'names-file': 'devices.csv' }, { workspace });
    expect(await readFileOfNames(reader, 'mqtt1')).toEqual([
      { name: 'a', owner: 'me@b.c', clientId: 'mqtt1_a', where: 'line 1 of devices.csv' },
    ]);
  });

  test('may be missing among the inputs', async () => {
    const { reader, problems } = read({}, { workspace });
    expect(await readNamesFile(reader)).toEqual([]);
    expect(problems()).toEqual([]);
  });
});

describe('a file that an input names', () => {
  const problemsWith = async (file: string) => {
    const { reader, problems } = read({ 'names-file': file }, { workspace });
    expect(await readNamesFile(reader)).toEqual([]);
    return problems();
  };

  test('has to be there', async () => {
    expect(await problemsWith('none.csv')).toEqual(['`names-file` "none.csv" is not there.']);
  });

  test('has to be a file', async () => {
    await mkdir(path.join(workspace, 'folder'));
    expect(await problemsWith('folder')).toEqual(['`names-file` "folder" is not a file.']);
  });

  test('has to be one that can be read', async () => {
    await writeFile(path.join(workspace, 'file'), '');
    expect(await problemsWith('file/none.csv')).toEqual([
      '`names-file` "file/none.csv" can\'t be read (ENOTDIR).',
    ]);
  });

  test('may have 5 MiB, and no more', async () => {
    const largest = 5 * 1024 * 1024;
    expect((await namesOf('a'.padEnd(largest, '\n'))).problems).toEqual([]);
    expect((await namesOf('a'.padEnd(largest + 1, '\n'))).problems).toEqual([
      '`names-file` "devices.csv" is larger than 5 MiB.',
    ]);
  });
});

describe('a file of CA certificates', () => {
  const readCa = async (content: string) => {
    await writeFile(path.join(workspace, 'ca.pem'), content);
    const { reader, problems } = read({ 'broker-ca-file': 'ca.pem' }, { workspace });
    return { file: await readBrokerCa(reader), problems: problems() };
  };

  test('gives its certificates, and nothing else of it', async () => {
    const first = (await ServerAuthority.create()).certificate;
    const second = (await ServerAuthority.create()).certificate;
    const { file, problems } = await readCa(`# root\n${first}# another\n${second}`);
    expect(problems).toEqual([]);
    expect(file).toEqual({ path: path.join(workspace, 'ca.pem'), content: first + second });
  });

  test('has to hold one', async () => {
    expect(await readCa('no certificate')).toEqual({
      file: undefined,
      problems: [
        '`broker-ca-file` "ca.pem" holds no certificate in PEM, or one that does not parse.',
      ],
    });
  });

  test('may be missing', async () => {
    const { reader, problems } = read({}, { workspace });
    expect(await readBrokerCa(reader)).toBeUndefined();
    expect(problems()).toEqual([]);
  });
});
