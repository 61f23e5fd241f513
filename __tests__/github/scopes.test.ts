import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { settingName, settingNames, settingsOf } from '../../src/github/scopes.ts';
import { Secret } from '../../src/secret.ts';
import { scopeOf } from './services.ts';

const PREFIX = 'INSIGHTS_HUB_AGENT';

/** GitHub's rule for names of secrets and variables, after it made them upper case. */
const VALID = /^(?!GITHUB_)[A-Z_][A-Z0-9_]*$/;

describe('settingNames', () => {
  test('do not contain the name of a single agent', () => {
    expect(settingNames(PREFIX, 'press-1', false)).toEqual({
      privateKey: 'INSIGHTS_HUB_AGENT_PRIVATE_KEY',
      certificate: 'INSIGHTS_HUB_AGENT_CERTIFICATE',
      agentId: 'INSIGHTS_HUB_AGENT_AGENT_ID',
      clientId: 'INSIGHTS_HUB_AGENT_CLIENT_ID',
    });
  });

  test('contain the name of one of several agents', () => {
    expect(settingNames(PREFIX, 'press-1', true)).toEqual({
      privateKey: 'INSIGHTS_HUB_AGENT_PRESS_1_PRIVATE_KEY',
      certificate: 'INSIGHTS_HUB_AGENT_PRESS_1_CERTIFICATE',
      agentId: 'INSIGHTS_HUB_AGENT_PRESS_1_AGENT_ID',
      clientId: 'INSIGHTS_HUB_AGENT_PRESS_1_CLIENT_ID',
    });
  });

  test('keep the prefix as it was given', () => {
    expect(settingNames('my_Prefix', 'a', true).privateKey).toBe('my_Prefix_A_PRIVATE_KEY');
    expect(settingNames('my_Prefix', 'a', false).privateKey).toBe('my_Prefix_PRIVATE_KEY');
  });

  test('are four different valid names, whatever the agent is called', () => {
    const agents = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(agents, fc.boolean(), (agent, several) => {
        const names = Object.values(settingNames(PREFIX, agent, several));
        for (const name of names) expect(name).toMatch(VALID);
        expect(new Set(names).size).toBe(4);
      }),
    );
  });

  test('are the same for two agents only if the parts from their names are', () => {
    const agents = fc.string({ unit: fc.constantFrom('a', 'B', '1', '_', '-', '.', 'ä') });
    fc.assert(
      fc.property(agents, agents, (one, other) => {
        const [first, second] = [one, other].map((agent) => settingNames(PREFIX, agent, true));
        expect(first?.privateKey === second?.privateKey).toBe(
          settingName(one) === settingName(other),
        );
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

  test('converts letters to upper case', () => {
    expect(settingName(letters)).toBe(letters.toUpperCase());
  });

  test('replaces every other ASCII character', () => {
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

  test('has one character for each of the name in upper case', () => {
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

describe('settingsOf', () => {
  const [repository, environment] = [scopeOf('repository'), scopeOf('environment')];
  const settings = { apiUrl: '', token: new Secret(''), secretPrefix: 'X', variables: false };

  test('are key and certificate in each scope, and ids if wanted', () => {
    const scopes = [repository, environment];
    const [first, ...others] = settingsOf('a', { ...settings, scopes }, { several: false });
    expect(first).toEqual({
      kind: 'secret',
      name: 'X_PRIVATE_KEY',
      scope: 'repository octo/device',
    });
    expect(others.map(({ name, scope }) => [name, scope])).toEqual([
      ['X_CERTIFICATE', repository.title],
      ['X_PRIVATE_KEY', environment.title],
      ['X_CERTIFICATE', environment.title],
    ]);
    const withIds = { ...settings, variables: true, scopes: [environment] };
    const all = settingsOf('a', withIds, { several: true });
    expect(all.map(({ kind, name }) => [kind, name])).toEqual([
      ['secret', 'X_A_PRIVATE_KEY'],
      ['secret', 'X_A_CERTIFICATE'],
      ['variable', 'X_A_AGENT_ID'],
      ['variable', 'X_A_CLIENT_ID'],
    ]);
  });
});
