import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/failure.ts';
import { summaryOfDeleted } from '../../src/report/deleted-summary.ts';
import type { AgentResult, CertificateResult } from '../../src/report/result.ts';
import { KnownSecrets } from '../../src/secret.ts';
import { agentOf, failed, SECRET } from './agents.ts';
import { rowsOf } from './table.ts';

const agent = agentOf('a');

function summaryOf(
  results: readonly AgentResult[],
  certificates: readonly CertificateResult[] = [],
  { dryRun = false, warnings = [] as readonly string[] } = {},
): string {
  const means = { secrets: new KnownSecrets(() => {}), troubleshooting: undefined, warnings };
  return summaryOfDeleted(results, { certificates, dryRun, ...means });
}

/** What is said of certificates that were deleted, and of those that were not. */
const DELETED =
  'Siemens documents the call that deletes certificates, but not its effect on devices. ';
const KEPT = 'A certificate that was not deleted may still be accepted. ';

describe('the summary of deleted agents', () => {
  const { name, ids } = agent;
  const deleted = (agentName: string): AgentResult => {
    const other = agentOf(agentName);
    return { name: agentName, ids: other.ids, state: 'deleted' };
  };

  test('has the counts first, then what failed', () => {
    const failure = new Failure('not-ended', 'It stays, says the server.');
    const results: readonly AgentResult[] = [
      deleted('a'),
      { name: 'b', ids: { clientId: 'mqtt1-b' }, state: 'absent' },
      { ...failed('c', failure), ids: agentOf('c').ids },
      deleted('d'),
    ];
    const markdown = summaryOf(results);
    expect(markdown).toMatch(
      /^### ❌ Insights Hub agents: 1 failed, 2 deleted, 1 not found\n\n- .*\n\nTo find out what to do, .*\n\n\| Agent \| Result \| Client id \| Agent id \|\n/,
    );
    expect(markdown).toContain(
      '\n- <code>c</code> failed: <code>not-ended</code>, client id <code>mqtt1-c</code>, agent id <code>id-of-c</code>: `It stays, says the server.`\n',
    );
    expect(rowsOf(markdown)).toEqual([
      ['<code>a</code>', 'deleted', '<code>mqtt1-a</code>', '<code>id-of-a</code>'],
      ['<code>b</code>', 'not found', '<code>mqtt1-b</code>', ''],
      ['<code>d</code>', 'deleted', '<code>mqtt1-d</code>', '<code>id-of-d</code>'],
    ]);
    expect(markdown).toContain(`\n\n${KEPT}`);
  });

  test('shows for a failed agent what happened to everything that belongs to it', () => {
    const other = { ...SECRET, name: 'CERTIFICATE' };
    const result = {
      ...failed('a'),
      certificateState: 'deleted',
      deletedSettings: [SECRET],
    } as const;
    expect(summaryOf([{ ...result, remaining: [other] }])).toContain(
      '\n- <code>a</code> failed: <code>agent-exists</code>, certificate deleted, secret <code>KEY</code> of <code>repository octo/device</code> is gone, secret <code>CERTIFICATE</code> of <code>repository octo/device</code> was not deleted: `It is there, says the server.`\n',
    );
  });

  test('has the warnings that the log left out, folded', () => {
    expect(summaryOf([deleted('a')], [], { warnings: ['It stays.'] })).toMatch(
      /<details><summary>Warnings: 1<\/summary>\n\n- `It stays\.`\n/,
    );
  });

  test('names the deleted secrets', () => {
    const result = { name, ids, deletedSettings: [SECRET], state: 'deleted' } as const;
    const markdown = summaryOf([result]);
    expect(markdown).toMatch(/^### ✅ Insights Hub agents: 1 deleted\n/);
    expect(rowsOf(markdown)[0]?.[1]).toBe(
      'deleted<br>secret <code>KEY</code> of <code>repository octo/device</code> is gone',
    );
  });

  test('says of a dry run that nothing was changed', () => {
    const markdown = summaryOf([{ name, ids, state: 'would-delete' }], [], { dryRun: true });
    expect(markdown).toMatch(/^### ✅ Insights Hub agents: 1 would be deleted\n\nDry run: /);
    expect(markdown).not.toContain(KEPT);
  });

  test('shows what happened to the certificate of each agent', () => {
    const states = ['deleted', 'absent', 'unknown', 'failed', undefined] as const;
    const results = states.map((state) => ({
      ...deleted('a'),
      ...(state && { certificateState: state }),
    }));
    const markdown = summaryOf(results);
    expect(markdown).toContain('\n| Agent | Result | Certificate | Client id | Agent id |\n');
    expect(rowsOf(markdown)).toEqual(
      ['deleted', 'not found', 'unknown', 'failed', ''].map((certificate) => [
        '<code>a</code>',
        'deleted',
        certificate,
        '<code>mqtt1-a</code>',
        '<code>id-of-a</code>',
      ]),
    );
    const dry = { name, ids, state: 'would-delete', certificateState: 'would-delete' } as const;
    expect(rowsOf(summaryOf([dry], [], { dryRun: true }))[0]?.[2]).toBe('would be deleted');
  });

  test.each([
    ['deleted', [DELETED]],
    ['absent', []],
    ['unknown', [KEPT]],
    ['failed', [KEPT]],
    [undefined, [KEPT]],
  ] as const)('promises nothing about a certificate that is %s', (state, notes) => {
    const result = { ...deleted('a'), ...(state && { certificateState: state }) };
    const markdown = summaryOf([result]);
    expect([DELETED, KEPT].filter((note) => markdown.includes(note))).toEqual(notes);
    expect(summaryOf([result], [], { dryRun: true })).not.toMatch(/documents the call|accepted/);
  });

  test('says that a device may stay connected, even if its agent could not be deleted', () => {
    const markdown = summaryOf([{ ...failed('a'), certificateState: 'deleted' }]);
    expect(markdown).toContain(DELETED);
    expect(markdown).toContain('A connected device may stay connected for some minutes.');
    expect(markdown).not.toContain(KEPT);
  });

  test('lists the certificates that were given by their ids, failed ones first', () => {
    const failure = new Failure('forbidden', 'It stays, says the server.');
    const certificates: readonly CertificateResult[] = [
      { certificateId: 'c1', state: 'deleted' },
      { certificateId: 'c_2', state: 'failed', failure },
      { certificateId: 'c3', state: 'absent' },
    ];
    const markdown = summaryOf([{ ...deleted('a'), certificateState: 'absent' }], certificates);
    expect(markdown).toMatch(
      /^### ❌ Insights Hub agents: 1 deleted; certificates: 1 failed, 1 deleted, 1 not found\n/,
    );
    expect(rowsOf(markdown)).toHaveLength(1);
    expect(rowsOf(markdown, 'Certificate')).toEqual([
      ['<code>c1</code>', 'deleted'],
      ['<code>c3</code>', 'not found'],
    ]);
    expect(markdown).toContain(
      '\n- certificate <code>c&#95;2</code> failed: <code>forbidden</code>: `It stays, says the server.`\n',
    );
    expect(markdown).toContain(`\n\n${DELETED}`);
  });

  test('is only about certificates if no agent was to be deleted', () => {
    const markdown = summaryOf([], [{ certificateId: 'c1', state: 'would-delete' }], {
      dryRun: true,
    });
    expect(markdown).toMatch(
      /^### ✅ Insights Hub certificates: 1 would be deleted\n\nDry run: .*\n\n\| Certificate \|/,
    );
    expect(markdown).not.toContain('| Agent |');
  });

  test('fits into what GitHub accepts, and says how many don’t fit', () => {
    const results = Array.from({ length: 1200 }, (_, index) =>
      deleted(`${index}${'n'.repeat(1000)}`),
    );
    const markdown = summaryOf(results);
    expect(Buffer.byteLength(markdown)).toBeLessThan(1024 * 1024);
    const left = 1200 - rowsOf(markdown).length;
    expect(left).toBeGreaterThan(0);
    expect(markdown).toContain(
      `${left} more agents don't fit here. The output \`agents\` has all of them.`,
    );
  });

  test('has no room for certificates after too many agents', () => {
    const results = Array.from({ length: 1200 }, () => deleted('n'.repeat(1000)));
    const certificates = Array.from({ length: 3 }, (_, index) => ({
      certificateId: `${index}${'c'.repeat(2000)}`,
      state: 'deleted' as const,
    }));
    const markdown = summaryOf(results, certificates);
    expect(Buffer.byteLength(markdown)).toBeLessThan(1024 * 1024);
    expect(rowsOf(markdown, 'Certificate')).toEqual([]);
    expect(markdown).toContain(
      "3 more certificates don't fit here. The output `certificates` has all of them.",
    );
  });
});
