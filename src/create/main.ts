import { setImmediate } from 'node:timers/promises';
import { listenForInterruption } from '../runner/interruption.ts';
import { runStep } from '../runner/step.ts';
import { readInputs, warningsOf } from './inputs.ts';

/** The entry of the create action. */
export function create(): Promise<void> {
  return runStep(async (runner) => {
    const interruption = listenForInterruption();
    const inputs = await readInputs(runner);
    for (const warning of warningsOf(inputs)) runner.warn(warning);
    // What only a run needs is not loaded for inputs that are wrong.
    const { connectAhead } = await import('./ahead.ts');
    const early = connectAhead(inputs);
    // Loading blocks: the connections have to be on their way before.
    await setImmediate();
    if (inputs.several) {
      const { fitToManyAgents } = await import('./v8-flags.ts');
      fitToManyAgents();
    }
    const { createAll } = await import('./run.ts');
    await createAll(runner, inputs, early, interruption);
  });
}
