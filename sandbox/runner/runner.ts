import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { type Command, parseCommand, parseFileCommands } from './commands.ts';
import { Masker } from './masker.ts';

/** The parts of an `action.yml` that a runner needs. */
interface ActionFile {
  readonly inputs: Readonly<Record<string, { readonly default?: string }>>;
  readonly runs: { readonly using: string; readonly main: string; readonly post?: string };
}

export interface StepOptions {
  /** the folder of the action's `action.yml`; defaults to the root of the repository */
  readonly action?: string;
  readonly inputs: Readonly<Record<string, string>>;
  /** values from the `secrets` context, which are masked from the start */
  readonly secrets?: readonly string[];
  /** environment variables of the job, for example for a proxy */
  readonly env?: Readonly<Record<string, string>>;
  /** whether debug logging is on, as with the secret ACTIONS_STEP_DEBUG */
  readonly debug?: boolean;
  /** called when the step has started, with a function that sends it a signal */
  readonly onStart?: (send: (signal: NodeJS.Signals) => void) => void;
  /** when a step is killed, in milliseconds; defaults to a minute */
  readonly timeout?: number;
}

/** A line of the log, masked. */
export interface LogLine {
  readonly kind: 'plain' | 'group' | keyof typeof SHOWN;
  /** whether it belongs to a group, which readers see folded */
  readonly inGroup: boolean;
  readonly text: string;
}

/** What a step leaves behind. */
export interface StepResult {
  readonly exitCode: number | null;
  /** what the process printed, unmasked */
  readonly stdout: string;
  readonly stderr: string;
  /** the lines of the log, masked */
  readonly log: readonly string[];
  /** the same, with the kind of each line */
  readonly lines: readonly LogLine[];
  readonly commands: readonly Command[];
  readonly outputs: Readonly<Record<string, string>>;
  readonly state: Readonly<Record<string, string>>;
  /** the environment variables and search paths that it set for later steps */
  readonly exported: string;
  readonly summary: string;
}

/** A process that has ended. */
export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs an entry, given as the path of its script, and waits until it has ended. */
export type Launch = (
  script: string,
  cwd: string,
  env: Readonly<Record<string, string>>,
  options: Pick<StepOptions, 'onStart' | 'timeout'>,
) => Promise<Ended>;

/** When a step is killed by default, in milliseconds. */
const STEP_TIMEOUT = 60_000;

/**
 * Stands in for GitHub's runner during one job, whose steps may use several actions of one
 * repository. It reads their `action.yml`, starts their entries with this Node in a clean
 * environment, reads what they print and write, and masks as GitHub's runner does.
 */
export class Runner {
  readonly workspace: string;
  readonly temporary: string;
  readonly #root: string;
  readonly #repository: string;
  readonly #actions = new Map<string, Promise<ActionFile>>();
  readonly #masker = new Masker();
  readonly #launch: Launch;

  private constructor(root: string, repository: string, launch: Launch) {
    this.#root = root;
    this.#launch = launch;
    this.workspace = path.join(root, 'work');
    this.temporary = path.join(root, 'temp');
    this.#repository = repository;
  }

  /**
   * Sets up a job for the actions of a repository, given as its root directory. Entries run as
   * child processes, unless `launch` runs them in another way.
   */
  static async start(repository: string, launch: Launch = startProcess): Promise<Runner> {
    const root = await mkdtemp(path.join(tmpdir(), 'runner-'));
    const runner = new Runner(root, repository, launch);
    await mkdir(runner.workspace);
    await mkdir(runner.temporary);
    return runner;
  }

