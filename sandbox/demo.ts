import path from 'node:path';
import { demonstrateCreate } from './demo-create.ts';
import { demonstrateDelete } from './demo-delete.ts';
import { helpText } from './help.ts';
import { type DemoOptions, readOptions, UsageError } from './options.ts';
import type { DemoReport } from './report.ts';
import { noScreen, standardScreen, widthOf } from './screen.ts';
import { serve } from './serve.ts';
import { wrap } from './wrap.ts';

const ACTIONS = path.dirname(import.meta.dirname);

// A reader such as `head` may close the pipe early: the demo must still stop its services.
process.stdout.on('error', () => {});

try {
  process.exitCode = await run(readOptions(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  const lines = wrap(error.message, widthOf(process.stderr), 0);
  console.error([...lines, 'For all options, run "npm start -- --help".'].join('\n'));
  process.exitCode = 2;
}

/** Runs the command, and returns the exit code. */
async function run(options: DemoOptions): Promise<number> {
  switch (options.command) {
    case 'help':
      process.stdout.write(helpText(widthOf(process.stdout)));
      return 0;
    case 'serve':
      await serve(options);
      return 0;
    case 'create':
      return tell(await demonstrateCreate(ACTIONS, options, screenFor(options)), options);
    case 'delete':
      return tell(await demonstrateDelete(ACTIONS, options, screenFor(options)), options);
  }
}

function screenFor({ json }: DemoOptions) {
  return json ? noScreen : standardScreen();
}

function tell(report: DemoReport, { json }: DemoOptions): number {
  if (json) process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  return report.exitCode;
}
