import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FIRST_LINK, openChain, sealLine } from '../../src/destinations/chain.ts';
import { Secret } from '../../src/secret.ts';

const KEY = new Secret('a key for tests');

function linesOf(contents: readonly string[], key = KEY): readonly string[] {
  let last = FIRST_LINK;
  return contents.map((content) => {
    const sealed = sealLine(content, last, key);
    last = sealed;
    return sealed.line;
  });
}

const textOf = (lines: readonly string[]) => lines.map((line) => `\n${line}\n`).join('');

/** All but a line end, which no JSON has. */
const content = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\n', ' '));
const contents = fc.array(content, { minLength: 1, maxLength: 12 });
const index = fc.nat();

/** What somebody without the key, but with all files of other steps, may do to a file of lines. */
const attack = fc.oneof(
  fc.record({ kind: fc.constant('remove' as const), at: index }),
  fc.record({ kind: fc.constant('repeat' as const), at: index, to: index }),
  fc.record({ kind: fc.constant('swap' as const), at: index, to: index }),
  fc.record({ kind: fc.constant('insert' as const), at: index, line: content }),
  fc.record({ kind: fc.constant('forge' as const), at: index, content }),
  fc.record({ kind: fc.constant('change' as const), at: index, sign: index, by: content }),
);

type Attack = typeof attack extends fc.Arbitrary<infer T> ? T : never;

function strike(lines: readonly string[], what: Attack): readonly string[] {
  if (lines.length === 0) return lines;
  const at = what.at % lines.length;
  const line = lines[at] ?? '';
  switch (what.kind) {
    case 'remove':
      return lines.toSpliced(at, 1);
    case 'repeat':
      return lines.toSpliced(what.to % (lines.length + 1), 0, line);
    case 'swap': {
      const other = what.to % lines.length;
      return lines.with(at, lines[other] ?? '').with(other, line);
    }
    case 'insert':
      return lines.toSpliced(at, 0, what.line);
    case 'forge':
      // The seals of another line, with a content that was never sealed.
      return lines.toSpliced(at, 0, line.split(' ').slice(0, 3).concat(what.content).join(' '));
    case 'change': {
      const sign = what.sign % (line.length + 1);
      return lines.with(at, `${line.slice(0, sign)}${what.by}${line.slice(sign + 1)}`);
    }
  }
}

describe('a chain', () => {
  test('returns what was sealed', () => {
    fc.assert(
      fc.property(contents, (sealed) => {
        const whole = { contents: sealed, others: 0, isWhole: true };
        expect(openChain(textOf(linesOf(sealed)), KEY, sealed.length)).toEqual(whole);
        expect(openChain(textOf(linesOf(sealed)), KEY)).toEqual(whole);
      }),
    );
  });

  test('is incomplete, or as it was, whatever others do to its lines', () => {
    fc.assert(
      fc.property(contents, fc.array(attack, { minLength: 1, maxLength: 4 }), (sealed, attacks) => {
        const lines = attacks.reduce(strike, linesOf(sealed));
        const opened = openChain(textOf(lines), KEY, sealed.length);
        // Nothing counts that was not sealed, and nothing counts twice.
        const numbered = linesOf(sealed).map((line, at) => ({ line, content: sealed[at] ?? '' }));
        const left = numbered.filter(({ line }) => lines.includes(line));
        expect(opened.contents).toEqual(left.map((one) => one.content));
        expect(opened.isWhole).toBe(left.length === sealed.length);
      }),
      { numRuns: 500 },
    );
  });

  test('reports lines that are repeated or somebody else’s', () => {
    const lines = linesOf(['a', 'b']);
    const theirs = linesOf(['a', 'b'], new Secret('another key'));
    expect(openChain(textOf([...lines, 'b', ...theirs, ...lines]), KEY, 2)).toEqual({
      contents: ['a', 'b'],
      others: 5,
      isWhole: true,
    });
  });

  test('ends where a killed step was writing', () => {
    const text = textOf(linesOf(['a', 'b', 'c']));
    for (let length = 0; length <= text.length; length++) {
      const { contents: found, others, isWhole } = openChain(text.slice(0, length), KEY);
      expect({ others, isWhole }).toEqual({ others: 0, isWhole: true });
      expect(['a', 'b', 'c'].slice(0, found.length)).toEqual(found);
    }
  });

  test.each([
    ['fewer', 3, false],
    ['as many', 2, true],
    // Noted after the step had counted.
    ['more', 1, true],
  ])('with %s lines than were counted', (_, count, isWhole) => {
    expect(openChain(textOf(linesOf(['a', 'b'])), KEY, count).isWhole).toBe(isWhole);
  });
});
