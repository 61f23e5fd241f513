import { createPrivateKey } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { hubEndpoints } from '../../sandbox/faults.ts';
import type { GitHub } from '../../sandbox/github/github.ts';
import type { IssuedPair } from '../../sandbox/insights-hub/authority.ts';
import type { Launch, StepResult } from '../../sandbox/runner/runner.ts';
import { Sandbox } from '../action/sandbox.ts';
import { leaksIn, leaksInFile } from '../leaks.ts';
import type { Given, Scenario } from './scenario.ts';
import { type Gossip, orderOf } from './troubles.ts';
import { maskedFormsOf, OWNED } from './words.ts';

/** How entries are run, and what is checked besides what they leave behind. */
export interface Stage {
  readonly pairs: readonly IssuedPair[];
  readonly launch?: Launch;
  readonly env?: Readonly<Record<string, string>>;
  readonly onStart?: (sandbox: Sandbox, github: GitHub) => void;
  readonly onEnd?: (result: StepResult) => void;
}

/** The job's moments: what servers may repeat differs. */
type Phase = 'main' | 'post';

/** Plays a scenario to its end, and throws if anything secret is visible. */
export async function play(scenario: Scenario, given: Stage): Promise<void> {
  const { form, tokens, issuedAs } = scenario;
  const pairs = given.pairs.map((pair) => ({
    ...pair,
    privateKey: formatOf(pair.privateKey, issuedAs),
  }));
  const stage = { ...given, pairs };
  let issued = 0;
  const makeToken = () => tokens[issued++ % tokens.length] ?? 'no token';
  const sandbox = await Sandbox.start({ form, pairs, makeToken }, stage.launch);
  try {
    await playIn(sandbox, scenario, stage);
  } finally {
    await sandbox.stop();
  }
}

async function playIn(sandbox: Sandbox, scenario: Scenario, stage: Stage): Promise<void> {
  const github = await sandbox.startGitHub();
  github.addEnvironment('production');
  github.issueToken({}, scenario.gitHubToken);
  for (const owner of [sandbox.hub.technicalUser, sandbox.hub.application]) {
    Object.assign(owner, { id: scenario.clientId, secret: scenario.clientSecret });
  }
  const otherKey = stage.pairs.at(-1)?.privateKey ?? '';
  let phase: Phase = 'main';
  const gossip = () => gossipOf(sandbox, scenario, { phase, otherKey });
  for (const trouble of scenario.troubles) {
    const isOfHub = hubEndpoints.some((endpoint) => endpoint === trouble.at);
    (isOfHub ? sandbox.hub : github).faults.push(orderOf(trouble, gossip));
  }
  sandbox.hub.certificateList = scenario.list;
  sandbox.hub.tellsKeys = scenario.tellsKeys;
  stage.onStart?.(sandbox, github);
  const check = async (result: StepResult) => {
    await expectNothingSeen(sandbox, github, scenario, result);
    stage.onEnd?.(result);
  };

  const { debug, action } = scenario;
  const options = { debug, ...(stage.env && { env: stage.env }) };
  if (action === 'delete') {
    await addAgents(sandbox, scenario, stage);
    return check(await sandbox.delete(await deleteInputs(sandbox, scenario), options));
  }
  const main = await sandbox.main(await createInputs(sandbox, scenario), options);
  await check(main);
  phase = 'post';
  await check(await sandbox.post(main));
}

/** A private key, perhaps an encrypted one, in one of the formats that tools convert it to. */
function formatOf(key: string, type: 'pkcs1' | 'pkcs8', passphrase = ''): string {
  return createPrivateKey({ key, passphrase }).export({ type, format: 'pem' }).toString();
}

/** What client ids begin with, if it can be used. */
function prefixOf({ tenant }: Sandbox['hub'], { prefix }: Scenario): string {
  return typeof prefix === 'string' && prefix !== '' ? prefix : tenant;
}

/** Two of the agents that a job deletes exist, one of them onboarded. */
async function addAgents({ hub }: Sandbox, scenario: Scenario, { pairs }: Stage): Promise<void> {
  const { names } = scenario;
  for (const [index, name] of names.slice(0, 2).entries()) {
    const { clientId } = await hub.addAgent(
      name,
      `${prefixOf(hub, scenario)}_${name}`,
      pairs[index],
    );
    if (index === 0) hub.connect(clientId);
  }
}

/**
 * What servers know. A key is known to the action when its answer has come, which is sure where
 * creates come one after the other and nothing happens to their answers; the post step knows none.
 */
function gossipOf(
  { hub, moreKeys }: Sandbox,
  scenario: Scenario,
  { phase, otherKey }: { readonly phase: Phase; readonly otherKey: string },
): Gossip {
  const { clientId, clientSecret, gitHubToken, passphrase, credentials } = scenario;
  const isUnharmed = scenario.troubles.every(
    ({ at, mischief }) => at !== 'create' || ['ids', 'wrapped'].includes(mischief.kind),
  );
  const isSure =
    phase === 'main' && scenario.action === 'create' && scenario.concurrency === 1 && isUnharmed;
  const keys = hub.issued.map(({ privateKey }) => privateKey);
  const client = [clientSecret, Buffer.from(`${clientId}:${clientSecret}`).toString('base64')];
  return {
    values: [
      ...(credentials === 'token' ? [] : client),
      gitHubToken,
      ...(phase === 'main' && scenario.action === 'create' && passphrase ? [passphrase] : []),
    ],
    keys: isSure ? keys : [],
    strangeKeys: isSure ? [] : keys,
    clientIds: scenario.names.map((name) => `${prefixOf(hub, scenario)}_${name}`),
    otherKey,
    invented: (key) => moreKeys.push(key),
  };
}

