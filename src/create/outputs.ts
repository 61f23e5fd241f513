import { errorCode, Failure } from '../failure.ts';
import type { Agent, Fate } from './fate.ts';

/** GitHub takes about so much for the outputs of a job, in UTF-16 units. */
const LARGEST_OUTPUT = 500_000;

/** What became of each agent, as JSON. */
export function resultsOf(fates: readonly Fate[]): string {
  return JSON.stringify(fates.map(({ agent, failure }) => ({ ...agent, code: failure?.code })));
}

/** Takes what later steps read. */
export interface OutputSink {
  setOutput(name: string, value: string): void;
}

/** The outputs of the create action; none is or contains a secret. */
export class Outputs {
  readonly #sink: OutputSink;
  readonly #several: boolean;
  readonly #written = new Map<string, string>();
  #problem: unknown;

  /** With several agents only `agents` is set. */
  constructor(sink: OutputSink, options: { readonly several: boolean }) {
    this.#sink = sink;
    this.#several = options.several;
  }

  /** Sets what is known of the only agent. */
  known({ name: _, ...known }: Agent): void {
    if (this.#several) return;
    for (const [output, value] of Object.entries(known)) {
      this.#set(output, typeof value === 'object' ? value.join('\n') : value);
    }
  }

  /** Sets all results; gives false for more than an output has room for. */
  agents(results: string): boolean {
    if (results.length > LARGEST_OUTPUT) return false;
    this.#set('agents', results);
    return true;
  }

  /** Throws when an output could not be written: told last, because a key was more important. */
  throwProblem(): void {
    if (this.#problem === undefined) return;
    throw new Failure(
      'delivery-failed',
      `The outputs of the step could not be written (${errorCode(this.#problem)}). What was issued is where the log says.`,
      { cause: this.#problem },
    );
  }

  #set(output: string, value: string | undefined): void {
    if (value === undefined || this.#written.get(output) === value) return;
    try {
      this.#sink.setOutput(output, value);
      this.#written.set(output, value);
    } catch (error) {
      this.#problem ??= error;
    }
  }
}
