import path from 'node:path';
import { deleteFiles, deleteJournal, isFirstTime } from './destinations/clean-up.ts';
import type { Made } from './destinations/journal.ts';
import type { JournalState } from './destinations/journal-state.ts';
import { type Notes, readJournal } from './destinations/read-journal.ts';
import { errorCode } from './failure.ts';
import type { Host } from './host/host.ts';
import { warnOfLeft } from './report/left.ts';

/** Deletes what the notes of a step name, and what an ephemeral run made. */
export async function cleanUpNoted(host: Host, state: JournalState): Promise<void> {
  let notes: Notes;
  try {
    notes = await readJournal(state);
  } catch (error) {
    const { cleanUpLost } = await import('./post-lost.ts');
    return cleanUpLost(host, state, errorCode(error));
  }
  const { made, others, isWhole } = notes;
  // If a note is missing, nobody knows which key had to be kept.
  const kept = isWhole || !state.keepsKey ? [] : made.filter(isFile);
  // Keys first: that is quick, and the rest may take longer than the runner waits.
  const isFirst = await isFirstTime(state.path);
  const missing: string[] = [];
  const left = await deleteFiles(
    made.filter((entry) => !kept.includes(entry)),
    { workspace: path.resolve(host.workspace), missed: (file) => missing.push(file) },
  );
  if (isFirst && missing.length > 0) {
    const lead =
      'These private keys were no longer there at the end of the job, so they were not deleted. If they were moved, they still exist:';
    warnOfLeft(host, lead, missing);
  }
  if (left.length > 0) warnOfLeft(host, 'These files could not be deleted after the job:', left);
  if (!isWhole) {
    const { nameLost } = await import('./post-lost.ts');
    await nameLost(host, made, pathsOf(kept));
  } else if (others > 0) {
    host.warn(
      `Lines of this step's notes that are repeated or not from this step were ignored (${others}).`,
    );
  }
  const isEphemeral = made.some(({ kind }) => kind === 'agent' || kind === 'setting');
  const isAllGone =
    !isEphemeral || (await (await import('./post-step.ts')).deleteEphemeral(host, notes, state));
  if (left.length === 0 && isAllGone && isWhole) await deleteJournal(state.path);
}

/** Whether it may be a private key or its certificate. */
function isFile({ kind }: Made): boolean {
  return kind === 'key' || kind === 'file' || kind === 'placing';
}

function pathsOf(made: readonly Made[]): readonly string[] {
  return [...new Set(made.flatMap((entry) => ('path' in entry ? entry.path : [])))];
}
