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
  const { command, options, extension = '', whole = script } = interpreterOf(shell, script);
  const [file, output, exported] = [`script${extension}`, 'output', 'env'].map((name) =>
    path.join(directory, name),
  ) as [string, string, string];
  try {
    await Promise.all([writeFile(file, whole), writeFile(output, ''), writeFile(exported, '')]);
    const { PATH = '', HOME = '' } = process.env;
    const environment = { PATH, HOME, ...env, GITHUB_OUTPUT: output, GITHUB_ENV: exported };
    return {
      ...(await start([command, ...options, file], cwd, environment)),
      outputs: parseFileCommands(await readFile(output, 'utf8')),
      exported: parseFileCommands(await readFile(exported, 'utf8')),
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

interface Interpreter {
  readonly command: string;
  readonly options: readonly string[];
  readonly extension?: string;
  /** the script with what GitHub adds to it */
  readonly whole?: string;
}

/** How GitHub runs a script; it is stricter with bash if the step names it. */
function interpreterOf(shell: string | undefined, script: string): Interpreter {
  if (shell === undefined) return { command: 'bash', options: ['-e'] };
  if (shell === 'bash') {
    return { command: 'bash', options: ['--noprofile', '--norc', '-eo', 'pipefail'] };
  }
  if (shell === 'pwsh') {
    const end = 'if (Test-Path -LiteralPath variable:\\LASTEXITCODE) { exit $LASTEXITCODE }';
    const whole = `$ErrorActionPreference = 'stop'\n${script}\n${end}\n`;
    return { command: 'pwsh', options: ['-NoProfile', '-File'], extension: '.ps1', whole };
  }
  throw new Error(`the shell ${shell} is not played`);
}

function start(
  [command, ...args]: readonly [string, ...string[]],
  cwd: string,
  env: Values,
): Promise<Pick<ScriptResult, 'exitCode' | 'lines'>> {
  const child = spawn(command, args, {
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
