import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { type CreateServices, createAgents } from './create-agents.ts';
import { deleteFiles, deleteJournal } from './destinations/clean-up.ts';
import type { FileKind } from './destinations/destination.ts';
import { findExisting } from './destinations/existing-files.ts';
import {
  type FileLogs,
  makeDirectory,
  makeUnderFreeName,
  type Place,
  temporaryNames,
} from './destinations/files.ts';
import { gitHubDestinations } from './destinations/github-secrets.ts';
import { Journal, noLog } from './destinations/journal.ts';
import { readJournal } from './destinations/read-journal.ts';
import { Workspace } from './destinations/workspace.ts';
import { errorCode, Failure, isAccessDenied } from './failure.ts';
import type { Host } from './host/host.ts';
import { HttpClient } from './http/client.ts';
import { systemClock } from './http/clock.ts';
import type { Preconnections } from './http/preconnect.ts';
import type { Interruption } from './http/time-limit.ts';
import type { Inputs } from './inputs/create.ts';
import { hubApi } from './insights-hub/api.ts';
import { hubQuotas } from './insights-hub/quotas.ts';
import { BrokerAuthorities } from './mqtt/authorities.ts';
import { createdJson, Outputs, placesFor } from './report/outputs.ts';
import { CreateReport } from './report/report.ts';
import { allFailed, stepFailure } from './report/result.ts';
import type { StepSummary } from './report/step-summary.ts';
import { placesOf, SavedState } from './saved-state.ts';

/** What a step of the create action starts with. */
interface Brought {
  readonly preconnections: Preconnections;
  readonly interruption: Interruption;
  readonly summary: StepSummary;
}

/** Creates the agents that the inputs ask for, and reports the results. */
export async function createStep(
  host: Host,
  inputs: Inputs,
  { preconnections, interruption, summary }: Brought,
): Promise<void> {
  const { dryRun, proxies } = inputs;
  const http = new HttpClient({ proxies, debug: (line) => host.debug(line), preconnections });
  try {
    const outputs = new Outputs(host);
    const { journal, state } = await startJournal(host, inputs, outputs);
    checkOutputs(host);
    const place = workspaceOf(host, inputs, journal);
    const report = new CreateReport(host, inputs, outputs, summary);
    if (inputs.agents.length === 0) host.notice('The shard is empty, so there is nothing to do.');
    const means = { http, interruption, journal, place, state, report };
    const services = servicesFor(host, inputs, means);
    const results = await createAgents(inputs, services);

    const json = createdJson(results, host.secrets);
    const places = placesFor(json, inputs);
    outputs.agents(json);
    const unsaved = places.inFile ? saveResults(json, places, { host, outputs, place }) : undefined;
    if (!places.inOutput && !places.inFile) {
      host.warn('The results are too long for the output `agents`, and a dry run writes no files.');
    }
    state.ended();
    if (journal.problem !== undefined) {
      host.warn(
        `Something may be left when the job ends, because the notes for the clean-up are incomplete (${errorCode(journal.problem)}).`,
      );
    }
    if (dryRun) await deleteTrials({ journal, state }, place);
    const { aborted } = interruption.cancelled;
    const whole = unsaved === undefined ? '`agents`' : 'the log';
    const failure = stepFailure(results, { cancelled: aborted, whole });
    await report.end(results, { isOnlyPlace: unsaved !== undefined, failure });
    if (failure !== undefined && unsaved !== undefined) host.warn(unsaved.message);
    if (failure !== undefined || unsaved !== undefined) throw failure ?? unsaved;
    outputs.throwProblem(
      (code) =>
        `The outputs of the step could not be written (${code}). The log and the job summary say where keys and certificates are.`,
    );
  } finally {
    http.close();
  }
}

/** The notes for the post step. */
interface Notes {
  readonly journal: Journal;
  readonly state: SavedState;
}

/** A dry run leaves nothing: it immediately deletes what it wrote to test the destinations. */
async function deleteTrials({ journal, state }: Notes, place: Place): Promise<void> {
  const notes = await readJournal(journal).catch(() => undefined);
  // The post step reports what can't be deleted or is no longer known.
  if (notes === undefined || (await deleteFiles(notes.made, place)).length > 0) return;
  await deleteJournal(journal.path);
  state.clear();
}

/** Saves what the post step needs to find everything that will be created, before anything is. */
async function startJournal(host: Host, inputs: Inputs, outputs: Outputs): Promise<Notes> {
  try {
    const journal = await Journal.start(host.temporaryDirectory);
    return { journal, state: new SavedState(host, journal, placesOf(inputs)) };
  } catch (error) {
    const { message, cause } =
      error instanceof Failure
        ? error
        : {
            message: `The state of the step could not be saved (${errorCode(error)}), so nothing could be cleaned up after the job.`,
            cause: error,
          };
    const failure = new Failure('destination-invalid', withAdvice(message, cause, host), { cause });
    outputs.agents(createdJson(allFailed(inputs.agents, failure), host.secrets));
    throw failure;
  }
}

/** Checks that later steps can learn what was created, before anything is. */
function checkOutputs(host: Host): void {
  try {
    host.checkOutputs();
  } catch (cause) {
    const message = `The outputs of the step can't be written (${errorCode(cause)}), so later steps would not know what this step creates.`;
    throw new Failure('destination-invalid', withAdvice(message, cause, host), { cause });
  }
}

