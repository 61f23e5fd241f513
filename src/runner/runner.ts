import { existsSync } from 'node:fs';
import { EOL, tmpdir } from 'node:os';
import { errorCode, type Failure } from '../failure.ts';
import { showFailure } from '../shown.ts';
import { issue, issueFileCommand, prepareKeyValueMessage, summary } from './protocol.ts';
import { RunnerSecrets } from './secrets.ts';

/** As much of a long group is printed at once, in characters: a fleet has thousands of lines. */
const PIECE = 16_384;

/** The command that has a value masked, with the escapes of commands. */
function maskCommand(value: string): string {
  // Such as %0A for a line feed.
  return `::add-mask::${value.replace(/[%\r\n]/g, encodeURIComponent)}${EOL}`;
}

/**
 * GitHub's runner, as an action sees it. Everything that is printed goes through here, on standard
 * output only: the runner reads standard error first, and so would show what is not masked yet.
 */
export class Runner {
  readonly secrets = new RunnerSecrets((values) => {
    // Without a runner the commands would show what they are to hide.
    if (process.env['GITHUB_ACTIONS'] !== 'true') return;
    // As the toolkit's setSecret does, but at once: a key has dozens of masks.
    process.stdout.write(values.map(maskCommand).join(''));
  });

  readonly #isDebug = process.env['RUNNER_DEBUG'] === '1';

  /** The value of an input as it was given, without white space around it. */
  input(name: string): string {
    return this.rawInput(name).trim();
  }

  /** The value of an input to the letter. */
  rawInput(name: string): string {
    return process.env[`INPUT_${name.toUpperCase()}`] ?? '';
  }

  /** The folder that relative paths start at. */
  get workspace(): string {
    return process.env['GITHUB_WORKSPACE'] || process.cwd();
  }

  /** The variables of the job. */
  get environment(): NodeJS.ProcessEnv {
    return process.env;
  }

  /** A folder that the runner empties when the job ends. */
  get temporaryDirectory(): string {
    return process.env['RUNNER_TEMP'] || tmpdir();
  }

  info(message: string): void {
    process.stdout.write(`${this.#line(message)}${EOL}`);
  }

  /** Lines that a reader opens when they are needed. */
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

  notice(message: string): void {
    issue('notice', this.#line(message));
  }

  debug(message: string): void {
    // The runner would drop it; a fleet has thousands.
    if (this.#isDebug) issue('debug', this.#line(message));
  }

  warn(message: string): void {
    issue('warning', this.#line(message));
  }

  /** The failure of the step: one line, one annotation. */
  fail(failure: Failure): void {
    this.#traceBug(failure);
    issue('error', this.#line(showFailure(failure, (text) => this.secrets.redact(text))));
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

  /** Adds Markdown to the job summary. A summary that can't be written is not worth a failure. */
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
