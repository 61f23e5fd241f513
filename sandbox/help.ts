import { namedBrokerFaults } from './broker/faults.ts';
import { gitHubEndpoints, hubEndpoints, namedFaults } from './faults.ts';
import { quotaSizes } from './insights-hub/quotas.ts';
import { destinations, keyFormats, lineEnds, shapes, ways } from './options.ts';
import { wrap } from './wrap.ts';

type Row = readonly [name: string, text: string];

const or = new Intl.ListFormat('en', { type: 'disjunction' });
const one = (names: readonly string[]) => or.format(names);

const COMMANDS: readonly Row[] = [
  ['npm start', 'runs the create action once, and shows everything it leaves behind'],
  ['npm start -- delete', 'runs the delete action once, for an agent that exists'],
  [
    'npm start -- serve',
    'keeps the embedded Insights Hub and broker running, prints commands for curl and mosquitto_pub and a connection for MQTTX, and shows incoming requests and messages',
  ],
];

const OPTIONS: readonly Row[] = [
  ['--name NAME', 'name of the agent; repeatable (device001)'],
  ['--owner OWNER', 'create, serve: owner of the agent (somebody@some.com)'],
  ['--destination PLACE', `${one(destinations)}; repeatable (workspace)`],
  ['--auth WAY', `${one(ways)} (technical-user)`],
  [
    '--passphrase TEXT',
    'create: encrypts the private key with this passphrase of at least 12 characters',
  ],
  ['--key-format FORMAT', `create: format of the private key: ${one(keyFormats)} (issued)`],
  ['--variables', 'also stores the ids as variables; needs a destination on GitHub'],
  ['--ephemeral', 'create: deletes the agent when the job ends'],
  ['--dry-run', 'create, delete: checks everything, and creates or deletes nothing'],
  ['--client-id ID', 'delete: client id of an agent; repeatable'],
  ['--fault FAULT', 'makes a call or connection fail (see below); repeatable'],
  ['--quota SIZE', `quotas of a tenant of this size: ${one(quotaSizes)} (xs)`],
  ['--shape SHAPE', `create, serve: shape of the response to a create: ${one(shapes)} (flat)`],
  [
    '--line-ends ENDS',
    `create, serve: line ends of the PEM in that response: ${one(lineEnds)} (escaped)`,
  ],
  ['--debug', 'create, delete: shows the log with debug logging'],
  [
    '--json',
    'prints one JSON document instead: command, exitCode, step, log, outputs, summary, files, resources, messages, post, requests; with serve: inputs, env, clientId, directory, mqttx, commands. Use "npm --silent start", so that npm adds no lines',
  ],
  [
    '--address-file FILE',
    'serve: when the services are ready, writes the inputs for them to this file, as NAME=VALUE lines',
  ],
  ['--help', 'shows this help'],
];

const EXAMPLES: readonly Row[] = [
  ['--name a --name b --debug', 'two agents, and every attempt of every request'],
  ['--destination repository', 'key and certificate as secrets on an embedded GitHub'],
  ['--ephemeral', 'an agent that is deleted when the job ends'],
  ['--fault token:503:2', 'two attempts fail, the third succeeds'],
  ['--fault create:401', 'a rejected token is replaced by a new one'],
  ['--fault create:403', 'the credentials lack a role: forbidden'],
  ['--fault create:reset-after', 'the response, and with it the key, is lost: outcome-unknown'],
  ['--fault create:echo', 'the service repeats secrets: none is shown'],
  [
    '--fault secret:500:99 --destination repository',
    'GitHub fails to store the key: it is saved to files',
  ],
  ['--fault broker:connack-5:99', 'the broker rejects the agent: connection-failed'],
  ['delete --fault offboard:403', 'the credentials may not delete the agent: forbidden'],
  [
    'serve --auth application --quota xxs',
    'the services of the smallest tenant, until you press Ctrl-C',
  ],
];

const EXIT_CODES: readonly Row[] = [
  ['0', 'success'],
  ['1', 'the action failed, as it does with most faults'],
  ['2', 'wrong options'],
];

const VARIABLES: readonly Row[] = [
  ['NO_COLOR', 'any value turns colours off, unless FORCE_COLOR is set'],
  ['FORCE_COLOR', '1 turns colours on, even if the output is not a terminal'],
];

/** The help text in lines of at most `width` characters. */
export function helpText(width: number): string {
  const say = (text: string) => wrap(text, width, 0);
  const rows = (table: readonly Row[], column?: number) => columns(table, width, column);
  return [
    ...say(
      'Runs the bundled actions as a runner would, against an embedded Insights Hub, GitHub and broker.',
    ),
    '',
    ...rows(COMMANDS),
    '',
    'Options, after "npm start --", with defaults in parentheses:',
    ...rows(OPTIONS),
    '',
    'Examples, after "npm start --":',
    ...rows(EXAMPLES, 48),
    '',
    ...say(
      'A FAULT is ENDPOINT:WHAT and affects one call or connection. Append :N for N of them, for example token:503:2. With a fault, the step has a timeout of 20 s.',
    ),
    '',
    'ENDPOINT is one of:',
    ...rows(ENDPOINTS),
    '',
    'WHAT, for Insights Hub and GitHub, is one of:',
    ...rows([['400 to 599', 'the service responds with this status'], ...shown(namedFaults)]),
    '',
    'WHAT, for the broker, is one of:',
    ...rows(shown(namedBrokerFaults)),
    '',
    'Exit codes:',
    ...rows(EXIT_CODES),
    '',
    'Environment variables:',
    ...rows(VARIABLES),
    '',
  ].join('\n');
}

const ENDPOINTS: readonly Row[] = [
  ['Insights Hub', hubEndpoints.join(', ')],
  ['GitHub', gitHubEndpoints.join(', ')],
  ['broker', 'a connection to the broker'],
];

function shown(faults: Readonly<Record<string, { readonly shows: string }>>): readonly Row[] {
  return Object.entries(faults).map(([name, { shows }]) => [name, shows]);
}

/** Lays out a table in two columns; long texts are wrapped within the second one. */
function columns(table: readonly Row[], width: number, column = 22): readonly string[] {
  const second = Math.min(column, Math.floor(width / 2));
  return table.flatMap(([name, text]) => {
    const first = `  ${name.padEnd(second - 2)}  `;
    // A name that is too long for its column has a line of its own.
    if (first.length > second + 2) {
      const indent = ' '.repeat(second + 2);
      return [first.trimEnd(), ...wrap(indent + text, width, second + 2)];
    }
    return wrap(first + text, width, second + 2);
  });
}
