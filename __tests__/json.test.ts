import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asObject, asText, parseJsonObject } from '../src/json.ts';

describe('parseJsonObject', () => {
  test.each([
    ['{}', {}],
    [' {"a":[1]}\n', { a: [1] }],
    ['{"a":{"b":null}}', { a: { b: null } }],
  ])('reads %o', (text, object) => {
    expect(parseJsonObject(text)).toEqual(object);
  });

  test.each([
    '',
    ' ',
    '[]',
    '[{}]',
    '"text"',
    '1',
    'null',
    'true',
    '{',
    '{"a":1}}',
    '<html>',
    'a.b',
  ])('returns nothing for %o', (text) => {
    expect(parseJsonObject(text)).toBeUndefined();
  });

  test('never throws, even for what no parser accepts', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const object = parseJsonObject(text);
        if (object !== undefined) expect(object).toEqual(JSON.parse(text));
      }),
    );
    expect(parseJsonObject('['.repeat(500_000))).toBeUndefined();
    expect(parseJsonObject('{"a":'.repeat(200_000))).toBeUndefined();
  });

  test('does not treat names in it specially', () => {
    const object = parseJsonObject('{"__proto__":{"polluted":true},"constructor":1}');
    expect(object?.['constructor']).toBe(1);
    expect('polluted' in {}).toBe(false);
  });
});

test.each([
  [{ a: 1 }, true],
  [{}, true],
  [[], false],
  [null, false],
  [undefined, false],
  ['{}', false],
  [1, false],
])('asObject accepts %o: %s', (value, is) => {
  expect(asObject(value)).toBe(is ? value : undefined);
});

test.each([
  ['a', 'a'],
  [' ', ' '],
  ['', undefined],
  [1, undefined],
  [null, undefined],
  [['a'], undefined],
  [undefined, undefined],
])('asText returns for %o: %o', (value, text) => {
  expect(asText(value)).toBe(text);
});
