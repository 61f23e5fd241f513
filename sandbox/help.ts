import { namedBrokerFaults } from './broker/faults.ts';
import { gitHubEndpoints, hubEndpoints, namedFaults } from './faults.ts';
import { quotaSizes } from './insights-hub/quotas.ts';
import { destinations, lineEnds, shapes, ways } from './options.ts';
import { WIDTH } from './screen.ts';
import { wrap } from './wrap.ts';

type Row = readonly [name: string, text: string];

const one = (names: readonly string[]) => `one of ${names.join(', ')}`;

const COMMANDS: readonly Row[] = [
  ['npm start', 'one run of the create action, and what it leaves behind'],
  ['npm start -- delete', 'one run of the delete action over an agent that is there'],
  [
    'npm start -- serve',
    'keeps the embedded Insights Hub and its broker running, with lines for curl, mosquitto_pub and MQTTX to paste, and shows what arrives',
  ],
];

const OPTIONS: readonly Row[] = [
  ['--name NAME', 'name of the agent; more than once for several (device001)'],
  ['--owner OWNER', 'create, serve: owner of the agent (somebody@some.com)'],
  ['--destination PLACE', `${one(destinations)}; more than once for several (workspace)`],
  ['--auth WAY', `${one(ways)} (technical-user)`],
  ['--passphrase TEXT', 'create: encrypts the private key; 12 characters at least'],
  ['--variables', 'also writes the ids to variables, beside secrets'],
  ['--ephemeral', 'create: the post step deletes the agent'],
  ['--dry-run', 'create, delete: checks everything, creates or deletes nothing'],
  ['--client-id ID', 'delete: client id of an agent; more than once for several'],
  ['--fault FAULT', 'lets a call or connection go wrong (see below); more than once for several'],
  ['--quota SIZE', `quotas of a tenant of this size: ${one(quotaSizes)} (xs)`],
  ['--shape SHAPE', `create, serve: shape of the answer: ${one(shapes)} (flat)`],
  ['--line-ends ENDS', `create, serve: line ends in the answer: ${one(lineEnds)} (escaped)`],
  ['--debug', 'create, delete: shows what the runner shows with debug logging'],
  [
    '--json',
    'prints one JSON document instead: command, exitCode, step, log, outputs, summary, files, books, messages, post, requests; with serve: inputs, env, clientId, directory, mqttx, commands; run "npm --silent start" with it',
  ],
  [
    '--address-file FILE',
    'serve: once all is up, writes the inputs that lead to it, as NAME=VALUE lines',
  ],
  ['--help', 'shows this'],
];

const EXAMPLES: readonly Row[] = [
  ['--name a --name b --debug', 'two agents, and every request with its attempts'],
  ['--destination repository', 'key and certificate as secrets of an embedded GitHub'],
  ['--ephemeral', 'an agent that is deleted when the job ends'],
  ['--fault token:503:2', 'two tries fail and the third succeeds'],
  ['--fault create:401', 'a refused token is replaced by a fresh one'],
  ['--fault create:403', 'a missing role: forbidden'],
  ['--fault create:reset-after', 'an agent whose key was lost on the way: outcome-unknown'],
  ['--fault create:echo', 'a service that repeats secrets: none is seen'],
  ['--fault secret:500:99 --destination repository', 'a key that GitHub does not take is saved'],
  ['--fault broker:connack-5:99', 'a broker that refuses the agent: connection-failed'],
  ['delete --fault offboard:403', 'an agent that may not be deleted'],
  [
    'serve --auth application --quota xxs',
    'the services for as long as you like, on the smallest tenant',
  ],
];

const EXIT_CODES: readonly Row[] = [
  ['0', 'the action succeeded'],
  ['1', 'the action failed, as with most faults'],
  ['2', 'the options are wrong'],
];

const VARIABLES: readonly Row[] = [
  ['NO_COLOR', 'no colours, whatever its value, unless FORCE_COLOR is set'],
  ['FORCE_COLOR', '1: colours also where the output is no terminal'],
];

export const HELP = [
  'Runs the bundled actions as a runner would, against an embedded Insights Hub, GitHub and broker.',
  '',
  ...rows(COMMANDS),
  '',
  'Options, after "npm start --", with their defaults in brackets:',
  ...rows(OPTIONS),
  '',
  'Examples, after "npm start --":',
  ...rows(EXAMPLES, 48),
  '',
  'FAULT is ENDPOINT:WHAT for one request, or ENDPOINT:WHAT:TIMES for more, such as token:503:2.',
  'With a fault, the step has a timeout of 20 s.',
  '',
  'ENDPOINT is one of:',
  ...rows([
    ['Insights Hub', hubEndpoints.join(', ')],
    ['GitHub', gitHubEndpoints.join(', ')],
    ['broker', 'a connection to the broker'],
  ]),
  '',
  'WHAT is, for Insights Hub and GitHub:',
  ...rows([['400 to 599', 'the service answers with this status'], ...shown(namedFaults)]),
  '',
  'WHAT is, for the broker:',
  ...rows(shown(namedBrokerFaults)),
  '',
  'Exit codes:',
  ...rows(EXIT_CODES),
  '',
  'Variables:',
  ...rows(VARIABLES),
  '',
].join('\n');

function shown(faults: Readonly<Record<string, { readonly shows: string }>>): readonly Row[] {
  return Object.entries(faults).map(([name, { shows }]) => [name, shows]);
}

/** Lays out a table in two columns; long texts are wrapped within the second one. */
function rows(table: readonly Row[], column = 22): readonly string[] {
  return table.flatMap(([name, text]) =>
    wrap(`  ${name.padEnd(column - 2)}  ${text}`, WIDTH, column + 2),
  );
}
