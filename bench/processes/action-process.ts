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
  /** variables of the job, in addition to those of every job */
  readonly env?: Values;
  /** the script to run; the default is the create action of this repository */
  readonly entry?: string;
  /** the expected exit code; the default is 0 */
  readonly exitCode?: number;
  /** where a CPU profile goes, if any */
  readonly profile?: string | undefined;
  /** Looks at the workspace before it is deleted. */
  readonly inspect?: (workspace: string) => Promise<void>;
}

/** The cost of a run of an action. */
export interface Usage {
  /** from start to end of its process, in milliseconds */
  readonly wall: number;
  /** user and system, in milliseconds */
  readonly cpu: number;
  /** in MiB */
  readonly peakMemory: number;
}

/**
 * Runs a bundled action as a runner does: in its own environment and workspace. Returns how long that
 * took, in milliseconds. Throws if it does not end as expected.
 */
export function timeAction(run: ActionRun): Promise<number> {
  return withJobFolder(run.files ?? {}, async ({ workspace, env }) => {
    const wall = await start(run, workspace, env, []);
    await run.inspect?.(workspace);
    return wall;
  });
}

/** The same, with CPU time and memory. These need a script beside the action, which takes some time. */
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
  });
}

function readUsage(text: string): Omit<Usage, 'wall'> {
  const { userCPUTime, systemCPUTime, maxRSS } = JSON.parse(text) as NodeJS.ResourceUsage;
  return { cpu: (userCPUTime + systemCPUTime) / 1000, peakMemory: maxRSS / 1024 };
}
