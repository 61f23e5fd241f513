import type { Warning } from '../failure.ts';
import type { Host } from '../host/host.ts';
import { systemClock } from '../http/clock.ts';
import type { Inputs } from '../inputs/create.ts';
import { connectLines, howToConnect } from './connect.ts';
import { createWork, estimateLine, secondsFor } from './estimate.ts';
import { troubleshootingUrl } from './failure-list.ts';
import { firstOf, MOST_TOLD, Warnings } from './lists.ts';
import { countProgress, detailsOf, duration, lineOf } from './log.ts';
import type { Outputs } from './outputs.ts';
import type { AgentFacts, AgentResult } from './result.ts';
import { DRY_RUN_NOTE, summaryOfCreated } from './summary.ts';

/**
 * What a person reads of a run of the create action, while it goes on and when it is done. Of up to
 * twenty agents, the log has a line and details each; of more, as few lines as possible.
 */
export class CreateReport {
  readonly #host: Host;
  readonly #inputs: Inputs;
  readonly #outputs: Outputs;
  readonly #isMany: boolean;
  readonly #warnings: Warnings;
  readonly #begun = systemClock.now();
  #count: ReturnType<typeof countProgress> | undefined;
  /** agents that are to be created, and those that were, or failed */
  #toCreate = 0;
  #tried = 0;
  /** failures that have a line */
  #failuresTold = 0;

  constructor(host: Host, inputs: Inputs, outputs: Outputs) {
    this.#host = host;
    this.#inputs = inputs;
    this.#outputs = outputs;
    this.#isMany = inputs.agents.length > MOST_TOLD;
    this.#warnings = new Warnings(host, { isMany: this.#isMany });
  }

  /** Before the first of so many agents is created: says how long it will take, if it is long. */
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

  /** More is known of an agent: of a list, the outputs tell it at the end. */
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

  /**
   * Details and how to connect, or what became of many; and the job summary. `isOnlyPlace`: the log
   * has to have all results, because they could be saved nowhere else.
   */
  async end(
    results: readonly AgentResult[],
    { isOnlyPlace = false }: { readonly isOnlyPlace?: boolean } = {},
  ): Promise<void> {
    const { dryRun, encrypted, summary } = this.#inputs;
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
    if (summary) {
      const { environment, secrets } = this.#host;
      const troubleshooting = troubleshootingUrl(environment);
      const warnings = this.#warnings.untold;
      const means = { secrets, troubleshooting, warnings };
      const markdown = summaryOfCreated(results, { dryRun, connect, encrypted, ...means });
      await this.#host.summarise(markdown);
    }
    if (this.#isMany && !dryRun) this.#tellMany(results);
  }

  /** The seconds that the quotas alone need for the agents that are left. */
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

  /** One line for all that were skipped, and one with the result. */
  #tellMany(results: readonly AgentResult[]): void {
    const of = (...states: readonly AgentResult['state'][]) =>
      results.filter(({ state }) => states.includes(state));
    const skipped = of('skipped');
    if (skipped.length > 0) {
      const names = firstOf(skipped.map(({ name }) => name));
      this.#host.info(`Skipped ${skipped.length} agents (their files are there): ${names}`);
    }
    const failed = of('failed').length;
    const counts = [
      `${of('created', 'connected').length} created`,
      skipped.length > 0 ? `${skipped.length} there already` : '',
      failed > 0 ? `${failed} failed` : '',
    ].filter(Boolean);
    const hasKeys = this.#inputs.encrypted && results.some(({ ids }) => ids !== undefined);
    const keys = hasKeys ? ' The private keys are encrypted.' : '';
    const time = duration((systemClock.now() - this.#begun) / 1000);
    const rest = failed > this.#failuresTold ? ' `agents` says why each failed.' : '';
    const line = `${results.length} agents: ${counts.join(', ')}; in ${time}.${keys}${rest}`;
    this.#host.info(line);
  }

  #detailsOf(results: readonly AgentResult[]): readonly string[] {
    return results.flatMap((result) => detailsOf(result, this.#inputs) ?? []);
  }

  #lineOf(result: AgentResult): string {
    return lineOf(result, { several: this.#inputs.several, secrets: this.#host.secrets });
  }
}
