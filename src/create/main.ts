import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { removeFile, removeFiles } from '../destinations/clean-up.ts';
import { forgetful, Journal, type MadeLog, readJournal } from '../destinations/journal.ts';
import { loadWithOctokit } from '../destinations/load-with-octokit.ts';
import { Workspace } from '../destinations/workspace.ts';
import { errorCode, Failure } from '../failure.ts';
import type { HttpClient } from '../http/client.ts';
import { systemClock } from '../http/clock.ts';
import { openHttp } from '../http/open.ts';
import type { Clock } from '../http/retry.ts';
import type { Interruption } from '../http/time-limit.ts';
import { tokenSource } from '../insights-hub/tokens.ts';
import { trustedAuthorities } from '../mqtt/authorities.ts';
import { listenForInterruption } from '../runner/interruption.ts';
import type { Runner } from '../runner/runner.ts';
import { runStep } from '../runner/step.ts';
import { stepFailure } from '../step-failure.ts';
import { withoutVariables } from '../without-variables.ts';
import { type CreateServices, createAgents, type Verify } from './create.ts';
import { allFailed } from './fate.ts';
import { connectLines, howToConnect } from './how-to-connect.ts';
import { type Inputs, readInputs, warningsOf } from './inputs.ts';
import { logLineOf } from './log.ts';
import { Outputs } from './outputs.ts';
import { JOURNAL_STATE } from './state.ts';
import { summaryOf } from './summary.ts';

await runStep(async (runner) => {
  const interruption = listenForInterruption();
  const inputs = await readInputs(runner);
  for (const warning of warningsOf(inputs)) runner.warn(warning);
  const http = openHttp(inputs.proxies, (line) => runner.debug(line));
  try {
    await create(runner, inputs, http, interruption);
  } finally {
    http.close();
  }
});

async function create(
  runner: Runner,
  inputs: Inputs,
  http: HttpClient,
  interruption: Interruption,
): Promise<void> {
  const outputs = new Outputs(runner, { several: inputs.agents.length > 1 });
  const journal = await startJournal(runner, inputs, outputs);
  const services = await servicesFor(runner, inputs, http, interruption, journal, outputs);

  const fates = await createAgents(inputs, services);

  outputs.agents(fates);
  if (journal.problem !== undefined) {
    runner.warn(
      `Something may be left when the job ends: not all could be noted for the clean-up (${errorCode(journal.problem)}).`,
    );
  }
  if (inputs.dryRun) await undoPreparations(journal);
  const connect = howToConnect(fates, {
    tenant: inputs.endpoints.tenant,
    broker: inputs.broker,
    brokerCa: inputs.brokerCa?.path,
    now: new Date(services.clock.now()),
  });
  for (const line of connect ? connectLines(connect) : []) runner.info(line);
  if (inputs.summary) {
    await runner.summarise(summaryOf(fates, { dryRun: inputs.dryRun, connect }));
  }
  const agents = fates.map(({ agent, failure }) => ({ name: agent.name, failure }));
  const failure = stepFailure(agents, { cancelled: interruption.cancelled.aborted });
  if (failure !== undefined) throw failure;
  outputs.throwProblem();
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
    outputs.agents(allFailed(inputs.agents, failure));
    throw failure;
  }
}

async function servicesFor(
  runner: Runner,
  inputs: Inputs,
  http: HttpClient,
  interruption: Interruption,
  journal: Journal,
  outputs: Outputs,
): Promise<CreateServices> {
  const { credentials, endpoints } = inputs;
  const { secrets } = runner;
  const clock = systemClock;
  const several = inputs.agents.length > 1;
  const authorities = once(() => inputs.brokerCa?.content ?? trustedAuthorities());
  return {
    http,
    clock,
    secrets,
    endpoints,
    interruption,
    made: journal,
    warn: (message) => runner.warn(message),
    tokens: tokenSource(credentials, endpoints, { http, clock, secrets }),
    ...(await placesFor(runner, inputs, journal, { http, clock }, authorities)),
    verify: inputs.verifyConnection ? verifierFor(inputs, clock, authorities) : undefined,
    report: {
      known: (agent) => outputs.known(agent),
      finished: (fate) => runner.info(logLineOf(fate, { several, secrets })),
    },
  };
}

/** Where certificates go, and where a key is saved that none of those places keeps. */
async function placesFor(
  runner: Runner,
  inputs: Inputs,
  journal: Journal,
  services: { readonly http: HttpClient; readonly clock: Clock },
  authorities: () => string,
): Promise<Pick<CreateServices, 'destinations' | 'rescues'>> {
  const { github, toWorkspace, outputDirectory, keepFiles, dryRun, agents, ephemeral } = inputs;
  const files = (directory: string, workspace: string, made: MadeLog) =>
    ({ directory, workspace: path.resolve(workspace), made, drafts: journal }) as const;
  const inWorkspace = (made: MadeLog) => files(outputDirectory, runner.workspace, made);
  // MQTTX can't use an encrypted key.
  const isEncrypted = agents.some(({ passphrase }) => passphrase !== undefined);
  const connection = isEncrypted ? undefined : { broker: inputs.broker, authorities };
  const temporary = runner.temporaryDirectory;
  const saved = path.join(temporary, `insights-hub-agent-${randomUUID()}`);
  const inTemporary = new Workspace(files(saved, temporary, forgetful));

  const made = keepFiles && !dryRun ? forgetful : journal;
  const workspace = toWorkspace ? [new Workspace({ ...inWorkspace(made), connection })] : [];
  const secrets = github
    ? (await loadSecrets()).gitHubDestinations(github, {
        several: agents.length > 1,
        made: ephemeral ? journal : forgetful,
        ...services,
      })
    : [];
  return {
    destinations: [...workspace, ...secrets],
    rescues: [...(toWorkspace ? [] : [new Workspace(inWorkspace(forgetful))]), inTemporary],
  };
}

/** Octokit and the sealed box come with them. */
function loadSecrets() {
  return loadWithOctokit(() => import('../destinations/github-secrets.ts'));
}

/** MQTT comes with it, whose own debugging would go to standard error. */
function loadConnection() {
  return withoutVariables(['DEBUG'], () => import('../mqtt/connection.ts'));
}

function verifierFor({ broker, proxies }: Inputs, clock: Clock, authorities: () => string): Verify {
  return async (issued, passphrase, limit) => {
    const { verifyConnection } = await loadConnection();
    const access = { broker, proxies, authorities: authorities() };
    await verifyConnection({ ...issued, passphrase }, access, { clock, limit });
  };
}

/** The value of a function that is called when it is needed first, and never again. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
