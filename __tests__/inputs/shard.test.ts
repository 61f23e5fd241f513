import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InputReader } from '../../src/inputs/reader.ts';
import { readShard, takeShard } from '../../src/inputs/shard.ts';

function read(value: string) {
  const secrets = { mask: () => {}, maskKey: () => {}, redact: (text: string) => text };
  const input = () => value;
  const source = { input, rawInput: input, workspace: '/', environment: {}, secrets };
  const reader = new InputReader(source, {});
  const shard = readShard(reader);
  reader.throwProblems();
  return shard;
}

describe('a shard', () => {
  test('is the whole list when it is not given', () => {
    expect(takeShard(['a', 'b', 'c'], read(''))).toEqual(['a', 'b', 'c']);
  });

  test('takes every n-th entry, in order', () => {
    expect(takeShard(['a', 'b', 'c', 'd', 'e'], read('1/2'))).toEqual(['b', 'd']);
    expect(takeShard(['a', 'b'], read('3/4'))).toEqual([]);
  });

  test('may be one of 10000', () => {
    expect(read('0/1')).toEqual({ index: 0, count: 1 });
    expect(read('9999/10000')).toEqual({ index: 9999, count: 10000 });
  });

  const WRONG = ['1', '1/', '/2', '-1/2', '0/0', 'a/b', '0/2/3', '0/10001', '1.5/2', '0 / 2'];
  test.each([...WRONG, '00000/00000', '123456/2', '0/123456', 'x0/2', '0/2x'])(
    '%j is refused',
    (value) => {
      expect(() => read(value)).toThrow(
        `\`shard\` must be i/n, such as 0/4, with n from 1 to 10000, not "${value}".`,
      );
    },
  );

  test.each(['4/4', '5/4'])('%s is not there', (value) => {
    expect(() => read(value)).toThrow(
      `\`shard\` "${value}" is not there: the first of 4 is 0, the last 3.`,
    );
  });

  test('takes every agent exactly once, for matrices of 1 to 256 jobs', () => {
    for (let jobs = 1; jobs <= 256; jobs++) {
      const list = Array.from({ length: 300 }, (_, index) => `device${index}`);
      const parts = Array.from({ length: jobs }, (_, job) =>
        takeShard(list, read(`${job}/${jobs}`)),
      );
      expect(parts.flat().sort()).toEqual([...list].sort());
      const sizes = parts.map(({ length }) => length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }
  });

  test('takes every entry once, of any list', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer({ min: 1, max: 256 }), (list, count) => {
        const parts = Array.from({ length: count }, (_, index) =>
          takeShard(list, { index, count }),
        );
        const back = list.map((_, at) => parts[at % count]?.[Math.floor(at / count)]);
        expect(back).toEqual(list);
        expect(parts.flat()).toHaveLength(list.length);
      }),
    );
  });
});
