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

/** Characters that are invisible, or that change the direction of text, with what a problem calls them. */
const INVISIBLE = {
  'a zero-width space': ['\u200b', 'U+200B (zero-width space)'],
  'a zero-width joiner': ['\u200d', 'U+200D (zero-width joiner)'],
  'a soft hyphen': ['\u00ad', 'U+00AD (soft hyphen)'],
  'a right-to-left override': ['\u202e', 'U+202E (right-to-left override)'],
  'a bidirectional isolate': ['\u2067', 'U+2067 (right-to-left isolate)'],
  'a byte order mark': ['\ufeff', 'U+FEFF (byte order mark)'],
  'a variation selector': ['\ufe0f', 'U+FE0F (variation selector)'],
  'a Hangul filler': ['\u3164', 'U+3164'],
  'an empty Braille cell': ['\u2800', 'U+2800 (blank Braille pattern)'],
  'a tag': ['\u{e0041}', 'U+E0041'],
} as const;

const NOT_ALLOWED =
  'White space, control characters, invisible characters, "/", "+" and "#" are not allowed.';

test('names are listed with their expected client ids', () => {
  const { reader } = read({ name: 'a\nb' });
  expect(readNames(reader, 'mqtt1')).toEqual([
    { name: 'a', owner: undefined, clientId: 'mqtt1_a', where: '`name`' },
    { name: 'b', owner: undefined, clientId: 'mqtt1_b', where: '`name`' },
  ]);
});

