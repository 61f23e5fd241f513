import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Runner } from '../../sandbox/runner/runner.ts';

const ACTION = `
inputs:
  name: { default: none }
  other: {}
runs: { using: node24, main: main.js }
`;

const SCRIPT = `
const { appendFileSync } = require('node:fs');
const { env } = process;
console.log('::add-mask::first%0Asecond');
console.log('it is first and second, on ' + env.RUNNER_ENVIRONMENT);
console.log('given ' + [env['INPUT_NAME'], env['INPUT_OTHER'], env['INPUT_NONE-OF-IT']].join());
appendFileSync(env.GITHUB_OUTPUT, 'id=of second\\n');
appendFileSync(env.GITHUB_STATE, 'key=first\\n');
`;

/** What the log shows of a small action. */
async function logOf(inputs: Readonly<Record<string, string>>, debug = false) {
  const folder = await mkdtemp(path.join(tmpdir(), 'action-'));
  await mkdir(path.join(folder, 'small'));
  await writeFile(path.join(folder, 'small', 'action.yml'), ACTION);
  await writeFile(path.join(folder, 'small', 'main.js'), SCRIPT);
  const runner = await Runner.start(folder);
  onTestFinished(async () => {
    await runner.stop();
    await rm(folder, { recursive: true });
  });
  const { log, outputs, state } = await runner.main({ action: 'small', inputs, debug });
  return { log, outputs, state };
}

test('each line of a command is masked, and outputs and state are passed on unchanged', async () => {
  expect(await logOf({})).toEqual({
    log: ['it is *** and ***, on github-hosted', 'given none,,'],
    outputs: { id: 'of second' },
    state: { key: 'first' },
  });
});

test('with debug logging, the log shows a line for each mask, the outputs and the state', async () => {
  const { log } = await logOf({ other: 'x' }, true);
  expect(log).toEqual([
    '::add-mask::***',
    'it is *** and ***, on github-hosted',
    'given none,x,',
    '##[debug]Set output id = of ***',
    '##[debug]Save intra-action state key = ***',
  ]);
});

test('inputs that the action does not know are passed on, with a warning', async () => {
  const { log } = await logOf({ 'none-of-it': 'y', nor: 'z' });
  expect(log).toEqual([
    "Warning: Unexpected input(s) 'none-of-it', 'nor', valid inputs are ['name', 'other']",
    'it is *** and ***, on github-hosted',
    'given none,,y',
  ]);
});
