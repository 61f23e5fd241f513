import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  checkAgents,
  readClientIdPrefix,
  readClientIds,
  readNames,
  readOwner,
  refuseWildcards,
  takeShard,
  warningOfNames,
} from '../../src/inputs/agents.ts';
import { type Given, read } from './source.ts';

/** Signs that nobody sees, or that turn what stands behind them. */
const INVISIBLE = {
  'a zero-width space': '\u200b',
  'a zero-width joiner': '\u200d',
  'a soft hyphen': '\u00ad',
  'a right-to-left override': '\u202e',
  'a bidirectional isolate': '\u2067',
  'a variation selector': '\ufe0f',
  'a Hangul filler': '\u3164',
  'an empty Braille cell': '\u2800',
  'a tag': '\u{e0041}',
};

const codeOf = (sign: string) =>
  `U+${sign.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}`;

test('names are listed with the client ids that they are expected to get', () => {
  const { reader } = read({ name: 'a\nb' });
  expect(readNames(reader, 'mqtt1')).toEqual([
    { name: 'a', owner: undefined, clientId: 'mqtt1_a', where: '`name`' },
    { name: 'b', owner: undefined, clientId: 'mqtt1_b', where: '`name`' },
  ]);
});

describe('what client ids begin with', () => {
  function prefixOf(given: Given) {
    const { reader, problems } = read(given);
    if (given['token']) reader.secret('token');
    return { prefix: readClientIdPrefix(reader, '1234567890'), problems: problems() };
  }

  test.each<[string, string]>([
    ['', '1234567890'],
    ['mqtt1', 'mqtt1'],
    ['my.old_tenant-2', 'my.old_tenant-2'],
  ])('is the tenant unless it is given: %j', (given, prefix) => {
    expect(prefixOf({ 'client-id-prefix': given })).toEqual({ prefix, problems: [] });
  });

  const signs = 'holds a control character, white space, "/", "+" or "#".';
  test.each<[Given, string]>([
    [{ 'client-id-prefix': 'a b' }, `"a b" ${signs}`],
    [{ 'client-id-prefix': 'a/b' }, `"a/b" ${signs}`],
    [{ 'client-id-prefix': '+' }, `"+" ${signs}`],
    [{ 'client-id-prefix': 'a#' }, `"a#" ${signs}`],
    [
      { 'client-id-prefix': 'a\u202eb' },
      '"ab" holds an invisible or bidirectional character (U+202E).',
    ],
    [
      { 'client-id-prefix': 'mqtt1_' },
      '"mqtt1_" ends in "_": leave that out, it is added before the name.',
    ],
    [
      { token: 'sesame', 'client-id-prefix': 'my-sesame' },
      '"my-***" holds a secret of this step, which would blank it in log and outputs.',
    ],
  ])('is refused: %j', (given, problem) => {
    expect(prefixOf(given).problems).toEqual([`\`client-id-prefix\` ${problem}`]);
  });
});

describe('the owner of all agents', () => {
  function ownerOf(owner: string) {
    const { reader, problems } = read({ owner });
    return { owner: readOwner(reader), problems: problems() };
  }

  test.each(['me@b.c', 'نیم\u200cفاصله', 'Jürgen 👩\u200d💻'])('may be %s', (owner) => {
    expect(ownerOf(owner)).toEqual({ owner, problems: [] });
  });

  test('may be missing', () => {
    expect(ownerOf('')).toEqual({ owner: undefined, problems: [] });
  });

  test.each(['\u202e', '\u200b', '\u2066'])('may not hold %j', (sign) => {
    expect(ownerOf(`me${sign}@b.c`).problems).toEqual([
      `\`owner\` holds an invisible or bidirectional character (${codeOf(sign)}).`,
    ]);
  });
});

