import path from 'node:path';
import { isFirstTime, removeFiles, removeJournal } from './destinations/clean-up.ts';
import { JOURNAL_STATE, readJournal } from './destinations/journal.ts';
import { GitHubRunner } from './host/github-runner.ts';
import { runPostStep } from './host/step.ts';

/** The entry of the create action's post step. */
export function cleanUp(): Promise<void> {
  const host = new GitHubRunner();
  return runPostStep(host, async () => {
    const journal = host.state(JOURNAL_STATE);
    if (journal === '') return;
    const made = await readJournal(journal);
    // Keys first: that is quick, and what follows may take longer than the runner waits.
    const isFirst = await isFirstTime(journal);
    const missing: string[] = [];
    const left = await removeFiles(made, {
      workspace: path.resolve(host.workspace),
      missed: (file) => missing.push(file),
    });
    if (isFirst && missing.length > 0) {
      host.warn(
        `These private keys were not there any more at the end of the job, so that they were not removed; if they were moved, they still exist: ${missing.join(', ')}.`,
      );
    }
    if (left.length > 0) {
      host.warn(`These could not be removed after the job: ${left.join(', ')}.`);
    }
    const isEphemeral = made.some(({ kind }) => kind === 'agent' || kind === 'setting');
    const isAllGone =
      !isEphemeral || (await (await import('./post-step.ts')).deleteEphemeral(host, made));
    if (left.length === 0 && isAllGone) await removeJournal(journal);
  });
}
