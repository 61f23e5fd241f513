import type { Host } from '../host/host.ts';
import { systemClock } from '../http/clock.ts';
import type { Inputs } from '../inputs/create.ts';
import { connectLines, howToConnect } from './connect.ts';
import { createWork, estimateLine, secondsFor } from './estimate.ts';
import { countProgress, detailsOf, lineOf } from './log.ts';
import type { Outputs } from './outputs.ts';
import type { AgentFacts, AgentResult } from './result.ts';
import { DRY_RUN_NOTE, summaryOfCreated } from './summary.ts';

/** Of more agents than this, the log tells the progress, and their lines among the details. */
const MANY = 10;

/** What a person reads of a run of the create action, while it goes on and when it is done. */
export class CreateReport {
  readonly #host: Host;
  readonly #inputs: Inputs;
  readonly #outputs: Outputs;
  readonly #count: ReturnType<typeof countProgress> | undefined;
  /** agents that are to be created, and those that were, or failed */
  #toCreate = 0;
  #tried = 0;

  constructor(host: Host, inputs: Inputs, outputs: Outputs) {
    this.#host = host;
    this.#inputs = inputs;
    this.#outputs = outputs;
    const { length } = inputs.agents;
    if (length <= MANY) return;
    const tell = (line: string) => host.info(line);
    this.#count = countProgress(length, systemClock, tell, () => this.#leastTime());
  }

  /** Before the first of so many agents is created: says how long it will take, if it is long. */
  begin(agents: number): void {
    if (this.#inputs.dryRun) return;
    this.#toCreate = agents;
    const line = estimateLine(createWork(agents, this.#inputs));
    if (line !== undefined) this.#host.info(line);
  }

  /** More is known of an agent: of a list, the outputs tell it at the end. */
  known(facts: AgentFacts): void {
    if (!this.#inputs.several) this.#outputs.known(facts);
  }

  finished(result: AgentResult): void {
    if (result.state !== 'skipped') this.#tried += 1;
    if (this.#count === undefined) this.#host.info(this.#lineOf(result));
    else this.#count(result);
  }

  /** Details, how to connect, and the job summary. */
  async end(results: readonly AgentResult[]): Promise<void> {
    const { dryRun, summary } = this.#inputs;
    if (!dryRun) this.#tellDetails(results);
    else if (results.every(({ state }) => state !== 'failed')) this.#host.info(DRY_RUN_NOTE);
    const connect = howToConnect(results, this.#inputs, new Date(systemClock.now()));
    const lines = connect ? connectLines(connect) : [];
    if (lines.length > 0) this.#host.group(`How to connect as ${connect?.clientId}`, lines);
    if (summary) await this.#host.summarise(summaryOfCreated(results, { dryRun, connect }));
  }

  /** The seconds that the quotas alone need for the agents that are left. */
  #leastTime(): number {
    const secondsOf = (agents: number) => secondsFor(createWork(agents, this.#inputs));
    return secondsOf(this.#toCreate) - secondsOf(this.#tried);
  }

  #tellDetails(results: readonly AgentResult[]): void {
    const isKnown = results.some(({ ids }) => ids !== undefined);
    if (this.#count === undefined && !isKnown) return;
    const whose = results.length === 1 ? `agent ${results[0]?.name}` : `${results.length} agents`;
    this.#host.group(`Details of ${whose}`, this.#detailsOf(results));
  }

  /** One line after the other: a fleet has thousands. */
  *#detailsOf(results: readonly AgentResult[]): Iterable<string> {
    for (const result of results) {
      // Where the progress was told, this is the first time that an agent is spoken of.
      if (this.#count !== undefined) yield this.#lineOf(result);
      const details = detailsOf(result);
      if (details !== undefined) yield details;
    }
  }

  #lineOf(result: AgentResult): string {
    return lineOf(result, { several: this.#inputs.several, secrets: this.#host.secrets });
  }
}
