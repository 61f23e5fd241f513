import { parseArgs } from 'node:util';
import { namedBrokerFaults, type OrderedBrokerFault, parseBrokerFault } from './broker/faults.ts';
import {
  gitHubEndpoints,
  hubEndpoints,
  namedFaults,
  type OrderedFault,
  parseFault,
} from './faults.ts';
import type { AnswerForm } from './insights-hub/insights-hub.ts';

const commands = ['create', 'delete', 'serve'] as const;
const ways = ['technical-user', 'application', 'token'] as const;
const destinations = ['workspace', 'repository', 'environment'] as const;
const shapes = ['flat', 'nested'] as const;
const lineEnds = ['lf', 'crlf', 'escaped', 'trimmed'] as const;

/** What the demo is asked to do. */
export interface DemoOptions {
  readonly command: 'create' | 'delete' | 'serve' | 'help';
  readonly names: readonly string[];
  /** of agents to be deleted that are not called by their names */
  readonly clientIds: readonly string[];
  readonly owner: string;
  readonly destinations: readonly (typeof destinations)[number][];
  readonly way: (typeof ways)[number];
  readonly form: AnswerForm;
  readonly faults: readonly OrderedFault[];
  readonly brokerFaults: readonly OrderedBrokerFault[];
  readonly passphrase: string;
  readonly dryRun: boolean;
  readonly ephemeral: boolean;
  readonly debug: boolean;
  /** where `serve` writes how to reach what it keeps running; nowhere when empty */
  readonly addressFile: string;
}

/** A mistake in the command line, in words for a person. */
export class UsageError extends Error {}

export const HELP = `Runs the bundled actions as a runner would, against an embedded Insights Hub.

  npm start                          one run of the create action, and what it leaves behind
  npm start -- --ephemeral           the same, and the agent is ended when the job ends
  npm start -- delete                one run of the delete action over an agent that is there
  npm start -- serve                 keeps the embedded Insights Hub and its broker running

Options, after "npm start --":
  --name NAME          name of the agent; more than once for several  (device001)
  --client-id ID       delete: client id of an agent; more than once for several
  --owner OWNER        owner of the agent                             (somebody@some.com)
  --destination PLACE  ${destinations.join(', ')}; more than
                       once for several                               (workspace)
  --auth WAY           ${ways.join(', ')}             (technical-user)
  --shape SHAPE        shape of the answer: ${shapes.join(', ')}              (flat)
  --line-ends ENDS     line ends in it: ${lineEnds.join(', ')}    (escaped)
  --passphrase TEXT    encrypts the private key
  --fault FAULT        lets a call or connection go wrong; more than once for several
  --address-file FILE  serve: once all is up, writes the inputs that lead to it, as NAME=VALUE lines
  --ephemeral          the post step ends the agent
  --dry-run            checks everything, creates nothing
  --debug              shows what the runner shows with debug logging
  --help               shows this

FAULT is ENDPOINT:WHAT or ENDPOINT:WHAT:TIMES, such as create:reset-after or token:503:2.
ENDPOINT is one of:
${list('Insights Hub', hubEndpoints)}
${list('GitHub', gitHubEndpoints)}
WHAT is a status from 400 to 599, or one of:
${explain(namedFaults)}
ENDPOINT may also be broker, for a connection to it. WHAT is then one of:
${explain(namedBrokerFaults)}
`;

function explain(faults: Readonly<Record<string, { readonly shows: string }>>): string {
  return Object.entries(faults)
    .map(([name, { shows }]) => `  ${name.padEnd(20)} ${shows}`)
    .join('\n');
}

/** Names under a heading, in lines that are not too long. */
function list(heading: string, names: readonly string[]): string {
  const lines = [`  ${heading}:`];
  for (const name of names) {
    const last = lines.pop() ?? '';
    const longer = `${last} ${name},`;
    lines.push(...(longer.length > 92 ? [last, `      ${name},`] : [longer]));
  }
  return lines.join('\n').replace(/,$/, '');
}

/** Reads the command line. Throws UsageError. */
export function readOptions(args: readonly string[]): DemoOptions {
  const { values, positionals } = parse(args);
  const [given = 'create', ...others] = positionals;
  const command = commands.find((known) => known === given);
  if (others.length > 0 || command === undefined) {
    throw new UsageError(`I don't know what ${positionals.join(' ')} means.`);
  }
  const clientIds = values['client-id'] ?? [];
  return {
    command: values.help ? 'help' : command,
    names: values.name ?? (clientIds.length > 0 ? [] : ['device001']),
    clientIds,
    owner: values.owner ?? 'somebody@some.com',
    destinations: (values.destination ?? ['workspace']).map((place) =>
      oneOf('--destination', destinations, place),
    ),
    way: oneOf('--auth', ways, values.auth ?? 'technical-user'),
    form: {
      shape: oneOf('--shape', shapes, values.shape ?? 'flat'),
      lineEnds: oneOf('--line-ends', lineEnds, values['line-ends'] ?? 'escaped'),
    },
    ...readFaults(values.fault ?? []),
    passphrase: values.passphrase ?? '',
    dryRun: values['dry-run'] ?? false,
    ephemeral: values.ephemeral ?? false,
    debug: values.debug ?? false,
    addressFile: values['address-file'] ?? '',
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
        'client-id': { type: 'string', multiple: true },
        'address-file': { type: 'string' },
        ephemeral: { type: 'boolean' },
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

function readFaults(texts: readonly string[]): Pick<DemoOptions, 'faults' | 'brokerFaults'> {
  const faults: OrderedFault[] = [];
  const brokerFaults: OrderedBrokerFault[] = [];
  for (const text of texts) {
    const fault = parseFault(text);
    const brokerFault = parseBrokerFault(text);
    if (fault !== undefined) faults.push(fault);
    else if (brokerFault !== undefined) brokerFaults.push(brokerFault);
    else throw new UsageError(`--fault ${text}: I don't know that fault.`);
  }
  return { faults, brokerFaults };
}
