import { GitHubRunner } from './host/github-runner.ts';
import { listenForSignals } from './host/signals.ts';
import { runStep } from './host/step.ts';
import { readDeleteInputs } from './inputs/delete.ts';

/** The entry of the delete action. */
export function deleteEntry(): Promise<void> {
  const host = new GitHubRunner();
  return runStep(host, async () => {
    const interruption = listenForSignals();
    const inputs = await readDeleteInputs(host);
    // What only a run needs is not loaded for inputs that are wrong.
    const { deleteStep } = await import('./delete-step.ts');
    await deleteStep(host, inputs, interruption);
  });
}
