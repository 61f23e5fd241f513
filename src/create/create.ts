import type { Delivery, Destination } from '../destinations/destination.ts';
import { asFailure, Failure } from '../failure.ts';
import { type Interruption, TimeLimit } from '../http/time-limit.ts';
import {
  type AgentRequest,
  type CertificateServices,
  type IssuedCertificate,
  requestCertificate,
} from '../insights-hub/agent-certificates.ts';
import { cancelled } from '../insights-hub/refusals.ts';
import { type Agent, agentOf, allFailed, type Fate } from './fate.ts';
import type { Inputs } from './inputs.ts';

export interface CreateServices extends CertificateServices {
  readonly destinations: readonly Destination[];
  /** Where a key goes that none of the destinations keeps. */
  readonly rescue: Destination;
  readonly interruption: Interruption;
  readonly report: Report;
}

/** Is told what happens, as it happens. */
export interface Report {
  warn(message: string): void;
  /** What is known of an agent has grown. */
  known(agent: Agent): void;
  finished(fate: Fate): void;
}

/** Makes every agent of the list, or tells why not; what fails for one leaves the others alone. */
export async function createAgents(
  inputs: Inputs,
  services: CreateServices,
): Promise<readonly Fate[]> {
  const started = performance.now();
  try {
    await prepare(inputs, services);
  } catch (error) {
    return allFailed(inputs.agents, asFailure(error));
  }
  if (inputs.dryRun) return inputs.agents.map(({ name }) => ({ agent: { name } }));

  const spent = performance.now() - started;
  const fates: Fate[] = [];
  for (const request of inputs.agents) {
    const limit = new TimeLimit(inputs.timeout, services.interruption, spent);
    const fate = await createAgent(request, inputs, services, limit);
    limit.dispose();
    services.report.finished(fate);
    fates.push(fate);
  }
  return fates;
}

/** Finds out whether everything is ready, before anything is created. */
async function prepare(
  inputs: Inputs,
  { destinations, tokens, interruption }: CreateServices,
): Promise<void> {
  const limit = new TimeLimit(inputs.timeout, interruption);
  const preparations = destinations.map((destination) => destination.prepare(inputs.agents));
  const work = [...preparations, tokens.get(limit)];
  try {
    await Promise.all(work);
  } finally {
    // What one failure makes pointless is not waited for.
    limit.dispose();
    await Promise.allSettled(work);
  }
}

async function createAgent(
  request: AgentRequest,
  inputs: Inputs,
  services: CreateServices,
  limit: TimeLimit,
): Promise<Fate> {
  let agent: Agent = { name: request.name };
  try {
    if (limit.cancelled) throw cancelled(`Creating agent ${request.name}`);
    const issued = await requestCertificate(request, services, limit);
    agent = agentOf(issued);
    services.report.known(agent);
    const { delivery, failure } = await deliver(issued, services);
    agent = agentOf(issued, delivery);
    services.report.known(agent);
    warnAbout(issued, inputs, services);
    return { agent, failure };
  } catch (error) {
    return { agent, failure: asFailure(error) };
  }
}

function warnAbout(
  issued: IssuedCertificate,
  { endpoints }: Inputs,
  { report, clock }: CreateServices,
): void {
  const { name, clientId, expiresAt, altered } = issued;
  if (altered.length > 0) {
    report.warn(
      `Not to the letter: ${altered.join(', ')} of agent ${name}, because Insights Hub's answer holds control characters or a secret of this step there.`,
    );
  }
  if (!clientId.startsWith(`${endpoints.tenant}_`)) {
    report.warn(`The client id of agent ${name}, ${clientId}, does not begin with the tenant.`);
  }
  if (expiresAt !== undefined && expiresAt.getTime() < clock.now()) {
    report.warn(`The certificate of agent ${name} expired on ${expiresAt.toISOString()}.`);
  }
}

interface DeliveryResult {
  readonly delivery?: Delivery;
  readonly failure?: Failure;
}

/** Serves every destination; a key that none of them keeps is saved all the same. */
async function deliver(
  issued: IssuedCertificate,
  { destinations, rescue }: CreateServices,
): Promise<DeliveryResult> {
  const results = await Promise.allSettled(destinations.map((place) => place.deliver(issued)));
  const failures = results.flatMap((result) =>
    result.status === 'rejected' ? [asFailure(result.reason)] : [],
  );
  const delivery = results.find((result) => result.status === 'fulfilled')?.value;
  const [first] = failures;
  if (first === undefined) return delivery === undefined ? {} : { delivery };
  const what = failures.map(({ message }) => message).join(' ');
  const options = { call: first.call, cause: first };
  if (delivery !== undefined) {
    return { delivery, failure: new Failure('delivery-failed', what, options) };
  }
  try {
    await rescue.prepare([]);
    const rescued = await rescue.deliver(issued);
    const where = `The private key was saved in ${rescued.privateKeyPath}, the certificate in ${rescued.certificatePath}: save them from there in a later step (with \`if: always()\`) before the job ends.`;
    return {
      delivery: rescued,
      failure: new Failure('delivery-failed', `${what} ${where}`, options),
    };
  } catch (error) {
    const lost = `The private key could not be saved elsewhere either and is lost: ${asFailure(error).message} End the agent with client id ${issued.clientId} in Insights Hub before you create it again.`;
    return { failure: new Failure('delivery-failed', `${what} ${lost}`, options) };
  }
}
