import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';

/** Where Debian and others put programs; servers need not be on the PATH of users. */
const PLACES = [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/sbin', '/sbin'];

/** How long a program may take, in milliseconds: compiling does on a busy machine. */
const PATIENCE = 120_000;

/** What a client is made of: programs by their names, and absolute paths of anything else. */
export type Needs = readonly string[];

/** Debian's Python, which has Debian's Paho, whatever other Python comes first on the PATH. */
export const PYTHON = '/usr/bin/python3';
export const PAHO_PYTHON = '/usr/lib/python3/dist-packages/paho';
export const PAHO_C = '/usr/include/MQTTClient.h';
export const PAHO_GO = '/usr/share/gocode/src/github.com/eclipse/paho.mqtt.golang';
export const MBEDTLS = '/usr/include/mbedtls/pk.h';
export const WOLFSSL = '/usr/include/wolfssl/ssl.h';

const isThere = (need: string) =>
  path.isAbsolute(need) ? existsSync(need) : whereIs(need) !== undefined;

/** The path of a program, if it is installed. */
export function whereIs(program: string): string | undefined {
  return PLACES.map((place) => path.join(place, program)).find(existsSync);
}

/**
 * The tests with one client of others, by its name in the table of `docs/devices.md`. They are
 * skipped where it is not installed, but never in continuous integration, which has to have it.
 * All of them are for Linux, whose packages they are.
 */
export function describeClient(name: string, needs: Needs, tests: () => void): void {
  const lacks = !process.env['CI'] && (process.platform !== 'linux' || !needs.every(isThere));
  describe.skipIf(lacks).concurrent(name, tests);
}

export interface Ran {
  readonly exitCode: number | null;
  /** standard output and standard error, as they came */
  readonly output: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** called with all that was printed so far, whenever something was; may write */
  readonly onOutput?: (output: string, stdin: NodeJS.WritableStream) => void;
}

/** Runs a program to its end. */
export async function run(
  program: string,
  args: readonly string[],
  { cwd, env, onOutput }: RunOptions = {},
): Promise<Ran> {
  const file = path.isAbsolute(program) ? program : whereIs(program);
  if (file === undefined) throw new Error(`${program} is not installed`);
  const child = spawn(file, args, {
    stdio: 'pipe',
    timeout: PATIENCE,
    env: { ...process.env, ...env },
    ...(cwd !== undefined && { cwd }),
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString('latin1');
      onOutput?.(output, child.stdin);
    });
  }
  child.stdin.on('error', () => {});
  if (onOutput === undefined) child.stdin.end();
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  return { exitCode, output };
}

/** The same for a program that must succeed. Returns its output. */
export async function succeed(
  program: string,
  args: readonly string[],
  options?: RunOptions,
): Promise<string> {
  const { exitCode, output } = await run(program, args, options);
  if (exitCode !== 0) throw new Error(`${program} ended with ${exitCode}:\n${output}`);
  return output;
}

/** Compiles one of the programs here before the tests of a client. Returns its path. */
export function compiled(source: string, compile: (source: string, out: string) => string[]) {
  let directory = '';
  const program = () => path.join(directory, 'program');
  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'client-'));
    const [compiler = '', ...args] = compile(programFile(source), program());
    await succeed(compiler, args, { env: GO_ENVIRONMENT });
  }, PATIENCE);
  afterAll(() => rm(directory, { recursive: true, force: true }));
  return program;
}

/** Debian's packages for Go are made for the time before modules; nothing is to be downloaded. */
const GO_ENVIRONMENT = { GOPATH: '/usr/share/gocode', GO111MODULE: 'off', GOTOOLCHAIN: 'local' };

/** The path of a program's source. */
export function programFile(name: string): string {
  return path.join(import.meta.dirname, 'programs', name);
}
