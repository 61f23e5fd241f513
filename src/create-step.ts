import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { type CreateServices, createAgents } from './create-agents.ts';
import { removeFile, removeFiles } from './destinations/clean-up.ts';
import { findExisting } from './destinations/existing-files.ts';
import {
  type FileLogs,
  makeDirectory,
  makeUnderFreeName,
  type Place,
  temporaryNames,
} from './destinations/files.ts';
import { gitHubDestinations } from './destinations/github-secrets.ts';
import { JOURNAL_STATE, Journal, noLog, readJournal } from './destinations/journal.ts';
import { Workspace } from './destinations/workspace.ts';
import { errorCode, Failure } from './failure.ts';
import type { Host } from './host/host.ts';
import { HttpClient } from './http/client.ts';
import { systemClock } from './http/clock.ts';
import type { Preconnections } from './http/preconnect.ts';
import type { Interruption } from './http/time-limit.ts';
import type { Inputs } from './inputs/create.ts';
import { hubApi } from './insights-hub/api.ts';
import { hubQuotas } from './insights-hub/quotas.ts';
import { trustedAuthorities } from './mqtt/broker.ts';
import { createdJson, Outputs, placesFor } from './report/outputs.ts';
import { CreateReport } from './report/report.ts';
import { allFailed, stepFailure } from './report/result.ts';

/** Creates the agents that the inputs ask for, and tells what became of them. */
export async function createStep(
  host: Host,
  inputs: Inputs,
  preconnections: Preconnections,
  interruption: Interruption,
): Promise<void> {
  const { dryRun, proxies } = inputs;
  const http = new HttpClient({ proxies, debug: (line) => host.debug(line), preconnections });
  try {
    const outputs = new Outputs(host);
    const journal = await startJournal(host, inputs, outputs);
    const report = new CreateReport(host, inputs, outputs);
    if (inputs.agents.length === 0) host.notice('The shard is empty: there is nothing to do.');
    const services = servicesFor(host, inputs, { http, interruption, journal, report });
    const results = await createAgents(inputs, services);

    const json = createdJson(results, host.secrets);
    const places = placesFor(json, inputs);
    outputs.agents(json);
    const unsaved = places.inFile
      ? saveResults(json, places, { host, inputs, journal, outputs })
      : undefined;
    if (!places.inOutput && !places.inFile) {
      host.warn('The output `agents` would be too long, and a dry run writes no files.');
    }
    if (journal.problem !== undefined) {
      host.warn(
        `Something may be left when the job ends: not all could be noted for the clean-up (${errorCode(journal.problem)}).`,
      );
    }
    const stays = dryRun ? await removeFiles(await readJournal(journal.path)) : undefined;
    if (stays?.length === 0) await removeFile(journal.path);
    await report.end(results, { isOnlyPlace: unsaved !== undefined });
    const { aborted } = interruption.cancelled;
    const whole = unsaved === undefined ? '`agents`' : 'the log';
    const failure = stepFailure(results, { cancelled: aborted, whole });
    if (failure !== undefined && unsaved !== undefined) host.warn(unsaved.message);
    if (failure !== undefined || unsaved !== undefined) throw failure ?? unsaved;
    outputs.throwProblem(
      (code) =>
        `The outputs of the step could not be written (${code}). What was issued is where log and job summary say.`,
    );
  } finally {
    http.close();
  }
}

/** Saves what leads the post step to all that will be made, before anything is. */
async function startJournal(host: Host, inputs: Inputs, outputs: Outputs): Promise<Journal> {
  try {
    const journal = await Journal.start(host.temporaryDirectory);
    host.saveState(JOURNAL_STATE, journal.path);
    return journal;
  } catch (error) {
    const message = `The state of the step could not be saved (${errorCode(error)}), so that nothing could be cleaned up after the job.`;
    const failure =
      error instanceof Failure
        ? error
        : new Failure('destination-invalid', message, { cause: error });
    outputs.agents(createdJson(allFailed(inputs.agents, failure), host.secrets));
    throw failure;
  }
}

interface ResultMeans {
  readonly host: Host;
  readonly inputs: Inputs;
  readonly journal: Journal;
  readonly outputs: Outputs;
}

/**
 * Writes the results beside the files: a longer list fits into no variable of the environment.
 * Returns the failure when they are nowhere else.
 */
