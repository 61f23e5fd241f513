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
    const { createAll } = await import('./run.ts');
    await createAll(runner, inputs, interruption);
  });
}
