import { GitHubRunner } from './host/github-runner.ts';
import { listenForSignals } from './host/signals.ts';
import { runStep } from './host/step.ts';
import { readDeleteInputs } from './inputs/delete.ts';
import { wantsSummary } from './inputs/reader.ts';
import { StepSummary } from './report/step-summary.ts';

/** The entry of the delete action. */
export function deleteEntry(): Promise<void> {
  const host = new GitHubRunner();
  const summary = new StepSummary(host, {
    doing: 'Deleting agents',
    isWanted: wantsSummary(host),
  });
  const work = async () => {
    const interruption = listenForSignals();
    const inputs = await readDeleteInputs(host);
    // Wrong inputs don't load what only a run needs.
    const { deleteStep } = await import('./delete-step.ts');
    await deleteStep(host, inputs, { interruption, summary });
  };
  return runStep(host, work, (failure) => summary.fail(failure));
}
