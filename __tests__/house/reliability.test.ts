import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { type FaultName, faultOf, faults } from '../faults/faults.ts';
import { matrix } from '../faults/matrix.ts';
import { makePage } from '../faults/page.ts';
import { type Endpoint, ODD } from '../faults/row.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const read = (name: string) => readFileSync(path.join(ROOT, name), 'utf8');

/** Every fault of an endpoint, with how often it comes. */
const trialsOf = (endpoint: Endpoint) =>
  matrix
    .filter((section) => section.endpoint === endpoint)
    .flatMap(({ rows }) =>
      rows.flatMap(([names, times]) => names.map((name) => `${name} ${times}`)),
    );

/** What every request over the network can meet. */
const NETWORK = Object.entries(faults)
  .filter(([, { way }]) => way.by === 'address' || way.by === 'server')
  .map(([name]) => name);
const OF_CREATES: readonly FaultName[] = [
  'silenceLate',
  '500 late',
  '502 late',
  '503 late',
  '504 late',
  'withoutKey',
  'withoutCertificate',
  'withoutClientId',
  'brokenKey',
  'brokenCertificate',
  'wrongPair',
  'expired',
  'notReady',
  'br',
  'deflate',
  'bareDeflate',
  'twice',
  'continue',
  'processing',
  'hints',
];

describe('the fault matrix', () => {
  test('is what docs/reliability.md shows; `npm run docs` writes it', () => {
    expect(read('docs/reliability.md')).toBe(makePage());
  });

  test.each(matrix)('describes each fault once for each outcome: $title', ({ endpoint }) => {
    const trials = trialsOf(endpoint);
    expect(new Set(trials).size).toBe(trials.length);
  });

  test('has every network fault for the create, and everything possible for the token', () => {
    const namesOf = (endpoint: Endpoint) =>
      new Set(trialsOf(endpoint).map((trial) => trial.replace(/ (once|always)$/, '')));
    expect(NETWORK.filter((name) => !namesOf('create').has(name))).toEqual([]);
    const ofAll = NETWORK.filter((name) => !OF_CREATES.some((own) => own === name));
    expect(ofAll.filter((name) => !namesOf('token').has(name))).toEqual([]);
  });

  test('has unusual and endless answers for every endpoint', () => {
    const requests = matrix.filter(({ endpoint }) => endpoint !== 'files' && endpoint !== 'rescue');
    expect(requests).toHaveLength(19);
    const missing = requests.flatMap(({ endpoint }) => {
      const trials = trialsOf(endpoint);
      return [...ODD, 'padding', 'coding']
        .filter((name) => !trials.includes(`${name} always`))
        .map((name) => `${endpoint}: ${name}`);
    });
    expect(missing).toEqual([]);
  });

  test.each(matrix)('is shown in full: $title', ({ title, rows }) => {
    const [, after = ''] = makePage().split(`\n### ${title}\n`);
    const lines = (after.split(/\n##/)[0] ?? '').split('\n');
    for (const [names, times, ends, requests] of rows) {
      const owns = names.map((name) => faultOf(name).own.toLowerCase());
      const end = ends === 'success' ? 'succeeds' : `fails: \`${ends}\``;
      const count = `| ${times} | ${end}, ${requests === 0 ? 'no' : requests} request`;
      const shown = lines.find(
        (line) => line.includes(count) && owns.every((own) => line.toLowerCase().includes(own)),
      );
      expect(shown, `${names.join(', ')} (${times})`).toBeDefined();
    }
  });

  test('uses every fault', () => {
    const used = new Set(
      matrix.flatMap(({ rows }) => rows.flatMap(([names]) => names.map(String))),
    );
    expect(Object.keys(faults).filter((name) => !used.has(name))).toEqual([]);
  });

  test('links to a heading that docs/troubleshooting.md has', () => {
    expect(read('docs/troubleshooting.md')).toContain('\n## Failure codes\n');
    expect(makePage()).toContain('](troubleshooting.md#failure-codes)');
  });
});
