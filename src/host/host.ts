import type { Failure } from '../failure.ts';
import type { SecretKeeper } from '../secret.ts';

/** Where inputs come from. */
export interface InputSource {
  /** without white space around it; empty when not given */
  input(name: string): string;
  /** as it was given, white space included */
  rawInput(name: string): string;
  /** absolute path of the folder that relative paths start at */
  readonly workspace: string;
  /** the variables of the job */
  readonly environment: NodeJS.ProcessEnv;
  readonly secrets: SecretKeeper;
}

/** The host's own words, for messages. */
export interface HostWords {
  /** what cleans up after the job, for example "the post step" */
  readonly cleanUp: string;
  /** what deletes agents, for example "the delete action (octo/agents/delete@v1)" */
  readonly deleteAction: string;
  /** when files can be saved before the machine is gone; follows "save them from there" */
  readonly saveFiles: string;
}

/** The program that a step runs in, such as GitHub's runner. Nothing secret is shown by it. */
export interface Host extends InputSource {
  readonly words: HostWords;
  /** What to do where this process may not write the host's files, in sentences. */
  readonly accessAdvice: string;
  /** a folder that is emptied when the job ends */
  readonly temporaryDirectory: string;
  info(line: string): void;
  /** Lines that a reader opens when they are needed. */
  group(title: string, lines: Iterable<string>): void;
  debug(line: string): void;
  notice(line: string): void;
  warn(line: string): void;
  /** The failure of the step: one line, one annotation. */
  fail(failure: Failure): void;
  /** Adds Markdown to the job summary. */
  summarise(markdown: string): Promise<void>;
  /** Throws when outputs can't be set. */
  checkOutputs(): void;
  /** Sets what later steps read. */
  setOutput(name: string, value: string): void;
  /** Has values masked in the log: those of one private key in one call. */
  mask(values: readonly string[]): void;
  /** Keeps a value for the clean-up after the job; one that is secret is masked before. */
  saveState(name: string, value: string): void;
  /** What was kept; empty when nothing was. */
  state(name: string): string;
}
