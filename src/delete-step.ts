import { deleteAgents } from './delete-agents.ts';
import { gitHubEraser } from './destinations/github-secrets.ts';
import { settingsOf } from './github/scopes.ts';
import type { Host } from './host/host.ts';
import { HttpClient } from './http/client.ts';
import { systemClock as clock } from './http/clock.ts';
import type { Interruption } from './http/time-limit.ts';
import type { DeleteInputs } from './inputs/delete.ts';
import { hubApi } from './insights-hub/api.ts';
import { hubQuotas } from './insights-hub/quotas.ts';
import { summaryOfDeleted } from './report/deleted-summary.ts';
import { deleteWork, estimateLine } from './report/estimate.ts';
import { lineOf, lineOfCertificate } from './report/log.ts';
import { certificatesJson, deletedJson, Outputs } from './report/outputs.ts';
import { stepFailure } from './report/result.ts';

/** Deletes the agents that the inputs name, and tells what became of them. */
export async function deleteStep(
  host: Host,
  inputs: DeleteInputs,
  interruption: Interruption,
): Promise<void> {
  const { agents, certificateIds, credentials, github, proxies, urls } = inputs;
  const { secrets } = host;
  const several = agents.length > 1;
  const line = { several: agents.length + certificateIds.length > 1, secrets };
  const targets = agents.map(({ name, clientId }) => ({
    name,
    clientId,
    settings: github ? settingsOf(name, github, { several }) : [],
  }));
  const http = new HttpClient({ proxies, debug: (text) => host.debug(text) });
  const quotas = hubQuotas({ clock, countsWaiting: false });
  const counts = { agents: agents.length, certificates: certificateIds.length };
  const estimate = estimateLine(deleteWork({ ...inputs, ...counts }));
  if (estimate !== undefined) host.info(estimate);
  try {
    const deleted = await deleteAgents(targets, inputs, {
      api: hubApi(credentials, urls, quotas, { http, clock, secrets }),
      interruption,
      warn: (message) => host.warn(message),
      eraser: github && gitHubEraser(github, { http, clock }),
      finished: (result) => host.info(lineOf(result, line)),
      finishedCertificate: (result) => host.info(lineOfCertificate(result, line)),
    });
    const { agents: results, certificates } = deleted;
    const outputs = new Outputs(host);
    outputs.agents(deletedJson(results));
    outputs.certificates(certificatesJson(certificates));
    const { dryRun } = inputs;
    if (inputs.summary) await host.summarise(summaryOfDeleted(results, { certificates, dryRun }));
    const { aborted } = interruption.cancelled;
    const failure = stepFailure(results, { cancelled: aborted, certificates });
    if (failure !== undefined) throw failure;
    outputs.throwProblem(
      (code) =>
        `The output of the step could not be written (${code}). What became of the agents is in the log.`,
    );
  } finally {
    http.close();
  }
}
