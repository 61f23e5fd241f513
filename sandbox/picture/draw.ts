// Draws the pictures in docs/pictures: what `npm start` shows in a terminal, and job summaries as
// GitHub shows them.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { WIDTH } from '../screen.ts';
import { abridged, withoutConnect } from './abridged.ts';
import { pageAsSvg } from './page.ts';
import { stable } from './stable.ts';
import { summaryOf } from './summaries.ts';
import { terminalAsSvg } from './svg.ts';
import { THEMES } from './theme.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PICTURES = path.join(ROOT, 'docs/pictures');

/** The width of a job summary's page in a large window, and on a phone. */
const WIDE = 1040;
const NARROW = 390;

mkdirSync(PICTURES, { recursive: true });
save('npm-start', drawDemo());
const created = await summaryOf({ names: ['device001'] });
drawPage('summary', created);
const fleet = ['device001', 'device002', 'device003', 'device004'];
const several = await summaryOf({ names: fleet, existing: fleet.slice(-1) });
drawPage('summary-fleet', withoutConnect(several));
const title = 'A job summary on a phone';
save('summary-narrow', pageAsSvg(stable(created), { title, width: NARROW, theme: THEMES.light }));
drawPage('summary-failure', await summaryOf({ names: ['pump 1', 'pump/2'] }));

function save(name: string, svg: string): void {
  writeFileSync(path.join(PICTURES, `${name}.svg`), svg);
}

function drawDemo(): string {
  const { NO_COLOR: _, GITHUB_ACTIONS: __, ...environment } = process.env;
  const transcript = execFileSync(process.execPath, [path.join(ROOT, 'sandbox/demo.ts')], {
    encoding: 'utf8',
    // Paths that are equally long everywhere.
    env: { ...environment, FORCE_COLOR: '1', TMPDIR: '/tmp' },
  });
  const shown = stable(`\u001b[2m$\u001b[22m npm start\n${abridged(transcript)}`);
  return terminalAsSvg(shown, { title: 'npm start (abridged)', columns: WIDTH });
}

/** Draws a job summary in light and dark colours. */
function drawPage(name: string, markdown: string): void {
  for (const [variant, theme] of Object.entries(THEMES)) {
    const options = { title: 'A job summary', width: WIDE, theme };
    save(`${name}-${variant}`, pageAsSvg(stable(markdown), options));
  }
}
