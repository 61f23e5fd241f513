import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';

const ROOT = path.resolve(import.meta.dirname, '..');
const USAGE = new URL('usage.js', import.meta.url).href;

type Values = Readonly<Record<string, string>>;

export interface ActionRun {
  readonly inputs: Values;
  /** files in the workspace, by name */
  readonly files: Values;
  /** where a CPU profile goes, if one is wanted */
  readonly profile?: string | undefined;
  /** Looks at the workspace before it is removed. */
  readonly inspect: (workspace: string) => Promise<void>;
}

/** What a run of the create action took. */
export interface Usage {
  /** from start to end of its process, in milliseconds */
  readonly wall: number;
  /** user and system, in milliseconds */
  readonly cpu: number;
  /** in MiB */
  readonly peakMemory: number;
}

/**
 * Runs the bundled create action as a runner does: in an environment and a workspace of its own,
 * with what it prints read but not kept. Throws when it fails.
 */
export async function runAction({ inputs, files, profile, inspect }: ActionRun): Promise<Usage> {
  const root = await mkdtemp(path.join(tmpdir(), 'bench-'));
  try {
    const workspace = path.join(root, 'work');
    await mkdir(workspace);
    for (const [name, text] of Object.entries(files)) {
      await writeFile(path.join(workspace, name), text);
    }
    const usage = path.join(root, 'usage.json');
    const env = {
      ...(await jobEnvironment(root, workspace)),
      ...(await inputVariables(inputs)),
      BENCH_USAGE: usage,
    };
    const began = performance.now();
    await start(profile, workspace, env);
    const wall = performance.now() - began;
    await inspect(workspace);
    return { wall, ...readUsage(await readFile(usage, 'utf8')) };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function jobEnvironment(root: string, workspace: string): Promise<Values> {
  const temporary = path.join(root, 'temp');
  await mkdir(temporary);
  const commands: Record<string, string> = {};
  for (const name of ['OUTPUT', 'STATE', 'ENV', 'PATH', 'STEP_SUMMARY']) {
    const file = path.join(root, name.toLowerCase());
    await writeFile(file, '');
    commands[`GITHUB_${name}`] = file;
  }
  const { PATH = '', HOME = '', SystemRoot = '' } = process.env;
  return {
    ...{ PATH, HOME, CI: 'true', GITHUB_ACTIONS: 'true', ...commands },
    ...(SystemRoot && { SystemRoot }),
    GITHUB_WORKSPACE: workspace,
    GITHUB_REPOSITORY: 'octo/device',
    RUNNER_TEMP: temporary,
  };
}

/** The inputs as the action reads them, with the defaults of its file. Throws for one it has not. */
async function inputVariables(given: Values): Promise<Values> {
  const text = await readFile(path.join(ROOT, 'action.yml'), 'utf8');
  const { inputs } = parse(text) as {
    readonly inputs: Readonly<Record<string, { readonly default?: string }>>;
  };
  const unknown = Object.keys(given).filter((name) => !(name in inputs));
  if (unknown.length > 0) throw new Error(`the action has no input ${unknown.join(', ')}`);
  return Object.fromEntries(
    Object.entries(inputs).map(([name, input]) => {
      // The one default that is an expression names the repository, which nothing here needs.
      const value = given[name] ?? String(input.default ?? '').replace(/^\$\{\{.*\}\}$/, '');
      return [`INPUT_${name.toUpperCase()}`, value];
    }),
  );
}

function start(profile: string | undefined, cwd: string, env: Values): Promise<void> {
  const profiling = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  const args = [...profiling, '--import', USAGE, path.join(ROOT, 'dist/create.js')];
  const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] });
  let last = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    last = text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`the action failed (${code}): ${errorsIn(last)}`));
    });
  });
}

function errorsIn(text: string): string {
  return text
    .split('\n')
    .filter((line) => line.startsWith('::error'))
    .join('\n')
    .slice(0, 1000);
}

function readUsage(text: string): Omit<Usage, 'wall'> {
  const { userCPUTime, systemCPUTime, maxRSS } = JSON.parse(text) as NodeJS.ResourceUsage;
  return { cpu: (userCPUTime + systemCPUTime) / 1000, peakMemory: maxRSS / 1024 };
}
