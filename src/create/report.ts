import { systemClock } from '../http/clock.ts';
import type { Runner } from '../runner/runner.ts';
import type { Report } from './create.ts';
import type { Agent, Fate } from './fate.ts';
import { connectLines, howToConnect } from './how-to-connect.ts';
import type { Inputs } from './inputs.ts';
import { logLineOf } from './log.ts';
import type { Outputs } from './outputs.ts';
import { Progress } from './progress.ts';
import { summaryOf } from './summary.ts';

/** Of more agents than this, the log tells the progress, and the details in a group at the end. */
const MANY = 10;

/** What a person reads of a run, while it goes on and when it is done. */
export class RunReport implements Report {
  readonly #runner: Runner;
  readonly #inputs: Inputs;
  readonly #outputs: Outputs;
  readonly #progress: Progress | undefined;

  constructor(runner: Runner, inputs: Inputs, outputs: Outputs) {
    this.#runner = runner;
    this.#inputs = inputs;
    this.#outputs = outputs;
    const { length } = inputs.agents;
    this.#progress =
      length > MANY ? new Progress(length, systemClock, (line) => runner.info(line)) : undefined;
  }

  known(agent: Agent): void {
    this.#outputs.known(agent);
  }

  finished(fate: Fate): void {
    if (this.#progress === undefined) this.#runner.info(this.#lineOf(fate));
    else this.#progress.finished({ failed: fate.failure !== undefined });
  }

  /** Details, how to connect, and the job summary. */
  async end(fates: readonly Fate[]): Promise<void> {
    const { endpoints, broker, brokerCa, dryRun, summary } = this.#inputs;
    if (this.#progress !== undefined && !dryRun) {
      this.#runner.group(`Details of ${fates.length} agents`, this.#linesOf(fates));
    }
    const connect = howToConnect(fates, {
      tenant: endpoints.tenant,
      broker,
      brokerCa: brokerCa?.path,
      now: new Date(systemClock.now()),
    });
    for (const line of connect ? connectLines(connect) : []) this.#runner.info(line);
    if (summary) await this.#runner.summarise(summaryOf(fates, { dryRun, connect }));
  }

  /** One after the other: a fleet has thousands. */
  *#linesOf(fates: readonly Fate[]): Iterable<string> {
    for (const fate of fates) yield this.#lineOf(fate);
  }

  #lineOf(fate: Fate): string {
    const { secrets } = this.#runner;
    return logLineOf(fate, { several: this.#inputs.several, secrets });
  }
}
