/** The cost of a fleet for the runner: masks, and lines that are searched for all of them. */
import { InsightsHub } from '../../sandbox/insights-hub/insights-hub.ts';
import { makePairs } from '../../sandbox/insights-hub/pairs.ts';
import { tableOf } from '../report/table.ts';
import { countLog, type LogCounts, RUNNERS } from './log-run.ts';

/** Agents of each run: up to 20, each has its own lines. */
export const LOG_SIZES = [1, 20, 21, 1000];

/** Number of key pairs that are issued in turn. */
const PAIRS = 16;

/** Creates fleets and counts what is printed. Returns the counts as Markdown. */
export async function benchLog(sizes: readonly number[] = LOG_SIZES): Promise<readonly string[]> {
  const pairs = await makePairs(PAIRS);
  const rows: (readonly string[])[] = [];
  for (const agents of sizes) {
    const counts = {
      GitHub: await countWith(agents, RUNNERS.GitHub),
      others: await countWith(agents, RUNNERS.others),
    };
    rows.push(logRow(agents, counts));
  }
  return tableOf(LOG_HEADER, rows);

  async function countWith(agents: number, runner: (typeof RUNNERS)[keyof typeof RUNNERS]) {
    const hub = await InsightsHub.start({ pairs });
    try {
      return await countLog(hub, agents, runner);
    } finally {
      await hub.stop();
    }
  }
}

export const LOG_HEADER = [
  ...['agents', 'mask commands', 'on other runners', 'masks', 'masks a key'],
  ...['lines shown', 'warnings'],
];

export function logRow(
  agents: number,
  { GitHub, others }: Readonly<Record<keyof typeof RUNNERS, LogCounts>>,
): readonly string[] {
  const { commands, masks, most, lines, warnings } = GitHub;
  return [agents, commands, others.commands, masks, most, lines, warnings].map(String);
}
