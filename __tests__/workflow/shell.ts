import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { parseFileCommands } from '../../sandbox/runner/commands.ts';
import type { Ended } from '../../sandbox/runner/runner.ts';
import type { Values } from './workflow-file.ts';

export interface ScriptResult {
  readonly exitCode: number | null;
  /** the lines that it printed, unmasked; standard error comes first */
  readonly lines: readonly string[];
  readonly outputs: Values;
  /** the environment variables that it set for later steps */
  readonly exported: Values;
}

export type Child = ChildProcessByStdio<null, Readable, Readable>;

/** Starts a command, such as in a container. */
export type Command = (args: readonly string[], cwd: string, env: Values) => Child;

/** Where a script runs if not on this machine: how, and a directory that is known there. */
export interface Elsewhere {
  readonly command: Command;
  readonly directory: string;
}

/** A script that takes longer than this is killed, in milliseconds. */
const SCRIPT_TIMEOUT = 60_000;

/**
 * Runs a script as a `run` step does. Of this process's environment, it only gets what programs
 * need.
 */
export async function runScript(
  script: string,
  cwd: string,
  env: Values,
  shell: string | undefined,
  elsewhere?: Elsewhere,
): Promise<ScriptResult> {
  const place = elsewhere?.directory ?? tmpdir();
  const directory = await mkdtemp(path.join(place, 'sandbox-script-'));
  const [file, output, exported] = ['script.sh', 'output', 'env'].map((name) =>
    path.join(directory, name),
  ) as [string, string, string];
  try {
    await Promise.all([writeFile(file, script), writeFile(output, ''), writeFile(exported, '')]);
    const { PATH = '', HOME = '' } = process.env;
    const whole = { PATH, HOME, ...env, GITHUB_OUTPUT: output, GITHUB_ENV: exported };
    return {
      ...linesOf(await collect(start(file, cwd, whole, { shell, elsewhere }))),
      outputs: parseFileCommands(await readFile(output, 'utf8')),
      exported: parseFileCommands(await readFile(exported, 'utf8')),
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** In a container GitHub runs a script with sh, if the step names no shell. */
function start(
  file: string,
  cwd: string,
  env: Values,
  {
    shell,
    elsewhere,
  }: { readonly shell: string | undefined; readonly elsewhere: Elsewhere | undefined },
): Child {
  const options = optionsOf(shell);
  const name = shell === undefined ? 'sh' : shell;
  if (elsewhere !== undefined) return elsewhere.command([name, ...options, file], cwd, env);
  return spawn('bash', [...options, file], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: SCRIPT_TIMEOUT,
    killSignal: 'SIGKILL',
  });
}

/** The options that GitHub runs bash with; it is stricter if the step names the shell. */
function optionsOf(shell: string | undefined): readonly string[] {
  if (shell === undefined) return ['-e'];
  if (shell === 'bash') return ['--noprofile', '--norc', '-eo', 'pipefail'];
  throw new Error(`the shell ${shell} is not played`);
}

/** Waits until a process has ended, and collects what it printed. */
export async function collect(child: Child): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
}

function linesOf({ exitCode, stdout, stderr }: Ended): Pick<ScriptResult, 'exitCode' | 'lines'> {
  const lines = [stderr, stdout].flatMap((text) => text.replace(/\n$/, '').split('\n'));
  return { exitCode, lines: lines.filter((line) => line !== '') };
}
