import { describe, expect, test } from 'vitest';
import { checkAgents, readClientIds, readNames } from '../../src/inputs/agents.ts';
import { type Given, read } from './source.ts';

test('names are listed with the client ids that they are expected to get', () => {
  const { reader } = read({ name: 'a\nb' });
  expect(readNames(reader, 'mqtt1')).toEqual([
    { name: 'a', owner: undefined, clientId: 'mqtt1_a', where: '`name`' },
    { name: 'b', owner: undefined, clientId: 'mqtt1_b', where: '`name`' },
  ]);
});

test('client ids are named by what follows the tenant in them', () => {
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
