import { type EndServices, endAgents, type Target } from '../delete/delete.ts';
import { logLineOf } from '../delete/log.ts';
import type { Setting } from '../destinations/destination.ts';
import type { Made } from '../destinations/journal.ts';
import { loadWithOctokit } from '../destinations/load-with-octokit.ts';
import { asFailure, Failure } from '../failure.ts';
import type { HttpClient } from '../http/client.ts';
import { systemClock } from '../http/clock.ts';
import { openHttp } from '../http/open.ts';
import { type Interruption, TimeLimit } from '../http/time-limit.ts';
import { apiServices } from '../insights-hub/api-services.ts';
import { listenForInterruption } from '../runner/interruption.ts';
import type { Runner } from '../runner/runner.ts';
import { showFailure } from '../shown.ts';
import { stepFailure } from '../step-failure.ts';
import { readUndoInputs, type UndoInputs } from './inputs.ts';

/** Agents are ended a few at once, as the delete action does by default. */
const OPTIONS = { concurrency: 4, deleteAsset: true, dryRun: false };

/** The least time for the network work of one agent, in seconds. */
const LEAST_TIME = 30;

/**
 * Ends the agents that a journal notes, as the delete action does, and removes the secrets and
 * variables that were pushed for them. Warns of what is left, and tells whether all is gone.
 */
export async function undoEphemeral(runner: Runner, made: readonly Made[]): Promise<boolean> {
  const interruption = listenForInterruption();
  const inputs = readUndoInputs(runner);
  if (!inputs.ephemeral) {
    runner.warn(
      'The notes of this step name agents or secrets to remove after the job, but `ephemeral` is not set: somebody else wrote them. None was removed.',
    );
    return false;
  }
  const http = openHttp(inputs.proxies, (line) => runner.debug(line));
  try {
    const failures = [
      await endAll(runner, inputs, agentsIn(made), { http, interruption }),
      ...(await removeAll(runner, inputs, settingsIn(made), { http, interruption })),
    ].filter((failure) => failure !== undefined);
    for (const failure of failures) {
      const why = showFailure(failure, (text) => runner.secrets.redact(text));
      runner.warn(`Not everything of the ephemeral agents could be ended after the job. ${why}`);
    }
    return failures.length === 0;
  } finally {
    http.close();
  }
}

interface Means {
  readonly http: HttpClient;
  readonly interruption: Interruption;
}

async function endAll(
  runner: Runner,
  { credentials, endpoints, timeout }: UndoInputs,
  targets: readonly Target[],
  { http, interruption }: Means,
): Promise<Failure | undefined> {
  if (targets.length === 0) return undefined;
  const { secrets } = runner;
  // Less would not do for two look-ups of what may show up late.
  const options = { ...OPTIONS, timeout: Math.max(timeout, LEAST_TIME) };
  const services: EndServices = {
    ...apiServices(credentials, endpoints, { http, clock: systemClock, secrets }),
    interruption,
    eraser: undefined,
    finished: (fate) => runner.info(logLineOf(fate, { several: false, secrets })),
  };
  const fates = await endAgents(targets, options, services);
  return stepFailure(fates, { cancelled: false });
}

/** Removes every setting, also when an agent could not be ended: its key is of no use any more. */
async function removeAll(
  runner: Runner,
  { github, timeout }: UndoInputs,
  settings: readonly Setting[],
  { http, interruption }: Means,
): Promise<readonly Failure[]> {
  if (settings.length === 0) return [];
  if (github === undefined) return [leftBehind(settings)];
  const { gitHubEraser } = await loadWithOctokit(() => import('../destinations/erase-settings.ts'));
  const eraser = gitHubEraser(github, { http, clock: systemClock });
  const within = async (work: (limit: TimeLimit) => Promise<void>) => {
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
    if (failed.length === 0) {
      runner.info(`Removed ${setting.kind} ${setting.name} of ${setting.place}`);
    }
    failures.push(...failed);
  }
  return failures;
}

function leftBehind(settings: readonly Setting[]): Failure {
  const list = settings.map(({ kind, name, place }) => `${kind} ${name} of ${place}`).join(', ');
  return new Failure(
    'destination-invalid',
    `These were not removed, because \`destination\` does not name their place any more: ${list}.`,
  );
}

/** The agents that may be there, by the last note of each. */
function agentsIn(made: readonly Made[]): readonly Target[] {
  const notes = made.filter((entry) => entry.kind === 'agent');
  const last = new Map(notes.map((note) => [note.clientId, note]));
  return [...last.values()].flatMap(({ name, clientId, agentId, state }) =>
    state === 'absent' ? [] : [{ name, clientId, settings: [], own: { agentId } }],
  );
}

/** The secrets and variables that may have been written, by the last note of each. */
function settingsIn(made: readonly Made[]): readonly Setting[] {
  const notes = made.filter((entry) => entry.kind === 'setting');
  const last = new Map(notes.map((note) => [JSON.stringify(note.setting), note]));
  return [...last.values()].flatMap(({ setting, state }) => (state === 'absent' ? [] : [setting]));
}
