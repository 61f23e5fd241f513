import { asFailure, Failure, type Warning } from '../failure.ts';
import { type Interruption, TimeLimit } from '../http/time-limit.ts';
import { findAgent, findAgentTwice, UnclearAgent } from './agents.ts';
import { listCertificates } from './certificate-list.ts';
import {
  type AgentRequest,
  type CertificateServices,
  createCertificate,
  type IssuedCertificate,
} from './certificates.ts';

export interface RequestServices extends CertificateServices {
  readonly interruption: Interruption;
  readonly warn: (warning: Warning) => void;
}

/** How long the look-ups after an unclear create may take together, in seconds. */
const LOOK_UP_TIME = 30;

/**
 * Creates an agent. If the create may have been processed without a complete answer, looks the agent
 * up, and creates it once more if it is proved to be absent.
 *
 * Throws `outcome-unknown` if the agent exists after such a create, if it can't be looked up, or if
 * the second create brought no certificate either. Otherwise throws as `createCertificate()` does.
 */
export async function requestCertificate(
  agent: AgentRequest,
  services: RequestServices,
  limit: TimeLimit,
): Promise<IssuedCertificate> {
  const first = await createCertificate(agent, services, limit).catch(onlyUnclear);
  if (!(first instanceof Failure)) return first;
  const { name, expectedClientId } = agent;
  const unknown = (...sentences: readonly string[]) => {
    const message = `It is unknown whether this step created agent ${name}: ${reasonOf(first)}. ${sentences.join(' ')}`;
    return new Failure('outcome-unknown', message, { call: first.call, mayBeDone: true });
  };
  const found = await lookUp(agent, services);
  if (found !== undefined) throw unknown(found);

  const absent = `Two look-ups found no agent with client id ${expectedClientId}`;
  const [ifFound, ifAbsent] = [adviceIfFound(services, agent), adviceIfAbsent(services, agent)];
  const second = await createCertificate(agent, services, limit)
    .catch(onlyUnclear)
    .catch((error: unknown) => {
      const failure = asFailure(error);
      // The second create's own message says best what it left behind.
      if (failure.mayBeDone) throw error;
      throw failure.code === 'agent-exists'
        ? unknown(`${absent}, but creating it again failed, because it already exists.`, ifFound)
        : unknown(`${absent}, and creating it again failed.`, ifAbsent, whyOf(failure));
    });
  if (second instanceof Failure) {
    const again = `Creating it again ended the same way: ${reasonOf(second)}.`;
    throw unknown(again, (await lookUp(agent, services)) ?? `${absent}. ${ifAbsent}`);
  }
  services.warn({
    text: `Agent ${name} was created by a second request: the first one got no complete answer (${reasonOf(first)}), and look-ups then proved that the agent did not exist. An unused certificate may exist in Insights Hub.`,
    about: {
      name,
      kind: 'Created by a second request, because the first one got no complete answer and look-ups then proved that the agent did not exist. For each agent, an unused certificate may exist in Insights Hub.',
    },
  });
  return second;
}

/** The failure of a create after which an agent may exist whose key nobody has. */
function onlyUnclear(error: unknown): Failure {
  const failure = asFailure(error);
  if (failure.mayBeDone && failure.code === 'unavailable') return failure;
  throw error;
}

/** Follows what to do, so that its own advice does not come between. */
function whyOf({ code, message }: Failure): string {
  return `Why that failed: [${code}] ${message}`;
}

function reasonOf({ call }: Failure): string {
  return call?.reason ?? `the service answered ${call?.status}`;
}

/**
 * What the look-up of the agent and the list of certificates find, and what to do, in sentences;
 * nothing if the agent is proved to be absent. A list that can't be read at all proves nothing.
 */