function saveResults(
  json: string,
  { inOutput }: { readonly inOutput: boolean },
  { host, inputs, journal, outputs }: ResultMeans,
): Failure | undefined {
  const place = workspaceOf(host, inputs, journal);
  const names = ['agents.json', `agents-${randomUUID()}.json`];
  const paths = names.map((name) => path.join(place.directory, name));
  const filesAt = (file: string) => [{ path: file, content: `${json}\n`, mode: 0o644 }];
  try {
    makeDirectory(place);
    const file = makeUnderFreeName(paths, filesAt, place);
    outputs.agentsPath(file);
    if (!inOutput) {
      host.warn(`The output \`agents\` would be too long: the results are in ${file} instead.`);
    }
    return undefined;
  } catch (error) {
    const why = `could not be written to ${place.directory} (${errorCode(error)})`;
    if (inOutput) {
      host.warn(`The results ${why}, so that \`agentsPath\` is empty. They are in \`agents\`.`);
      return undefined;
    }
    return new Failure(
      'delivery-failed',
      `The output \`agents\` would be too long, and the results ${why} either. They are in the log.`,
      { cause: error },
    );
  }
}

interface Means {
  readonly http: HttpClient;
  readonly interruption: Interruption;
  readonly journal: Journal;
  readonly report: CreateReport;
}

function servicesFor(host: Host, inputs: Inputs, means: Means): CreateServices {
  const { http, interruption, journal, report } = means;
  const { agents, credentials, urls, ifExists, toWorkspace, broker, brokerCa, proxies } = inputs;
  const { secrets, words } = host;
  const quotas = hubQuotas({ clock: systemClock, countsWaiting: false }, [inputs.rateLimit]);
  let trusted: string | undefined;
  const authorities = async () => {
    trusted ??= brokerCa?.content ?? (await trustedAuthorities());
    return trusted;
  };
  const debug = (line: string) => host.debug(line);
  return {
    api: hubApi(credentials, urls, quotas, { http, clock: systemClock, secrets }),
    words,
    interruption,
    report,
    made: journal,
    warn: (warning) => report.warn(warning),
    findExisting: async () =>
      ifExists === 'skip' && toWorkspace ? findExisting(agents, inputs.outputDirectory) : new Map(),
    ...destinationsFor(host, inputs, means, authorities),
    verify: !inputs.verifyConnection
      ? undefined
      : async (device, limit) => {
          // Most runs don't need it.
          const { verifyConnection } = await import('./mqtt/verify.ts');
          const access = { broker, proxies, authorities: await authorities() };
          await verifyConnection(device, access, { clock: systemClock, limit, debug });
        },
  };
}

/** Where certificates go, and where a key is saved that none of those places keeps. */
function destinationsFor(
  host: Host,
  inputs: Inputs,
  { http, journal }: Means,
  authorities: () => Promise<string>,
): Pick<CreateServices, 'destinations' | 'rescues'> {
  const { agents, broker, ephemeral, github, several, toWorkspace } = inputs;
  const connection = { broker, authorities };
  const workspace = { ...workspaceOf(host, inputs, journal), connection };
  const temporary = {
    directory: path.join(host.temporaryDirectory, `insights-hub-agent-${randomUUID()}`),
    workspace: path.resolve(host.temporaryDirectory),
  };
  // MQTTX can't use an encrypted key.
  const withConnection = agents.every(({ passphrase }) => passphrase === undefined);
  const kept = { ...workspace, made: noLog, withConnection: false };
  const services = { several, made: ephemeral ? journal : noLog, http, clock: systemClock };
  return {
    destinations: [
      ...(toWorkspace ? [new Workspace({ ...workspace, withConnection })] : []),
      ...(github ? gitHubDestinations(github, services) : []),
    ],
    rescues: [
      ...(toWorkspace ? [] : [new Workspace(kept)]),
      new Workspace({ ...kept, ...temporary }),
    ],
  };
}

/** Where files go, and who learns of them: nobody of those that are to stay. */
function workspaceOf(host: Host, inputs: Inputs, journal: Journal): Place & FileLogs {
  return {
    directory: inputs.outputDirectory,
    workspace: path.resolve(host.workspace),
    made: inputs.keepFiles && !inputs.dryRun ? noLog : journal,
    temporary: temporaryNames(journal),
  };
}
