import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseFileCommands } from '../../sandbox/runner/commands.ts';
import type { Values } from './workflow-file.ts';

export interface ScriptResult {
  readonly exitCode: number | null;
  /** the lines that it printed, unmasked; standard error comes first */
  readonly lines: readonly string[];
  readonly outputs: Values;
  /** the environment variables that it set for later steps */
  readonly exported: Values;
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
): Promise<ScriptResult> {
  const directory = await mkdtemp(path.join(tmpdir(), 'sandbox-script-'));
  const [file, output, exported] = ['script.sh', 'output', 'env'].map((name) =>
    path.join(directory, name),
  ) as [string, string, string];
  try {
    await Promise.all([writeFile(file, script), writeFile(output, ''), writeFile(exported, '')]);
    const { PATH = '', HOME = '' } = process.env;
    const whole = { PATH, HOME, ...env, GITHUB_OUTPUT: output, GITHUB_ENV: exported };
    return {
      ...(await startBash([...optionsOf(shell), file], cwd, whole)),
      outputs: parseFileCommands(await readFile(output, 'utf8')),
      exported: parseFileCommands(await readFile(exported, 'utf8')),
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The options that GitHub runs bash with; it is stricter if the step names the shell. */
function optionsOf(shell: string | undefined): readonly string[] {
  if (shell === undefined) return ['-e'];
  if (shell === 'bash') return ['--noprofile', '--norc', '-eo', 'pipefail'];
  throw new Error(`the shell ${shell} is not played`);
}

function startBash(
  args: readonly string[],
  cwd: string,
  env: Values,
): Promise<Pick<ScriptResult, 'exitCode' | 'lines'>> {
  const child = spawn('bash', args, {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: SCRIPT_TIMEOUT,
    killSignal: 'SIGKILL',
  });
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
    child.on('close', (exitCode) => {
      const lines = [stderr, stdout].flatMap((text) => text.replace(/\n$/, '').split('\n'));
      resolve({ exitCode, lines: lines.filter((line) => line !== '') });
    });
  });
}
