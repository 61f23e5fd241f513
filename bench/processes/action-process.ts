import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { OURS } from './build.ts';
import { inputVariables, type Values, withJobFolder } from './job-folder.ts';
import { timeProcess } from './timed-process.ts';

const USAGE = new URL('usage.js', import.meta.url).href;

export interface ActionRun {
  readonly inputs: Values;
  /** files in the workspace, by name */
  readonly files?: Values;
  /** variables of the job, over those of every job */
  readonly env?: Values;
  /** the script that is run; the create action's of this repository, when not given */
  readonly entry?: string;
  /** how it has to end; 0 when not given */
  readonly exitCode?: number;
  /** where a CPU profile goes, if one is wanted */
  readonly profile?: string | undefined;
  /** is given what it prints, in pieces */
  readonly onPrint?: (text: string) => void;
  /** Looks at the workspace before it is removed. */
  readonly inspect?: (workspace: string) => Promise<void>;
}

/** What a run of an action took. */
export interface Usage {
  /** from start to end of its process, in milliseconds */
  readonly wall: number;
  /** user and system, in milliseconds */
  readonly cpu: number;
  /** in MiB */
  readonly peakMemory: number;
}

/**
 * Runs a bundled action as a runner does: in an environment and a workspace of its own. The result
 * is how long that took, in milliseconds. Throws when it does not end as it has to.
 */
export function timeAction(run: ActionRun): Promise<number> {
  return withJobFolder(run.files ?? {}, async ({ workspace, env }) => {
    const wall = await start(run, workspace, env, []);
    await run.inspect?.(workspace);
    return wall;
  });
}

/** The same, with what its process used. That takes a script beside the action, and so some time. */
export function measureAction(run: ActionRun): Promise<Usage> {
  return withJobFolder(run.files ?? {}, async ({ root, workspace, env }) => {
    const usage = path.join(root, 'usage.json');
    const wall = await start(run, workspace, { ...env, BENCH_USAGE: usage }, ['--import', USAGE]);
    await run.inspect?.(workspace);
    return { wall, ...readUsage(await readFile(usage, 'utf8')) };
  });
}

async function start(run: ActionRun, cwd: string, job: Values, options: readonly string[]) {
  const { inputs, profile, entry = OURS.create, exitCode = 0 } = run;
  const profiling = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  return timeProcess({
    command: process.execPath,
    args: [...profiling, ...options, entry],
    cwd,
    env: { ...job, ...(await inputVariables(inputs)), ...run.env },
    exitCode,
    onPrint: run.onPrint,
  });
}

function readUsage(text: string): Omit<Usage, 'wall'> {
  const { userCPUTime, systemCPUTime, maxRSS } = JSON.parse(text) as NodeJS.ResourceUsage;
  return { cpu: (userCPUTime + systemCPUTime) / 1000, peakMemory: maxRSS / 1024 };
}
