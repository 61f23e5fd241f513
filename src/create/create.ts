import pMap from 'p-map';
import type { Delivery, DeliveryReport, Destination } from '../destinations/destination.ts';
import type { ExistingAgent } from '../destinations/existing-files.ts';
import type { MadeAgent, MadeLog } from '../destinations/journal.ts';
import { asFailure, errorCode, Failure } from '../failure.ts';
import { cancelled } from '../http/refusal.ts';
import { allWithin, TimeLimit } from '../http/time-limit.ts';
import type { AgentRequest, IssuedCertificate } from '../insights-hub/agent-certificates.ts';
import {
  type CertificateServices,
  refuseExisting,
  requestCertificate,
} from '../insights-hub/request-certificate.ts';
import type { Secret } from '../secret.ts';
import { type Agent, agentOf, agentOfExisting, allFailed, type Fate } from './fate.ts';
import type { Inputs } from './inputs.ts';

export interface CreateServices extends CertificateServices {
  readonly destinations: readonly Destination[];
  /** Where a key goes that none of the destinations keeps: the first that takes it. */
  readonly rescues: readonly Destination[];
  /** The agents that are there already and are to be left as they are, by their names. */
  readonly existing: (
    agents: readonly AgentRequest[],
  ) => Promise<ReadonlyMap<string, ExistingAgent>>;
  /** Learns of ephemeral agents before they are created. */
  readonly made: MadeLog;
  /** Connects once with a new certificate; nothing where that is not asked for. */
  readonly verify: Verify | undefined;
  readonly report: Report;
}

/** Throws `connection-failed`. */
export type Verify = (
  issued: IssuedCertificate,
  passphrase: Secret | undefined,
  limit: TimeLimit,
) => Promise<void>;

/** Is told what happens, as it happens. */
export interface Report {
  /** What is known of an agent has grown. */
  known(agent: Agent): void;
  finished(fate: Fate): void;
}

/**
 * Makes every agent of the list, or tells why not; what fails for one leaves the others alone. Gives
 * the fates in the order of the list.
 */
export async function createAgents(
  inputs: Inputs,
  services: CreateServices,
): Promise<readonly Fate[]> {
  const started = performance.now();
  const { agents, dryRun, timeout, concurrency } = inputs;
  let existing: ReadonlyMap<string, ExistingAgent>;
  let missing: readonly AgentRequest[];
  try {
    existing = await services.existing(agents);
    missing = agents.filter(({ name }) => !existing.has(name));
    await prepare(missing, inputs, services);
  } catch (error) {
    return allFailed(agents, asFailure(error));
  }
  const spent = performance.now() - started;
  const create = async (request: AgentRequest): Promise<Fate> => {
    const found = existing.get(request.name);
    if (found !== undefined) {
      const agent = agentOfExisting(request, found);
      services.report.known(agent);
      return { agent, isSkipped: true };
    }
    if (dryRun) return { agent: { name: request.name } };
    const limit = new TimeLimit(timeout, services.interruption, spent);
    const fate = await createAgent(request, inputs, services, limit);
    limit.dispose();
    return fate;
  };
  const createAndTell = async (request: AgentRequest): Promise<Fate> => {
    const begun = performance.now();
    const fate = { ...(await create(request)), milliseconds: performance.now() - begun };
    if (!dryRun) services.report.finished(fate);
    return fate;
  };
  return pMap(agents, createAndTell, { concurrency });
}

/**
 * Finds out whether everything is ready, before anything is created. What has to wait for the
 * network waits at the same time: the token's request and the destinations' own. The token comes
 * first, because the create waits for it.
 */
async function prepare(
  missing: readonly AgentRequest[],
  { timeout }: Inputs,
  { destinations, tokens, interruption }: CreateServices,
): Promise<void> {
  if (missing.length === 0) return;
  const limit = new TimeLimit(timeout, interruption);
  const token = tokens.get(limit);
  const preparations = destinations.map((destination) => destination.prepare(missing, limit));
  await allWithin(limit, [...preparations, token]);
}

async function createAgent(
  request: AgentRequest,
  inputs: Inputs,
  services: CreateServices,
  limit: TimeLimit,
): Promise<Fate> {
  let agent: Agent = { name: request.name };
  let delivered: Delivery = {};
  const fate = (more: Pick<Fate, 'failure' | 'isVerified'>): Fate => {
    const { settings = [], brokerCaPath } = delivered;
    return { agent, settings, brokerCaPath, ...more };
  };
  try {
    if (limit.cancelled) throw cancelled(`Creating agent ${request.name}`);
    const issued = request.ephemeral
      ? await issueEphemeral(request, services, limit)
      : await requestCertificate(request, services, limit);
    agent = agentOf(issued);
    services.report.known(agent);
    const { delivery, failure } = await deliver(issued, services, limit);
    delivered = delivery;
    agent = agentOf(issued, delivery);
    services.report.known(agent);
    warnAbout(issued, inputs, services);
    if (failure !== undefined || services.verify === undefined) return fate({ failure });
    await services.verify(issued, request.passphrase, limit);
    return fate({ isVerified: true });
  } catch (error) {
    return fate({ failure: asFailure(error) });
  }
}

