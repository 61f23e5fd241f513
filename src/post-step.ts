import { deleteAgents } from './delete-agents.ts';
import type { MadeAgent, MadeSetting } from './destinations/journal.ts';
import { digestOfHub, digestOfScope, type JournalState } from './destinations/journal-state.ts';
import type { Notes } from './destinations/read-journal.ts';
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
import { deleteSettings, type Left } from './post-settings.ts';
import { DeleteReport } from './report/delete-report.ts';
import { nameOfAgent, nameOfSetting, warnOfLeft } from './report/left.ts';
import { type AgentResult, stepFailure } from './report/result.ts';
import { describeFailure } from './text.ts';

/** The same as the delete action's defaults. */
const OPTIONS = {
  concurrency: 4,
  certificateIds: [],
  deleteCertificate: true,
  deleteAsset: true,
  dryRun: false,
};

/**
 * The least time limit for an agent, in seconds: two look-ups of an agent that may show up late
 * need it.
 */
const LEAST_TIME = 30;

/** What exists according to the notes, and what only may exist. */
interface Noted {
  readonly agents: readonly MadeAgent[];
  /** agents that missing notes may have recorded as not created */
  readonly unproved: readonly MadeAgent[];
  readonly written: readonly MadeSetting[];
  /** settings that were sent, but whose writing GitHub did not confirm */
  readonly unconfirmed: readonly MadeSetting[];
}

/**
 * Deletes the agents that a journal notes, as the delete action does, and the secrets and variables
 * that were pushed for them. Warns of what is left, and returns whether everything is gone.
 */
export async function deleteEphemeral(
  host: Host,
  notes: Notes,
  state: Pick<JournalState, 'key' | 'digests'>,
): Promise<boolean> {
  const interruption = listenForSignals();
  const { agents, unproved, written, unconfirmed } = readNoted(notes);
  const settings = written.map(({ setting }) => setting);
  let isAllGone = true;
  const tell = (warning: string, names: readonly string[]) => {
    if (names.length === 0) return;
    isAllGone = false;
    warnOfLeft(host, warning, names);
  };
  const all = [...agents.map(nameOfAgent), ...settings.map(nameOfSetting)];
  try {
    const inputs = readCleanUpInputs(host);
    const left = await deleteAll({ agents, settings }, inputs, { host, state, interruption });
    for (const { failure, names } of left) {
      const why = describeFailure(failure, host.secrets);
      const what = 'Not everything of the ephemeral agents could be deleted after the job.';
      tell(`${what} ${why} Left:`, names);
    }
  } catch (error) {
    const why = describeFailure(asFailure(error), host.secrets);
    tell(`The clean-up after the job failed ${why} Left:`, all);
  }
  tell(
    'Notes of this step are missing, so there is no proof that it created these agents. They were not deleted and may exist:',
    unproved.map(nameOfAgent),
  );
  tell(
    'GitHub did not confirm that these were written, so they were not deleted. They may exist:',
    unconfirmed.map(({ setting }) => nameOfSetting(setting)),
  );
  return isAllGone;
}

function readNoted({ made, isWhole }: Notes): Noted {
  const agents = lastOf(
    made.filter((entry) => entry.kind === 'agent'),
    ({ clientId }) => clientId,
  );
  const settings = lastOf(
    made.filter((entry) => entry.kind === 'setting'),
    ({ setting }) => JSON.stringify(setting),
  );
  const isProved = ({ state }: MadeAgent) => isWhole || state === 'issued';
  const isWritten = ({ state }: MadeSetting) => state === 'written';
  return {
    agents: agents.filter(isProved),
    unproved: agents.filter((agent) => !isProved(agent)),
    written: settings.filter(isWritten),
    unconfirmed: settings.filter((setting) => !isWritten(setting)),
  };
}

/** What may exist, according to the last note of each. */
function lastOf<T extends { readonly state: string }>(
  notes: readonly T[],
  keyOf: (note: T) => string,
): readonly T[] {
  const last = new Map(notes.map((note) => [keyOf(note), note]));
  return [...last.values()].filter(({ state }) => state !== 'absent');
}

interface Work {
  readonly agents: readonly MadeAgent[];
  readonly settings: readonly Setting[];
}

interface Means {
  readonly host: Host;
  readonly state: Pick<JournalState, 'key' | 'digests'>;
  readonly interruption: Interruption;
}

/** Deletes agents, then settings: the settings also if an agent stays. */
async function deleteAll(
  { agents, settings }: Work,
  inputs: CleanUpInputs,
  { host, state, interruption }: Means,
): Promise<readonly Left[]> {
  const { key, digests } = state;
  const { proxies, urls, github, timeout } = inputs;
  const http = new HttpClient({ proxies, debug: (line) => host.debug(line) });
  try {
    const isSamePlace = digestOfHub(urls, key) === digests.hub;
    const kept = isSamePlace
      ? await deleteMade(host, inputs, agents, { http, interruption })
      : [{ failure: elsewhere(), names: agents.map(nameOfAgent) }];
    return [
      ...kept,
      ...(await deleteSettings(settings, github, {
        services: { http, clock },
        isKnown: (scope, api) => digests.scopes.includes(digestOfScope(scope, api, key)),
        limit: () => new TimeLimit(timeout, interruption),
        deleted: (setting) => host.info(`Deleted ${nameOfSetting(setting)}`),
      })),
    ];
  } finally {
    http.close();
  }
}

/** Why agents that the inputs no longer lead to are not touched. */
function elsewhere(): Failure {
  return new Failure(
    'input-invalid',
    'The agents were not touched, because `tenant`, `region`, `api-url` or `token-url` has changed since they were created.',
  );
}

async function deleteMade(
  host: Host,
  { credentials, urls, timeout }: CleanUpInputs,
  agents: readonly MadeAgent[],
  { http, interruption }: { readonly http: HttpClient; readonly interruption: Interruption },
): Promise<readonly Left[]> {
  if (agents.length === 0) return [];
  const { secrets } = host;
  const targets = agents.map(({ name, clientId, agentId, certificateId }) => {
    return { name, clientId, settings: [], own: { agentId, certificateId } };
  });
  const options = { ...OPTIONS, timeout: Math.max(timeout, LEAST_TIME) };
  // Waiting counts toward the time limit here.
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
  // The caller names what is left, with the reason.
  report.end(deleted, { namesLeft: false });
  const failure = stepFailure(deleted.agents, { cancelled: false });
  return failure === undefined ? [] : [{ failure, names: leftOf(deleted.agents, agents) }];
}

/** The agents that are left, each with its certificate, unless that is gone. */
function leftOf(results: readonly AgentResult[], agents: readonly MadeAgent[]): readonly string[] {
  return results.flatMap(({ state, certificateState, ids }) => {
    const agent = agents.find(({ clientId }) => clientId === ids?.clientId);
    if (state !== 'failed' || agent === undefined) return [];
    const isGone = certificateState === 'deleted' || certificateState === 'absent';
    const { clientId, certificateId } = agent;
    return nameOfAgent(isGone ? { clientId } : { clientId, certificateId });
  });
}
