/** How fast the action is. `npm run bench -- --help` lists the options. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { FLEETS, fleetCommand } from './fleet/command.ts';
import { benchFleets } from './fleet/fleet.ts';
import { actionRun, jobsOf } from './job/jobs.ts';
import { profileRuns } from './job/profiles.ts';
import { runRounds } from './job/rounds.ts';
import { findTools } from './job/tools.ts';
import { benchLog, LOG_SIZES } from './log/log.ts';
import { startNetwork } from './network/network.ts';
import { measureAction } from './processes/action-process.ts';
import { buildIn, OURS } from './processes/build.ts';
import { jobPlot, startUpPlot } from './report/plots.ts';
import { comparison, type Findings, resultsPage } from './report/results.ts';
import { wholeNumber } from './whole-number.ts';

const HELP = `npm run bench                 everything; writes bench/results.md and its plots
npm run bench -- job          without fleets; prints only
npm run bench -- fleet        fleets only; prints only; has options of its own: fleet --help
npm run bench -- log [N...]   counts mask commands, masks and lines of N agents (1 20 21 1000); prints only

  --rounds N     of all jobs, interleaved (15)
  --quick        two rounds at two distances, without fleets; prints only
  --compare DIR  also runs the jobs with another build, in a checkout or a dist folder
  --profile DIR  also writes a CPU profile of every kind of run
`;

const ROUND_TRIPS = [0, 20, 50, 100];
const QUICK = { rounds: 2, roundTrips: [0, 50] };

interface Options {
  readonly rounds: number;
  readonly roundTrips: readonly number[];
  readonly compare: string | undefined;
  readonly profile: string | undefined;
  /** whether fleets are created, and the results written */
  readonly whole: boolean;
}

function readOptions(args: readonly string[]): Options | undefined {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '15' },
      quick: { type: 'boolean', default: false },
      compare: { type: 'string' },
      profile: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return undefined;
  const unknown = positionals.filter((name) => name !== 'job');
  if (unknown.length > 0) throw new Error(`there is no ${unknown.join(', ')}; see --help`);
  return {
    ...{ rounds: wholeNumber(values.rounds), roundTrips: ROUND_TRIPS, ...(values.quick && QUICK) },
    compare: values.compare && path.resolve(values.compare),
    profile: values.profile && path.resolve(values.profile),
    whole: positionals.length === 0 && !values.quick,
  };
}

/** Runs all jobs, and then the measurements outside the rounds. */
async function find(options: Options, directory: string): Promise<Findings> {
  const { rounds, roundTrips, compare, profile } = options;
  const tools = findTools();
  const other = compare === undefined ? undefined : buildIn(compare);
  const network = await startNetwork(directory);
  try {
    const jobs = jobsOf({ network, ours: OURS, other, tools });
    const onRound = (round: number) => console.error(`Round ${round} of ${rounds}`);
    const measured = await runRounds(network, jobs, { rounds, roundTrips, onRound });
    await network.setRoundTrip(0);
    const usage = {
      files: await measureAction(actionRun(network, 'files', OURS.create)),
      secrets: await measureAction(actionRun(network, 'secrets', OURS.create)),
    };
    if (profile !== undefined) await profileRuns(network, profile);
    return { measured, rounds, tools, bytes: OURS.bytes, usage, fleets: [], log: [] };
  } finally {
    network.stop();
  }
}

async function main(args: readonly string[]): Promise<void> {
  if (args[0] === 'fleet') return fleetCommand(args.slice(1));
  if (args[0] === 'log') {
    const sizes = args.slice(1).map(wholeNumber);
    return console.log((await benchLog(sizes.length > 0 ? sizes : LOG_SIZES)).join('\n'));
  }
  const options = readOptions(args);
  if (options === undefined) return console.log(HELP);
  const directory = await mkdtemp(path.join(tmpdir(), 'bench-'));
  try {
    const found = await find(options, directory);
    const fleets = options.whole ? await benchFleets({ ...FLEETS, onRun: console.error }) : [];
    const log = options.whole ? await benchLog() : [];
    await report({ ...found, fleets, log }, options);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function report(findings: Findings, { whole, compare }: Options): Promise<void> {
  const { measured } = findings;
  const plots = [jobPlot(measured, 'files'), jobPlot(measured, 'secrets'), startUpPlot(measured)];
  const page = resultsPage(findings, plots);
  if (whole) {
    await save('results.md', page);
    for (const { name, svg } of plots) await save(name, svg);
  }
  console.log(page);
  if (compare !== undefined) console.log(`## Compared\n\n${comparison(measured).join('\n')}\n`);
}

function save(name: string, text: string): Promise<void> {
  return writeFile(path.join(import.meta.dirname, name), text);
}

await main(process.argv.slice(2));
