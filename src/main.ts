import { setImmediate } from 'node:timers/promises';
import { GitHubRunner } from './host/github-runner.ts';
import { listenForSignals } from './host/signals.ts';
import { runStep } from './host/step.ts';
import { preconnectionsFor, readInputs, warningsOf } from './inputs/create.ts';
import { wantsSummary } from './inputs/reader.ts';
import { StepSummary } from './report/step-summary.ts';

/** The entry of the create action. */
export function create(): Promise<void> {
  const host = new GitHubRunner();
  const summary = new StepSummary(host, {
    doing: 'Creating agents',
    isWanted: wantsSummary(host),
  });
  const work = async () => {
    const interruption = listenForSignals();
    const inputs = await readInputs(host);
    for (const warning of warningsOf(inputs)) host.warn(warning);
    // Wrong inputs don't load what only a run needs.
    const { preconnect } = await import('./http/preconnect.ts');
    const preconnections = preconnect(preconnectionsFor(inputs));
    // Loading blocks, so the connections have to be on their way first.
    await setImmediate();
    const { createStep } = await import('./create-step.ts');
    await createStep(host, inputs, { preconnections, interruption, summary });
  };
  return runStep(host, work, (failure) => summary.fail(failure));
}
