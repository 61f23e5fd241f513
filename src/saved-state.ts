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

/** What leads the post step to all that a step makes: saved as soon as there is more to know. */
export class SavedState {
  readonly #host: Pick<Host, 'saveState'>;
  readonly #journal: Journal;
  #state: JournalState;

  /** Saves what is known before anything is made. Throws when the state can't be saved. */
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

  /** No more is noted. */
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

  /** A later state only says more, so the step goes on without it. */
  #save(text: string): void {
    try {
      this.#host.saveState(JOURNAL_STATE, text);
    } catch (error) {
      this.#journal.problem ??= error;
    }
  }
}

/** Where the inputs have everything made. */
export function placesOf(inputs: Inputs): Places {
  const clientIds = inputs.agents.map(({ expectedClientId }) => expectedClientId);
  return { ...inputs, files: { ...inputs, clientIds } };
}
