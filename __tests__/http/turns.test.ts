import { expect, test } from 'vitest';
import { turns } from '../../src/http/turns.ts';

test('come in order, and what one leads to is done before the next', async () => {
  const turn = turns();
  const seen: string[] = [];
  const deal = async (name: string) => {
    await turn();
    seen.push(`${name} begins`);
    // As through several functions that are awaited.
    for (let steps = 0; steps < 20; steps++) await Promise.resolve();
    setImmediate(() => seen.push(`what ${name} led to`));
    seen.push(`${name} ends`);
  };
  await Promise.all(['a', 'b', 'c'].map(deal));
  expect(seen.filter((what) => !what.startsWith('what'))).toEqual(
    ['a', 'b', 'c'].flatMap((name) => [`${name} begins`, `${name} ends`]),
  );
  expect(seen.indexOf('what a led to')).toBeLessThan(seen.indexOf('b begins'));
});
