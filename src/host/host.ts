import type { Failure } from '../failure.ts';
import type { SecretKeeper } from '../secret.ts';

/** Where inputs come from. */
export interface InputSource {
  /** without white space around it; empty if not set */
  input(name: string): string;
  /** verbatim, including white space */
  rawInput(name: string): string;
  /** absolute path of the directory at which relative paths start */
  readonly workspace: string;
  /** the environment variables of the job */
  readonly environment: NodeJS.ProcessEnv;
  readonly secrets: SecretKeeper;
}

/** The host's own terms for messages. */
export interface HostWords {
  /** what cleans up after the job, for example "the post step" */
  readonly cleanUp: string;
  /** what deletes agents, for example "the delete action (octo/agents/delete@v1)" */
  readonly deleteAction: string;
  /** when files can be saved before the runner is gone; follows "save them from there" */
  readonly saveFiles: string;
}

/** The program that a step runs in, such as GitHub's runner. Shows nothing secret. */
export interface Host extends InputSource {
  readonly words: HostWords;
  /** What to do if this process can't write the host's files: whole sentences. */
  readonly accessAdvice: string;
  /** a directory that is emptied when the job ends */
  readonly temporaryDirectory: string;
  info(line: string): void;
  /** Prints lines that a reader can unfold. */
  group(title: string, lines: Iterable<string>): void;
  debug(line: string): void;
  notice(line: string): void;
  warn(line: string): void;
  /** Reports the failure of the step: one line, one annotation. */
  fail(failure: Failure): void;
  /** Adds Markdown to the job summary. */
  summarise(markdown: string): Promise<void>;
  /** Throws if outputs can't be set. */
  checkOutputs(): void;
  /** Sets an output for later steps. */
  setOutput(name: string, value: string): void;
  /** Masks values in the log. Takes those of one private key in one call. */
  mask(values: readonly string[]): void;
  /** Saves a value for the clean-up after the job. Mask a secret value first. */
  saveState(name: string, value: string): void;
  /** The saved value; empty if there is none. */
  state(name: string): string;
}
