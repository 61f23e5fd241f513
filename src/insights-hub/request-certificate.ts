import { asFailure, Failure, type Warning } from '../failure.ts';
import { type Interruption, TimeLimit } from '../http/time-limit.ts';
import { findAgent, findAgentTwice, UnclearAgent } from './agents.ts';
import type { HubApi } from './api.ts';
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

/** The time that both look-ups after an unclear create may take, in seconds. */
const LOOK_UP_TIME = 30;

/**
 * Creates an agent. When that may have been processed without a whole answer, the agent is looked
 * up; if it is proved to be absent, it is created once more.
 *
 * Throws `outcome-unknown` when the agent is there after such a create, when it can't be looked up,
 * or when the second create brought no certificate either; else as `createCertificate()` does.
 */
export async function requestCertificate(
  agent: AgentRequest,
  services: RequestServices,
  limit: TimeLimit,
): Promise<IssuedCertificate> {
  const first = await createCertificate(agent, services, limit).catch(onlyUnclear);
  if (!(first instanceof Failure)) return first;
  const { name, expectedClientId, ephemeral } = agent;
  const advice = ephemeral
    ? `If it is there, ${services.words.cleanUp} ends it. Run this step again.`
    : `If an agent with client id ${expectedClientId} is there that was not there before, its private key is lost: end it (the delete action does). Then run this step again.`;
  const unknown = (...sentences: readonly string[]) => {
    const message = `Nobody can say whether agent ${name} was created: ${reasonOf(first)}. ${sentences.join(' ')} ${advice}`;
    return new Failure('outcome-unknown', message, { call: first.call, mayBeDone: true });
  };
  const found = await lookUp(expectedClientId, services);
  if (found !== undefined) throw unknown(found, 'The request was not sent again.');

  const none = `Looked up twice, no agent with client id ${expectedClientId} was there`;
  const second = await createCertificate(agent, services, limit)
    .catch(onlyUnclear)
    .catch((error: unknown) => {
      const { code, message, mayBeDone } = asFailure(error);
      // The second create's own message says best what it left behind.
      if (mayBeDone) throw error;
      throw unknown(`${none}.`, `Creating it again failed: [${code}] ${message}`);
    });
  if (second instanceof Failure) {
    const seen = (await lookUp(expectedClientId, services)) ?? `${none} even then.`;
    throw unknown(`${none}.`, `Creating it again: ${reasonOf(second)}.`, seen);
  }
  services.warn({
    text: `Agent ${name} was created by a second request: the first one had no whole answer (${reasonOf(first)}), and the agent was proved to be absent after it. A certificate that nobody uses may exist at Insights Hub.`,
    about: {
      name,
      kind: 'Created by a second request, because the first one had no whole answer and the agent was proved to be absent after it. A certificate that nobody uses may exist at Insights Hub for each.',
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

function reasonOf({ call }: Failure): string {
  return call?.reason ?? `the service answered ${call?.status}`;
}

/**
 * What the look-up of the agent, and the list of certificates, find, as a sentence; nothing when the
 * agent is proved to be absent. A list that can't be read at all is no witness.
 */
async function lookUp(clientId: string, { api, interruption }: RequestServices) {
  const limit = new TimeLimit(LOOK_UP_TIME, interruption);
  try {
    const agent = await findAgentTwice(clientId, api, limit);
    if (agent === undefined) return await lookUpCertificate(clientId, api, limit);
    return `An agent with client id ${clientId} is there now (agent id ${agent.id}).`;
  } catch (error) {
    const { code, message } = asFailure(error);
    return error instanceof UnclearAgent
      ? `The look-up of client id ${clientId} found ${error.found}, which proves nothing.`
      : `The agent with client id ${clientId} could not be looked up: [${code}] ${message}`;
  } finally {
    limit.end();
  }
}

async function lookUpCertificate(clientId: string, api: HubApi, limit: TimeLimit) {
  const { ids, problem, isBegun } = await listCertificates(api, limit);
  const found = ids.get(clientId);
  if (found !== undefined) {
    const known = found.length > 0 ? found.join(', ') : 'unknown';
    return `No agent with client id ${clientId} is there, but a certificate for it is (certificate id ${known}).`;
  }
  if (problem === undefined || !isBegun) return undefined;
  return `No agent with client id ${clientId} is there, but the list of certificates could not be read to its end: [${problem.code}] ${problem.message}`;
}

/** Makes sure that what is there after a create is the step's own. Throws `agent-exists`. */
export async function refuseExisting(
  { name, expectedClientId }: AgentRequest,
  api: HubApi,
  limit: TimeLimit,
): Promise<void> {
  const found = await findAgent(expectedClientId, api, limit).catch((error: unknown) => {
    if (!(error instanceof UnclearAgent)) throw error;
    throw new Failure(
      'response-invalid',
      `Nobody can say whether agent ${name} exists already: the look-up of client id ${expectedClientId} found ${error.found}. With \`ephemeral\` nothing is created then.`,
    );
  });
  if (found === undefined) return;
  throw new Failure(
    'agent-exists',
    `Agent ${name} exists already (client id ${expectedClientId}). With \`ephemeral\` it would be ended after the job, so nothing was created. Choose another name, or end that agent first.`,
  );
}
