import { describe, expect, test } from 'vitest';
import type { EndFate } from '../../src/delete/delete.ts';
import { summaryOf } from '../../src/delete/summary.ts';
import { Failure } from '../../src/failure.ts';

const fateOf = (name: string, result: EndFate['result'], more: Partial<EndFate> = {}): EndFate => ({
  ...{ name, clientId: `mqtt1-${name}`, agentId: 'id', result, removed: [], failure: undefined },
  ...more,
});
const failure = new Failure('not-ended', 'It stays, says the server.');
const rowsOf = (markdown: string) =>
  markdown
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2);

describe('the summary of agents that were ended', () => {
  test('has the counts first, then what failed', () => {
    const fates = [
      fateOf('a', 'deleted'),
      fateOf('b', 'absent', { agentId: undefined }),
      fateOf('c', 'failed', { failure }),
      fateOf('d', 'deleted'),
    ];
    const markdown = summaryOf(fates, { dryRun: false });
    expect(markdown).toMatch(/^### ❌ Insights Hub agents: 1 failed, 2 ended, 1 not there\n/);
    expect(rowsOf(markdown)).toEqual([
      '| <code>c</code> | failed: <code>not-ended</code> | <code>mqtt1-c</code> | <code>id</code> |',
      '| <code>a</code> | ended | <code>mqtt1-a</code> | <code>id</code> |',
      '| <code>b</code> | not there | <code>mqtt1-b</code> |  |',
      '| <code>d</code> | ended | <code>mqtt1-d</code> | <code>id</code> |',
    ]);
    expect(markdown).toContain('The log says why, and what to do.');
    expect(markdown).toContain('No source says that ending an agent');
    expect(markdown).not.toContain('says the server');
  });

  test('names the secrets that are gone', () => {
    const removed = [{ kind: 'secret', name: 'KEY', place: 'repository octo/device' }] as const;
    const markdown = summaryOf([fateOf('a', 'deleted', { removed })], { dryRun: false });
    expect(markdown).toMatch(/^### ✅ Insights Hub agents: 1 ended\n/);
    expect(rowsOf(markdown)[0]).toContain(
      'ended<br>secret <code>KEY</code> of <code>repository octo/device</code> is gone',
    );
    expect(markdown).not.toContain('The log says why');
  });

  test('says of a dry run that nothing was changed', () => {
    const markdown = summaryOf([fateOf('a', 'would-delete')], { dryRun: true });
    expect(markdown).toMatch(/^### ✅ Insights Hub agents: 1 would be ended\n\nDry run: /);
  });

  test('fits into what GitHub takes, and says how many have no room', () => {
    const fates = Array.from({ length: 1200 }, (_, index) =>
      fateOf(`${index}${'n'.repeat(1000)}`, 'deleted'),
    );
    const markdown = summaryOf(fates, { dryRun: false });
    expect(Buffer.byteLength(markdown)).toBeLessThan(1024 * 1024);
    const left = 1200 - rowsOf(markdown).length;
    expect(left).toBeGreaterThan(0);
    expect(markdown).toContain(`${left} more agents have no room here; the log has all of them.`);
  });
});
