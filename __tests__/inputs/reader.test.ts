import { describe, expect, test, vi } from 'vitest';
import { isHostLabel } from '../../src/inputs/reader.ts';
import { failureOf, read } from './source.ts';

describe('an input', () => {
  test('has its default if it is missing or empty, and otherwise nothing', () => {
    const { reader } = read({ given: ' a ', empty: '' }, { defaults: { given: 'b', empty: 'c' } });
    expect(['given', 'empty', 'unknown'].map((name) => reader.text(name))).toEqual(['a', 'c', '']);
  });

  test('that is a list has one entry per line, and blank lines do not count', () => {
    const { reader } = read({ name: 'a\n\n  b \t\r\n \nc d' });
    expect(reader.list('name')).toEqual(['a', 'b', 'c d']);
    expect(reader.list('none')).toEqual([]);
  });
});

describe('a boolean', () => {
  test.each([
    ['true', true],
    ['True', true],
    ['TRUE', true],
    ['false', false],
    ['False', false],
    ['FALSE', false],
  ])('can be %s', (value, meant) => {
    const { reader, problems } = read({ flag: value });
    expect(reader.flag('flag')).toBe(meant);
    expect(problems()).toEqual([]);
  });

  test.each(['tRUE', 'yes', '1', '', 'true false', 'untrue', 'falsely'])('can’t be %j', (value) => {
    const { reader, problems } = read({ flag: value });
    expect(reader.flag('flag')).toBe(false);
    expect(problems()).toEqual([`\`flag\` must be true or false, not "${value}".`]);
  });
});

describe('one of some words', () => {
  test('is returned unchanged', () => {
    const { reader, problems } = read({ a: 'fail', b: 'skip' });
    expect([reader.word('a', ['fail', 'skip']), reader.word('b', ['fail', 'skip'])]).toEqual([
      'fail',
      'skip',
    ]);
    expect(problems()).toEqual([]);
  });

  test.each(['Skip', 'both', ''])('is refused when it is %j', (value) => {
    const { reader, problems } = read({ word: value });
    expect(reader.word('word', ['fail', 'skip'])).toBe('fail');
    expect(problems()).toEqual([`\`word\` must be fail or skip, not "${value}".`]);
  });
});

describe('any of some words', () => {
  const known = ['workspace', 'repository', 'environment'] as const;
  const wordsOf = (destination: string) => {
    const { reader, problems } = read({ destination });
    return [reader.words('destination', known), problems()] as const;
  };

  test.each([
    ['workspace', ['workspace']],
    ['environment,repository', ['repository', 'environment']],
    [' environment \n\n workspace , workspace', ['workspace', 'environment']],
    ['repository,', ['repository']],
    ['', []],
    [',', []],
  ])('%j are %j', (destination, words) => {
    expect(wordsOf(destination)).toEqual([words, []]);
  });

  test('that are unknown are reported together', () => {
    expect(wordsOf('workspace, moon\nMars')).toEqual([
      ['workspace'],
      [
        '`destination` must be one or more of workspace, repository, environment, not "moon, Mars".',
      ],
    ]);
  });
});

describe('a whole number', () => {
  const numberOf = (value: string) => {
    const { reader, problems } = read({ n: value });
    return [reader.wholeNumber('n', { from: 2, to: 30 }), problems()] as const;
  };
  test.each([
    ['2', 2],
    ['30', 30],
    ['007', 7],
  ])('can be %s', (value, number) => {
    expect(numberOf(value)).toEqual([number, []]);
  });

  test.each(['1', '31', '2.5', '-3', '+3', '1e1', '0x9', '5 s', 's5', ''])(
    'can’t be %j',
    (value) => {
      const [, problems] = numberOf(value);
      expect(problems).toEqual([`\`n\` must be a whole number from 2 to 30, not "${value}".`]);
    },
  );
});

describe('a host label', () => {
  test.each(['a', 'Z9', 'mqtt1', 'a-b', '0', 'x'.repeat(63)])('can be %s', (value) => {
    expect(isHostLabel(value)).toBe(true);
    const { reader, problems } = read({ region: value });
    expect(reader.hostLabel('region')).toBe(value);
    expect(problems()).toEqual([]);
  });

  test.each(['-a', 'a-', '-', 'a.b', 'a_b', 'a b', 'ä', 'a/', 'x'.repeat(64)])(
    'can’t be %s',
    (value) => {
      expect(isHostLabel(value)).toBe(false);
      const { reader, problems } = read({ region: value });
      expect(reader.hostLabel('region')).toBe(value);
      expect(problems()).toEqual([
        expect.stringMatching(
          /^`region` must be at most 63 letters, digits and hyphens, with no hyphen at either end, not "/,
        ),
      ]);
    },
  );

  test('is optional', () => {
    const { reader, problems } = read({});
    expect(reader.hostLabel('region')).toBe('');
    expect(problems()).toEqual([]);
  });
});

