import path from 'node:path';
import { isFirstTime, removeFiles, removeJournal } from './destinations/clean-up.ts';
import type { Made } from './destinations/journal.ts';
import type { JournalState } from './destinations/journal-state.ts';
import { type Notes, readJournal } from './destinations/read-journal.ts';
import { errorCode } from './failure.ts';
import type { Host } from './host/host.ts';
import { warnOfLeft } from './report/left.ts';

/** Removes what the notes of a step name, and ends what is to end with the job. */
export async function cleanUpNoted(host: Host, state: JournalState): Promise<void> {
  let notes: Notes;
  try {
    notes = await readJournal(state);
  } catch (error) {
    const { cleanUpLost } = await import('./post-lost.ts');
    return cleanUpLost(host, state, errorCode(error));
  }
  const { made, others, isWhole } = notes;
  // Nobody knows which key was to be kept when a note of it is missing.
  const kept = isWhole || !state.keepsKey ? [] : made.filter(isFile);
  // Keys first: that is quick, and what follows may take longer than the runner waits.
  const isFirst = await isFirstTime(state.path);
  const missing: string[] = [];
  const left = await removeFiles(
    made.filter((entry) => !kept.includes(entry)),
    { workspace: path.resolve(host.workspace), missed: (file) => missing.push(file) },
  );
  if (isFirst && missing.length > 0) {
    const lead =
      'These private keys were not there any more at the end of the job, so that they were not removed; if they were moved, they still exist:';
    warnOfLeft(host, lead, missing);
  }
  if (left.length > 0) warnOfLeft(host, 'These could not be removed after the job:', left);
  if (!isWhole) {
    const { nameLost } = await import('./post-lost.ts');
    await nameLost(host, made, pathsOf(kept));
  } else if (others > 0) {
    host.warn(
      `Lines in the notes of this step that are not its own, or are repeated, were passed over (${others}).`,
    );
  }
  const isEphemeral = made.some(({ kind }) => kind === 'agent' || kind === 'setting');
  const isAllGone =
    !isEphemeral || (await (await import('./post-step.ts')).deleteEphemeral(host, notes, state));
  if (left.length === 0 && isAllGone && isWhole) await removeJournal(state.path);
}

/** Whether it may be a private key, or the certificate that belongs to it. */
function isFile({ kind }: Made): boolean {
  return kind === 'key' || kind === 'file' || kind === 'placing';
}

function pathsOf(made: readonly Made[]): readonly string[] {
  return [...new Set(made.flatMap((entry) => ('path' in entry ? entry.path : [])))];
}
