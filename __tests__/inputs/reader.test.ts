import { describe, expect, test } from 'vitest';
import { isHostLabel } from '../../src/inputs/reader.ts';
import { failureOf, read } from './source.ts';

describe('an input', () => {
  test('has its default when it is not given or empty, and else nothing', () => {
    const { reader } = read({ given: ' a ', empty: '' }, { defaults: { given: 'b', empty: 'c' } });
    expect(['given', 'empty', 'unknown'].map((name) => reader.text(name))).toEqual(['a', 'c', '']);
  });

  test('that is a list has one entry per line, and blank lines do not count', () => {
    const { reader } = read({ name: 'a\n\n  b \t\r\n \nc d' });
    expect(reader.list('name')).toEqual(['a', 'b', 'c d']);
    expect(reader.list('none')).toEqual([]);
  });

  test('knows the workspace and the variables of the job', () => {
    const { reader } = read({}, { workspace: '/elsewhere', environment: { A: 'b' } });
    expect(reader.workspace).toBe('/elsewhere');
    expect(reader.environment).toEqual({ A: 'b' });
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
  ])('may be %s', (value, meant) => {
    const { reader, problems } = read({ flag: value });
    expect(reader.flag('flag')).toBe(meant);
    expect(problems()).toEqual([]);
  });

  test.each(['tRUE', 'yes', '1', '', 'true false', 'untrue', 'falsely'])(
    'may not be %j',
    (value) => {
      const { reader, problems } = read({ flag: value });
      expect(reader.flag('flag')).toBe(false);
      expect(problems()).toEqual([`\`flag\` must be true or false, not "${value}".`]);
    },
  );
});

describe('one of some words', () => {
  test('is taken as it is', () => {
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

describe('a whole number', () => {
  const numberOf = (value: string) => {
    const { reader, problems } = read({ n: value });
    return [reader.wholeNumber('n', { from: 2, to: 30 }), problems()] as const;
  };
  test.each([
    ['2', 2],
    ['30', 30],
    ['007', 7],
  ])('may be %s', (value, number) => {
    expect(numberOf(value)).toEqual([number, []]);
  });

  test.each(['1', '31', '2.5', '-3', '+3', '1e1', '0x9', '5 s', 's5', ''])(
    'may not be %j',
    (value) => {
      const [, problems] = numberOf(value);
      expect(problems).toEqual([`\`n\` must be a whole number from 2 to 30, not "${value}".`]);
    },
  );
});

describe('a host label', () => {
  test.each(['a', 'Z9', 'mqtt1', 'a-b', '0', 'x'.repeat(63)])('may be %s', (value) => {
    expect(isHostLabel(value)).toBe(true);
    const { reader, problems } = read({ region: value });
    expect(reader.hostLabel('region')).toBe(value);
    expect(problems()).toEqual([]);
  });

  test.each(['-a', 'a-', '-', 'a.b', 'a_b', 'a b', 'ä', 'a/', 'x'.repeat(64)])(
    'may not be %s',
    (value) => {
      expect(isHostLabel(value)).toBe(false);
      const { reader, problems } = read({ region: value });
      expect(reader.hostLabel('region')).toBe(value);
      expect(problems()).toEqual([
        expect.stringMatching(/^`region` must be letters, digits and hyphens, 63 at most, not "/),
      ]);
    },
  );

  test('may be missing', () => {
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

  test('is taken to the letter where white space counts', () => {
    const { reader, masked, problems } = read({ passphrase: '  two words ' });
    expect(reader.secret('passphrase', { trim: false })).toBe('  two words ');
    expect(masked).toEqual(['  two words ']);
    expect(problems()).toEqual([]);
  });

  test('may be missing, and then is no problem', () => {
    const { reader, masked, problems } = read({});
    expect(reader.secret('token')).toBe('');
    expect(reader.secret('token', { trim: false })).toBe('');
    expect([masked, problems()]).toEqual([[], []]);
  });

  test.each([
    [
      'three characters',
      'abc',
      [],
      'is shorter than 4 characters; masking it would blank the log.',
    ],
    ['nothing but blanks', '      ', [], 'is blank.'],
    ['a blank line', ' \n ', [], 'is blank.'],
    [
      'two lines, each of which is masked',
      'first\n\r\nsecond\rx',
      ['first', 'second'],
      'holds a line break or another control character.',
    ],
    [
      'lines of which one is blank',
      'first\n      \nlast',
      ['first', 'last'],
      'holds a line break or another control character.',
    ],
    ['a tab', 'a\tbcd', ['a\tbcd'], 'holds a line break or another control character.'],
  ])('is refused when it is %s', (_, value, masks, problem) => {
    const { reader, masked, problems } = read({ passphrase: value });
    expect(reader.secret('passphrase', { trim: false })).toBe(value);
    expect(masked).toEqual(masks);
    expect(problems()).toEqual([`\`passphrase\` ${problem}`]);
  });

  test('is found in other texts, and hidden where they are repeated', () => {
    const { reader } = read({ token: 'sesame' });
    reader.secret('token');
    expect(reader.holdsSecret('open sesame')).toBe(true);
    expect(reader.holdsSecret('open')).toBe(false);
    expect(reader.quote('open sesame')).toBe('"open ***"');
  });
});

test('a value is repeated on one line, and not at any length', () => {
  const { reader } = read({});
  expect(reader.quote('a\nb')).toBe('"a b"');
  expect(reader.quote(`${'word '.repeat(29)}word`)).toBe(`"${'word '.repeat(29)}word"`);
  expect(reader.quote('word '.repeat(40))).toBe(`"${'word '.repeat(30).trim()} …"`);
});

describe('problems', () => {
  const told = (count: number) => {
    const { reader } = read({});
    for (let n = 1; n <= count; n++) reader.problem(`Wrong ${n}.`);
    return failureOf(() => reader.throwProblems());
  };

  test('are none when there are none', () => {
    expect(told(0)).toBeUndefined();
  });

  test('are told as they are when there is one, with its code', () => {
    expect(told(1)).toMatchObject({ code: 'input-invalid', message: 'Wrong 1.' });
    const { reader } = read({});
    reader.problem('No credentials.', 'credentials-missing');
    expect(failureOf(() => reader.throwProblems())).toMatchObject({
      code: 'credentials-missing',
      message: 'No credentials.',
    });
  });

  test('are numbered when there are several, and the inputs are invalid then', () => {
    const { reader } = read({});
    reader.problem('No credentials.', 'credentials-missing');
    reader.problem('No name.');
    expect(failureOf(() => reader.throwProblems())).toMatchObject({
      code: 'input-invalid',
      message: '2 problems with the inputs: (1) No credentials. (2) No name.',
    });
  });

  test('are what a value is that is missing, and then nothing is given', () => {
    const { reader } = read({});
    expect(reader.found({ a: 1, b: '', c: null })).toEqual({ a: 1, b: '', c: null });
    expect(() => reader.found({ a: 1, b: undefined })).toThrow('a missing input is a problem');
    reader.problem('No b.');
    expect(() => reader.found({ a: 1, b: undefined })).toThrow('No b.');
  });

  test('are told up to 25, and then counted', () => {
    expect(told(25)?.message).toMatch(/ \(25\) Wrong 25\.$/);
    expect(told(28)?.message).toMatch(/^28 problems .* \(25\) Wrong 25\. And 3 more\.$/);
  });
});