describe('a secret', () => {
  test('is masked before it is used', () => {
    const { reader, masked, problems } = read({ token: ' abcd ' });
    expect(reader.secret('token')).toBe('abcd');
    expect(masked).toEqual(['abcd']);
    expect(problems()).toEqual([]);
  });

  test('is used verbatim if white space counts', () => {
    const { reader, masked, problems } = read({ 'key-passphrase': '  two words ' });
    expect(reader.secret('key-passphrase')).toBe('  two words ');
    expect(masked).toEqual(['  two words ']);
    expect(problems()).toEqual([]);
  });

  test('is optional, and then causes no problem', () => {
    const { reader, masked, problems } = read({});
    expect(reader.secret('token')).toBe('');
    expect(reader.secret('key-passphrase')).toBe('');
    expect([masked, problems()]).toEqual([[], []]);
  });

  test.each([
    [
      'three characters',
      'abc',
      [],
      'is shorter than 4 characters. Masking it would hide unrelated text in the log.',
    ],
    ['only white space', '      ', [], 'is blank.'],
    ['a blank line', ' \n ', [], 'is blank.'],
    [
      'two lines, each of which is masked',
      'first\n\r\nsecond\rx',
      ['first', 'second'],
      'contains a line break or another control character.',
    ],
    [
      'lines of which one is blank',
      'first\n      \nlast',
      ['first', 'last'],
      'contains a line break or another control character.',
    ],
    ['a tab', 'a\tbcd', ['a\tbcd'], 'contains a line break or another control character.'],
  ])('is refused when it is %s', (_, value, masks, problem) => {
    const { reader, masked, problems } = read({ 'key-passphrase': value });
    expect(reader.secret('key-passphrase')).toBe(value);
    expect(masked).toEqual(masks);
    expect(problems()).toEqual([`\`key-passphrase\` ${problem}`]);
  });

  test('is masked with all others before anything else is read', () => {
    const { reader, masked } = read({
      token: ' abcd ',
      'oauth-client-secret': 'efgh',
      'github-token': 'ijkl',
      'key-passphrase': ' mnop ',
      owner: 'me@b.c',
    });
    reader.maskSecrets('key-passphrase');
    expect(masked).toEqual(['abcd', 'efgh', 'ijkl', ' mnop ']);
  });

  const holds =
    'contains a secret of this step, so GitHub would mask it in the log and in outputs.';
  test('can’t be in any other input that was read', () => {
    const { reader, problems } = read({
      token: 'sesame',
      'output-directory': 'my-sesame',
      shard: 'sesame/2',
      environment: 'open sesame!',
      owner: Buffer.from('open sesame').toString('base64'),
      region: 'eu1',
      'never-read': 'sesame',
    });
    reader.maskSecrets();
    for (const name of ['output-directory', 'shard', 'environment', 'owner', 'region', 'token']) {
      reader.text(name);
    }
    expect(problems()).toEqual([
      `\`output-directory\` "my-***" ${holds}`,
      `\`shard\` "***/2" ${holds}`,
      `\`environment\` "open ***!" ${holds}`,
      `\`owner\` "b3BlbiBz***" ${holds}`,
    ]);
  });

  test('in a list is reported for each entry that contains it', () => {
    const { reader, problems } = read({ token: 'sesame', name: 'a\nsesame-1\nb\nsesame-2' });
    reader.maskSecrets();
    reader.list('name');
    expect(problems()).toEqual([`\`name\` "***-1" ${holds}`, `\`name\` "***-2" ${holds}`]);
  });

  test('is hidden where other texts are quoted', () => {
    const { reader } = read({ token: 'sesame' });
    reader.secret('token');
    expect(reader.quote('open sesame')).toBe('"open ***"');
  });
});

