import type { Failure, Warning } from '../failure.ts';
import type { Host } from '../host/host.ts';
import { systemClock } from '../http/clock.ts';
import type { Inputs } from '../inputs/create.ts';
import { connectLines, howToConnect } from './connect.ts';
import { createWork, estimateLine, secondsFor } from './estimate.ts';
import { failureMeans } from './failure-list.ts';
import { firstOf, MOST_TOLD, Warnings } from './lists.ts';
import { countProgress, detailsOf, duration, lineOf } from './log.ts';
import type { Outputs } from './outputs.ts';
import type { AgentFacts, AgentResult } from './result.ts';
import type { StepSummary } from './step-summary.ts';
import { countsOf, DRY_RUN_NOTE, summaryOfCreated } from './summary.ts';

interface EndOptions {
  /** whether the log must contain all results, because they could be saved nowhere else */
  readonly isOnlyPlace?: boolean;
  /** of the step */
  readonly failure?: Failure | undefined;
}

/**
 * The log and the summary of the create action, during the run and at its end. Up to twenty agents
 * have a line and details each. For more, there are as few lines as possible.
 */
export class CreateReport {
  readonly #host: Host;
  readonly #inputs: Inputs;
  readonly #outputs: Outputs;
  readonly #summary: StepSummary;
  readonly #isMany: boolean;
  readonly #warnings: Warnings;
  readonly #begun = systemClock.now();
  #count: ReturnType<typeof countProgress> | undefined;
  /** agents to be created, and those that were created or failed */
  #toCreate = 0;
  #tried = 0;
  /** failures that have a log line */
  #failuresTold = 0;

  constructor(host: Host, inputs: Inputs, outputs: Outputs, summary: StepSummary) {
    this.#host = host;
    this.#summary = summary;
    this.#inputs = inputs;
    this.#outputs = outputs;
    this.#isMany = inputs.agents.length > MOST_TOLD;
    this.#warnings = new Warnings(host, { isMany: this.#isMany });
  }

  /** Says, before the first agent is created, how long this many take, if it is long. */
  begin(agents: number): void {
    if (this.#inputs.dryRun) return;
    this.#toCreate = agents;
    const line = estimateLine(createWork(agents, this.#inputs));
    if (line !== undefined) this.#host.info(line);
    if (line === undefined && !this.#isMany) return;
    const tell = (progress: string) => this.#host.info(progress);
    const { length } = this.#inputs.agents;
    this.#count = countProgress(length, systemClock, tell, () => this.#leastTime());
  }

  /** Sets the outputs of a single agent; those of a list are set at the end. */
  known(facts: AgentFacts): void {
    if (!this.#inputs.several) this.#outputs.known(facts);
  }

  warn(warning: Warning): void {
    this.#warnings.add(warning);
  }

  finished(result: AgentResult): void {
    if (result.state !== 'skipped') this.#tried += 1;
    const isTold = result.state === 'failed' && this.#failuresTold < MOST_TOLD;
    if (!this.#isMany || isTold) this.#host.info(this.#lineOf(result));
    if (isTold) this.#failuresTold += 1;
    this.#count?.(result);
  }

  /** Logs the details and how to connect, or the counts of many, and writes the job summary. */
  async end(
    results: readonly AgentResult[],
    { isOnlyPlace = false, failure }: EndOptions = {},
  ): Promise<void> {
    const { dryRun, encrypted } = this.#inputs;
    const connect = howToConnect(results, this.#inputs, new Date(systemClock.now()));
    if (dryRun && results.every(({ state }) => state !== 'failed')) this.#host.info(DRY_RUN_NOTE);
    if (this.#isMany) this.#warnings.end({ whole: false });
    else if (!dryRun) this.#tellFew(results, connect);
    if (this.#isMany && isOnlyPlace) {
      const lineAndDetails = (result: AgentResult) => [
        this.#lineOf(result),
        ...this.#detailsOf([result]),
      ];
      this.#host.group(`Details of ${results.length} agents`, results.flatMap(lineAndDetails));
    }
    const facts = { dryRun, connect, encrypted, warnings: this.#warnings.untold, failure };
    const markdown = summaryOfCreated(results, { ...facts, ...failureMeans(this.#host) });
    await this.#summary.write(markdown, failure);
    if (this.#isMany && !dryRun) this.#tellMany(results);
  }

  /** The seconds that the rest of the agents take because of the quotas alone. */
  #leastTime(): number {
    const secondsOf = (agents: number) => secondsFor(createWork(agents, this.#inputs));
    return secondsOf(this.#toCreate) - secondsOf(this.#tried);
  }

  #tellFew(results: readonly AgentResult[], connect: ReturnType<typeof howToConnect>): void {
    const details = this.#detailsOf(results);
    const whose = results.length === 1 ? `agent ${results[0]?.name}` : `${results.length} agents`;
    if (details.length > 0) this.#host.group(`Details of ${whose}`, details);
    const lines = connect ? connectLines(connect) : [];
    if (lines.length > 0) this.#host.group(`How to connect as ${connect?.clientId}`, lines);
  }

  /** One line for all skipped agents, and one with the result. */
  #tellMany(results: readonly AgentResult[]): void {
    const of = (...states: readonly AgentResult['state'][]) =>
      results.filter(({ state }) => states.includes(state));
    const skipped = of('skipped');
    if (skipped.length > 0) {
      const names = firstOf(skipped.map(({ name }) => name));
      this.#host.info(`Skipped ${skipped.length} agents (their files exist): ${names}`);
    }
    const failed = of('failed').length;
    const counts = countsOf(results, { dryRun: false });
    const hasKeys = this.#inputs.encrypted && results.some(({ ids }) => ids !== undefined);
    const keys = hasKeys ? ' The private keys are encrypted.' : '';
    const time = duration((systemClock.now() - this.#begun) / 1000);
    const rest = failed > this.#failuresTold ? ' The output `agents` says why each failed.' : '';
    const comma = counts.includes(':') ? ',' : '';
    const line = `${counts}${comma} in ${time}.${keys}${rest}`;
    this.#host.info(line);
  }

  #detailsOf(results: readonly AgentResult[]): readonly string[] {
    return results.flatMap((result) => detailsOf(result, this.#inputs) ?? []);
  }

  #lineOf(result: AgentResult): string {
    return lineOf(result, { several: this.#inputs.several, secrets: this.#host.secrets });
  }
}
