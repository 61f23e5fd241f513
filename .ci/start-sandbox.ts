// Starts the sandbox's `serve` in the background, for later steps. Waits until it is ready, then sets
// the inputs that lead to it, and `pid`, as outputs of this step. It stops when the job ends.
import { spawn } from 'node:child_process';
import { appendFile, mkdtemp, open, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** In milliseconds. */
const PATIENCE = 60_000;
const DEMO = path.join(import.meta.dirname, '../sandbox/demo.ts');

const { RUNNER_TEMP: temporary = tmpdir(), GITHUB_OUTPUT: output } = process.env;
const directory = await mkdtemp(path.join(temporary, 'sandbox-'));
const addressFile = path.join(directory, 'addresses');
const logFile = path.join(directory, 'log');

// A step does not end while a process still has its standard output open.
const log = await open(logFile, 'w');
const child = spawn(
  process.execPath,
  [DEMO, 'serve', '--address-file', addressFile, ...process.argv.slice(2)],
  { detached: true, stdio: ['ignore', log.fd, log.fd], windowsHide: true },
);
child.unref();
let hasEnded = false;
child.once('exit', () => {
  hasEnded = true;
});

const addresses = await readWhenThere();
if (addresses === undefined) {
  if (!hasEnded) child.kill();
  console.error(`The sandbox did not start:\n${await readFile(logFile, 'utf8')}`);
  process.exitCode = 1;
} else {
  const lines = `${addresses}pid=${child.pid}\n`;
  if (output !== undefined) await appendFile(output, lines);
  console.log(`The sandbox is running as process ${child.pid}.`);
}
await log.close();

async function readWhenThere(): Promise<string | undefined> {
  for (const end = Date.now() + PATIENCE; Date.now() < end && !hasEnded; await wait(50)) {
    const text = await readFile(addressFile, 'utf8').catch(() => undefined);
    if (text !== undefined) return text;
  }
  return undefined;
}
