import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type SettingNames,
  settingName,
  settingNames,
} from '../../src/destinations/setting-names.ts';

const PREFIX = 'INSIGHTS_HUB_AGENT';

/** GitHub's rule for names of secrets and variables, after it made them upper case. */
const VALID = /^(?!GITHUB_)[A-Z_][A-Z0-9_]*$/;

const allOf = (names: SettingNames, agent: string) => [
  names.privateKey(agent),
  names.certificate(agent),
  names.agentId(agent),
  names.clientId(agent),
];

describe('settingNames', () => {
  test('a single agent has no part in them', () => {
    expect(allOf(settingNames(PREFIX, false), 'press-1')).toEqual([
      'INSIGHTS_HUB_AGENT_PRIVATE_KEY',
      'INSIGHTS_HUB_AGENT_CERTIFICATE',
      'INSIGHTS_HUB_AGENT_AGENT_ID',
      'INSIGHTS_HUB_AGENT_CLIENT_ID',
    ]);
  });

  test('one of several agents is named', () => {
    expect(allOf(settingNames(PREFIX, true), 'press-1')).toEqual([
      'INSIGHTS_HUB_AGENT_PRESS_1_PRIVATE_KEY',
      'INSIGHTS_HUB_AGENT_PRESS_1_CERTIFICATE',
      'INSIGHTS_HUB_AGENT_PRESS_1_AGENT_ID',
      'INSIGHTS_HUB_AGENT_PRESS_1_CLIENT_ID',
    ]);
  });

  test('the prefix stays as it was given', () => {
    expect(settingNames('my_Prefix', true).privateKey('a')).toBe('my_Prefix_A_PRIVATE_KEY');
    expect(settingNames('my_Prefix', false).privateKey('a')).toBe('my_Prefix_PRIVATE_KEY');
  });

  test('are four different valid names, whatever the agent is called', () => {
    const agents = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(agents, fc.boolean(), (agent, several) => {
        const names = allOf(settingNames(PREFIX, several), agent);
        for (const name of names) expect(name).toMatch(VALID);
        expect(new Set(names).size).toBe(4);
      }),
    );
  });

  test('are the same for two agents only if their parts are', () => {
    const agents = fc.string({ unit: fc.constantFrom('a', 'B', '1', '_', '-', '.', 'ä') });
    fc.assert(
      fc.property(agents, agents, (one, other) => {
        const names = settingNames(PREFIX, true);
        const isSame = names.privateKey(one) === names.privateKey(other);
        expect(isSame).toBe(settingName(one) === settingName(other));
      }),
    );
  });
});

describe('settingName', () => {
  const letters = 'abcdefghijklmnopqrstuvwxyz';
  const kept = `${letters.toUpperCase()}0123456789_`;

  test('keeps A-Z, 0-9 and _', () => {
    expect(settingName(kept)).toBe(kept);
  });

  test('makes letters upper case', () => {
    expect(settingName(letters)).toBe(letters.toUpperCase());
  });

  test('replaces every other character of ASCII', () => {
    const ascii = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));
    const others = ascii.filter((character) => !`${kept}${letters}`.includes(character));
    expect(others).toHaveLength(128 - 63);
    for (const character of others) expect(settingName(`a${character}b`)).toBe('A_B');
  });

  test.each([
    ['press-1.left', 'PRESS_1_LEFT'],
    ['a--b', 'A__B'],
    ['1st', '1ST'],
    ['-', '_'],
    ['Säge', 'S_GE'],
    // in upper case these are letters of ASCII
    ['Straße', 'STRASSE'],
    ['ﬁlter', 'FILTER'],
    ['ıſ', 'IS'],
    // the dot is a character of its own
    ['a\u0308', 'A_'],
    ['Å', '_'],
    ['٣', '_'],
    ['Ａ', '_'],
    ['日本', '__'],
    // one character of two code units
    ['a🤖b', 'A_B'],
    ['\ud800', '_'],
    ['a\nb', 'A_B'],
  ])('%j becomes %s', (agent, part) => {
    expect(settingName(agent)).toBe(part);
  });

  test('gives one character for each of the name in upper case', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (agent) => {
        const upper = [...agent.toUpperCase()];
        const part = [...settingName(agent)];
        expect(part).toEqual(
          upper.map((character) => (kept.includes(character) ? character : '_')),
        );
      }),
    );
  });
});
