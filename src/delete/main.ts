import { listenForInterruption } from '../runner/interruption.ts';
import { runStep } from '../runner/step.ts';
import { readDeleteInputs } from './inputs.ts';

/** The entry of the delete action. */
export function end(): Promise<void> {
  return runStep(async (runner) => {
    const interruption = listenForInterruption();
    const inputs = await readDeleteInputs(runner);
    // What only a run needs is not loaded for inputs that are wrong.
    const { endAll } = await import('./run.ts');
    await endAll(runner, inputs, interruption);
  });
}
