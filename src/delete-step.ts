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
import { DeleteReport } from './report/delete-report.ts';
import { summaryOfDeleted } from './report/deleted-summary.ts';
import { deleteWork, estimateLine } from './report/estimate.ts';
import { troubleshootingUrl } from './report/failure-list.ts';
import { certificatesJson, deletedJson, Outputs } from './report/outputs.ts';
import { type Deleted, stepFailure } from './report/result.ts';

/** Deletes the agents that the inputs name, and tells what became of them. */
export async function deleteStep(
  host: Host,
  inputs: DeleteInputs,
  interruption: Interruption,
): Promise<void> {
  const { agents, certificateIds, credentials, github, proxies, urls } = inputs;
  const { secrets } = host;
  const several = agents.length > 1;
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
  const scope = { ...counts, dryRun: inputs.dryRun, isLong: estimate !== undefined };
  const report = new DeleteReport(host, scope, {
    several: agents.length + certificateIds.length > 1,
  });
  try {
    const deleted = await deleteAgents(targets, inputs, {
      api: hubApi(credentials, urls, quotas, { http, clock, secrets }),
      interruption,
      warn: (warning) => report.warn(warning),
      eraser: github && gitHubEraser(github, { http, clock }),
      finished: (result) => report.finished(result),
      finishedCertificate: (result) => report.finishedCertificate(result),
    });
    const { agents: results, certificates } = deleted;
    const outputs = new Outputs(host);
    await tell(deleted, outputs, report, { host, inputs });
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

/** Tells what became of everything: in the outputs, the summary and the log. */
async function tell(
  deleted: Deleted,
  outputs: Outputs,
  report: DeleteReport,
  { host, inputs }: { readonly host: Host; readonly inputs: DeleteInputs },
): Promise<void> {
  const { agents, certificates } = deleted;
  const { environment, secrets } = host;
  const isWhole = [
    outputs.agents(deletedJson(agents, secrets)),
    outputs.certificates(certificatesJson(certificates)),
  ];
  if (isWhole.includes(false)) {
    host.warn('The results are too long for an output: what failed is in the log.');
  }
  report.warnOfAbsence(deleted);
  if (inputs.summary) {
    const { dryRun } = inputs;
    const troubleshooting = troubleshootingUrl(environment);
    const means = { secrets, troubleshooting, warnings: report.untold };
    await host.summarise(summaryOfDeleted(agents, { certificates, dryRun, ...means }));
  }
  report.end(deleted);
}
