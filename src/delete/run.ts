import type { Eraser } from '../destinations/erase-settings.ts';
import { loadWithOctokit } from '../destinations/load-with-octokit.ts';
import { settingsOf } from '../destinations/setting-names.ts';
import { errorCode, Failure } from '../failure.ts';
import type { HttpClient } from '../http/client.ts';
import { systemClock } from '../http/clock.ts';
import { openHttp } from '../http/open.ts';
import type { Interruption } from '../http/time-limit.ts';
import { apiServices } from '../insights-hub/api-services.ts';
import type { Runner } from '../runner/runner.ts';
import { stepFailure } from '../step-failure.ts';
import { type EndFate, type EndServices, endAgents, type Target } from './delete.ts';
import type { DeleteInputs } from './inputs.ts';
import { logLineOf } from './log.ts';
import { summaryOf } from './summary.ts';

/** Ends the agents that the inputs name, and tells what became of them. */
export async function endAll(
  runner: Runner,
  inputs: DeleteInputs,
  interruption: Interruption,
): Promise<void> {
  const http = openHttp(inputs.proxies, (line) => runner.debug(line));
  try {
    await end(runner, inputs, http, interruption);
  } finally {
    http.close();
  }
}

async function end(
  runner: Runner,
  inputs: DeleteInputs,
  http: HttpClient,
  interruption: Interruption,
): Promise<void> {
  const services = await servicesFor(runner, inputs, http, interruption);
  const fates = await endAgents(targetsOf(inputs), inputs, services);
  const unwritten = tryTo(() => runner.setOutput('agents', JSON.stringify(fates.map(outputOf))));
  if (inputs.summary) await runner.summarise(summaryOf(fates, inputs));
  const failure = stepFailure(fates, { cancelled: interruption.cancelled.aborted });
  if (failure !== undefined) throw failure;
  if (unwritten !== undefined) throw unwritten;
}

function targetsOf({ agents, github }: DeleteInputs): readonly Target[] {
  const several = agents.length > 1;
  return agents.map(({ name, clientId }) => ({
    name,
    clientId,
    settings: github === undefined ? [] : settingsOf(name, github, { several }),
  }));
}

async function servicesFor(
  runner: Runner,
  { credentials, endpoints, github, agents }: DeleteInputs,
  http: HttpClient,
  interruption: Interruption,
): Promise<EndServices> {
  const { secrets } = runner;
  const several = agents.length > 1;
  const eraser: Eraser | undefined =
    github && (await loadEraser()).gitHubEraser(github, { http, clock: systemClock });
  return {
    ...apiServices(credentials, endpoints, { http, clock: systemClock, secrets }),
    interruption,
    eraser,
    finished: (fate) => runner.info(logLineOf(fate, { several, secrets })),
  };
}

/** Octokit comes with it. */
function loadEraser() {
  return loadWithOctokit(() => import('../destinations/erase-settings.ts'));
}

function outputOf({ name, clientId, agentId, result }: EndFate) {
  return { name, clientId, agentId, result };
}

/** What was ended is more important than an output that can't be written: that is told last. */
function tryTo(write: () => void): Failure | undefined {
  try {
    write();
    return undefined;
  } catch (error) {
    return new Failure(
      'delivery-failed',
      `The output of the step could not be written (${errorCode(error)}). What became of the agents is in the log.`,
      { cause: error },
    );
  }
}
