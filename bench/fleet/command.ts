import path from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine } from '../report/machine.ts';
import { wholeNumber } from '../whole-number.ts';
import { benchFleets, type FleetSettings } from './fleet.ts';

const HELP = `npm run bench -- fleet [AGENTS...]   fleets to create; default: 100 1000 5000

  --rounds N        runs of each, interleaved (3)
  --concurrency N   agents in parallel (32)
  --latency MS      of every answer of the hub (50)
  --profile DIR     also write a CPU profile of every run
`;

/** The fleets of a run without options. */
export const FLEETS = { sizes: [100, 1000, 5000], rounds: 3, concurrency: 32, latency: 50 };

/** Only creates fleets, and prints how long they took. */
export async function fleetCommand(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: String(FLEETS.rounds) },
      concurrency: { type: 'string', default: String(FLEETS.concurrency) },
      latency: { type: 'string', default: String(FLEETS.latency) },
      profile: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return console.log(HELP);
  const settings: FleetSettings = {
    sizes: positionals.length > 0 ? positionals.map(wholeNumber) : FLEETS.sizes,
    rounds: wholeNumber(values.rounds),
    concurrency: wholeNumber(values.concurrency),
    latency: wholeNumber(values.latency),
    profile: values.profile && path.resolve(values.profile),
    onRun: console.error,
  };
  const lines = await benchFleets(settings);
  console.log([...describeMachine({}), '', ...lines].join('\n'));
}
