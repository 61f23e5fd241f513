// Draws the output of `npm start` in a terminal as docs/pictures/npm-start.svg.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { WIDTH } from '../screen.ts';
import { stable } from './stable.ts';
import { terminalAsSvg } from './svg.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PICTURE = path.join(ROOT, 'docs/pictures/npm-start.svg');

/** The sections to show; the others would only make the picture longer. */
const SECTIONS = [
  'The step of a workflow',
  'The log, masked as on GitHub',
  'Files in the workspace',
  'The certificate',
  "A device's first message, as the broker got it",
  'Files in the workspace after the job',
  'What Insights Hub was asked',
];

const { NO_COLOR: _, GITHUB_ACTIONS: __, ...environment } = process.env;
const transcript = execFileSync(process.execPath, [path.join(ROOT, 'sandbox/demo.ts')], {
  encoding: 'utf8',
  env: { ...environment, FORCE_COLOR: '1' },
});
mkdirSync(path.dirname(PICTURE), { recursive: true });
const shown = stable(`\u001b[2m$\u001b[22m npm start\n${choose(transcript)}`);
writeFileSync(PICTURE, terminalAsSvg(shown, { title: 'npm start', columns: WIDTH }));

/** Picks the sections to show, and the last line. */
function choose(text: string): string {
  const sections = text.split(/\n(?=\n)/);
  const isChosen = (section: string) =>
    SECTIONS.some((title) => section.includes(`${title}\u001b`));
  return sections
    .filter((section) => isChosen(section) || section.includes('Exit code'))
    .join('\n');
}
