import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readNamesFile } from '../../src/inputs/names-file.ts';
import { type Given, read } from './source.ts';

let workspace: string;
beforeAll(async () => {
  workspace = await mkdtemp(path.join(tmpdir(), 'names-file-'));
});
afterAll(() => rm(workspace, { recursive: true }));

/** Reads a `names-file` with some content. */
async function namesOf(content: string | Buffer, given: Given = {}) {
  await writeFile(path.join(workspace, 'devices.csv'), content);
  const { reader, problems } = read({ 'names-file': 'devices.csv', ...given }, { workspace });
  reader.maskSecrets();
  const rows = await readNamesFile(reader, 'mqtt1');
  const shown = rows.map(({ name, owner, where }) => `${name},${owner}: ${where}`);
  return { shown, problems: problems() };
}

describe('a names file', () => {
  const a = 'a,undefined: line 1 of devices.csv';
  const owned = 'a,me@b.c: line 1 of devices.csv';
  const below = 'a,me@b.c: line 2 of devices.csv';

  test.each<[string, string, readonly string[]]>([
    ['one name', 'a', [a]],
    ['names, one a line', 'a\nb\n', [a, 'b,undefined: line 2 of devices.csv']],
    ['CRLF line ends', 'a\r\nb\r\n', [a, 'b,undefined: line 2 of devices.csv']],
    ['CR line ends', 'a\rb', [a, expect.stringMatching(/^b,undefined: /)]],
    [
      'all line ends together',
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
    ['a header in quotes, after a byte order mark', '\ufeff"name","owner"\na,me@b.c', [below]],
    ...['name', 'Name', 'NAME', '"name"', 'name,', 'Name,Owner', 'NAME, OWNER', 'name,Owner'].map(
      (header): [string, string, readonly string[]] => [
        `the header ${header}`,
        `${header}\na,me@b.c`,
        [below],
      ],
    ),
    [
      'an agent that is called name, below a header',
      'name\nname',
      ['name,undefined: line 2 of devices.csv'],
    ],
    ['other characters in quotes', '"a;b","c\td"', ['a;b,c\td: line 1 of devices.csv']],
    ['blank lines', '\n\na', ['a,undefined: line 3 of devices.csv']],
  ])('can contain %s', async (_, content, rows) => {
    expect(await namesOf(content)).toEqual({ shown: rows, problems: [] });
  });

  const separated = (where: string, separator: string) =>
    `\`names-file\` "devices.csv" has ${where}, but "," must separate the columns. Save the file with commas, and put names and owners that contain ${separator} in quotes.`;
  const sep = (line: string) =>
    `\`names-file\` "devices.csv" begins with a \`sep=\` line, which only spreadsheet programs understand. Delete line ${line}.`;
  const quotes = (line: string) =>
    `\`names-file\` "devices.csv" is not valid CSV: ${line} has a misplaced or unclosed quote.`;
  test.each<[string, string | Buffer, string]>([
    ['nothing', '', '`names-file` "devices.csv" is empty.'],
    ['blank lines only', '\n \n', '`names-file` "devices.csv" is empty.'],
    ['a header only', 'name,owner\n', '`names-file` "devices.csv" lists no agents.'],
    ['a header of one column only', 'Name\n', '`names-file` "devices.csv" lists no agents.'],
    ['semicolons between its columns', 'a;me@b.c\nb;\n', separated('";" in line 1', '";"')],
    ['a semicolon in some line', 'name,owner\na,b\nc;d\n', separated('";" in line 3', '";"')],
    ['tabs between its columns', 'name\towner\na\tb\n', separated('a tab in line 1', 'a tab')],
    ['a tab before an empty column', 'a\t\nb\t\n', separated('a tab in line 1', 'a tab')],
    ['semicolons between quotes', '"a";"b"\n', separated('";" in line 1', '";"')],
    ['tabs between quotes', 'a\n"b"\t"c"\n', separated('a tab in line 2', 'a tab')],
    ['a line for a spreadsheet', 'sep=,\na,b\n', sep('1')],
    ['such a line in capitals', '\nSEP=;\na;b\n', sep('2')],
    ['such a line in quotes', '"sep=,"\na,b\n', sep('1')],
    ...['owner,name', 'Owner,Name', 'owner', 'device,name', 'name,e-mail', 'id,owner'].map(
      (header): [string, string, string] => [
        `the header ${header}`,
        `${header}\na,b\n`,
        '`names-file` "devices.csv" has an unknown header in line 1. Change it to `name` or `name,owner`. If the line is an agent, put one of these headers above it.',
      ],
    ),
    [
      'a header in the middle',
      'name,owner\na,b\nName,Owner\nc,d\n',
      '`names-file` "devices.csv" has a header after the first line. Delete line 3.',
    ],
    [
      'an owner that changes the direction of text',
      'a,me\u202e@b.c\n',
      'The owner in line 1 of devices.csv contains the invisible character U+202E (right-to-left override) at position 3. Delete it.',
    ],
    [
      'more agents than a step accepts',
      Array.from({ length: 100_001 }, (_, index) => `${index}\n`).join(''),
      '`names-file` "devices.csv" lists more than 100000 agents.',
    ],
    [
      'something other than UTF-8',
      Buffer.from([0x61, 0xff]),
      '`names-file` "devices.csv" is not UTF-8 text.',
    ],
    ['a row without a name', 'a\n,b\n', 'line 2 of devices.csv has no name in its first column.'],
    [
      'a third column',
      'a,b\nc,d,e\n',
      'line 2 of devices.csv has 3 columns. Only a name and an owner are allowed.',
    ],
    ['a quote that is not closed', 'a\n"b', quotes('line 2')],
    ['a quote that is not in place', 'a"b', quotes('line 1')],
  ])('can’t contain %s', async (_, content, problem) => {
    expect((await namesOf(content)).problems).toEqual([problem]);
  });

  test('keeps its valid rows beside an invalid one', async () => {
    expect((await namesOf('a,,x\n,b\nc')).shown).toEqual([a, 'c,undefined: line 3 of devices.csv']);
  });

  test('is not a list of agents once it is refused', async () => {
    for (const content of ['a;b\nc;d', 'sep=,\na', 'owner,name\na,b']) {
      expect((await namesOf(content)).shown).toEqual([]);
    }
  });

  test('can list 100,000 agents', async () => {
    const names = Array.from({ length: 100_000 }, (_, index) => `${index}\n`).join('');
    const { shown, problems } = await namesOf(names);
    expect([shown.length, problems]).toEqual([100_000, []]);
  });

  test.each(['my-sesame,me@b.c', 'a,sesame@b.c'])('can’t contain a secret: %s', async (line) => {
    const { problems } = await namesOf(line, { token: 'sesame' });
    expect(problems).toEqual([
      expect.stringMatching(/^line 1 of devices\.csv "(my-\*\*\*|\*\*\*@b\.c)" contains a secret/),
    ]);
  });

  test('gives agents their client ids', async () => {
    await writeFile(path.join(workspace, 'devices.csv'), 'a,me@b.c');
    const { reader } = read({ 'names-file': 'devices.csv' }, { workspace });
    expect(await readNamesFile(reader, 'mqtt1')).toEqual([
      { name: 'a', owner: 'me@b.c', clientId: 'mqtt1_a', where: 'line 1 of devices.csv' },
    ]);
  });

  test('is optional', async () => {
    const { reader, problems } = read({}, { workspace });
    expect(await readNamesFile(reader, 'mqtt1')).toEqual([]);
    expect(problems()).toEqual([]);
  });
});
