import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { InsightsHub } from '../../sandbox/insights-hub/insights-hub.ts';
import { parseCommand } from '../../sandbox/runner/commands.ts';
import { OURS } from '../processes/build.ts';
import { inputVariables, type Values, withJobFolder } from '../processes/job-folder.ts';

/** Counts of what a step prints. */
export interface LogCounts {
  /** mask commands */
  readonly commands: number;
  /** the masked values; if a command is split into lines, each line */
  readonly masks: number;
  /** the masks of the command with the most: if commands are split, those of a key */
  readonly most: number;
  readonly warnings: number;
  /** shown lines, including warnings */
  readonly lines: number;
}

/** Runners by their variables: how masks are printed depends on whether it splits a command into lines. */
export const RUNNERS = {
  GitHub: { RUNNER_ENVIRONMENT: 'github-hosted' },
  others: { ACT: 'true' },
} as const satisfies Readonly<Record<string, Values>>;

/** A thousand agents print at most this, in bytes. */
const LONGEST_LOG = 256 * 1024 * 1024;

/** Creates agents with the bundled action, and counts what it prints. Throws if it fails. */
export async function countLog(
  hub: InsightsHub,
  agents: number,
  runner: Values,
): Promise<LogCounts> {
  const names = Array.from({ length: agents }, (_, index) => `device${index}\n`);
  return withJobFolder({ devices: names.join('') }, async ({ env, workspace }) => {
    const { tenant, technicalUser, urls } = hub;
    const inputs = await inputVariables({
      ...{ tenant, 'names-file': 'devices', ...urls, concurrency: '32', 'rate-limit': '10000/1s' },
      'oauth-client-id': technicalUser.id,
      'oauth-client-secret': technicalUser.secret,
    });
    const options = { cwd: workspace, env: { ...env, ...inputs, ...runner } };
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, [OURS.create], {
      ...options,
      maxBuffer: LONGEST_LOG,
    });
    return countsOf(stdout);
  });
}

/** Counts what a step printed. */
export function countsOf(stdout: string): LogCounts {
  const lines = stdout.split(/\r?\n/).filter(Boolean);
  const commands = lines.map(parseCommand);
  const named = (name: string) => commands.filter((command) => command?.name === name);
  const masking = named('add-mask');
  const masks = masking.map((command) => command?.message.split('\n').length ?? 0);
  const hidden = masking.length + named('debug').length + named('endgroup').length;
  return {
    commands: masking.length,
    masks: masks.reduce((sum, count) => sum + count, 0),
    most: Math.max(0, ...masks),
    warnings: named('warning').length,
    lines: lines.length - hidden,
  };
}
