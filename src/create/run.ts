import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { writeAgentsFile } from '../destinations/agents-file.ts';
import { removeFile, removeFiles } from '../destinations/clean-up.ts';
import type { Destination } from '../destinations/destination.ts';
import { draftsIn } from '../destinations/drafts.ts';
import { findExisting } from '../destinations/existing-files.ts';
import type { GitHubServices } from '../destinations/github-secrets.ts';
import { forgetful, Journal, readJournal } from '../destinations/journal.ts';
import { lateDestination } from '../destinations/late.ts';
import { loadWithOctokit } from '../destinations/load-with-octokit.ts';
import { Workspace, type WorkspaceOptions } from '../destinations/workspace.ts';
import { errorCode, Failure } from '../failure.ts';
import type { HttpClient } from '../http/client.ts';
import { systemClock } from '../http/clock.ts';
import type { EarlyConnections } from '../http/early.ts';
import { openHttp } from '../http/open.ts';
import type { Interruption } from '../http/time-limit.ts';
import { apiServices } from '../insights-hub/api-services.ts';
import { trustedAuthorities } from '../mqtt/authorities.ts';
import type { VerifyServices } from '../mqtt/connection.ts';
import { once } from '../once.ts';
import type { Runner } from '../runner/runner.ts';
import { stepFailure } from '../step-failure.ts';
import { withoutVariables } from '../without-variables.ts';
import { type CreateServices, createAgents, type Report, type Verify } from './create.ts';
import { allFailed } from './fate.ts';
import type { Inputs } from './inputs.ts';
import { Outputs, resultsOf } from './outputs.ts';
import { RunReport } from './report.ts';
import { JOURNAL_STATE } from './state.ts';

/** Makes the agents that the inputs ask for, and tells what became of them. */
export async function createAll(
  runner: Runner,
  inputs: Inputs,
  early: EarlyConnections,
  interruption: Interruption,
): Promise<void> {
  const http = openHttp(inputs.proxies, (line) => runner.debug(line), early);
  try {
    await create(runner, inputs, http, interruption);
  } finally {
    http.close();
  }
}

async function create(
  runner: Runner,
  inputs: Inputs,
  http: HttpClient,
  interruption: Interruption,
): Promise<void> {
  const outputs = new Outputs(runner, inputs);
  const journal = await startJournal(runner, inputs, outputs);
  const report = new RunReport(runner, inputs, outputs);
  const services = servicesFor(runner, inputs, http, interruption, journal, report);
  if (inputs.agents.length === 0) runner.notice('The shard is empty: there is nothing to do.');

  const fates = await createAgents(inputs, services);

  const results = resultsOf(fates);
  const isTold = outputs.agents(results);
  if (!isTold && !inputs.dryRun) saveResults(runner, inputs, journal, results);
  if (journal.problem !== undefined) {
    runner.warn(
      `Something may be left when the job ends: not all could be noted for the clean-up (${errorCode(journal.problem)}).`,
    );
  }
  if (inputs.dryRun) await undoPreparations(journal);
  await report.end(fates);
  const agents = fates.map(({ agent, failure }) => ({ name: agent.name, failure }));
  const failure = stepFailure(agents, { cancelled: interruption.cancelled.aborted });
  if (failure !== undefined) throw failure;
  outputs.throwProblem();
}

/** Results that are too long for an output go beside the files. */
function saveResults(runner: Runner, inputs: Inputs, journal: Journal, results: string): void {
  try {
    const options = workspaceOptions(runner, inputs, journal);
    const file = writeAgentsFile(results, options);
    runner.warn(`The output \`agents\` would be too long: the results are in ${file} instead.`);
  } catch (error) {
    runner.warn(
      `The output \`agents\` would be too long, and the results could not be written to ${inputs.outputDirectory} either (${errorCode(error)}). They are in the log.`,
    );
  }
}

async function undoPreparations(journal: Journal): Promise<void> {
  const problems = await removeFiles(await readJournal(journal.path));
  if (problems.length === 0) await removeFile(journal.path);
}

