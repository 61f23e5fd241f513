import type * as promises from 'node:fs/promises';
import path from 'node:path';
import type * as actionsCore from '@actions/core';
import { expect } from 'vitest';
import { parseCommand } from '../../sandbox/runner/commands.ts';
import { Masker } from '../../sandbox/runner/masker.ts';
import type { Launch, StepResult } from '../../sandbox/runner/runner.ts';
import type { Clock } from '../../src/http/retry.ts';
import type { Runner } from '../../src/runner/runner.ts';
import type { Sandbox } from '../action/sandbox.ts';
import { leaksInFile } from '../leaks.ts';
import type { Stage } from './play.ts';

type Core = typeof actionsCore;
type Work = (runner: Runner) => Promise<void>;

/** Runs what an entry handed over. */
export type RunEntry = (work: Work) => Promise<void>;

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

/** The toolkit, with every command noted that it is asked to issue. */
export function watchToolkit(core: Core): Core {
  const noted = <Args extends unknown[]>(call: (...args: Args) => void, name?: string) => {
    return (...args: Args) => {
      if (running === undefined) return call(...args);
      if (name !== undefined) running.issued.push(name);
      running.isIssuing = true;
      call(...args);
      running.isIssuing = false;
    };
  };
  return {
    ...core,
    info: noted(core.info),
    debug: noted(core.debug, 'debug'),
    notice: noted(core.notice, 'notice'),
    warning: noted(core.warning, 'warning'),
    error: noted(core.error, 'error'),
    startGroup: noted(core.startGroup, 'group'),
    endGroup: noted(core.endGroup, 'endgroup'),
  };
}

/** The file system, with everything looked at that is written to a file. */
export function watchFiles(fs: typeof promises): typeof promises {
  const open: typeof fs.open = async (file, ...how) => {
    const handle = await fs.open(file, ...how);
    const write = handle.writeFile.bind(handle);
    handle.writeFile = (content, ...more) => {
      use(`file ${path.extname(String(file))}`, String(content));
      return write(content, ...more);
    };
    return handle;
  };
  return { ...fs, open };
}

/** A clock that nobody has to wait for. */
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
  if (text.includes('ENCRYPTED PRIVATE KEY')) sandbox.moreKeys.push(text);
  const seen = text.split('\n').map((line) => masker.mask(line));
  const found = leaksInFile(seen.join('\n'), sandbox.known);
  if (found.length > 0) problems.push(`${place}: ${found.join(', ')} is used before it is masked`);
}

/** Takes note of what is printed; what does not come from the toolkit may only be masks. */
function print(step: Step, text: string): void {
  step.stdout += text;
  if (step.isIssuing) return;
  for (const line of text.split('\n').slice(0, -1)) {
    const command = parseCommand(line);
    if (command?.name === 'add-mask') step.masker.add(command.message);
    else step.problems.push(`printed past the toolkit: ${line}`);
    step.issued.push('add-mask');
  }
}

/** Entries by the folders of their bundles, e.g. `create-post`. */
export type Entries = Readonly<Record<string, () => Promise<void>>>;

/** Runs entries in this process, which they take for one of their own. */
export function stageInProcess(core: Core, entries: Entries): Omit<Stage, 'pairs'> {
  let current: Sandbox | undefined;
  const launch: Launch = async (script, _, env) => {
    const entry = entries[path.basename(path.dirname(script))];
    if (entry === undefined || current === undefined) throw new Error(`no entry for ${script}`);
    const step = stepIn(current);
    const restore = takeProcess(step, env);
    // It keeps the file of the first step.
    Reflect.set(core.summary, '_filePath', undefined);
    core.summary.emptyBuffer();
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

const EVENTS = ['warning', 'uncaughtException', 'beforeExit', 'SIGINT', 'SIGTERM'] as const;

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
