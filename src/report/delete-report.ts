import type { Warning } from '../failure.ts';
import type { Host } from '../host/host.ts';
import { systemClock } from '../http/clock.ts';
import { headlineOf } from './deleted-summary.ts';
import { deleteWork, secondsFor } from './estimate.ts';
import { firstOf, linesOf, MOST_TOLD, Warnings } from './lists.ts';
import { countProgress, duration, lineOf, lineOfCertificate, titleOf } from './log.ts';
import type { AgentResult, CertificateResult, Deleted } from './result.ts';

/** What a step is to delete. */
export interface DeleteScope {
  readonly agents: number;
  /** those that are given by their ids */
  readonly certificates: number;
  readonly dryRun: boolean;
  /** whether it takes so long that its progress is told, however few there are */
  readonly isLong: boolean;
}

/**
 * The log of what is deleted. Of up to twenty agents and certificates it has a line each; of more, as
 * few lines as possible, but what is left behind is named whole.
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

  /** `several`: whether the failure of one is told in full, because that of the step says less */
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

  /** The warnings that were not told in their own words, for the summary. */
  get untold(): readonly string[] {
    return this.#warnings.untold;
  }

  /** Says of many what was not there, what is left, and the result. */
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
      this.#host.info(`Not there, ${absent.length} in all: ${firstOf(absent)}`);
    }
    const left = namesLeft ? leftLines(deleted, this.#dryRun) : [];
    for (const line of left) this.#host.info(line);
    const time = duration((systemClock.now() - this.#begun) / 1000);
    this.#host.info(`Insights Hub ${headlineOf(agents, certificates)}; in ${time}`);
  }

  /** Warns when nothing was there: a wrong name looks just like what was deleted before. */
  warnOfAbsence({ agents, certificates }: Deleted): void {
    const isAbsent = [...agents, ...certificates].every(({ state }) => state === 'absent');
    const states = agents.map(({ certificateState }) => certificateState);
    const hasDeleted = states.some((state) => state === 'deleted' || state === 'would-delete');
    if (!isAbsent || hasDeleted || this.#hasFound) return;
    this.#host.warn(
      'Nothing that was asked for is in Insights Hub. If it was ended before, all is well; if not, check `tenant`, `client-id-prefix` and the names and ids: wrong ones look the same.',
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

/** The seconds that look-ups alone need: what is not there takes no more. */
function leastTimeFor(agents: number): number {
  return secondsFor(
    deleteWork({ agents, certificates: 0, deleteCertificate: false, dryRun: true }),
  );
}

/** Everything that is left, or may be, in lines of many names. */
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
    ...linesOf(`Secrets and variables that were not removed (${settings.length})`, settings),
    ...(dryRun
      ? []
      : linesOf(
          `Agents whose certificates may be left (${unknown.length}), by client id`,
          clientIds(unknown),
        )),
  ];
}
