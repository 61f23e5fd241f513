import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Host } from '../../src/host/host.ts';
import { DeleteReport, type DeleteScope } from '../../src/report/delete-report.ts';
import type { AgentResult, Deleted } from '../../src/report/result.ts';
import { KnownSecrets } from '../../src/secret.ts';
import { EXISTS, failed, SECRET } from './agents.ts';

/** A report of a deletion, and what it logs. */
function start(scope: Partial<DeleteScope> = {}) {
  const lines: string[] = [];
  const warnings: string[] = [];
  const host = {
    secrets: new KnownSecrets(() => {}),
    info: (line: string) => lines.push(line),
    warn: (line: string) => warnings.push(line),
  };
  const whole = { agents: 1, certificates: 0, dryRun: false, isLong: false, ...scope };
  const report = new DeleteReport(host as unknown as Host, whole, { several: true });
  return { report, lines, warnings };
}

const namesOf = (count: number) => Array.from({ length: count }, (_, index) => `device${index}`);
const idsOf = (name: string) => ({ ids: { clientId: `mqtt1_${name}` } });
const deleted = (name: string): AgentResult => ({ name, ...idsOf(name), state: 'deleted' });
const absent = (name: string): AgentResult => ({ name, ...idsOf(name), state: 'absent' });
const stays = (name: string): AgentResult => ({
  ...failed(name),
  ...idsOf(name),
  remaining: [SECRET],
});
const WHY = '[agent-exists] It is there, says the server.';

function tell(report: DeleteReport, { agents, certificates }: Deleted): void {
  for (const result of agents) report.finished(result);
  for (const result of certificates) report.finishedCertificate(result);
  report.end({ agents, certificates });
}

describe('the log of a deletion', () => {
  test('has a line for each of up to twenty', () => {
    const { report, lines, warnings } = start({ agents: 19, certificates: 1 });
    const agents = [...namesOf(18).map(deleted), stays('a')];
    report.warn({ text: 'c1 stays.', about: { name: 'c1', kind: 'Some stay.' } });
    tell(report, { agents, certificates: [{ certificateId: 'c1', state: 'deleted' }] });
    expect(lines).toHaveLength(20);
    expect(lines[18]).toBe(
      `Failed: agent a ${WHY}: client id mqtt1_a, secret KEY of repository octo/device was not deleted`,
    );
    expect(lines[19]).toBe('Deleted: certificate c1');
    expect(warnings).toEqual(['c1 stays.']);
    expect(report.untold).toEqual([]);
  });

  test('of more has the first failures, the result, and everything that is left', () => {
    const { report, lines, warnings } = start({ agents: 80, certificates: 2 });
    const agents = namesOf(80).map((name, index) => {
      if (index < 25) return stays(name);
      if (index < 50) return absent(name);
      return { ...deleted(name), certificateState: 'unknown' as const };
    });
    for (const id of namesOf(22)) {
      report.warn({ text: `${id} stays.`, about: { name: id, kind: 'Some stay.' } });
    }
    const certificates = [
      { certificateId: 'c1', state: 'failed', failure: EXISTS } as const,
      { certificateId: 'c2', state: 'absent' } as const,
    ];
    tell(report, { agents, certificates });
    const names = namesOf(80);
    const clientIds = names.map((name) => `mqtt1_${name}`).join(', ');
    expect(lines.slice(0, 20)).toEqual(
      names.slice(0, 20).map((name) => expect.stringContaining(`Failed: agent ${name} ${WHY}`)),
    );
    expect(warnings).toEqual([`Some stay. (22: ${names.slice(0, 20).join(', ')} and 2 more)`]);
    expect(lines.slice(20).map((line) => line.replace(/ \d s$/, ''))).toEqual([
      'And: device20, device21',
      `Not found (26): ${names.slice(25, 45).join(', ')} and 6 more`,
      `Failed agents (25), by client id: ${clientIds.slice(0, clientIds.indexOf(', mqtt1_device25'))}`,
      'Failed certificates (1): c1',
      `Secrets and variables that were not deleted (25): ${Array(25).fill('secret KEY of repository octo/device').join(', ')}`,
      `Agents whose certificates may be left (30), by client id: ${clientIds.slice(clientIds.indexOf('mqtt1_device50'))}`,
      'Insights Hub agents: 25 failed, 30 deleted, 25 not found; certificates: 1 failed, 1 not found, in',
    ]);
    expect(report.untold).toHaveLength(22);
  });

  test('of a dry run does not say whose certificates are left', () => {
    const { report, lines } = start({ agents: 21, dryRun: true });
    const state = 'would-delete' as const;
    const agents = namesOf(21).map((name) => ({
      name,
      state,
      certificateState: 'unknown' as const,
    }));
    tell(report, { agents, certificates: [] });
    expect(lines).toEqual([
      expect.stringMatching(/^Insights Hub agents: 21 would be deleted, in \d s$/),
    ]);
  });

  test.each([
    ['of many', { agents: 60 }, '4 min 50 s'],
    ['of few that take long', { agents: 10, isLong: true }, '40 s'],
  ])('shows progress %s every ten seconds', (_, scope, toGo) => {
    const { report, lines } = start(scope);
    const now = Date.now();
    const passing = vi.spyOn(Date, 'now');
    onTestFinished(() => passing.mockRestore());
    passing.mockReturnValue(now);
    report.finished(deleted('a'));
    passing.mockReturnValue(now + 10_000);
    report.finished(deleted('b'));
    expect(lines.at(-1)).toMatch(
      `2 of ${scope.agents} done, 0 failed, ${scope.agents - 2} left; 0.2 a second, ${toGo} to go`,
    );
  });
});

describe('the warning that nothing was found', () => {
  const warningsOf = (
    agents: readonly AgentResult[],
    certificates: Deleted['certificates'] = [],
  ) => {
    const { report, warnings } = start();
    report.warnOfAbsence({ agents, certificates });
    return warnings;
  };
  const one = { certificateId: 'c1' };

  test('is given if everything was absent', () => {
    const warning = expect.stringMatching(
      /^None of the agents and certificates was found in Insights Hub\. /,
    );
    expect(warningsOf([absent('a'), absent('b')])).toEqual([warning]);
    expect(warningsOf([], [{ ...one, state: 'absent' }])).toEqual([warning]);
    expect(warningsOf([{ ...absent('a'), certificateState: 'unknown' }])).toEqual([warning]);
    expect(warningsOf([{ ...absent('a'), certificateState: 'absent' }])).toEqual([warning]);
  });

  test('is not given if something was found, or may have been', () => {
    expect(warningsOf([absent('a'), deleted('b')])).toEqual([]);
    expect(warningsOf([absent('a'), stays('b')])).toEqual([]);
    expect(warningsOf([{ ...absent('a'), certificateState: 'deleted' }])).toEqual([]);
    expect(warningsOf([{ ...absent('a'), certificateState: 'would-delete' }])).toEqual([]);
    expect(warningsOf([absent('a')], [{ ...one, state: 'deleted' }])).toEqual([]);
    expect(warningsOf([absent('a')], [{ ...one, state: 'would-delete' }])).toEqual([]);
    const { report, warnings } = start();
    report.warn({ text: 'c1 stays.', about: { name: 'c1', kind: 'Some stay.' } });
    report.warnOfAbsence({
      agents: [{ ...absent('a'), certificateState: 'failed' }],
      certificates: [],
    });
    expect(warnings).toEqual(['c1 stays.']);
  });
});
