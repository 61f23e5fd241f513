import { inspect } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Secret } from '../src/secret.ts';

const VALUE = 'Tr0ub4dor&3';

const ways: Readonly<Record<string, (secret: Secret) => string>> = {
  String: (secret) => String(secret),
  'a template': (secret) => `${secret}`,
  'joining strings': (secret) => ['', secret].join(''),
  'JSON.stringify': (secret) => JSON.stringify(secret),
  'JSON of an object': (secret) => JSON.stringify({ list: [{ token: secret }] }),
  'util.inspect': (secret) => inspect(secret),
  'util.inspect of everything': (secret) =>
    inspect({ map: new Map([['a', { secret }]]), list: [secret] }, { depth: 10, showHidden: true }),
  "an error's cause": (secret) => inspect(new Error('failed', { cause: { secret } })),
};

test.each(Object.entries(ways))('%s shows *** and nothing of the value', (_, show) => {
  expect(show(new Secret(VALUE))).toContain('***');
  expect(show(new Secret(VALUE))).not.toContain(VALUE);
});

test('its value is in none of its properties', () => {
  const secret = new Secret(VALUE);
  expect(Reflect.ownKeys(secret)).toEqual([]);
  expect({ ...secret }).toEqual({});
});

test('a structured clone, as it is sent to workers, holds nothing', () => {
  expect(structuredClone({ secret: new Secret(VALUE) })).toEqual({ secret: {} });
});

test('reveals exactly what it was made of', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      const secret = new Secret(value);
      expect(secret.reveal()).toBe(value);
      expect([`${secret}`, JSON.stringify(secret), inspect(secret)]).toEqual([
        '***',
        '"***"',
        '***',
      ]);
    }),
  );
});