test('client ids are named by what follows the prefix in them', () => {
  const { reader } = read({ 'client-id': 'mqtt1_a\nmqtt12_b\nc' });
  const rest = { owner: undefined, where: '`client-id`' };
  expect(readClientIds(reader, 'mqtt1')).toEqual([
    { ...rest, name: 'a', clientId: 'mqtt1_a' },
    { ...rest, name: 'mqtt12_b', clientId: 'mqtt12_b' },
    { ...rest, name: 'c', clientId: 'c' },
  ]);
});

describe('what an agent is called', () => {
  function problemsOf(given: Given) {
    const { reader, problems } = read(given);
    if (given['token']) reader.secret('token');
    const agents = [...readNames(reader, 'mqtt1'), ...readClientIds(reader, 'mqtt1')];
    checkAgents(reader, agents, 'mqtt1');
    return problems();
  }

  test.each<[string, Given]>([
    ['letters, digits and other signs', { name: 'Gerät.7@line_3-(b)\nb' }],
    ['128 bytes with the tenant', { name: 'x'.repeat(122) }],
    ['a client id of 128 bytes', { 'client-id': 'x'.repeat(128) }],
    ['a client id of another tenant', { 'client-id': 'mqtt2_a' }],
  ])('may be %s', (_, given) => {
    expect(problemsOf(given)).toEqual([]);
  });

  const signs = 'holds a control character, white space, "/", "+" or "#".';
  const long = 'is too long: with "mqtt1_" before it, it may have 128 bytes.';
  test.each<[string, Given, string | RegExp]>([
    ['white space', { name: 'a b' }, `\`name\` "a b" ${signs}`],
    ['a no-break space', { name: 'a\u00a0b' }, signs],
    ['a slash', { name: 'a/b' }, `\`name\` "a/b" ${signs}`],
    ['a plus', { name: '+' }, `\`name\` "+" ${signs}`],
    ['a hash', { 'client-id': 'a#' }, `\`client-id\` "a#" ${signs}`],
    ['a control character', { name: 'a\u0007b' }, signs],
    ['a byte order mark inside', { name: 'a\ufeffb' }, signs],
    ...Object.entries(INVISIBLE).map(([what, sign]): [string, Given, string] => [
      what,
      { name: `a${sign}b` },
      `holds an invisible or bidirectional character (${codeOf(sign)}).`,
    ]),
    [
      'a client id with one of them',
      { 'client-id': 'mqtt1_a\u200b' },
      '`client-id` "mqtt1_a" holds an invisible or bidirectional character (U+200B).',
    ],
    ['129 bytes with the tenant', { name: 'x'.repeat(123) }, long],
    ['too many bytes in fewer characters', { name: 'ä'.repeat(62) }, long],
    [
      'a client id of 129 bytes',
      { 'client-id': 'word-'.repeat(25).concat('word') },
      / is too long: it may have 128 bytes\.$/,
    ],
    [
      'the tenant alone',
      { 'client-id': 'mqtt1_' },
      '`client-id` "mqtt1_" is the tenant without a name.',
    ],
    [
      'a secret',
      { token: 'sesame', name: 'my-sesame-7' },
      '`name` "my-***-7" holds a secret of this step, which would blank it in log and outputs.',
    ],
    ['one name twice', { name: 'a\nb\na' }, '`name` "a" is in the list twice.'],
    [
      'one agent by name and by client id',
      { name: 'a', 'client-id': 'mqtt1_a' },
      '`client-id` "mqtt1_a" is in the list twice.',
    ],
  ])('may not be %s', (_, given, problem) => {
    const [first, ...others] = problemsOf(given);
    expect(others).toEqual([]);
    if (typeof problem === 'string') expect(first).toContain(problem);
    else expect(first).toMatch(problem);
  });
});

describe('names that look like patterns', () => {
  function problemsOf(given: Given) {
    const { reader, problems } = read(given);
    refuseWildcards(reader, [...readNames(reader, 'mqtt1'), ...readClientIds(reader, 'mqtt1')]);
    return problems();
  }

  test('are refused, each', () => {
    expect(problemsOf({ name: 'pump-*\na\npump-?' })).toEqual(
      ['pump-*', 'pump-?'].map(
        (name) =>
          `\`name\` "${name}" holds "*" or "?", and there are no wildcards: list each agent by its name. One that is called so can be given as \`client-id\`.`,
      ),
    );
  });

  test('are taken for what they are in client ids', () => {
    expect(problemsOf({ 'client-id': 'mqtt1_pump-?\n*' })).toEqual([]);
  });
});

