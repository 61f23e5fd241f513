/** What a job that creates agents costs the runner: masks, and lines that are searched for them. */
import { type RemoteHub, startHub } from '../fleet/hub.ts';
import { timeAction } from '../processes/action-process.ts';
import type { Values } from '../processes/job-folder.ts';
import { tableOf } from '../report/table.ts';
import { countLog, type LogCounts } from './count.ts';

/** Agents: one, the most that have a line each, one more, and a fleet. */
const SIZES = [1, 20, 21, 1000];

/** Variables that tell the action whose runner it is on. */
const RUNNERS: Readonly<Record<string, Values>> = {
  "GitHub's": { RUNNER_ENVIRONMENT: 'github-hosted' },
  another: {},
};

const NOTE =
  'Counted from what one step prints whose agents have a key of 2,048 bits each; the masks of the credentials and of the token are among them. How long a runner takes for each line is in [the page on fleets](../docs/fleets.md#what-masks-cost).';

/** Counts for every size and kind of runner. The result tells it in Markdown. */
export async function benchLog(onRun: (progress: string) => void): Promise<readonly string[]> {
  const hub = startHub();
  const rows: string[][] = [];
  try {
    for (const agents of SIZES) {
      for (const [runner, env] of Object.entries(RUNNERS)) {
        const { commands, masks, lines } = await run(hub, agents, env);
        rows.push([String(agents), runner, ...[commands, masks, lines].map(String)]);
        onRun(`Log of ${agents} agents, runner: ${runner}`);
      }
    }
  } finally {
    hub.stop();
  }
  const header = ['agents', 'runner', 'mask commands', 'masks', 'log lines'];
  return [...tableOf(header, rows), '', NOTE];
}

/** Creates agents with keys of their own, into files. */
async function run(hub: RemoteHub, agents: number, env: Values): Promise<LogCounts> {
  const access = await hub.ask('open', { latency: 0, pairs: agents });
  const names = Array.from({ length: agents }, (_, index) => `device${index}\n`);
  let printed = '';
  await timeAction({
    files: { 'devices.csv': names.join('') },
    inputs: { ...access, 'names-file': 'devices.csv', 'rate-limit': '10000/1s' },
    env,
    onPrint: (text) => {
      printed += text;
    },
  });
  await hub.ask('close', {});
  return countLog(printed);
}