/**
 * The same for an agent that is ended with the job. It is not there before, and is noted before it
 * is created, so that whatever is there afterwards is this step's own.
 */
async function issueEphemeral(
  request: AgentRequest,
  services: CreateServices,
  limit: TimeLimit,
): Promise<IssuedCertificate> {
  const { name, expectedClientId: clientId } = request;
  const note = { kind: 'agent', name, clientId } as const;
  await refuseExisting(request, services, limit);
  recordAgent({ ...note, state: 'made' }, services.made);
  try {
    const issued = await requestCertificate(request, services, limit);
    if (issued.clientId !== clientId) {
      // Nobody has looked whether that one was there before: only its id can prove that it is ours.
      const { clientId: other, agentId = 'unknown' } = issued;
      services.made.note({ ...note, clientId: other, agentId, state: 'made' });
    }
    return issued;
  } catch (error) {
    if (!asFailure(error).mayBeDone) services.made.note({ ...note, state: 'absent' });
    throw error;
  }
}

function recordAgent(agent: MadeAgent, made: MadeLog): void {
  try {
    made.record(agent);
  } catch (error) {
    throw new Failure(
      'destination-invalid',
      `Agent ${agent.name} could not be noted for the post step (${errorCode(error)}), which would not end it, so it was not created. Look at the runner's temporary directory.`,
      { cause: error },
    );
  }
}

function warnAbout(
  issued: IssuedCertificate,
  { endpoints }: Inputs,
  { warn, clock }: CreateServices,
): void {
  const { name, clientId, expiresAt, altered } = issued;
  if (altered.length > 0) {
    warn(
      `Not to the letter: ${altered.join(', ')} of agent ${name}, because Insights Hub's answer holds control characters or a secret of this step there.`,
    );
  }
  if (!clientId.startsWith(`${endpoints.tenant}_`)) {
    warn(`The client id of agent ${name}, ${clientId}, does not begin with the tenant.`);
  }
  if (expiresAt !== undefined && expiresAt.getTime() < clock.now()) {
    warn(`The certificate of agent ${name} expired on ${expiresAt.toISOString()}.`);
  }
}

/** Serves every destination; a key that none of them keeps is saved all the same. */
async function deliver(
  issued: IssuedCertificate,
  { destinations, rescues }: CreateServices,
  limit: TimeLimit,
): Promise<Pick<DeliveryReport, 'delivery' | 'failure'>> {
  const reports = await Promise.all(
    destinations.map((destination) =>
      destination
        .deliver(issued, limit)
        .catch((error: unknown) => ({ delivery: {}, isKept: false, failure: asFailure(error) })),
    ),
  );
  const failures = reports.flatMap(({ failure }) => failure ?? []);
  const delivery = merge(reports);
  const [first] = failures;
  if (first === undefined) return { delivery };
  const what = failures.map(({ message }) => message).join(' ');
  const fail = (message: string) =>
    new Failure('delivery-failed', message, { call: first.call, cause: first });
  const keeper = reports.find(({ isKept }) => isKept)?.delivery;
  if (keeper !== undefined) {
    for (const destination of destinations) await destination.keep(delivery);
    return { delivery, failure: fail(`${what} ${whereKept(keeper)}`) };
  }

  const rescued = await rescue(issued, rescues, limit);
  if (rescued === undefined) {
    const lost = `The private key could not be saved elsewhere either and is lost. End the agent with client id ${issued.clientId} in Insights Hub before you create it again.`;
    return { delivery, failure: fail(`${what} ${lost}`) };
  }
  const where = `The private key was saved in ${rescued.privateKeyPath}, the certificate in ${rescued.certificatePath}: save them from there in a later step (with \`if: always()\`) before the job ends.`;
  return { delivery: { ...delivery, ...rescued }, failure: fail(`${what} ${where}`) };
}

/** Where the key is that another place did not take. */
function whereKept({ privateKeyPath, settings = [] }: Delivery): string {
  if (privateKeyPath !== undefined) {
    return `The private key is in ${privateKeyPath} and is not removed when the job ends: save it from there in a later step (with \`if: always()\`) before the runner is gone.`;
  }
  const [{ name, place } = { name: '', place: '' }] = settings;
  return `The private key is in secret ${name} of ${place}.`;
}

function merge(reports: readonly DeliveryReport[]): Delivery {
  const settings = reports.flatMap(({ delivery }) => delivery.settings ?? []);
  const merged: Delivery = Object.assign({}, ...reports.map(({ delivery }) => delivery));
  return settings.length > 0 ? { ...merged, settings } : merged;
}

/** The first place that takes the key. */
async function rescue(
  issued: IssuedCertificate,
  places: readonly Destination[],
  limit: TimeLimit,
): Promise<Delivery | undefined> {
  for (const place of places) {
    try {
      await place.prepare([], limit);
      const { isKept, delivery } = await place.deliver(issued, limit);
      if (isKept) return delivery;
    } catch {
      // Why this place can't take it matters less than whether the next one does.
    }
  }
  return undefined;
}
