import { JOURNAL_STATE, readState } from './destinations/journal-state.ts';
import { GitHubRunner } from './host/github-runner.ts';
import { runPostStep } from './host/step.ts';
import { cleanUpNoted } from './post-notes.ts';

/** The entry of the create action's post step. */
export function cleanUp(): Promise<void> {
  const host = new GitHubRunner();
  return runPostStep(host, async () => {
    const text = host.state(JOURNAL_STATE);
    if (text === '') return;
    const state = readState(text);
    if (state !== undefined) return cleanUpNoted(host, state);
    host.warn(
      "The state of the step can't be read, so nothing was cleaned up after the job. Files may be left, and with `ephemeral` also agents and secrets.",
    );
  });
}
