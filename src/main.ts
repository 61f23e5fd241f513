import { setImmediate } from 'node:timers/promises';
import { GitHubRunner } from './host/github-runner.ts';
import { listenForSignals } from './host/signals.ts';
import { runStep } from './host/step.ts';
import { preconnectionsFor, readInputs, warningsOf } from './inputs/create.ts';

/** The entry of the create action. */
export function create(): Promise<void> {
  const host = new GitHubRunner();
  return runStep(host, async () => {
    const interruption = listenForSignals();
    const inputs = await readInputs(host);
    for (const warning of warningsOf(inputs)) host.warn(warning);
    // What only a run needs is not loaded for inputs that are wrong.
    const { preconnect } = await import('./http/preconnect.ts');
    const preconnections = preconnect(preconnectionsFor(inputs));
    // Loading blocks: the connections have to be on their way before.
    await setImmediate();
    const { createStep } = await import('./create-step.ts');
    await createStep(host, inputs, preconnections, interruption);
  });
}