describe('a value is quoted', () => {
  const quoted = (value: string, token = 'sesame') => {
    const { reader } = read({ token });
    reader.secret('token');
    return reader.quote(value).slice(1, -1);
  };
  const key = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj';

  test.each([
    ['on one line', 'a\n\u2028b', 'a b'],
    ['without invisible characters', 'a\u200b\u202eb', 'ab'],
    ['with its escapes', 'https://a%20b/%C3%A9', 'https://a%20b/%C3%A9'],
    ['well-formed', 'half \ud83d a pair', 'half \ufffd a pair'],
    ['although it is no word', 'SN2024A00017x-EU9-PRESS7b', 'SN2024A00017x-EU9-PRESS7b'],
    ['up to a length of names', 'x1'.repeat(19).concat('y'), 'x1'.repeat(19).concat('y')],
    ['but not when it is a longer run', `a ${'x1'.repeat(20)}.csv`, 'a ***.csv'],
    ['but not a line of a private key', key, '***'],
    ['but not how one begins', key.slice(0, 20), '***'],
    ['but not a private key', `a -----BEGIN PRIVATE KEY-----\n${key}`, 'a ***'],
    ['with 150 characters', `${'word '.repeat(29)}word`, `${'word '.repeat(29)}word`],
    ['cut between words where it has more', 'word '.repeat(40), `${'word '.repeat(30).trim()} …`],
    ['not at all when it is one long word', 'a.'.repeat(76), '…'],
    ['not to an end that was not looked at', `${'\n'.repeat(9_998)}sesame`, '…'],
  ])('%s', (_, value, shown) => {
    expect(quoted(value)).toBe(shown);
  });

  test.each([
    ['unchanged', 'my-open-sesame', 'my-open-sesame', '***'],
    ['before percent escapes are decoded', 'open%41sesame', 'open%41sesame', '***'],
    ['after percent escapes', 'open&sesame', 'open%26%73esame', '***'],
    ['with invisible characters in between', 'sesame', 'my ses\u200bame', 'my ***'],
    ['that only one line puts together', 'open sesame', 'my open\nsesame', 'my ***'],
    ['in pieces', 'sesame-open-sesame-open', 'sesame-open-sesame', '***'],
  ])('without secrets %s', (_, token, value, shown) => {
    expect(quoted(value, token)).toBe(shown);
  });
});

describe('problems', () => {
  const told = (count: number) => {
    const { reader } = read({});
    for (let n = 1; n <= count; n++) reader.problem(`Wrong ${n}.`);
    return failureOf(() => reader.throwProblems());
  };

  test('cause no failure if there are none', () => {
    expect(told(0)).toBeUndefined();
  });

  test('are reported unchanged if there is one, with its code', () => {
    expect(told(1)).toMatchObject({ code: 'input-invalid', message: 'Wrong 1.' });
    const { reader } = read({});
    reader.problem('No credentials.', 'credentials-missing');
    expect(failureOf(() => reader.throwProblems())).toMatchObject({
      code: 'credentials-missing',
      message: 'No credentials.',
    });
  });

  test('are numbered if there are several, with the code input-invalid', () => {
    const { reader } = read({});
    reader.problem('No credentials.', 'credentials-missing');
    reader.problem('No name.');
    expect(failureOf(() => reader.throwProblems())).toMatchObject({
      code: 'input-invalid',
      message: '2 problems with the inputs: (1) No credentials. (2) No name.',
    });
  });

  test('include missing values, and then nothing is returned', () => {
    const { reader } = read({});
    expect(reader.found({ a: 1, b: '', c: null })).toEqual({ a: 1, b: '', c: null });
    expect(() => reader.found({ a: 1, b: undefined })).toThrow('a missing input is a problem');
    reader.problem('No b.');
    expect(() => reader.found({ a: 1, b: undefined })).toThrow('No b.');
  });

  test('are listed up to 25, and then counted', () => {
    expect(told(25)?.message).toMatch(/ \(25\) Wrong 25\.$/);
    expect(told(28)?.message).toMatch(/^28 problems .* \(25\) Wrong 25\. And 3 more\.$/);
  });

  test('have their values cleaned as long as they are listed, and no longer', () => {
    const { reader } = read({});
    const redact = vi.spyOn(reader.source.secrets, 'redact');
    const noteProblems = (count: number) => {
      for (let n = 0; n < count; n++) reader.mustBe('n', 'a number', 'wrong\n');
      return redact.mock.calls.length;
    };
    const calls = noteProblems(25);
    expect(calls).toBeGreaterThan(0);
    expect(noteProblems(1000)).toBe(calls);
    expect(failureOf(() => reader.throwProblems())?.message).toMatch(
      / \(25\) `n` must be a number, not "wrong"\. And 1000 more\.$/,
    );
  });
});
