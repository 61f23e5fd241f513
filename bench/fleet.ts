/**
 * How close the create action comes to the best that Insights Hub's latency allows, for whole
 * fleets. `node bench/fleet.ts --help` tells the options.
 */
import { availableParallelism, cpus } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { runBare } from './bare.ts';
import { type FleetOptions, type FleetRun, runFleet } from './fleet-run.ts';
import { RemoteHub } from './hub.ts';
import { median, tableOf } from './table.ts';

const HELP = `node bench/fleet.ts [AGENTS...]   fleets to create; default: 100 1000 5000

  --rounds N        runs of each, interleaved (3)
  --concurrency N   agents in flight at once (32)
  --latency MS      of every answer of the hub (50)
  --profile DIR     also write a CPU profile of every run
`;

/**
 * ideal: the latency of the creates alone. bare: a client that does nothing but the creates, at the
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

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '3' },
      concurrency: { type: 'string', default: '32' },
      latency: { type: 'string', default: '50' },
      profile: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return console.log(HELP);
  const sizes = (positionals.length > 0 ? positionals : ['100', '1000', '5000']).map(wholeNumber);
  const rounds = wholeNumber(values.rounds);
  const settings = {
    concurrency: wholeNumber(values.concurrency),
    latency: wholeNumber(values.latency),
    profile: values.profile && path.resolve(values.profile),
  };
  console.log(machine(settings, rounds));
  const runs = await runAll(sizes, rounds, settings);
  const startUp = startUpOf(runs.get(1) ?? [], settings);
  const rows = sizes.map((agents) => rowOf(agents, runs.get(agents) ?? [], startUp, settings));
  console.log(`Start-up: ${seconds(startUp)} s\n\n${tableOf(HEADER, rows).join('\n')}`);
}

/** Runs every size in every round, and one agent to know what the start costs. */
async function runAll(
  sizes: readonly number[],
  rounds: number,
  settings: Settings,
): Promise<ReadonlyMap<number, readonly Round[]>> {
  const hub = RemoteHub.start();
  const runs = new Map<number, Round[]>();
  try {
    for (let round = 1; round <= rounds; round++) {
      for (const agents of new Set([1, ...sizes])) {
        const bare = await runBare(hub, { agents, ...settings });
        const run = await runFleet(hub, { agents, ...settings });
        runs.set(agents, [...(runs.get(agents) ?? []), { ...run, bare }]);
        console.log(`Round ${round}, ${agents} agents: ${seconds(run.wall)} s`);
      }
    }
  } finally {
    hub.stop();
  }
  return runs;
}

/** What a run takes that is not for creates: one agent's run without the latency of its create. */
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
  const ideal = Math.ceil(agents / concurrency) * latency;
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

function machine({ concurrency, latency }: Settings, rounds: number): string {
  const processor = `${availableParallelism()} x ${cpus()[0]?.model ?? 'unknown'}`;
  return `Node ${process.version}, ${processor}; concurrency ${concurrency}, latency ${latency} ms, ${rounds} rounds`;
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`${text} is not a whole number above 0`);
  return Number(text);
}

await main();