/** Saves what leads the post step to all that will be made, before anything is. */
async function startJournal(runner: Runner, inputs: Inputs, outputs: Outputs): Promise<Journal> {
  try {
    const journal = await Journal.start(runner.temporaryDirectory);
    runner.saveState(JOURNAL_STATE, journal.path);
    return journal;
  } catch (error) {
    const failure =
      error instanceof Failure
        ? error
        : new Failure(
            'destination-invalid',
            `The state of the step could not be saved (${errorCode(error)}), so that nothing could be cleaned up after the job.`,
            { cause: error },
          );
    outputs.agents(resultsOf(allFailed(inputs.agents, failure)));
    throw failure;
  }
}

function servicesFor(
  runner: Runner,
  inputs: Inputs,
  http: HttpClient,
  interruption: Interruption,
  journal: Journal,
  report: Report,
): CreateServices {
  const { credentials, endpoints, ifExists, toWorkspace, outputDirectory } = inputs;
  const { secrets } = runner;
  const clock = systemClock;
  const authorities = once(async () => inputs.brokerCa?.content ?? trustedAuthorities());
  const api = apiServices(credentials, endpoints, { http, clock, secrets });
  return {
    ...api,
    interruption,
    made: journal,
    existing: async (agents) =>
      ifExists === 'skip' && toWorkspace ? findExisting(agents, outputDirectory) : new Map(),
    warn: (message) => runner.warn(message),
    ...placesFor(runner, inputs, journal, { http, clock }, authorities),
    verify: inputs.verifyConnection
      ? verifierFor(inputs, authorities, { clock, debug: (line) => runner.debug(line) })
      : undefined,
    report,
  };
}

/** Where certificates go, and where a key is saved that none of those places keeps. */
function placesFor(
  runner: Runner,
  inputs: Inputs,
  journal: Journal,
  services: GitHubServices,
  authorities: () => Promise<string>,
): Pick<CreateServices, 'destinations' | 'rescues'> {
  const { toWorkspace, agents } = inputs;
  const inWorkspace = workspaceOptions(runner, inputs, journal);
  // MQTTX can't use an encrypted key.
  const isEncrypted = agents.some(({ passphrase }) => passphrase !== undefined);
  const connection = isEncrypted ? undefined : { broker: inputs.broker, authorities };
  const temporary = runner.temporaryDirectory;
  const inTemporary = {
    directory: path.join(temporary, `insights-hub-agent-${randomUUID()}`),
    workspace: path.resolve(temporary),
  };
  const kept = { made: forgetful, drafts: inWorkspace.drafts };
  return {
    destinations: [
      ...(toWorkspace ? [new Workspace({ ...inWorkspace, connection })] : []),
      ...secretsFor(inputs, journal, services),
    ],
    rescues: [
      ...(toWorkspace ? [] : [new Workspace({ ...inWorkspace, ...kept })]),
      new Workspace({ ...inTemporary, ...kept }),
    ],
  };
}

function secretsFor(
  { github, several, ephemeral }: Inputs,
  journal: Journal,
  services: GitHubServices,
): readonly Destination[] {
  if (github === undefined) return [];
  const made = ephemeral ? journal : forgetful;
  // Octokit and the sealed box come with them.
  const load = () => loadWithOctokit(() => import('../destinations/github-secrets.ts'));
  const destinations = once(async () =>
    (await load()).gitHubDestinations(github, { several, made, ...services }),
  );
  return github.places.map((place) => lateDestination(async () => (await destinations())(place)));
}

/** Where files go, and who learns of them: nobody of those that are to stay. */
function workspaceOptions(
  runner: Runner,
  { outputDirectory, keepFiles, dryRun }: Inputs,
  journal: Journal,
): WorkspaceOptions {
  return {
    directory: outputDirectory,
    workspace: path.resolve(runner.workspace),
    made: keepFiles && !dryRun ? forgetful : journal,
    drafts: draftsIn(journal),
  };
}

/** MQTT comes with it, whose own debugging would go to standard error. */
function loadConnection() {
  return withoutVariables(['DEBUG'], () => import('../mqtt/connection.ts'));
}

function verifierFor(
  { broker, proxies }: Inputs,
  authorities: () => Promise<string>,
  services: Omit<VerifyServices, 'limit'>,
): Verify {
  return async (issued, passphrase, limit) => {
    const { verifyConnection } = await loadConnection();
    const access = { broker, proxies, authorities: await authorities() };
    await verifyConnection({ ...issued, passphrase }, access, { ...services, limit });
  };
}