  /** Deletes the job's directories. */
  async stop(): Promise<void> {
    await rm(this.#root, { recursive: true, force: true });
  }

  /** Runs the action's main entry. */
  async main(options: StepOptions): Promise<StepResult> {
    const action = await this.#action(options);
    return this.#run(action, action.runs.main, options, {});
  }

  /** Runs the action's post entry, with the state that main saved. */
  async post(options: StepOptions, main: StepResult): Promise<StepResult> {
    const action = await this.#action(options);
    const { post } = action.runs;
    if (post === undefined) throw new Error('the action has no post entry');
    const states = Object.entries(main.state).map(([name, value]) => [`STATE_${name}`, value]);
    return this.#run(action, post, options, Object.fromEntries(states));
  }

  /** Masks a line as the log of a later step would. */
  mask(line: string): string {
    return this.#masker.mask(line);
  }

  /** The `action.yml` of a step, which is read on first use. */
  #action({ action: folder = '' }: StepOptions): Promise<ActionFile> {
    const file = path.join(this.#repository, folder, 'action.yml');
    const known = this.#actions.get(file);
    if (known !== undefined) return known;
    const read = readFile(file, 'utf8').then((text) => parse(text) as ActionFile);
    this.#actions.set(file, read);
    return read;
  }

  async #run(
    action: ActionFile,
    entry: string,
    options: StepOptions,
    state: Readonly<Record<string, string>>,
  ): Promise<StepResult> {
    if (action.runs.using !== 'node24') throw new Error('the action is not for Node 24');
    const files = await this.#fileCommands();
    const script = path.join(this.#repository, options.action ?? '', entry);
    const env = {
      ...this.#environment(options, files),
      ...inputsOf(action, options.inputs),
      ...state,
      ...options.env,
    };
    for (const secret of options.secrets ?? []) this.#masker.add(secret);
    const ended = await this.#launch(script, this.workspace, env, options);
    const read = (name: keyof typeof FILES) => readFile(files[name], 'utf8');
    const outputs = parseFileCommands(await read('output'));
    const saved = parseFileCommands(await read('state'));
    const debug = options.debug ?? false;
    const { lines, commands } = this.#readLog(ended, debug);
    lines.unshift(...this.#show(unexpectedInputs(action, options.inputs), 'warning'));
    if (debug) {
      // With debug logging, the runner logs what it has read.
      const told = [
        ...Object.entries(outputs).map(([name, value]) => `Set output ${name} = ${value}`),
        ...Object.entries(saved).map(
          ([name, value]) => `Save intra-action state ${name} = ${value}`,
        ),
      ];
      lines.push(...this.#show(told, 'debug'));
    }
    return {
      ...ended,
      log: lines.map(({ text }) => text),
      lines,
      commands,
      outputs,
      state: saved,
      exported: (await read('env')) + (await read('path')),
      summary: await read('summary'),
    };
  }

  /** Reads and masks the log. Standard error comes first, as in GitHub's runner. */
  #readLog({ stdout, stderr }: { stdout: string; stderr: string }, debug: boolean) {
    const lines: LogLine[] = [];
    let inGroup = false;
    const commands: Command[] = [];
    const show = (line: string, kind: LogLine['kind'] = 'plain') => {
      const texts = this.#masker.mask(line).split('\n');
      lines.push(...texts.map((text) => ({ kind, inGroup: inGroup && kind !== 'group', text })));
    };
    for (const line of linesOf(stderr)) show(line);
    let stopped: string | undefined;
    for (const line of linesOf(stdout)) {
      const parsed = parseCommand(line);
      if (parsed?.name === stopped) stopped = undefined;
      const command = stopped === undefined ? parsed : undefined;
      if (command === undefined) {
        show(line);
        continue;
      }
      commands.push(command);
      if (command.name === 'stop-commands') stopped = command.message;
      else if (command.name === 'add-mask') {
        this.#masker.add(command.message);
        if (debug) show('::add-mask::***');
      } else if (command.name === 'group') {
        inGroup = true;
        show(`▼ ${command.message}`, 'group');
      } else if (command.name === 'endgroup') inGroup = false;
      else if (command.name === 'debug' && !debug) continue;
      else if (isShown(command.name)) show(SHOWN[command.name] + command.message, command.name);
    }
    return { lines, commands };
  }

  /** Lines that the runner itself adds to the log. */
  #show(texts: readonly string[], kind: keyof typeof SHOWN): readonly LogLine[] {
    return texts
      .flatMap((text) => this.#masker.mask(SHOWN[kind] + text).split('\n'))
      .map((text) => ({ kind, inGroup: false, text }));
  }

  async #fileCommands(): Promise<Record<keyof typeof FILES, string>> {
    const directory = await mkdtemp(path.join(this.#root, 'files-'));
    const entries = Object.keys(FILES).map((name) => [name, path.join(directory, name)] as const);
    for (const [, file] of entries) await writeFile(file, '');
    return Object.fromEntries(entries) as Record<keyof typeof FILES, string>;
  }

  /** The environment of a step; of this process's, it only has what programs need. */
  #environment(options: StepOptions, files: Record<keyof typeof FILES, string>) {
    const { PATH = '', HOME = '', SystemRoot = '' } = process.env;
    return {
      PATH,
      HOME,
      ...(SystemRoot && { SystemRoot }),
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      // Only GitHub's own service sets it: other runners read masks in another way.
      RUNNER_ENVIRONMENT: 'github-hosted',
      GITHUB_WORKSPACE: this.workspace,
      RUNNER_TEMP: this.temporary,
      ...(options.debug && { RUNNER_DEBUG: '1' }),
      ...Object.fromEntries(
        Object.entries(FILES).map(([name, variable]) => [
          variable,
          files[name as keyof typeof FILES],
        ]),
      ),
      GITHUB_REPOSITORY: REPOSITORY,
    };
  }
}

/** The runner's warning about inputs that `action.yml` doesn't define. */
function unexpectedInputs(
  { inputs }: ActionFile,
  given: Readonly<Record<string, string>>,
): readonly string[] {
  const unexpected = Object.keys(given).filter((name) => !(name in inputs));
  if (unexpected.length === 0) return [];
  const listOf = (names: readonly string[]) => names.map((name) => `'${name}'`).join(', ');
  const valid = listOf(Object.keys(inputs));
  return [`Unexpected input(s) ${listOf(unexpected)}, valid inputs are [${valid}]`];
}

/** The inputs as environment variables, including unexpected ones and defaults. */
function inputsOf(
  { inputs }: ActionFile,
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  const defaults = Object.entries(inputs).map(
    ([name, input]) => [name, evaluate(String(input.default ?? ''))] as const,
  );
  return Object.fromEntries(
    [...defaults, ...Object.entries(given)].map(([name, value]) => [
      `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`,
      value,
    ]),
  );
}

/** The repository that the job belongs to. */
const REPOSITORY = 'octo/device';

/** Evaluates the only expression that the defaults of inputs use. */
function evaluate(text: string): string {
  return text.replaceAll(/\$\{\{ *github\.repository *\}\}/g, REPOSITORY);
}

const FILES = {
  output: 'GITHUB_OUTPUT',
  state: 'GITHUB_STATE',
  env: 'GITHUB_ENV',
  path: 'GITHUB_PATH',
  summary: 'GITHUB_STEP_SUMMARY',
} as const;

/** The prefixes of commands that appear in the log. */
const SHOWN = {
  error: 'Error: ',
  warning: 'Warning: ',
  notice: 'Notice: ',
  debug: '##[debug]',
} as const;

function isShown(name: string): name is keyof typeof SHOWN {
  return Object.hasOwn(SHOWN, name);
}

/** Runs an entry as a child process, with this Node. */
export function startProcess(
  script: string,
  cwd: string,
  env: Readonly<Record<string, string>>,
  { onStart, timeout = STEP_TIMEOUT }: Pick<StepOptions, 'onStart' | 'timeout'>,
): Promise<Ended> {
  const child = spawn(process.execPath, [script], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const timer = setTimeout(() => child.kill('SIGKILL'), timeout);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  onStart?.((signal) => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode) => {
      clearTimeout(timer);
      resolve({ exitCode, stdout, stderr });
    });
  });
}

/** Splits a text into lines as .NET does: a carriage return alone ends a line as well. */
function linesOf(text: string): readonly string[] {
  const lines = text.split(/\r\n|[\r\n]/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
