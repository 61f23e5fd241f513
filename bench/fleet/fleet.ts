/** For whole fleets: how close the create action comes to what Insights Hub's latency allows. */
import { median } from '../report/statistics.ts';
import { tableOf } from '../report/table.ts';
import { runBare } from './bare.ts';
import { type FleetOptions, type FleetRun, runFleet } from './fleet-run.ts';
import { type RemoteHub, startHub } from './hub.ts';

/**
 * ideal: only the latency of the creates. bare: a client that sends only the creates, at the
 * same time on the same machine. measured: the action, without its start-up.
 */
const HEADER = [
  ...['agents', 'ideal s', 'bare s', 'measured s', 'ratio', 'target', 'whole s', 'CPU s'],
  ...['CPU ms/agent', 'peak MiB', 'tokens', 'creates', 'in flight', 'matching'],
];

/** How much longer than the ideal a fleet may take. */
const TARGET = 1.25;

type Settings = Omit<FleetOptions, 'agents'>;

interface Round extends FleetRun {
  /** what a bare client took, in milliseconds */
  readonly bare: number;
}

export interface FleetSettings extends Settings {
  /** agents of each fleet */
  readonly sizes: readonly number[];
  /** runs of each, interleaved */
  readonly rounds: number;
  /** called for each fleet that was created */
  readonly onRun: (progress: string) => void;
}

/** Creates the fleets. Returns their measurements as Markdown. */
export async function benchFleets(settings: FleetSettings): Promise<readonly string[]> {
  const { sizes, rounds, concurrency, latency } = settings;
  const runs = await runAll(settings);
  const startUp = startUpOf(runs.get(1) ?? [], settings);
  const rows = sizes.map((agents) => rowOf(agents, runs.get(agents) ?? [], startUp, settings));
  return [
    `${concurrency} agents in parallel, ${latency} ms of latency for every answer, HTTP without TLS, rounds: ${rounds}. Start-up, not counted in "measured": ${seconds(startUp)} s.`,
    '',
    ...tableOf(HEADER, rows),
  ];
}

/** Runs every size in every round, and one agent to measure the start-up. */
async function runAll(settings: FleetSettings): Promise<ReadonlyMap<number, readonly Round[]>> {
  const { sizes, rounds } = settings;
  const hub: RemoteHub = startHub();
  const runs = new Map<number, Round[]>();
  try {
    for (let round = 1; round <= rounds; round++) {
      for (const agents of new Set([1, ...sizes])) {
        const bare = await runBare(hub, { agents, ...settings });
        const run = await runFleet(hub, { agents, ...settings });
        runs.set(agents, [...(runs.get(agents) ?? []), { ...run, bare }]);
        settings.onRun(`Round ${round}, ${agents} agents: ${seconds(run.wall)} s`);
      }
    }
  } finally {
    hub.stop();
  }
  return runs;
}

/** The time of a run without its creates: one agent's run minus the latency of its create. */
function startUpOf(ofOne: readonly FleetRun[], { latency }: Settings): number {
  return median(ofOne.map(({ wall }) => wall)) - latency;
}

function rowOf(
  agents: number,
  runs: readonly Round[],
  startUp: number,
  { concurrency, latency }: Settings,
): readonly string[] {
  const middle = (value: (run: Round) => number) => median(runs.map(value));
  const ideal = (agents / concurrency) * latency;
  const whole = middle(({ wall }) => wall);
  const measured = whole - startUp;
  const cpu = middle((run) => run.cpu);
  return [
    String(agents),
    seconds(ideal),
    seconds(middle(({ bare }) => bare)),
    seconds(measured),
    (measured / ideal).toFixed(2),
    TARGET.toFixed(2),
    seconds(whole),
    seconds(cpu),
    (cpu / agents).toFixed(2),
    middle(({ peakMemory }) => peakMemory).toFixed(0),
    String(middle(({ tokenRequests }) => tokenRequests)),
    String(middle(({ creates }) => creates)),
    String(middle(({ mostInFlight }) => mostInFlight)),
    String(middle(({ matching }) => matching)),
  ];
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(2);
}