function withAdvice(message: string, cause: unknown, { accessAdvice }: Host): string {
  return isAccessDenied(cause) ? `${message} ${accessAdvice}` : message;
}

interface ResultMeans {
  readonly host: Host;
  readonly outputs: Outputs;
  readonly place: Place & FileLogs;
}

/**
 * Writes the results beside the files: a longer list does not fit into an environment variable.
 * Returns a failure if they are nowhere else.
 */
function saveResults(
  json: string,
  { inOutput }: { readonly inOutput: boolean },
  { host, outputs, place }: ResultMeans,
): Failure | undefined {
  const names = ['agents.json', `agents-${randomUUID()}.json`];
  const paths = names.map((name) => path.join(place.directory, name));
  const filesAt = (file: string) => [{ path: file, content: `${json}\n`, mode: 0o644 }];
  try {
    makeDirectory(place);
    const file = makeUnderFreeName(paths, filesAt, place);
    outputs.agentsPath(file);
    if (!inOutput) {
      host.warn(`The results are too long for the output \`agents\`. They are in ${file}.`);
    }
    return undefined;
  } catch (error) {
    const why = `could not be written to ${place.directory} (${errorCode(error)})`;
    if (inOutput) {
      host.warn(
        `The results ${why}, so the output \`agentsPath\` is empty. They are in the output \`agents\`.`,
      );
      return undefined;
    }
    return new Failure(
      'delivery-failed',
      `The results are too long for the output \`agents\`, and ${why}. They are in the log.`,
      { cause: error },
    );
  }
}

interface Means extends Notes {
  readonly http: HttpClient;
  readonly interruption: Interruption;
  readonly place: Place & FileLogs;
  readonly report: CreateReport;
}

function servicesFor(host: Host, inputs: Inputs, means: Means): CreateServices {
  const { http, interruption, journal, state, report } = means;
  const { agents, credentials, urls, ifExists, toWorkspace, broker, brokerCa, proxies } = inputs;
  const { verifyConnection } = inputs;
  const { secrets, words } = host;
  const quotas = hubQuotas({ clock: systemClock, countsWaiting: false }, [inputs.rateLimit]);
  const authorities = new BrokerAuthorities({
    broker,
    given: brokerCa?.content,
    // No secret contains CAs.
    awaitsProof: verifyConnection && toWorkspace,
    tell: (line) => host.info(line),
  });
  const debug = (line: string) => host.debug(line);
  return {
    api: hubApi(credentials, urls, quotas, { http, clock: systemClock, secrets }),
    words,
    interruption,
    report,
    made: journal,
    state,
    warn: (warning) => report.warn(warning),
    findExisting: async () => {
      if (ifExists !== 'skip' || !toWorkspace) return new Map();
      const notice = (line: string) => host.notice(line);
      const found = { secrets, interruption, notice, dryRun: inputs.dryRun };
      return findExisting(agents, workspaceOf(host, inputs, journal), found);
    },
    ...destinationsFor(host, inputs, means, authorities),
    verify: !verifyConnection
      ? undefined
      : async (device, limit) => {
          // Loaded here, because most runs don't need it.
          const { verifyAndProve } = await import('./mqtt/prove.ts');
          const services = { clock: systemClock, limit, debug };
          await verifyAndProve(device, { broker, proxies }, authorities, services);
        },
    endProofs: () => authorities.endProofs(),
  };
}

/** Where certificates go, and where a key is saved that none of these places takes. */
function destinationsFor(
  host: Host,
  inputs: Inputs,
  { http, journal, place }: Means,
  authorities: BrokerAuthorities,
): Pick<CreateServices, 'destinations' | 'rescues'> {
  const { agents, broker, ephemeral, github, several, toWorkspace } = inputs;
  const connection = { broker, authorities };
  const workspace = { ...place, connection };
  const temporary = {
    directory: path.join(host.temporaryDirectory, `insights-hub-agent-${randomUUID()}`),
    workspace: path.resolve(host.temporaryDirectory),
  };
  const encrypted = agents.some(({ passphrase }) => passphrase !== undefined);
  // MQTTX can't use an encrypted key.
  const helpful: readonly FileKind[] = encrypted ? ['brokerCa'] : ['brokerCa', 'mqttx'];
  const kept = { ...workspace, made: noLog, helpful: [] };
  const made = ephemeral ? journal : noLog;
  const services = { several, ephemeral, made, http, clock: systemClock };
  return {
    destinations: [
      ...(toWorkspace ? [new Workspace({ ...workspace, helpful })] : []),
      ...(github ? gitHubDestinations(github, services) : []),
    ],
    rescues: [
      ...(toWorkspace ? [] : [new Workspace(kept)]),
      new Workspace({ ...kept, ...temporary }),
      // A key that others on this machine can read is better than a lost one.
      new Workspace({ ...kept, ...temporary, isLastResort: true }),
    ],
  };
}

/** Where files go, and who is told about them; nobody if the files stay. */
function workspaceOf(host: Host, inputs: Inputs, journal: Journal): Place & FileLogs {
  const warnings = new Set<string>();
  return {
    directory: inputs.outputDirectory,
    workspace: path.resolve(host.workspace),
    // All files have this problem, so it is reported once.
    warn: (message) => {
      if (!warnings.has(message)) host.warn(message);
      warnings.add(message);
    },
    made: inputs.keepFiles && !inputs.dryRun ? noLog : journal,
    temporary: temporaryNames(journal),
  };
}
