import pMap from 'p-map';
import { complete, type DeliveryServices, deliver } from './deliver.ts';
import type { ExistingAgent } from './destinations/existing-files.ts';
import { isId, type MadeAgent, type MadeLog } from './destinations/journal.ts';
import { asFailure, errorCode, Failure } from './failure.ts';
import { cancelled } from './http/errors.ts';
import { allWithin, TimeLimit } from './http/time-limit.ts';
import type { Inputs } from './inputs/create.ts';
import type { AgentRequest, IssuedCertificate } from './insights-hub/certificates.ts';
import * as certificates from './insights-hub/request-certificate.ts';
import type { Device } from './mqtt/verify.ts';
import { type AgentFacts, type AgentResult, allFailed } from './report/result.ts';

export interface CreateServices extends certificates.RequestServices, DeliveryServices {
  /** finds the agents to skip, by name */
  readonly findExisting: () => Promise<ReadonlyMap<string, ExistingAgent>>;
  /** learns of ephemeral agents before they are created */
  readonly made: MadeLog;
  /** learns what the post step needs if its notes are lost */
  readonly state: DeliveryServices['state'] & {
    /** all destinations can take the certificates, and none has them yet */
    rehearsed(): void;
  };
  /** connects once with a new certificate, if wanted; throws `connection-failed` */
  readonly verify: ((device: Device, limit: TimeLimit) => Promise<void>) | undefined;
  /** learns that no more connections will be verified, so no files have to wait for one */
  readonly endProofs: () => Promise<void>;
  /** learns what happens, as it happens */
  readonly report: {
    begin(agents: number): void;
    known(facts: AgentFacts): void;
    finished(result: AgentResult): void;
  };
}

/** Creates every agent of the list, in its order; a failure of one does not affect the others. */
export async function createAgents(
  inputs: Inputs,
  services: CreateServices,
): Promise<readonly AgentResult[]> {
  let started: number;
  const { agents, dryRun, timeout, concurrency } = inputs;
  let existing: ReadonlyMap<string, ExistingAgent>;
  try {
    existing = await services.findExisting();
    // Opening keys that were found is not network work, and may take long.
    started = performance.now();
    const missing = agents.filter(({ name }) => !existing.has(name));
    if (missing.length > 0) {
      await prepare(missing, timeout, services);
      services.state.rehearsed();
    }
    services.report.begin(missing.length);
  } catch (error) {
    return allFailed(agents, asFailure(error));
  }
  const spent = performance.now() - started;
  const create = async (request: AgentRequest): Promise<Work> => {
    const found = existing.get(request.name);
    if (found !== undefined) return { result: skip(request, found, services) };
    if (dryRun) return { result: { name: request.name, state: 'checked' } };
    const limit = new TimeLimit(timeout, services.interruption, spent);
    try {
      const work = await createAgent(request, inputs, services, limit);
      return await completeAgent(work, services);
    } finally {
      limit.end();
    }
  };
  const createAndTell = async (request: AgentRequest): Promise<Work> => {
    const begun = performance.now();
    const { result, issued } = await create(request);
    const work = { issued, result: { ...result, ms: performance.now() - begun } };
    if (!dryRun && !mayStillFail(work)) services.report.finished(work.result);
    return work;
  };
  const works = await pMap(agents, createAndTell, { concurrency });
  await services.endProofs();
  const finish = async (work: Work): Promise<AgentResult> => {
    const { result } = await completeAgent(work, services);
    if (mayStillFail(work)) services.report.finished(result);
    return result;
  };
  return pMap(works, finish, { concurrency: 1 });
}

/** The result of an agent, and its certificate while files of it may be missing. */
interface Work {
  readonly result: AgentResult;
  readonly issued?: IssuedCertificate | undefined;
}

/** Whether files are missing of an agent that has not failed. */
function mayStillFail({ result }: Work): boolean {
  return result.state !== 'failed' && result.delivery?.isPartial === true;
}

/** Adds files that could not be written before, if their content is known now. */
async function completeAgent(work: Work, services: CreateServices): Promise<Work> {
  const { issued, result } = work;
  if (issued === undefined || !result.delivery?.isPartial) return { result };
  const { delivery, failure } = await complete(issued, result.delivery, result.failure, services);
  const facts = { ...result, delivery };
  services.report.known(facts);
  return { issued, result: failure ? { ...facts, state: 'failed', failure } : facts };
}

/** Checks that everything is ready, before anything is created. */
async function prepare(
  missing: readonly AgentRequest[],
  timeout: number,
  { api, destinations, interruption }: CreateServices,
): Promise<void> {
  const limit = new TimeLimit(timeout, interruption);
  // The create needs the token, so its request goes out first.
  const token = api.authenticate(limit);
  await allWithin(limit, [...destinations.map((one) => one.prepare(missing, limit)), token]);
}

