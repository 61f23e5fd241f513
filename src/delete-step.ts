import { deleteAgents } from './delete-agents.ts';
import { gitHubEraser } from './destinations/github-secrets.ts';
import { settingsOf } from './github/scopes.ts';
import type { Host } from './host/host.ts';
import { HttpClient } from './http/client.ts';
import { systemClock as clock } from './http/clock.ts';
import type { Interruption } from './http/time-limit.ts';
import type { DeleteInputs } from './inputs/delete.ts';
import { hubApi } from './insights-hub/api.ts';
import { lineOf } from './report/log.ts';
import { deletedJson, Outputs } from './report/outputs.ts';
import { stepFailure } from './report/result.ts';
import { summaryOfDeleted } from './report/summary.ts';

/** Deletes the agents that the inputs name, and tells what became of them. */
export async function deleteStep(
  host: Host,
  inputs: DeleteInputs,
  interruption: Interruption,
): Promise<void> {
  const { agents, credentials, github, proxies, urls } = inputs;
  const { secrets } = host;
  const several = agents.length > 1;
  const targets = agents.map(({ name, clientId }) => ({
    name,
    clientId,
    settings: github ? settingsOf(name, github, { several }) : [],
  }));
  const http = new HttpClient({ proxies, debug: (line) => host.debug(line) });
  try {
    const results = await deleteAgents(targets, inputs, {
      api: hubApi(credentials, urls, { http, clock, secrets }),
      interruption,
      eraser: github && gitHubEraser(github, { http, clock }),
      finished: (result) => host.info(lineOf(result, { several, secrets })),
    });
    const outputs = new Outputs(host);
    outputs.agents(deletedJson(results));
    if (inputs.summary) await host.summarise(summaryOfDeleted(results, inputs));
    const failure = stepFailure(results, { cancelled: interruption.cancelled.aborted });
    if (failure !== undefined) throw failure;
    outputs.throwProblem(
      (code) =>
        `The output of the step could not be written (${code}). What became of the agents is in the log.`,
    );
  } finally {
    http.close();
  }
}
