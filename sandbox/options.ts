import { parseArgs } from 'node:util';
import {
  gitHubEndpoints,
  hubEndpoints,
  namedFaults,
  type OrderedFault,
  parseFault,
} from './faults.ts';
import type { AnswerForm } from './insights-hub/insights-hub.ts';

const ways = ['technical-user', 'application', 'token'] as const;
const destinations = ['workspace', 'repository', 'environment'] as const;
const shapes = ['flat', 'nested'] as const;
const lineEnds = ['lf', 'crlf', 'escaped', 'trimmed'] as const;

/** What the demo is asked to do. */
export interface DemoOptions {
  readonly command: 'run' | 'serve' | 'help';
  readonly names: readonly string[];
  readonly owner: string;
  readonly destinations: readonly (typeof destinations)[number][];
  readonly way: (typeof ways)[number];
  readonly form: AnswerForm;
  readonly faults: readonly OrderedFault[];
  readonly passphrase: string;
  readonly dryRun: boolean;
  readonly debug: boolean;
}

/** A mistake in the command line, in words for a person. */
export class UsageError extends Error {}

export const HELP = `Runs the bundled action as a runner would, against an embedded Insights Hub.

  npm start                          one run, and what it leaves behind
  npm start -- serve                 keeps the embedded Insights Hub running

Options, after "npm start --":
  --name NAME          name of the agent; more than once for several  (device001)
  --owner OWNER        owner of the agent                             (somebody@some.com)
  --destination PLACE  ${destinations.join(', ')}; more than
                       once for several                               (workspace)
  --auth WAY           ${ways.join(', ')}             (technical-user)
  --shape SHAPE        shape of the answer: ${shapes.join(', ')}              (flat)
  --line-ends ENDS     line ends in it: ${lineEnds.join(', ')}    (escaped)
  --passphrase TEXT    encrypts the private key
  --fault FAULT        lets a call go wrong; more than once for several
  --dry-run            checks everything, creates nothing
  --debug              shows what the runner shows with debug logging
  --help               shows this

FAULT is ENDPOINT:WHAT or ENDPOINT:WHAT:TIMES, such as create:reset-after or token:503:2.
ENDPOINT is one of: ${hubEndpoints.join(', ')} (Insights Hub);
${gitHubEndpoints.join(', ')} (GitHub).
WHAT is a status from 400 to 599, or one of:
${Object.entries(namedFaults)
  .map(([name, { shows }]) => `  ${name.padEnd(20)} ${shows}`)
  .join('\n')}
`;

/** Reads the command line. Throws UsageError. */
export function readOptions(args: readonly string[]): DemoOptions {
  const { values, positionals } = parse(args);
  const [command = 'run', ...others] = positionals;
  if (others.length > 0 || (command !== 'run' && command !== 'serve')) {
    throw new UsageError(`I don't know what ${positionals.join(' ')} means.`);
  }
  return {
    command: values.help ? 'help' : command,
    names: values.name ?? ['device001'],
    owner: values.owner ?? 'somebody@some.com',
    destinations: (values.destination ?? ['workspace']).map((place) =>
      oneOf('--destination', destinations, place),
    ),
    way: oneOf('--auth', ways, values.auth ?? 'technical-user'),
    form: {
      shape: oneOf('--shape', shapes, values.shape ?? 'flat'),
      lineEnds: oneOf('--line-ends', lineEnds, values['line-ends'] ?? 'escaped'),
    },
    faults: (values.fault ?? []).map(readFault),
    passphrase: values.passphrase ?? '',
    dryRun: values['dry-run'] ?? false,
    debug: values.debug ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        name: { type: 'string', multiple: true },
        owner: { type: 'string' },
        destination: { type: 'string', multiple: true },
        auth: { type: 'string' },
        shape: { type: 'string' },
        'line-ends': { type: 'string' },
        passphrase: { type: 'string' },
        fault: { type: 'string', multiple: true },
        'dry-run': { type: 'boolean' },
        debug: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function oneOf<T extends string>(option: string, known: readonly T[], value: string): T {
  const found = known.find((candidate) => candidate === value);
  if (found === undefined) throw new UsageError(`${option} takes one of: ${known.join(', ')}.`);
  return found;
}

function readFault(text: string): OrderedFault {
  const fault = parseFault(text);
  if (fault === undefined) throw new UsageError(`--fault ${text}: I don't know that fault.`);
  return fault;
}
