import type { Failure } from '../failure.ts';
import type { Host } from '../host/host.ts';
import { document } from '../text.ts';
import { failureMeans, helpLine, linkedCode, shownMessage } from './failure-list.ts';
import { FAILED } from './summary-parts.ts';

interface Options {
  /** what the step does; a job's summary has no other title for it */
  readonly doing: 'Creating agents' | 'Deleting agents';
  /** whether a summary is wanted */
  readonly isWanted: boolean;
}

/** The job summary of a step: its results, and why it failed, even when there are no results. */
export class StepSummary {
  readonly #host: Pick<Host, 'summarise' | 'environment' | 'secrets'>;
  readonly #options: Options;
  #hasResults = false;
  #told: Failure | undefined;
  /** one part is written after the other */
  #written: Promise<void> = Promise.resolve();

  constructor(host: Pick<Host, 'summarise' | 'environment' | 'secrets'>, options: Options) {
    this.#host = host;
    this.#options = options;
  }

  /** Writes the results; `told` is the failure of the step that they explain. */
  write(markdown: string, told: Failure | undefined): Promise<void> {
    this.#hasResults = true;
    this.#told = told;
    return this.#append(markdown);
  }

  /** Writes why the step failed, unless the results already explain it. */
  async fail(failure: Failure): Promise<void> {
    if (failure === this.#told) return;
    const means = failureMeans(this.#host);
    // Beside results that may be a success, another title would contradict them.
    const what = this.#hasResults ? 'The step' : this.#options.doing;
    const title = `### ${FAILED} ${what} failed: ${linkedCode(failure, means)}`;
    const message = shownMessage(failure, means);
    await this.#append(document([title, message, helpLine([failure], means)]));
  }

  #append(markdown: string): Promise<void> {
    if (this.#options.isWanted) {
      this.#written = this.#written.then(() => this.#host.summarise(markdown));
    }
    return this.#written;
  }
}
