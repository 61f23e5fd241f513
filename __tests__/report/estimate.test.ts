import { describe, expect, test } from 'vitest';
import { createWork, deleteWork, estimateLine, secondsFor } from '../../src/report/estimate.ts';

const LARGE = { rateLimit: { count: 10, seconds: 30 }, ephemeral: false };
const SMALL = { rateLimit: { count: 1, seconds: 30 }, ephemeral: false };

describe('the estimate of creating', () => {
  test.each([
    [1000, LARGE, 2970, 'At most 10 creates in 30 s (rate-limit): 1000 agents take about 50 min.'],
    [35, LARGE, 90, 'At most 10 creates in 30 s (rate-limit): 35 agents take about 2 min.'],
    [4, SMALL, 90, 'At most 1 create in 30 s (rate-limit): 4 agents take about 2 min.'],
    [121, SMALL, 3600, 'At most 1 create in 30 s (rate-limit): 121 agents take about 1 h.'],
    [
      7000,
      LARGE,
      20_970,
      'At most 10 creates in 30 s (rate-limit): 7000 agents take about 5 h 50 min.',
    ],
  ])('of %i agents says which quota is the reason', (agents, inputs, seconds, line) => {
    const work = createWork(agents, inputs);
    expect(secondsFor(work)).toBe(seconds);
    expect(estimateLine(work)).toBe(line);
  });

  test.each([
    [0, LARGE, 0],
    [1, SMALL, 0],
    [30, LARGE, 60],
    [3, SMALL, 60],
  ])('of %i agents is not worth a line up to a minute', (agents, inputs, seconds) => {
    const work = createWork(agents, inputs);
    expect(secondsFor(work)).toBe(seconds);
    expect(estimateLine(work)).toBeUndefined();
  });

  test('of ephemeral agents includes the look-up before each create', () => {
    const work = createWork(1000, { ...LARGE, ephemeral: true });
    expect(secondsFor(work)).toBe(24 * 180);
    expect(estimateLine(work)).toBe(
      'At most 40 look-ups in 180 s (documented quota of small tenants): 1000 agents take about 1 h 12 min.',
    );
    expect(estimateLine(createWork(4, { ...SMALL, ephemeral: true }))).toContain(
      '1 create in 30 s',
    );
  });
});

describe('the estimate of deleting', () => {
  const fleet = { agents: 256, certificates: 0, deleteCertificate: true, dryRun: false };

  test('is that of the slowest kind of call, if all of them exist', () => {
    expect(estimateLine(deleteWork(fleet))).toBe(
      'At most 20 agent deletes in 180 s (documented quota of small tenants): 256 agents take about 36 min if all of them exist.',
    );
    expect(estimateLine(deleteWork({ ...fleet, agents: 16 }))).toBe(
      'At most 5 certificate deletes in 30 s (documented quota of small tenants): 16 agents take about 2 min if all of them exist.',
    );
  });

  test('does not count certificates that stay', () => {
    const work = deleteWork({ ...fleet, agents: 16, deleteCertificate: false });
    expect(secondsFor(work)).toBe(30);
  });

  test('counts certificates that are given by their ids', () => {
    const ids = { ...fleet, agents: 0, certificates: 16, deleteCertificate: false };
    expect(estimateLine(deleteWork(ids))).toMatch(/: 16 certificates take about 2 min if all/);
    const both = estimateLine(deleteWork({ ...ids, agents: 1 }));
    expect(both).toMatch(/: 1 agent and 16 certificates take about 2 min if all/);
  });

  test('only counts look-ups in a dry run', () => {
    const line = estimateLine(deleteWork({ ...fleet, certificates: 1, dryRun: true }));
    expect(line).toBe(
      'At most 40 look-ups in 180 s (documented quota of small tenants): 256 agents and 1 certificate take about 18 min.',
    );
  });
});
