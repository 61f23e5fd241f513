import { spawn } from 'node:child_process';
import type { Values } from './job-folder.ts';

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** its whole environment */
  readonly env: Values;
  /** the expected exit code; the default is 0 */
  readonly exitCode?: number;
}

/** A process that takes longer than this is killed, in milliseconds. */
const LONGEST = 600_000;

/**
 * Runs a process to its end; its output is read but not kept. Returns the time from before its start
 * to its end, in milliseconds. Throws if it does not end as expected.
 */
export function timeProcess({ command, args, cwd, env, exitCode = 0 }: Command): Promise<number> {
  const began = performance.now();
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const timer = setTimeout(() => child.kill('SIGKILL'), LONGEST);
  const last = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      last[name] = text;
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      const wall = performance.now() - began;
      clearTimeout(timer);
      if (code === exitCode) resolve(wall);
      else reject(new Error(`${command} ended with ${code}: ${errorsIn(last)}`));
    });
  });
}

/** The lines that say why it failed. The other lines may be masks. */
function errorsIn({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }) {
  const errors = stdout.split('\n').filter((line) => line.startsWith('::error'));
  return [...errors, stderr].join('\n').slice(0, 1000);
}
