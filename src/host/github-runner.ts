import { accessSync, constants, existsSync } from 'node:fs';
import { EOL, tmpdir } from 'node:os';
// By part: the entry of `@actions/core` loads a client for OpenID Connect, and undici with it, which
// takes 40 ms at each of an action's three starts.
import { issue } from '../../node_modules/@actions/core/lib/command.js';
import {
  issueFileCommand,
  prepareKeyValueMessage,
} from '../../node_modules/@actions/core/lib/file-command.js';
import { summary } from '../../node_modules/@actions/core/lib/summary.js';
import { errorCode, type Failure } from '../failure.ts';
import { KnownSecrets } from '../secret.ts';
import { describeFailure, escapeInvisible } from '../text.ts';
import type { Host } from './host.ts';

/** As much of a long group is printed at once, in characters: a fleet has thousands of lines. */
const PIECE = 16_384;

/** What only runners set: where one of these is, the log may be read by one. */
const SIGNS_OF_RUNNER = ['GITHUB_OUTPUT', 'GITHUB_STATE', 'RUNNER_TEMP'] as const;

/** Runners that are not GitHub's own, by what they set: they mask a text as one, not line by line. */
const OTHER_RUNNERS = ['ACT', 'GITEA_ACTIONS', 'FORGEJO_ACTIONS'] as const;

/** A file of the runner is not known. Its code says why: messages of errors are not told. */
class RunnerFileError extends Error {
  override readonly name = 'RunnerFileError';
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/**
 * GitHub's runner, as an action sees it. Prints on standard output only: the runner reads standard
 * error first, and would show there what is not masked yet.
 */
export class GitHubRunner implements Host {
  readonly secrets = new KnownSecrets((values) => this.mask(values));

  readonly words = {
    cleanUp: 'the post step',
    deleteAction: deleteAction(process.env),
    saveFiles: 'in a later step (with `if: always()`)',
  };

  readonly accessAdvice =
    "The user that this step runs as may not write the runner's files. In a job with `container:`, run the container as the runner's user (`options: --user UID:GID`), or let the container's user own the runner's folders.";

  readonly #isDebug = process.env['RUNNER_DEBUG'] === '1';

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
    // GitHub's own runner masks each line of a command. Each command makes it slower: it writes a line
    // to its own log, which is searched for all masks so far.
    const texts = splitsMasks() ? [values.join('\n')] : values;
    // As the toolkit's setSecret does, but at once: a key has dozens of masks.
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
    // It may hold what a server calls a request. Without debugging, the runner would drop it.
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

  /** A summary that can't be written is not worth a failure. */
  async summarise(markdown: string): Promise<void> {
    if (!existsSync(process.env['GITHUB_STEP_SUMMARY'] ?? '')) return;
    try {
      await summary.addRaw(this.secrets.redact(markdown), true).write();
    } catch (error) {
      this.warn(`The job summary could not be written (${errorCode(error)}).`);
    }
  }

  /** Where a bug came up, without its message. */
  #traceBug({ code, cause }: Failure): void {
    if (code !== 'internal' || !(cause instanceof Error)) return;
    for (const frame of cause.stack?.match(/^ {4}at .*$/gm) ?? []) this.debug(frame.trim());
  }

  /** One line without secrets that the runner takes for no command: `##[` counts anywhere in it. */
  #line(message: string): string {
    const line = this.secrets.redact(message).replace(/[\r\n]+/g, ' ');
    return escapeInvisible(line).replaceAll('##[', '## [');
  }
}

/**
 * A file that the runner reads is there and can be written. There is no other way: what a command on
 * standard output sets stands in the log, and newer runners ignore it. Throws with a code that says why
 * when it can't.
 */
function requireFile(variable: 'GITHUB_OUTPUT' | 'GITHUB_STATE'): void {
  const file = process.env[variable];
  if (!file) throw new RunnerFileError(`${variable} is not set`);
  accessSync(file, constants.W_OK);
}

/** The delete action, with what a workflow writes after `uses:` where the runner says that. */
function deleteAction(environment: NodeJS.ProcessEnv): string {
  const { GITHUB_ACTION_REPOSITORY: repository = '', GITHUB_ACTION_REF: ref = '' } = environment;
  const isKnown = /^[\w.-]+\/[\w.-]+$/.test(repository) && /^[\w./-]+$/.test(ref);
  return isKnown ? `the delete action (${repository}/delete@${ref})` : 'the delete action';
}

/** Without a runner the commands would show what they are to hide. */
function isReadByRunner(): boolean {
  const { env } = process;
  return env['GITHUB_ACTIONS'] === 'true' || SIGNS_OF_RUNNER.some((name) => env[name]);
}

/** Whether this is GitHub's own runner: its service sets RUNNER_ENVIRONMENT. */
function splitsMasks(): boolean {
  const { env } = process;
  return Boolean(env['RUNNER_ENVIRONMENT']) && !OTHER_RUNNERS.some((name) => env[name]);
}

/** The command that has a value masked, with the escapes of commands. */
function maskCommand(value: string): string {
  // Such as %0A for a line feed.
  return `::add-mask::${value.replace(/[%\r\n]/g, encodeURIComponent)}${EOL}`;
}