/** The result of an agent whose files exist, as far as they show it. */
function skip(
  { name, expectedClientId: clientId }: AgentRequest,
  { certificate, files }: ExistingAgent,
  { report }: CreateServices,
): AgentResult {
  const facts = { name, ids: { clientId }, certificate, delivery: { files, settings: [] } };
  report.known(facts);
  return { ...facts, state: 'skipped' };
}

async function createAgent(
  request: AgentRequest,
  inputs: Inputs,
  services: CreateServices,
  limit: TimeLimit,
): Promise<Work> {
  let facts: AgentFacts = { name: request.name };
  let issued: IssuedCertificate | undefined;
  try {
    if (limit.cancelled) throw cancelled(`Creating agent ${request.name}`);
    const issue = request.ephemeral ? issueEphemeral : certificates.requestCertificate;
    issued = await issue(request, services, limit);
    const { clientId, agentId, agentName, certificateId, fingerprint, expiresAt } = issued;
    const ids = { clientId, agentId, agentName, certificateId };
    facts = { ...facts, ids, certificate: { fingerprint, expiresAt } };
    services.report.known(facts);
    const { failure, ...delivery } = await deliver(issued, services, limit);
    facts = { ...facts, delivery };
    services.report.known(facts);
    warnAbout(issued, inputs, services);
    if (failure !== undefined) throw failure;
    await services.verify?.({ ...issued, privateKey: issued.plainKey }, limit);
    return { issued, result: { ...facts, state: services.verify ? 'connected' : 'created' } };
  } catch (error) {
    return { issued, result: { ...facts, state: 'failed', failure: asFailure(error) } };
  }
}

/**
 * Requests a certificate for an agent that is deleted when the job ends. Makes sure that it does
 * not exist yet, and notes it before creating it, so that any agent found later is this step's own.
 */
async function issueEphemeral(
  request: AgentRequest,
  services: CreateServices,
  limit: TimeLimit,
): Promise<IssuedCertificate> {
  const { made, words } = services;
  const note = { kind: 'agent', name: request.name, clientId: request.expectedClientId } as const;
  await certificates.refuseExisting(request, services, limit);
  try {
    made.record({ ...note, state: 'made' });
  } catch (error) {
    throw new Failure(
      'destination-invalid',
      `Agent ${note.name} was not created, because its note for ${words.cleanUp} could not be written (${errorCode(error)}). Without that note, the agent would not be deleted. Check the runner's temporary directory.`,
      { cause: error },
    );
  }
  try {
    const issued = await certificates.requestCertificate(request, services, limit);
    noteIssued(issued, note, made);
    return issued;
  } catch (error) {
    if (!asFailure(error).mayBeDone) made.note({ ...note, state: 'absent' });
    throw error;
  }
}

/** Notes the answer of the create, for the clean-up. */
function noteIssued(
  { clientId, agentId = 'unknown', certificateId }: IssuedCertificate,
  note: Pick<MadeAgent, 'kind' | 'name' | 'clientId'>,
  made: MadeLog,
): void {
  const isExpected = clientId === note.clientId;
  // Another client id was not looked up before: only the agent id proves that the agent is ours.
  const proof = isExpected ? {} : { clientId, agentId };
  const certificate = isId(certificateId) ? { certificateId } : {};
  made.note({ ...note, ...proof, ...certificate, state: 'issued' });
}

function warnAbout(
  { name, clientId, expiresAt, altered }: IssuedCertificate,
  { clientIdPrefix, urls }: Inputs,
  { warn, api }: CreateServices,
): void {
  const warnOf = (text: string, kind: string) => warn({ text, about: { name, kind } });
  if (altered.length > 0) {
    warnOf(
      `Values of agent ${name} were altered: ${altered.join(', ')}. Insights Hub's answer contains control characters or a secret of this step there.`,
      "Identifiers were altered, because Insights Hub's answers contain control characters or a secret of this step there.",
    );
  }
  if (!clientId.startsWith(`${clientIdPrefix}_`)) {
    const prefix = clientIdPrefix === urls.tenant ? 'the tenant' : `${clientIdPrefix}_`;
    warnOf(
      `The client id of agent ${name}, ${clientId}, does not begin with ${prefix}.`,
      `The client id does not begin with ${prefix}.`,
    );
  }
  if (expiresAt !== undefined && expiresAt.getTime() < api.clock.now()) {
    warnOf(
      `The certificate of agent ${name} expired on ${expiresAt.toISOString()}.`,
      'The certificate has expired.',
    );
  }
}
