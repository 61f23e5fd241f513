import { cleanUp } from '../destinations/clean-up.ts';
import { runPostStep } from '../runner/step.ts';
import { JOURNAL_STATE } from './state.ts';

await runPostStep(async (runner) => {
  const journal = runner.state(JOURNAL_STATE);
  if (journal === '') return;
  const problems = await cleanUp(journal);
  if (problems.length > 0) {
    runner.warn(`These could not be removed after the job: ${problems.join(', ')}.`);
  }
});
