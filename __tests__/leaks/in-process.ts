import type * as files from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import type * as command from '../../node_modules/@actions/core/lib/command.js';
import type * as summaries from '../../node_modules/@actions/core/lib/summary.js';
import { parseCommand } from '../../sandbox/runner/commands.ts';
import { Masker } from '../../sandbox/runner/masker.ts';
import type { Launch, StepResult } from '../../sandbox/runner/runner.ts';
import type { Clock } from '../../src/http/clock.ts';
import type { Sandbox } from '../action/sandbox.ts';
import { leaksInFile } from '../leaks.ts';
import type { Stage } from './play.ts';

/** A step that runs in this process. */
interface Step {
  readonly sandbox: Sandbox;
  /** what the runner would mask by now */
  readonly masker: Masker;
  stdout: string;
  stderr: string;
  /** the commands that the action itself issued, in order */
  readonly issued: string[];
  /** whether what is printed comes from the toolkit */
  isIssuing: boolean;
  readonly problems: string[];
}

/** The step that runs, and the one that ran before; only one can, because it owns the process. */
let running: Step | undefined;
let last: Step | undefined;

/** The toolkit's, which keeps the file of the first step. */
let summary: typeof summaries.summary | undefined;

export function watchSummary(toolkit: typeof summaries): typeof summaries {
  summary = toolkit.summary;
  return toolkit;
}

/** The toolkit, with every command noted that it is asked to issue. */
export function watchCommands(toolkit: typeof command): typeof command {
  return {
    ...toolkit,
    issue: (name, message) => {
      if (running === undefined) return toolkit.issue(name, message);
      running.issued.push(name);
      running.isIssuing = true;
      toolkit.issue(name, message);
      running.isIssuing = false;
    },
  };
}

/** The file system, in which everything that is written to a file of the action is checked. */
export function watchFiles(fs: typeof files): typeof files {
  const names = new Map<number, string>();
  const openSync: typeof fs.openSync = (file, ...how) => {
    const descriptor = fs.openSync(file, ...how);
    names.set(descriptor, String(file));
    return descriptor;
  };
  const writeFileSync: typeof fs.writeFileSync = (file, content, ...more) => {
    const name = typeof file === 'number' ? names.get(file) : undefined;
    if (name !== undefined) use(`file ${path.extname(name)}`, String(content));
    return fs.writeFileSync(file, content, ...more);
  };
  return { ...fs, openSync, writeFileSync };
}

/** A clock on which nobody has to wait. */
export function skippingClock(): Clock {
  let skipped = 0;
  return {
    now: () => Date.now() + skipped,
    random: Math.random,
    sleep: async (milliseconds) => {
      skipped += milliseconds;
    },
  };
}

/** Something secret is used: from now on it can turn up anywhere, so it must be masked by now. */
function use(place: string, text: string): void {
  if (running === undefined) return;
  const { masker, sandbox, problems } = running;
  // In this form it may not have been issued.
  if (/^-----BEGIN (ENCRYPTED )?PRIVATE KEY-----/.test(text)) sandbox.moreKeys.push(text);
  const seen = text.split('\n').map((line) => masker.mask(line));
  const found = leaksInFile(seen.join('\n'), sandbox.known);
  if (found.length > 0) problems.push(`${place}: ${found.join(', ')} is used before it is masked`);
}

/** Takes note of what is printed; of commands that the toolkit does not issue, only masks may be there. */
function print(step: Step, text: string): void {
  step.stdout += text;
  if (step.isIssuing) return;
  for (const line of text.split('\n').slice(0, -1)) {
    const command = parseCommand(line);
    if (command?.name !== 'add-mask') continue;
    step.masker.add(command.message);
    step.issued.push('add-mask');
  }
}

/** Entries by the names of their launchers, e.g. `create-post`. */
export type Entries = Readonly<Record<string, () => Promise<void>>>;

/** Runs entries in this process, which they take for one of their own. */
export function stageInProcess(entries: Entries): Omit<Stage, 'pairs'> {
  let current: Sandbox | undefined;
  const launch: Launch = async (script, _, env) => {
    const entry = entries[path.basename(script, '.js')];
    if (entry === undefined || current === undefined) throw new Error(`no entry for ${script}`);
    const step = stepIn(current);
    const restore = takeProcess(step, env);
    if (summary !== undefined) Reflect.set(summary, '_filePath', undefined);
    summary?.emptyBuffer();
    running = step;
    try {
      await entry();
      const changed = Object.entries(process.env).filter(([name, value]) => env[name] !== value);
      if (changed.length > 0) step.problems.push(`new variables: ${JSON.stringify(changed)}`);
      return { exitCode: Number(process.exitCode ?? 0), stdout: step.stdout, stderr: step.stderr };
    } finally {
      running = undefined;
      last = step;
      restore();
    }
  };
  return {
    launch,
    onStart: (sandbox, github) => {
      current = sandbox;
      const watch = (seen: { readonly headers: object; readonly body: string }) =>
        use('request', `${Object.values(seen.headers).join('\n')}\n${seen.body}`);
      sandbox.hub.onRequest = watch;
      github.onRequest = watch;
    },
    onEnd: expectAsIssued,
  };
}

/** What the runner takes for commands is what the action issued, no more and no less. */
function expectAsIssued({ commands }: StepResult): void {
  expect(last?.problems).toEqual([]);
  expect(commands.map(({ name }) => name)).toEqual(last?.issued);
}

function stepIn(sandbox: Sandbox): Step {
  const masker = new Masker();
  return { sandbox, masker, stdout: '', stderr: '', issued: [], isIssuing: false, problems: [] };
}

const EVENTS = [
  'warning',
  'uncaughtException',
  'beforeExit',
  'SIGINT',
  'SIGTERM',
  'SIGUSR1',
] as const;

/** Gives a step the process: its variables, output, exit code and events. Gives the way back. */
function takeProcess(step: Step, env: Readonly<Record<string, string>>): () => void {
  const { exitCode, stdout, stderr } = process;
  const before = { ...process.env };
  const writes = [stdout.write, stderr.write] as const;
  const listeners = EVENTS.map((event) => [event, process.listeners(event as 'SIGINT')] as const);
  setVariables(env);
  process.exitCode = undefined;
  stdout.write = (text: string | Uint8Array) => {
    print(step, String(text));
    return true;
  };
  stderr.write = (text: string | Uint8Array) => {
    step.stderr += String(text);
    return true;
  };
  return () => {
    [stdout.write, stderr.write] = writes;
    process.exitCode = exitCode;
    setVariables(before);
    for (const [event, known] of listeners) {
      process.removeAllListeners(event);
      for (const listener of known) process.on(event, listener);
    }
  };
}

function setVariables(variables: Readonly<NodeJS.ProcessEnv>): void {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, variables);
}
