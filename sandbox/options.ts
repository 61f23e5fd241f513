import { parseArgs } from 'node:util';
import { type OrderedBrokerFault, parseBrokerFault } from './broker/faults.ts';
import { type OrderedFault, parseFault } from './faults.ts';
import type { AnswerForm } from './insights-hub/insights-hub.ts';
import { type QuotaSize, quotaSizes } from './insights-hub/quotas.ts';

const commands = ['create', 'delete', 'serve'] as const;
export const ways = ['technical-user', 'application', 'token'] as const;
export const destinations = ['workspace', 'repository', 'environment'] as const;
export const shapes = ['flat', 'nested'] as const;
export const lineEnds = ['lf', 'crlf', 'escaped', 'trimmed'] as const;
export const keyFormats = ['issued', 'pkcs8'] as const;

/** An option as it was typed. */
interface AsTyped {
  readonly text: string;
}

/** The command line of the demo. */
export interface DemoOptions {
  readonly command: 'create' | 'delete' | 'serve' | 'help';
  readonly names: readonly string[];
  /** client ids of agents to delete, besides those given by name */
  readonly clientIds: readonly string[];
  readonly owner: string;
  readonly destinations: readonly (typeof destinations)[number][];
  readonly way: (typeof ways)[number];
  readonly form: AnswerForm;
  /** the size of the tenant whose quotas apply */
  readonly quota: QuotaSize;
  readonly faults: readonly (OrderedFault & AsTyped)[];
  readonly brokerFaults: readonly (OrderedBrokerFault & AsTyped)[];
  readonly passphrase: string;
  readonly keyFormat: (typeof keyFormats)[number];
  /** whether to write the ids to variables as well */
  readonly variables: boolean;
  readonly dryRun: boolean;
  readonly ephemeral: boolean;
  readonly debug: boolean;
  /** whether to print one JSON document instead of text */
  readonly json: boolean;
  /** the file that `serve` writes its inputs to; none if empty */
  readonly addressFile: string;
}

/** A mistake in the command line; the message is for the user. */
export class UsageError extends Error {}

/** Parses the command line. Throws UsageError. */
export function readOptions(args: readonly string[]): DemoOptions {
  const { values, positionals } = parse(args);
  const [given = 'create', ...others] = positionals;
  const command = commands.find((known) => known === given);
  if (command === undefined) throw new UsageError(`${given} is not a command.`);
  if (others.length > 0) throw new UsageError(`Unexpected argument: ${others.join(' ')}.`);
  rejectInapplicable(command, Object.keys(values));
  const clientIds = values['client-id'] ?? [];
  const places = (values.destination ?? ['workspace']).map((place) =>
    oneOf('--destination', destinations, place),
  );
  if (values.variables && places.every((place) => place === 'workspace')) {
    throw new UsageError('--variables needs --destination repository or environment.');
  }
  return {
    command: values.help ? 'help' : command,
    names: values.name ?? (clientIds.length > 0 ? [] : ['device001']),
    clientIds,
    owner: values.owner ?? 'somebody@some.com',
    destinations: places,
    way: oneOf('--auth', ways, values.auth ?? 'technical-user'),
    form: {
      shape: oneOf('--shape', shapes, values.shape ?? 'flat'),
      lineEnds: oneOf('--line-ends', lineEnds, values['line-ends'] ?? 'escaped'),
    },
    quota: oneOf('--quota', quotaSizes, values.quota ?? 'xs'),
    ...readFaults(values.fault ?? []),
    passphrase: values.passphrase ?? '',
    keyFormat: oneOf('--key-format', keyFormats, values['key-format'] ?? 'issued'),
    variables: values.variables ?? false,
    dryRun: values['dry-run'] ?? false,
    ephemeral: values.ephemeral ?? false,
    debug: values.debug ?? false,
    json: values.json ?? false,
    addressFile: values['address-file'] ?? '',
  };
}

/** The options that only apply to some commands. */
const ONLY_FOR: Readonly<Record<string, readonly DemoOptions['command'][]>> = {
  'client-id': ['delete'],
  'address-file': ['serve'],
  owner: ['create', 'serve'],
  shape: ['create', 'serve'],
  'line-ends': ['create', 'serve'],
  passphrase: ['create'],
  'key-format': ['create'],
  ephemeral: ['create'],
  'dry-run': ['create', 'delete'],
  debug: ['create', 'delete'],
};

function rejectInapplicable(command: DemoOptions['command'], given: readonly string[]): void {
  for (const name of given) {
    const commands = ONLY_FOR[name];
    if (commands === undefined || commands.includes(command)) continue;
    throw new UsageError(`--${name} is for ${commands.join(' and ')} only.`);
  }
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
        quota: { type: 'string' },
        passphrase: { type: 'string' },
        'key-format': { type: 'string' },
        fault: { type: 'string', multiple: true },
        'client-id': { type: 'string', multiple: true },
        'address-file': { type: 'string' },
        variables: { type: 'boolean' },
        ephemeral: { type: 'boolean' },
        'dry-run': { type: 'boolean' },
        debug: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    // Only the first sentence of Node's message helps; the others explain how to pass values.
    const [what = ''] = (error instanceof Error ? error.message : String(error)).split('. ');
    throw new UsageError(`${what.replace(/\.$/, '')}.`);
  }
}

function oneOf<T extends string>(option: string, known: readonly T[], value: string): T {
  const found = known.find((candidate) => candidate === value);
  if (found === undefined) throw new UsageError(`${option} takes one of: ${known.join(', ')}.`);
  return found;
}

function readFaults(texts: readonly string[]): Pick<DemoOptions, 'faults' | 'brokerFaults'> {
  const faults: (OrderedFault & AsTyped)[] = [];
  const brokerFaults: (OrderedBrokerFault & AsTyped)[] = [];
  for (const text of texts) {
    const fault = parseFault(text);
    const brokerFault = parseBrokerFault(text);
    if (fault !== undefined) faults.push({ ...fault, text });
    else if (brokerFault !== undefined) brokerFaults.push({ ...brokerFault, text });
    else throw new UsageError(`--fault ${text} is not a known fault.`);
  }
  return { faults, brokerFaults };
}
