import type { Warning } from '../failure.ts';
import type { Host } from '../host/host.ts';
import { systemClock } from '../http/clock.ts';
import { headlineOf } from './deleted-summary.ts';
import { deleteWork, secondsFor } from './estimate.ts';
import { firstOf, linesOf, MOST_TOLD, Warnings } from './lists.ts';
import { countProgress, duration, lineOf, lineOfCertificate, titleOf } from './log.ts';
import type { AgentResult, CertificateResult, Deleted } from './result.ts';

/** What a step should delete. */
export interface DeleteScope {
  readonly agents: number;
  /** those given by their ids */
  readonly certificates: number;
  readonly dryRun: boolean;
  /** whether it takes so long that progress is logged even for a few */
  readonly isLong: boolean;
}

/**
 * The log of what is deleted. Up to twenty agents and certificates have a line each. For more, there
 * are as few lines as possible, but everything that is left is named.
 */
export class DeleteReport {
  readonly #host: Host;
  readonly #several: boolean;
  readonly #dryRun: boolean;
  readonly #isMany: boolean;
  readonly #warnings: Warnings;
  readonly #begun = systemClock.now();
  readonly #count: ReturnType<typeof countProgress> | undefined;
  #agentsDone = 0;
  #failuresTold = 0;
  /** whether an agent has a certificate that could not be deleted */
  #hasFound = false;

  /** `several`: whether each failure is logged in full, because that of the step says less */
  constructor(host: Host, scope: DeleteScope, { several }: { readonly several: boolean }) {
    const { agents, certificates, dryRun, isLong } = scope;
    this.#host = host;
    this.#several = several;
    this.#dryRun = dryRun;
    this.#isMany = agents + certificates > MOST_TOLD;
    this.#warnings = new Warnings(host, { isMany: this.#isMany });
    if (!this.#isMany && !isLong) return;
    const tell = (line: string) => host.info(line);
    this.#count = countProgress(agents + certificates, systemClock, tell, () =>
      leastTimeFor(agents - this.#agentsDone),
    );
  }

  warn(warning: Warning): void {
    if (warning.about !== undefined) this.#hasFound = true;
    this.#warnings.add(warning);
  }

  finished(result: AgentResult): void {
    this.#agentsDone += 1;
    this.#tell(result, () => lineOf(result, this.#lineOptions));
  }

  finishedCertificate(result: CertificateResult): void {
    this.#tell(result, () => lineOfCertificate(result, this.#lineOptions));
  }

  /** The warnings that the log shows by kind only, for the summary. */
  get untold(): readonly string[] {
    return this.#warnings.untold;
  }

  /** For many, logs what was not found, what is left, and the result. */
  end(deleted: Deleted, { namesLeft = true } = {}): void {
    if (!this.#isMany) return;
    const { agents, certificates } = deleted;
    this.#warnings.end({ whole: true });
    const absent = [
      ...agents.flatMap(({ state, name }) => (state === 'absent' ? name : [])),
      ...certificates.flatMap(({ state, certificateId: id }) =>
        state === 'absent' ? `certificate ${id}` : [],
      ),
    ];
    if (absent.length > 0) {
      this.#host.info(`Not found (${absent.length}): ${firstOf(absent)}`);
    }
    const left = namesLeft ? leftLines(deleted, this.#dryRun) : [];
    for (const line of left) this.#host.info(line);
    const time = duration((systemClock.now() - this.#begun) / 1000);
    this.#host.info(`Insights Hub ${headlineOf(agents, certificates)}, in ${time}`);
  }

  /** Warns when nothing was found: a wrong name looks just like an agent that was deleted before. */
  warnOfAbsence({ agents, certificates }: Deleted): void {
    const isAbsent = [...agents, ...certificates].every(({ state }) => state === 'absent');
    const states = agents.map(({ certificateState }) => certificateState);
    const hasDeleted = states.some((state) => state === 'deleted' || state === 'would-delete');
    if (!isAbsent || hasDeleted || this.#hasFound) return;
    this.#host.warn(
      'None of the agents and certificates was found in Insights Hub. If they were deleted before, you can ignore this. If not, check `tenant`, `client-id-prefix`, and the names and ids.',
    );
  }

  #tell({ state }: Pick<AgentResult, 'state'>, line: () => string): void {
    const isTold = state === 'failed' && this.#failuresTold < MOST_TOLD;
    if (!this.#isMany || isTold) this.#host.info(line());
    if (isTold) this.#failuresTold += 1;
    this.#count?.({ state });
  }

  get #lineOptions() {
    return { several: this.#several, secrets: this.#host.secrets };
  }
}

/** The seconds that look-ups alone take: agents that don't exist take no more. */
function leastTimeFor(agents: number): number {
  return secondsFor(
    deleteWork({ agents, certificates: 0, deleteCertificate: false, dryRun: true }),
  );
}

/** Everything that is left or may be left, in lines of many names. */
function leftLines({ agents, certificates }: Deleted, dryRun: boolean): readonly string[] {
  const failed = agents.filter(({ state }) => state === 'failed');
  const unknown = agents.filter(
    ({ state, certificateState }) => state !== 'failed' && certificateState === 'unknown',
  );
  const ids = certificates.flatMap(({ state, certificateId }) =>
    state === 'failed' ? certificateId : [],
  );
  const settings = failed.flatMap(({ remaining = [] }) => remaining.map(titleOf));
  const clientIds = (results: readonly AgentResult[]) =>
    results.map(({ name, ids: known }) => known?.clientId ?? name);
  return [
    ...linesOf(`Failed agents (${failed.length}), by client id`, clientIds(failed)),
    ...linesOf(`Failed certificates (${ids.length})`, ids),
    ...linesOf(`Secrets and variables that were not deleted (${settings.length})`, settings),
    ...(dryRun
      ? []
      : linesOf(
          `Agents whose certificates may be left (${unknown.length}), by client id`,
          clientIds(unknown),
        )),
  ];
}