describe('the prefix of client ids', () => {
  function prefixOf(given: Given) {
    const { reader, problems } = read(given);
    if (given['token']) reader.secret('token');
    return { prefix: readClientIdPrefix(reader, '1234567890'), problems: problems() };
  }

  test.each<[string, string]>([
    ['', '1234567890'],
    ['mqtt1', 'mqtt1'],
    ['my.old_tenant-2', 'my.old_tenant-2'],
  ])('is the tenant by default: %j', (given, prefix) => {
    expect(prefixOf({ 'client-id-prefix': given })).toEqual({ prefix, problems: [] });
  });

  test.each<[Given, string]>([
    [{ 'client-id-prefix': 'a b' }, `"a b" contains a space at position 2. ${NOT_ALLOWED}`],
    [{ 'client-id-prefix': 'a/b' }, `"a/b" contains "/" at position 2. ${NOT_ALLOWED}`],
    [{ 'client-id-prefix': '+' }, `"+" contains "+" at position 1. ${NOT_ALLOWED}`],
    [{ 'client-id-prefix': 'a#' }, `"a#" contains "#" at position 2. ${NOT_ALLOWED}`],
    [
      { 'client-id-prefix': 'a\u202eb' },
      `"ab" contains the invisible character U+202E (right-to-left override) at position 2. ${NOT_ALLOWED}`,
    ],
    [
      { 'client-id-prefix': 'mqtt1_' },
      '"mqtt1_" ends with "_". Leave it out: the action adds it before the name.',
    ],
    [
      { token: 'sesame', 'client-id-prefix': 'my-sesame' },
      '"my-***" contains a secret of this step, so GitHub would mask it in the log and in outputs.',
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

  test.each([
    ['\u202e', 'invisible character U+202E (right-to-left override)'],
    ['\u200b', 'invisible character U+200B (zero-width space)'],
    ['\u2066', 'invisible character U+2066 (left-to-right isolate)'],
    ['\u0600', 'format character U+0600'],
  ])('must not contain %j', (character, which) => {
    expect(ownerOf(`me${character}@b.c`).problems).toEqual([
      `\`owner\` contains the ${which} at position 3. Delete it.`,
    ]);
  });
});

test('client ids are named by the part after the prefix', () => {
  const { reader } = read({ 'client-id': 'mqtt1_a\nmqtt12_b\nc' });
  const rest = { owner: undefined, where: '`client-id`' };
  expect(readClientIds(reader, 'mqtt1')).toEqual([
    { ...rest, name: 'a', clientId: 'mqtt1_a' },
    { ...rest, name: 'mqtt12_b', clientId: 'mqtt12_b' },
    { ...rest, name: 'c', clientId: 'c' },
  ]);
});

describe('the name of an agent', () => {
  function problemsOf(given: Given) {
    const { reader, problems } = read(given);
    if (given['token']) reader.secret('token');
    const agents = [...readNames(reader, 'mqtt1'), ...readClientIds(reader, 'mqtt1')];
    checkAgents(reader, agents, 'mqtt1');
    return problems();
  }

  test.each<[string, Given]>([
    ['letters, digits and other characters', { name: 'Gerät.7@line_3-(b)\nb' }],
    ['128 bytes with the tenant', { name: 'x'.repeat(122) }],
    ['a client id of 128 bytes', { 'client-id': 'x'.repeat(128) }],
    ['a client id of another tenant', { 'client-id': 'mqtt2_a' }],
  ])('may be %s', (_, given) => {
    expect(problemsOf(given)).toEqual([]);
  });

  const long = (bytes: number) =>
    `is too long: with "mqtt1_", the client id has ${bytes} bytes. The maximum is 128.`;
  test.each<[string, Given, string | RegExp]>([
    [
      'white space',
      { name: 'a b' },
      `\`name\` "a b" contains a space at position 2. ${NOT_ALLOWED}`,
    ],
    [
      'a no-break space',
      { name: '😀a\u00a0b' },
      `contains the white space character U+00A0 (no-break space) at position 3. ${NOT_ALLOWED}`,
    ],
    ['a slash', { name: 'a/b#' }, `\`name\` "a/b#" contains "/" at position 2. ${NOT_ALLOWED}`],
    ['a plus', { name: '+' }, `\`name\` "+" contains "+" at position 1. ${NOT_ALLOWED}`],
    [
      'a hash',
      { 'client-id': 'a#' },
      `\`client-id\` "a#" contains "#" at position 2. ${NOT_ALLOWED}`,
    ],
    [
      'a control character',
      { name: 'a\u0007b' },
      `contains the control character U+0007 at position 2. ${NOT_ALLOWED}`,
    ],
    [
      'a tab',
      { name: 'a\tb' },
      `contains the control character U+0009 (tab) at position 2. ${NOT_ALLOWED}`,
    ],
    ...Object.entries(INVISIBLE).map(([what, [character, which]]): [string, Given, string] => [
      what,
      { name: `a${character}b` },
      `contains the invisible character ${which} at position 2. ${NOT_ALLOWED}`,
    ]),
    [
      'a client id with one of them',
      { 'client-id': 'mqtt1_a\u200b' },
      `\`client-id\` "mqtt1_a" contains the invisible character U+200B (zero-width space) at position 8. ${NOT_ALLOWED}`,
    ],
    ['129 bytes with the tenant', { name: 'x'.repeat(123) }, long(129)],
    ['too many bytes in fewer characters', { name: 'ä'.repeat(62) }, long(130)],
    [
      'a client id of 129 bytes',
      { 'client-id': 'word-'.repeat(25).concat('word') },
      / is too long: it has 129 bytes\. The maximum is 128\.$/,
    ],
    [
      'the tenant alone',
      { 'client-id': 'mqtt1_' },
      '`client-id` "mqtt1_" has no agent name after the prefix.',
    ],
    [
      'a secret',
      { token: 'sesame', name: 'my-sesame-7' },
      '`name` "my-***-7" contains a secret of this step, so GitHub would mask it in the log and in outputs.',
    ],
    ['one name twice', { name: 'a\nb\na' }, '`name` "a" is listed twice.'],
    [
      'one agent by name and by client id',
      { name: 'a', 'client-id': 'mqtt1_a' },
      '`client-id` "mqtt1_a" is listed twice.',
    ],
  ])('can’t be %s', (_, given, problem) => {
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

  test('are all refused', () => {
    expect(problemsOf({ name: 'pump-*\na\npump-?' })).toEqual(
      ['*', '?'].map(
        (wildcard) =>
          `\`name\` "pump-${wildcard}" contains "${wildcard}" at position 6, but wildcards are not supported. List each agent by its name. To delete an agent that really has this name, set \`client-id\`.`,
      ),
    );
  });

  test('are reported with the forbidden character, but nothing of a secret', () => {
    const secret = 'ab/cdef+ghij';
    const { reader, problems } = read({ token: secret, name: secret });
    reader.secret('token');
    checkAgents(reader, readNames(reader, 'mqtt1'), 'mqtt1');
    expect(problems()).toEqual([
      `\`name\` "***" contains an invalid character. ${NOT_ALLOWED}`,
      expect.stringContaining('contains a secret of this step'),
    ]);
  });

  test('show no wildcard of a secret', () => {
    const secret = 'ab*cdef?ghij';
    const { reader, problems } = read({ token: secret, name: secret });
    reader.secret('token');
    refuseWildcards(reader, readNames(reader, 'mqtt1'));
    expect(problems()[0]).toMatch(/^`name` "\*\*\*" contains "\*" or "\?", but wildcards are not /);
  });

  test('are accepted as client ids', () => {
    expect(problemsOf({ 'client-id': 'mqtt1_pump-?\n*' })).toEqual([]);
  });
});

describe('names that Insights Hub may reject', () => {
  const rest =
    ' characters other than A-Z, a-z, 0-9, ":", "_" and "-". Siemens documents only these for publishers on the same broker, so Insights Hub may reject others.';

  test.each<[string, readonly string[]]>([
    ['none', []],
    ['all that is documented', ['AZ', 'az', '09', 'a:b', 'a_b', 'a-b', '-']],
  ])('do not include %s', (_, names) => {
    expect(warningOfNames(names)).toBeUndefined();
  });

  test('are reported', () => {
    expect(warningOfNames(['a', 'Gerät'])).toBe(`The name "Gerät" contains${rest}`);
    expect(warningOfNames(['a.1', 'b', 'c@d'])).toBe(`2 names ("a.1", "c@d") contain${rest}`);
  });

  test('are counted in one warning, with the first 20', () => {
    const names = Array.from({ length: 20 }, (_, index) => `a.${index}`);
    const told = names.map((name) => `"${name}"`).join(', ');
    expect(warningOfNames(names)).toBe(`20 names (${told}) contain${rest}`);
    expect(warningOfNames([...names, 'b.1', 'c', 'd.1'])).toBe(
      `22 names (${told} and 2 more) contain${rest}`,
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
  ])('%j selects every n-th entry, in order', (shard, taken) => {
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

  test.each(['4/4', '5/4'])('%s does not exist', (value) => {
    expect(take(value, []).problems).toEqual([
      `\`shard\` "${value}" does not exist: the first of 4 is 0 and the last is 3.`,
    ]);
  });

  test('selects every agent exactly once, for matrices of 1 to 256 jobs', () => {
    for (let jobs = 1; jobs <= 256; jobs++) {
      const list = Array.from({ length: 300 }, (_, index) => `device${index}`);
      const parts = Array.from({ length: jobs }, (_, job) => take(`${job}/${jobs}`, list).taken);
      expect(parts.flat().sort()).toEqual([...list].sort());
      const sizes = parts.map(({ length }) => length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }
  });

  test('selects every entry once, of any list', () => {
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
