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
import { DEFAULT_API_URL } from '../insights-hub/endpoints.ts';
import { tokenSource } from '../insights-hub/tokens.ts';
import { listenForInterruption } from '../runner/interruption.ts';
import type { Runner } from '../runner/runner.ts';
import { runStep } from '../runner/step.ts';
import { stepFailure } from '../step-failure.ts';
import { type CreateServices, createAgents } from './create.ts';
import { allFailed } from './fate.ts';
import { type Inputs, readInputs, warningsOf } from './inputs.ts';
import { logLineOf } from './log.ts';
import { Outputs } from './outputs.ts';
import { JOURNAL_STATE } from './state.ts';
import { summaryOf } from './summary.ts';

await runStep(async (runner) => {
  const interruption = listenForInterruption();
  const inputs = readInputs(runner);
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
  if (inputs.summary) {
    await runner.summarise(summaryOf(fates, { dryRun: inputs.dryRun, broker: brokerOf(inputs) }));
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
  return {
    http,
    clock,
    secrets,
    endpoints,
    interruption,
    made: journal,
    warn: (message) => runner.warn(message),
    tokens: tokenSource(credentials, endpoints, { http, clock, secrets }),
    ...(await placesFor(runner, inputs, journal, { http, clock })),
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
): Promise<Pick<CreateServices, 'destinations' | 'rescues'>> {
  const { github, toWorkspace, outputDirectory, keepFiles, dryRun, agents, ephemeral } = inputs;
  const files = (directory: string, workspace: string, made: MadeLog) =>
    new Workspace({ directory, workspace: path.resolve(workspace), made, drafts: journal });
  const inWorkspace = (made: MadeLog) => files(outputDirectory, runner.workspace, made);
  const temporary = runner.temporaryDirectory;
  const saved = path.join(temporary, `insights-hub-agent-${randomUUID()}`);
  const inTemporary = files(saved, temporary, forgetful);

  const workspace = toWorkspace ? [inWorkspace(keepFiles && !dryRun ? forgetful : journal)] : [];
  const secrets = github
    ? (await loadSecrets()).gitHubDestinations(github, {
        several: agents.length > 1,
        made: ephemeral ? journal : forgetful,
        ...services,
      })
    : [];
  return {
    destinations: [...workspace, ...secrets],
    rescues: [...(toWorkspace ? [] : [inWorkspace(forgetful)]), inTemporary],
  };
}

/** Octokit and the sealed box come with them. */
function loadSecrets() {
  return loadWithOctokit(() => import('../destinations/github-secrets.ts'));
}

/** The broker that is documented for the region; elsewhere than at the default API nobody knows. */
function brokerOf({ endpoints }: Inputs): string | undefined {
  if (endpoints.apiUrl !== DEFAULT_API_URL) return undefined;
  return `mqtts://mindconnectmqtt.${endpoints.region}.mindsphere.io:8883`;
}
