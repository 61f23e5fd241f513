import { deleteAgents } from './delete-agents.ts';
import { gitHubEraser } from './destinations/github-secrets.ts';
import type { Failure } from './failure.ts';
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
import { failureMeans } from './report/failure-list.ts';
import { certificatesJson, deletedJson, Outputs } from './report/outputs.ts';
import { type Deleted, stepFailure } from './report/result.ts';
import type { StepSummary } from './report/step-summary.ts';

/** What a step of the delete action starts with. */
interface Brought {
  readonly interruption: Interruption;
  readonly summary: StepSummary;
}

/** Deletes the agents that the inputs name, and reports the results. */
export async function deleteStep(
  host: Host,
  inputs: DeleteInputs,
  { interruption, summary }: Brought,
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
    const { aborted } = interruption.cancelled;
    const failure = stepFailure(results, { cancelled: aborted, certificates });
    await tell(deleted, outputs, report, { host, inputs, summary, failure });
    if (failure !== undefined) throw failure;
    outputs.throwProblem(
      (code) =>
        `The outputs of the step could not be written (${code}). The results are in the log.`,
    );
  } finally {
    http.close();
  }
}

interface ReportMeans {
  readonly host: Host;
  readonly inputs: DeleteInputs;
  readonly summary: StepSummary;
  /** of the step */
  readonly failure: Failure | undefined;
}

/** Reports all results: in the outputs, the summary and the log. */
async function tell(
  deleted: Deleted,
  outputs: Outputs,
  report: DeleteReport,
  { host, inputs, summary, failure }: ReportMeans,
): Promise<void> {
  const { agents, certificates } = deleted;
  const { secrets } = host;
  const isWhole = [
    outputs.agents(deletedJson(agents, secrets)),
    outputs.certificates(certificatesJson(certificates)),
  ];
  if (isWhole.includes(false)) {
    host.warn('The results are too long for an output. The log has everything that failed.');
  }
  report.warnOfAbsence(deleted);
  const { dryRun } = inputs;
  const options = { certificates, dryRun, warnings: report.untold, failure, ...failureMeans(host) };
  await summary.write(summaryOfDeleted(agents, options), failure);
  report.end(deleted);
}
