import { systemClock } from '../http/clock.ts';
import type { Runner } from '../runner/runner.ts';
import type { Report } from './create.ts';
import type { Agent, Fate } from './fate.ts';
import { connectLines, howToConnect } from './how-to-connect.ts';
import type { Inputs } from './inputs.ts';
import { detailsOf, logLineOf } from './log.ts';
import type { Outputs } from './outputs.ts';
import { Progress } from './progress.ts';
import { DRY_RUN_NOTE, summaryOf } from './summary.ts';

/** Of more agents than this, the log tells the progress, and their lines in the group of details. */
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
    if (!dryRun) this.#tellDetails(fates);
    else if (fates.every(({ failure }) => failure === undefined)) this.#runner.info(DRY_RUN_NOTE);
    const connect = howToConnect(fates, {
      tenant: endpoints.tenant,
      broker,
      brokerCa: brokerCa?.path,
      now: new Date(systemClock.now()),
    });
    const lines = connect ? connectLines(connect) : [];
    if (connect !== undefined && lines.length > 0) {
      this.#runner.group(`How to connect as ${connect.clientId}`, lines);
    }
    if (summary) await this.#runner.summarise(summaryOf(fates, { dryRun, connect }));
  }

  #tellDetails(fates: readonly Fate[]): void {
    const isKnown = fates.some(({ agent }) => agent.clientId !== undefined);
    if (this.#progress === undefined && !isKnown) return;
    const [first] = fates;
    const whose = fates.length === 1 ? `agent ${first?.agent.name}` : `${fates.length} agents`;
    this.#runner.group(`Details of ${whose}`, this.#linesOf(fates));
  }

  /** One after the other: a fleet has thousands. */
  *#linesOf(fates: readonly Fate[]): Iterable<string> {
    for (const fate of fates) {
      // Where the progress was told, this is the first time that an agent is spoken of.
      if (this.#progress !== undefined) yield this.#lineOf(fate);
      const details = detailsOf(fate);
      if (details !== undefined) yield details;
    }
  }

  #lineOf(fate: Fate): string {
    const { secrets } = this.#runner;
    return logLineOf(fate, { several: this.#inputs.several, secrets });
  }
}
