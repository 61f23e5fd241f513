import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nameOfAgent, nameOfSetting, warnOfLeft } from '../../src/report/left.ts';

function told(names: readonly string[]) {
  const warnings: string[] = [];
  const lines: string[] = [];
  const host = {
    warn: (line: string) => void warnings.push(line),
    info: (line: string) => void lines.push(line),
  };
  warnOfLeft(host, 'Left:', names);
  return { warnings, lines };
}

test('a few names all fit into the warning', () => {
  expect(told(['a', 'b'])).toEqual({ warnings: ['Left: a, b.'], lines: [] });
  expect(told([])).toEqual({ warnings: ['Left: nothing known.'], lines: [] });
});

test('many names are all logged, in few lines', () => {
  const names = Array.from({ length: 500 }, (_, at) => `agent mqtt1_device${at}`);
  const { warnings, lines } = told(names);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(/, and more, which are in the log\.$/);
  expect(lines.length).toBeLessThan(6);
  const found = [...warnings, ...lines].flatMap((line) => line.match(/agent mqtt1_device\d+/g));
  expect(found).toEqual(names);
});

test('no line is longer than an annotation, unless a name is', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 1_000 })), (names) => {
      const { warnings, lines } = told(names);
      for (const line of [...warnings, ...lines]) expect(line.length).toBeLessThan(4_096);
    }),
  );
});

test('agents and settings are named by what a person must look for', () => {
  expect(nameOfAgent({ clientId: 't_a' })).toBe('agent t_a');
  expect(nameOfAgent({ clientId: 't_a', certificateId: '01' })).toBe('agent t_a (certificate 01)');
  const setting = { kind: 'secret', name: 'A', scope: 'repository o/r' } as const;
  expect(nameOfSetting(setting)).toBe('secret A of repository o/r');
});
