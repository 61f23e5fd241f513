import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { buildIn } from '../../bench/processes/build.ts';
import { jobPlot, startUpPlot } from '../../bench/report/plots.ts';
import { comparison, resultsPage } from '../../bench/report/results.ts';
import { measured } from './measured.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const usage = { wall: 100, cpu: 50, peakMemory: 60 };
const findings = {
  ...{ measured, rounds: 3, bytes: 1_600_000, fleets: ['a fleet'], log: ['a log'] },
  tools: { curl: 'curl 1', jq: 'jq 1', awk: 'awk 1' },
  usage: { files: usage, secrets: usage },
};
const page = resultsPage(findings, [
  jobPlot(measured, 'files'),
  jobPlot(measured, 'secrets'),
  startUpPlot(measured),
]);

/** The cells of the row of a table that begins so. */
const rowOf = (text: string, begin: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith(`| ${begin}`))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map((cells) => cells.slice(1, -1));

test('the page of results has times with their spread, and ratios', () => {
  expect(rowOf(page, '50 ms')).toEqual([
    ['50 ms', '240', '260 (256–265)', '1.08', '310 (306–315)', '0.84', '–', '–'],
    ['50 ms', '290', '349 (345–354)', '1.20', '–', '–', '–', '–'],
  ]);
  expect(rowOf(page, 'post step with nothing to do  ')).toEqual([
    ['post step with nothing to do', '120 (116–125)', '3.00'],
  ]);
  expect(rowOf(page, 'secrets, action')).toEqual([['secrets, action', '5', '4', '60', '50']]);
});

test('the page of results says what was left out, and shows the plots', () => {
  expect(page).toContain('No script was measured: gh not installed.');
  expect(page).not.toContain('curl not installed');
  expect(page.match(/^!\[.+\]\((files|secrets|start-up)\.svg\)$/gm)).toHaveLength(3);
  expect(page).toContain('## Fleets\n\na fleet\n');
  expect(page).toContain('## Masks and log lines\n\na log\n');
});

test('the latest results explain themselves as a new page would', () => {
  const written = readFileSync(path.join(ROOT, 'bench/results.md'), 'utf8');
  const end = (text: string) => text.split('\n## How it is measured\n')[1];
  expect(end(page)).toMatch(/^\n- Times/);
  expect(end(written)).toBe(end(page));
  const headings = (text: string) => text.match(/^## .*$/gm);
  expect(headings(written)).toEqual(headings(page));
});

test('the page of results does not name the machine or its paths', () => {
  expect(page).not.toContain(ROOT);
  expect(page).not.toContain(hostname());
});

test('another build is compared job by job', () => {
  const others = measured
    .filter(({ variant }) => variant === 'action')
    .map((run) => ({ ...run, variant: 'other' as const, wall: run.wall * 2 }));
  const table = comparison([...measured, ...others]).join('\n');
  expect(rowOf(table, 'failing')).toEqual([['failing', '80 (76–85)', '160 (152–170)', '0.50']]);
  expect(rowOf(table, 'secrets, 50 ms')[0]?.at(-1)).toBe('0.50');
});

test('a build is found in a checkout and in its dist folder, with its size', () => {
  const build = buildIn(ROOT);
  expect(build).toEqual(buildIn(path.join(ROOT, 'dist')));
  expect(build.bytes).toBeGreaterThan(100_000);
  expect(path.relative(ROOT, build.create)).toBe(path.join('dist', 'create.js'));
  expect(() => buildIn(path.join(ROOT, 'docs'))).toThrow('there is no build');
});
