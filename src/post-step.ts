import { deleteAgents } from './delete-agents.ts';
import { gitHubEraser } from './destinations/github-secrets.ts';
import type { Made, MadeAgent } from './destinations/journal.ts';
import { asFailure, Failure } from './failure.ts';
import type { Setting } from './github/scopes.ts';
import type { Host } from './host/host.ts';
import { listenForSignals } from './host/signals.ts';
import { HttpClient } from './http/client.ts';
import { systemClock as clock } from './http/clock.ts';
import { type Interruption, TimeLimit } from './http/time-limit.ts';
import { type CleanUpInputs, readCleanUpInputs } from './inputs/create.ts';
import { hubApi } from './insights-hub/api.ts';
import { hubQuotas } from './insights-hub/quotas.ts';
import { DeleteReport } from './report/delete-report.ts';
import { stepFailure } from './report/result.ts';
import { describeFailure } from './text.ts';

/** A few agents at once, as the delete action does by default. */
const OPTIONS = {
  concurrency: 4,
  certificateIds: [],
  deleteCertificate: true,
  deleteAsset: true,
  dryRun: false,
};

/** Two look-ups of what may show up late need so much time for an agent, in seconds. */
const LEAST_TIME = 30;

interface Means {
  readonly http: HttpClient;
  readonly interruption: Interruption;
}

/**
 * Deletes the agents that a journal notes, as the delete action does, and removes the secrets and
 * variables that were pushed for them. Warns of what is left, and returns whether all is gone.
 */
export async function deleteEphemeral(host: Host, made: readonly Made[]): Promise<boolean> {
  const interruption = listenForSignals();
  const inputs = readCleanUpInputs(host);
  if (!inputs.ephemeral) {
    host.warn(
      'The notes of this step name agents or secrets to remove after the job, but `ephemeral` is not set: somebody else wrote them. None was removed.',
    );
    return false;
  }
  const agents = made.filter((entry) => entry.kind === 'agent');
  const settings = made.filter((entry) => entry.kind === 'setting');
  const http = new HttpClient({ proxies: inputs.proxies, debug: (line) => host.debug(line) });
  try {
    const means = { http, interruption };
    const left = lastOf(agents, ({ clientId }) => clientId);
    const pushed = lastOf(settings, ({ setting }) => JSON.stringify(setting));
    const failures = [
      ...(await deleteMade(host, inputs, left, means)),
      ...(await removeSettings(
        host,
        inputs,
        pushed.map(({ setting }) => setting),
        means,
      )),
    ];
    for (const failure of failures) {
      const why = describeFailure(failure, host.secrets);
      host.warn(`Not everything of the ephemeral agents could be ended after the job. ${why}`);
    }
    return failures.length === 0;
  } finally {
    http.close();
  }
}

/** What may be there, by the last note of each. */
function lastOf<T extends { readonly state: string }>(
  notes: readonly T[],
  keyOf: (note: T) => string,
): readonly T[] {
  const last = new Map(notes.map((note) => [keyOf(note), note]));
  return [...last.values()].filter(({ state }) => state !== 'absent');
}

async function deleteMade(
  host: Host,
  { credentials, urls, timeout }: CleanUpInputs,
  agents: readonly MadeAgent[],
  { http, interruption }: Means,
): Promise<readonly Failure[]> {
  if (agents.length === 0) return [];
  const { secrets } = host;
  const targets = agents.map(({ name, clientId, agentId, certificateId }) => {
    return { name, clientId, settings: [], own: { agentId, certificateId } };
  });
  const options = { ...OPTIONS, timeout: Math.max(timeout, LEAST_TIME) };
  // Nobody waits for this step: it has no patience of its own.
  const quotas = hubQuotas({ clock, countsWaiting: true });
  const scope = { agents: targets.length, certificates: 0, dryRun: false, isLong: false };
  const report = new DeleteReport(host, scope, { several: false });
  const deleted = await deleteAgents(targets, options, {
    api: hubApi(credentials, urls, quotas, { http, clock, secrets }),
    interruption,
    warn: (warning) => report.warn(warning),
    eraser: undefined,
    finished: (result) => report.finished(result),
    finishedCertificate: () => {},
  });
  report.end(deleted);
  return [stepFailure(deleted.agents, { cancelled: false }) ?? []].flat();
}

/** Removes every setting, also when an agent could not be deleted: the job was to leave none of it. */
async function removeSettings(
  host: Host,
  { github, timeout }: CleanUpInputs,
  settings: readonly Setting[],
  { http, interruption }: Means,
): Promise<readonly Failure[]> {
  if (settings.length === 0) return [];
  if (github === undefined) {
    const list = settings.map(({ kind, name, scope }) => `${kind} ${name} of ${scope}`).join(', ');
    const message = `These were not removed, because \`destination\` does not name their place any more: ${list}.`;
    return [new Failure('destination-invalid', message)];
  }
  const eraser = gitHubEraser(github, { http, clock });
  const within = async (work: (limit: TimeLimit) => Promise<void>): Promise<Failure[]> => {
    const limit = new TimeLimit(timeout, interruption);
    try {
      await work(limit);
      return [];
    } catch (error) {
      return [asFailure(error)];
    } finally {
      limit.end();
    }
  };
  // What a token does not see would count as gone.
  const failures = await within((limit) => eraser.prepare(limit));
  if (failures.length > 0) return failures;
  for (const setting of settings) {
    const failed = await within((limit) => eraser.remove(setting, limit));
    failures.push(...failed);
    const { kind, name, scope } = setting;
    if (failed.length === 0) host.info(`Removed ${kind} ${name} of ${scope}`);
  }
  return failures;
}
