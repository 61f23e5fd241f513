import type { Journal } from './destinations/journal.ts';
import {
  digestsOf,
  JOURNAL_STATE,
  type JournalState,
  type Places,
  stateText,
} from './destinations/journal-state.ts';
import type { Host } from './host/host.ts';
import type { Inputs } from './inputs/create.ts';

/**
 * What the post step needs to find everything that a step creates. Saved again as soon as more is
 * known.
 */
export class SavedState {
  readonly #host: Pick<Host, 'saveState'>;
  readonly #journal: Journal;
  #state: JournalState;

  /** Saves what is known before anything is created. Throws if the state can't be saved. */
  constructor(host: Pick<Host, 'saveState' | 'secrets'>, journal: Journal, places: Places) {
    const { path, key } = journal;
    this.#host = host;
    this.#journal = journal;
    this.#state = {
      path,
      key,
      rehearsed: false,
      keepsKey: false,
      digests: digestsOf(places, key),
    };
    // With debug logging, the runner prints the state.
    host.secrets.mask([key]);
    host.saveState(JOURNAL_STATE, stateText(this.#state));
  }

  rehearsed(): void {
    this.#change({ rehearsed: true });
  }

  keepsKey(): void {
    if (!this.#state.keepsKey) this.#change({ keepsKey: true });
  }

  /** Nothing more will be noted. */
  ended(): void {
    this.#change({ lines: this.#journal.lines });
  }

  /** There is nothing to clean up. */
  clear(): void {
    this.#save('');
  }

  #change(changes: Partial<JournalState>): void {
    this.#state = { ...this.#state, ...changes };
    this.#save(stateText(this.#state));
  }

  /** A later state only adds to it, so the step continues without it. */
  #save(text: string): void {
    try {
      this.#host.saveState(JOURNAL_STATE, text);
    } catch (error) {
      this.#journal.problem ??= error;
    }
  }
}

/** Where everything is created, according to the inputs. */
export function placesOf(inputs: Inputs): Places {
  const clientIds = inputs.agents.map(({ expectedClientId }) => expectedClientId);
  return { ...inputs, files: { ...inputs, clientIds } };
}
