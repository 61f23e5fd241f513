import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { EOL, tmpdir } from 'node:os';
// The main entry of `@actions/core` also loads an OpenID Connect client and undici, which takes 40 ms at
// each of an action's three starts.
import { issue } from '../../node_modules/@actions/core/lib/command.js';
import {
  issueFileCommand,
  prepareKeyValueMessage,
} from '../../node_modules/@actions/core/lib/file-command.js';
import { summary } from '../../node_modules/@actions/core/lib/summary.js';
import { errorCode, type Failure } from '../failure.ts';
import { KnownSecrets } from '../secret.ts';
import { describeFailure, escapeInvisible } from '../text.ts';
import { usedAction } from '../used-action.ts';
import type { Host } from './host.ts';

/** How much of a group is printed in one write, in characters: a fleet has thousands of lines. */
const PIECE = 16_384;

/** Variables that only runners set: if one is set, a runner may read the log. */
const RUNNER_VARIABLES = ['GITHUB_OUTPUT', 'GITHUB_STATE', 'RUNNER_TEMP'] as const;

/** Variables of other runners, which mask a text as a whole and not line by line. */
const OTHER_RUNNERS = ['ACT', 'GITEA_ACTIONS', 'FORGEJO_ACTIONS'] as const;

/** A runner's file can't be used. The code says why, because error messages are not shown. */
class RunnerFileError extends Error {
  override readonly name = 'RunnerFileError';
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/**
 * GitHub's runner. Prints only on standard output: the runner reads standard error first, and would
 * show there what is not masked yet.
 */
export class GitHubRunner implements Host {
  readonly secrets = new KnownSecrets((values) => this.mask(values));

  readonly words = {
    cleanUp: 'the post step',
    deleteAction: deleteAction(process.env),
    saveFiles: 'in a later step (with `if: always()`)',
  };

  readonly accessAdvice =
    "The step's user can't write the runner's files. In a job with `container:`, run the container as the runner's user (`options: --user UID:GID`), or make the container's user the owner of the runner's directories.";

  readonly #isDebug = process.env['RUNNER_DEBUG'] === '1';
  /** whether it has said that the summary can't be written */
  #lacksSummary = false;

  input(name: string): string {
    return this.rawInput(name).trim();
  }

  rawInput(name: string): string {
    return process.env[`INPUT_${name.toUpperCase()}`] ?? '';
  }

  get workspace(): string {
    return process.env['GITHUB_WORKSPACE'] || process.cwd();
  }

  get environment(): NodeJS.ProcessEnv {
    return process.env;
  }

  get temporaryDirectory(): string {
    return process.env['RUNNER_TEMP'] || tmpdir();
  }

  mask(values: readonly string[]): void {
    if (values.length === 0 || !isReadByRunner()) return;
    // GitHub's own runner masks each line of a command. Each command slows it down: it writes a line to
    // its own log, in which it searches for all masks so far.
    const texts = splitsMasks() ? [values.join('\n')] : values;
    // As the toolkit's setSecret does, but in one write: a key has dozens of masks.
    process.stdout.write(texts.map(maskCommand).join(''));
  }

  info(line: string): void {
    process.stdout.write(`${this.#line(line)}${EOL}`);
  }

  group(title: string, lines: Iterable<string>): void {
    issue('group', this.#line(title));
    let text = '';
    for (const line of lines) {
      text += `${this.#line(line)}${EOL}`;
      if (text.length < PIECE) continue;
      process.stdout.write(text);
      text = '';
    }
    process.stdout.write(text);
    issue('endgroup');
  }

  notice(line: string): void {
    issue('notice', this.#line(line));
  }

  debug(line: string): void {
    // It may contain a server's id of a request. Without debug logging, the runner would drop it.
    if (this.#isDebug) issue('debug', this.#line(this.secrets.redactParts(line)));
  }

  warn(line: string): void {
    issue('warning', this.#line(line));
  }

  fail(failure: Failure): void {
    this.#traceBug(failure);
    issue('error', this.#line(describeFailure(failure, this.secrets)));
  }

  checkOutputs(): void {
    requireFile('GITHUB_OUTPUT');
  }

  setOutput(name: string, value: string): void {
    requireFile('GITHUB_OUTPUT');
    issueFileCommand('OUTPUT', prepareKeyValueMessage(name, value));
  }

  saveState(name: string, value: string): void {
    requireFile('GITHUB_STATE');
    issueFileCommand('STATE', prepareKeyValueMessage(name, value));
  }

  state(name: string): string {
    return process.env[`STATE_${name}`] ?? '';
  }

  /** Only warns if the summary can't be written. */
  async summarise(markdown: string): Promise<void> {
    const file = process.env['GITHUB_STEP_SUMMARY'] ?? '';
    if (!existsSync(file)) return;
    try {
      // Opening one that nobody reads would block the process forever.
      if (statSync(file).isFIFO()) throw new RunnerFileError('it is a pipe');
      await summary.addRaw(this.secrets.redact(markdown), true).write();
    } catch (error) {
      if (!this.#lacksSummary) {
        this.warn(`The job summary could not be written (${errorCode(error)}).`);
      }
      this.#lacksSummary = true;
    }
  }

  /** Logs the stack of a bug, without its message. */
  #traceBug({ code, cause }: Failure): void {
    if (code !== 'internal' || !(cause instanceof Error)) return;
    for (const frame of cause.stack?.match(/^ {4}at .*$/gm) ?? []) this.debug(frame.trim());
  }

  /** One line without secrets that is never a command to the runner, which finds `##[` anywhere in a line. */
  #line(message: string): string {
    const line = this.secrets.redact(message).replace(/[\r\n]+/g, ' ');
    return escapeInvisible(line).replaceAll('##[', '## [');
  }
}

/**
 * Checks that a file that the runner reads can be written. Commands on standard output are no
 * alternative: they show values in the log, and newer runners ignore them. Throws an error whose code
 * says why.
 */
function requireFile(variable: 'GITHUB_OUTPUT' | 'GITHUB_STATE'): void {
  const file = process.env[variable];
  if (!file) throw new RunnerFileError(`${variable} is not set`);
  accessSync(file, constants.W_OK);
}

/** The delete action, with what a workflow writes after `uses:` where the runner says that. */
function deleteAction(environment: NodeJS.ProcessEnv): string {
  const used = usedAction(environment);
  return used ? `the delete action (${used.repository}/delete@${used.ref})` : 'the delete action';
}

/** Whether a runner reads the log. Without one, the commands would show what they should hide. */
function isReadByRunner(): boolean {
  const { env } = process;
  return env['GITHUB_ACTIONS'] === 'true' || RUNNER_VARIABLES.some((name) => env[name]);
}

/** Whether this is GitHub's own runner, whose service sets RUNNER_ENVIRONMENT. */
function splitsMasks(): boolean {
  const { env } = process;
  return Boolean(env['RUNNER_ENVIRONMENT']) && !OTHER_RUNNERS.some((name) => env[name]);
}

/** The command that masks a value, with the escapes of commands. */
function maskCommand(value: string): string {
  // For example, %0A for a line feed.
  return `::add-mask::${value.replace(/[%\r\n]/g, encodeURIComponent)}${EOL}`;
}