describe('names that Insights Hub may refuse', () => {
  const rest =
    ' characters other than A-Z, a-z, 0-9, ":", "_" and "-". Siemens documents no others for publishers on the same broker, and Insights Hub may refuse them.';

  test.each<[string, readonly string[]]>([
    ['none', []],
    ['all that is documented', ['AZ', 'az', '09', 'a:b', 'a_b', 'a-b', '-']],
  ])('are not: %s', (_, names) => {
    expect(warningOfNames(names)).toBeUndefined();
  });

  test('are told', () => {
    expect(warningOfNames(['a', 'Gerät'])).toBe(`The name "Gerät" holds${rest}`);
    expect(warningOfNames(['a.1', 'b', 'c@d'])).toBe(`2 names ("a.1", "c@d") hold${rest}`);
  });

  test('are counted in one warning, and the first 20 are told', () => {
    const names = Array.from({ length: 20 }, (_, index) => `a.${index}`);
    const told = names.map((name) => `"${name}"`).join(', ');
    expect(warningOfNames(names)).toBe(`20 names (${told}) hold${rest}`);
    expect(warningOfNames([...names, 'b.1', 'c', 'd.1'])).toBe(
      `22 names (${told} and 2 more) hold${rest}`,
    );
  });
});

describe('a shard', () => {
  const take = <T>(shard: string, list: readonly T[]) => {
    const { reader, problems } = read({ shard });
    return { taken: takeShard(reader, list), problems: problems() };
  };

  test.each<[string, readonly string[]]>([
    ['', ['a', 'b', 'c', 'd', 'e']],
    ['0/1', ['a', 'b', 'c', 'd', 'e']],
    ['1/2', ['b', 'd']],
    ['4/6', ['e']],
    ['5/6', []],
    ['9999/10000', []],
  ])('%j takes every n-th entry, in order', (shard, taken) => {
    expect(take(shard, ['a', 'b', 'c', 'd', 'e'])).toEqual({ taken, problems: [] });
  });

  const WRONG = ['1', '1/', '/2', '-1/2', '0/0', 'a/b', '0/2/3', '0/10001', '1.5/2', '0 / 2'];
  test.each([...WRONG, '00000/00000', '123456/2', '0/123456', 'x0/2', '0/2x'])(
    '%j is refused',
    (value) => {
      expect(take(value, []).problems).toEqual([
        `\`shard\` must be i/n, such as 0/4, with n from 1 to 10000, not "${value}".`,
      ]);
    },
  );

  test.each(['4/4', '5/4'])('%s is not there', (value) => {
    expect(take(value, []).problems).toEqual([
      `\`shard\` "${value}" is not there: the first of 4 is 0, the last 3.`,
    ]);
  });

  test('takes every agent exactly once, for matrices of 1 to 256 jobs', () => {
    for (let jobs = 1; jobs <= 256; jobs++) {
      const list = Array.from({ length: 300 }, (_, index) => `device${index}`);
      const parts = Array.from({ length: jobs }, (_, job) => take(`${job}/${jobs}`, list).taken);
      expect(parts.flat().sort()).toEqual([...list].sort());
      const sizes = parts.map(({ length }) => length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }
  });

  test('takes every entry once, of any list', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer({ min: 1, max: 256 }), (list, count) => {
        const parts = Array.from({ length: count }, (_, i) => take(`${i}/${count}`, list).taken);
        const back = list.map((_, at) => parts[at % count]?.[Math.floor(at / count)]);
        expect(back).toEqual(list);
        expect(parts.flat()).toHaveLength(list.length);
      }),
    );
  });
});
