import { globSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ROOT, read } from './pages.ts';

/** The rows of the large table, by the client's name. */
const standings = new Map(
  [
    ...read('docs/devices.md').matchAll(
      /^\| ([^|\n]+) \|[^|\n]+\|[^|\n]+\|[^|\n]+\| ([^|\n]+) \|$/gm,
    ),
  ]
    .map(([, client = '', standing = '']) => [client, standing] as const)
    .filter(([client]) => client !== 'Client' && client !== '---'),
);

/** The clients that have tests: each `describeClient` names one. */
const tested = globSync('__tests__/clients/*.test.ts', { cwd: ROOT })
  .flatMap((file) => [...read(file).matchAll(/^describeClient\(\s*'([^']+)'/gm)])
  .map(([, client = '']) => client);

describe('the page on devices', () => {
  test('says “tested” about the clients that are, and no others', () => {
    const told = [...standings].filter(([, standing]) => standing.startsWith('tested'));
    expect(told.map(([client]) => client).sort()).toEqual([...tested].sort());
    expect(tested.length).toBeGreaterThan(8);
  });

  test('gives a source for all others', () => {
    const others = [...standings].filter(([client]) => !tested.includes(client));
    const unknown = others.filter(
      ([, standing]) => !/^(tried by hand|not run;|from reports)/.test(standing),
    );
    expect(unknown).toEqual([]);
    expect(others.length).toBeGreaterThan(5);
  });
});