async function lookUp(agent: AgentRequest, services: RequestServices) {
  const { api, interruption } = services;
  const { expectedClientId: clientId } = agent;
  const limit = new TimeLimit(LOOK_UP_TIME, interruption);
  try {
    const found = await findAgentTwice(clientId, api, limit);
    if (found === undefined) return await lookUpCertificate(agent, services, limit);
    return `An agent with client id ${clientId} (agent id ${found.id}) exists now. ${adviceIfFound(services, agent)}`;
  } catch (error) {
    const advice = adviceIfUnclear(services, agent);
    const what = `The look-up of client id ${clientId}`;
    return error instanceof UnclearAgent
      ? `${what} found ${error.found}. ${advice}`
      : `${what} failed. ${advice} ${whyOf(asFailure(error))}`;
  } finally {
    limit.end();
  }
}

async function lookUpCertificate(
  agent: AgentRequest,
  services: RequestServices,
  limit: TimeLimit,
): Promise<string | undefined> {
  const { expectedClientId: clientId } = agent;
  const { ids, problem, isBegun } = await listCertificates(services.api, limit);
  const found = ids.get(clientId);
  if (found !== undefined) {
    const known = found.length > 0 ? found.join(', ') : 'unknown';
    return `No agent with client id ${clientId} exists, but a certificate for it does (certificate id ${known}). If it did not exist before, its private key is lost: ${adviceOnCertificate(found, services)}, then run this step again.`;
  }
  if (problem === undefined || !isBegun) return undefined;
  return `No agent with client id ${clientId} exists, but the list of certificates could not be read completely. ${adviceIfAbsent(services, agent)} ${whyOf(problem)}`;
}

/** What to do about an agent that exists, and perhaps existed before. */
function adviceIfFound({ words }: RequestServices, { ephemeral }: AgentRequest): string {
  return ephemeral
    ? `${words.cleanUp.replace(/^./, (letter) => letter.toUpperCase())} deletes it. Run this step again.`
    : `If it did not exist before, its private key is lost: delete it with ${words.deleteAction}, then run this step again.`;
}

/** What to do about an agent of which nobody knows whether it exists. */
function adviceIfUnclear(services: RequestServices, agent: AgentRequest): string {
  const { words } = services;
  return agent.ephemeral
    ? `If the agent exists, ${words.cleanUp} deletes it. Run this step again.`
    : `If the agent exists in Insights Hub but did not exist before, its private key is lost: delete it with ${words.deleteAction}. Then run this step again.`;
}

/** What to do about an agent that was not found, but may still show up. */
function adviceIfAbsent({ words }: RequestServices, { ephemeral }: AgentRequest): string {
  return ephemeral
    ? `If the agent shows up, ${words.cleanUp} deletes it. Run this step again.`
    : `Run this step again. If it then fails with \`agent-exists\`, delete the agent with ${words.deleteAction} first, because its private key is lost.`;
}

function adviceOnCertificate(ids: readonly string[], { words }: RequestServices): string {
  return ids.length > 0
    ? `delete it with ${words.deleteAction} by \`certificate-id\``
    : 'delete it in Insights Hub';
}

/** Makes sure that an agent found after the create is this step's own. Throws `agent-exists`. */
export async function refuseExisting(
  { name, expectedClientId }: AgentRequest,
  { api, words }: CertificateServices,
  limit: TimeLimit,
): Promise<void> {
  const found = await findAgent(expectedClientId, api, limit).catch((error: unknown) => {
    if (!(error instanceof UnclearAgent)) throw error;
    throw new Failure(
      'response-invalid',
      `It is unknown whether agent ${name} already exists: the look-up of client id ${expectedClientId} found ${error.found}. With \`ephemeral\`, an agent is created only if it certainly did not exist before. Look at client id ${expectedClientId} in Insights Hub, or choose another name.`,
    );
  });
  if (found === undefined) return;
  throw new Failure(
    'agent-exists',
    `Agent ${name} already exists (client id ${expectedClientId}). With \`ephemeral\`, it would be deleted after the job, so nothing was created. Choose another name, or delete that agent first with ${words.deleteAction}.`,
  );
}
