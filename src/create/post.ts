import { removeFile, removeFiles } from '../destinations/clean-up.ts';
import { type Made, readJournal } from '../destinations/journal.ts';
import type { Runner } from '../runner/runner.ts';
import { runPostStep } from '../runner/step.ts';
import { JOURNAL_STATE } from './state.ts';

/** The entry of the create action's post step. */
export function cleanUp(): Promise<void> {
  return runPostStep(async (runner) => {
    const journal = runner.state(JOURNAL_STATE);
    if (journal === '') return;
    const made = await readJournal(journal);
    // Keys first: that is quick, and what follows may take longer than the runner waits.
    const left = await removeFiles(made);
    if (left.length > 0) {
      runner.warn(`These could not be removed after the job: ${left.join(', ')}.`);
    }
    const isUndone = await undo(runner, made);
    if (left.length === 0 && isUndone) await removeFile(journal);
  });
}

/** Ends ephemeral agents and removes what was pushed for them; tells whether all is gone. */
async function undo(runner: Runner, made: readonly Made[]): Promise<boolean> {
  if (!made.some(({ kind }) => kind === 'agent' || kind === 'setting')) return true;
  const { undoEphemeral } = await import('./undo-ephemeral.ts');
  return undoEphemeral(runner, made);
}