type Inputs = Readonly<Record<string, string>>;

function commonInputs(sandbox: Sandbox, scenario: Scenario): Inputs {
  const { credentials, names, gitHubToken, destination, flags, concurrency } = scenario;
  const given = {
    'technical-user': () => sandbox.inputs,
    application: () => sandbox.applicationInputs,
    token: () => sandbox.tokenInputs,
  };
  return {
    ...given[credentials](),
    name: names.join('\n'),
    'github-token': gitHubToken,
    environment: destination.includes('environment') ? 'production' : '',
    variables: String(flags.variables),
    summary: String(flags.summary),
    'dry-run': String(flags['dry-run']),
    concurrency: String(concurrency),
    'client-id-prefix': inputOf(scenario.prefix, sandbox, scenario),
  };
}

/** What an input is given. */
function inputOf(given: Given, { hub }: Sandbox, { clientSecret, gitHubToken }: Scenario): string {
  if (typeof given === 'string') return given;
  if ('secret' in given) return given.secret === 'client' ? clientSecret : gitHubToken;
  return [...hub.certificates.keys()][given.known] ?? 'none';
}

async function createInputs(sandbox: Sandbox, scenario: Scenario): Promise<Inputs> {
  const { owner, passphrase, destination, flags } = scenario;
  // Those of the system would take longer to write than all the rest.
  const authorities = path.join(sandbox.runner.temporary, 'root-ca.pem');
  await writeFile(authorities, sandbox.hub.authority.certificate);
  return {
    ...commonInputs(sandbox, scenario),
    owner,
    'key-format': inputOf(scenario.keyFormat, sandbox, scenario),
    'key-passphrase': passphrase,
    destination,
    'broker-ca-file': authorities,
    'rate-limit': inputOf(scenario.rateLimit, sandbox, scenario),
    ephemeral: String(flags.ephemeral),
    'keep-files': String(flags['keep-files']),
  };
}

async function deleteInputs(sandbox: Sandbox, scenario: Scenario): Promise<Inputs> {
  const places = scenario.destination.split(', ').filter((place) => place !== 'workspace');
  const ids = scenario.certificateIds.map((given) => inputOf(given, sandbox, scenario));
  return {
    ...commonInputs(sandbox, scenario),
    'certificate-id': ids.join('\n'),
    'delete-certificate': String(!scenario.flags['keep-files']),
    destination: places.join(', '),
  };
}

/** The commands that an action has; the runner would run each one that it reads. */
const COMMANDS = new Set(['add-mask', 'debug', 'notice', 'warning', 'error', 'group', 'endgroup']);

const OUTPUTS =
  /^(agentId|clientId|agentName|certificateId|certificatePath|privateKeyPath|mqttxPath|brokerCaPath|fingerprint|expiresAt|secretNames|agents|agentsPath|certificates)$/;

async function expectNothingSeen(
  sandbox: Sandbox,
  github: GitHub,
  { passphrase }: Scenario,
  result: StepResult,
): Promise<void> {
  const { workspace, temporary } = sandbox.runner;
  const files = [...(await filesIn(workspace)), ...(await filesIn(temporary))];
  const isKey = ({ name }: Named) => name.endsWith('.key');
  const vaults = [github.vault, ...github.environments.values()];
  const pushed = vaults.flatMap(({ secrets }) => [...secrets.values()]);
  const keys = [...files.filter(isKey).map(({ text }) => text), ...pushed].filter((text) =>
    text.includes('PRIVATE KEY'),
  );
  // One is as good as all, and takes long enough.
  const one = keys.slice(0, 1);
  const formats = (['pkcs1', 'pkcs8'] as const).flatMap((type) =>
    one.map((key) => formatOf(key, type, passphrase)),
  );
  // Those in another form than they were issued in are secrets of their own.
  const known = new Set(sandbox.known.keys);
  const others = [...new Set([...keys, ...formats])].filter((key) => !known.has(key));
  sandbox.moreKeys.push(...others);
  if (others.length > 0) await sandbox.expectNoLeaks(result);
  const printed = [...one.flatMap(maskedFormsOf), ...formats].map((form) => {
    const lines = form.split(/\r?\n/).map((line) => sandbox.runner.mask(line));
    return leaksIn(lines.join('\n'), sandbox.known);
  });
  expect(printed.flat()).toEqual([]);

  const open = [
    ...files.filter((file) => !isKey(file)),
    ...vaults.map(({ variables }) => ({
      name: 'variables',
      text: JSON.stringify([...variables]),
    })),
  ];
  const leaks = open.map((file) => [file.name, leaksInFile(file.text, sandbox.known)] as const);
  expect(leaks.filter(([, found]) => found.length > 0)).toEqual([]);

  const owned = result.commands.filter(
    ({ name, message }) => !COMMANDS.has(name) || message.trimStart().startsWith(OWNED),
  );
  expect(owned).toEqual([]);
  expect(Object.keys(result.outputs).filter((name) => !OUTPUTS.test(name))).toEqual([]);
  expect(Object.keys(result.state).filter((name) => name !== 'journal')).toEqual([]);
  expect(result.exported).toBe('');
}

interface Named {
  readonly name: string;
  readonly text: string;
}

async function filesIn(folder: string): Promise<readonly Named[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => path.join(parentPath, name));
  return Promise.all(names.map(async (name) => ({ name, text: await readFile(name, 'utf8') })));
}
