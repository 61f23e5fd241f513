import { existsSync } from 'node:fs';
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
import { describeFailure } from '../text.ts';
import type { Host } from './host.ts';

/** As much of a long group is printed at once, in characters: a fleet has thousands of lines. */
const PIECE = 16_384;

/**
 * GitHub's runner, as an action sees it. Prints on standard output only: the runner reads standard
 * error first, and would show there what is not masked yet.
 */
export class GitHubRunner implements Host {
  readonly secrets = new KnownSecrets((values) => this.mask(values));

  readonly words = {
    cleanUp: 'the post step',
    saveFiles: 'in a later step (with `if: always()`)',
  };

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
    // Without a runner the commands would show what they are to hide.
    if (process.env['GITHUB_ACTIONS'] !== 'true') return;
    // As the toolkit's setSecret does, but at once: a key has dozens of masks.
    process.stdout.write(values.map(maskCommand).join(''));
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
    if (this.#isDebug) issue('debug', this.#line(this.secrets.redactPieces(line)));
  }

  warn(line: string): void {
    issue('warning', this.#line(line));
  }

  fail(failure: Failure): void {
    this.#traceBug(failure);
    issue('error', this.#line(describeFailure(failure, this.secrets)));
  }

  setOutput(name: string, value: string): void {
    issueFileCommand('OUTPUT', prepareKeyValueMessage(name, value));
  }

  saveState(name: string, value: string): void {
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
    return this.secrets
      .redact(message)
      .replace(/[\r\n]+/g, ' ')
      .replaceAll('##[', '## [');
  }
}

/** The command that has a value masked, with the escapes of commands. */
function maskCommand(value: string): string {
  // Such as %0A for a line feed.
  return `::add-mask::${value.replace(/[%\r\n]/g, encodeURIComponent)}${EOL}`;
}
