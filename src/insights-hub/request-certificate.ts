import { asFailure, Failure } from '../failure.ts';
import { type Interruption, TimeLimit } from '../http/time-limit.ts';
import {
  type AgentRequest,
  type Creation,
  type IssuedCertificate,
  sendCreate,
} from './agent-certificates.ts';
import { lookUpAgent, lookUpTwice } from './agents.ts';
import type { ApiServices } from './call.ts';

export interface CertificateServices extends ApiServices {
  readonly interruption: Interruption;
  readonly warn: (message: string) => void;
}

/** The time that looking an agent up after an unclear create may take, in seconds. */
const LOOK_UP_TIME = 30;

/**
 * Creates an agent and gets its certificate and private key, which exist in one answer only. A
 * create that may have been processed is not sent again blindly: the agent is looked up first. When
 * it is proved to be absent, it is created again, once.
 *
 * Throws `outcome-unknown` when the agent is there after an unclear create, when it can't be looked
 * up, or when the second create brought no certificate either; for the rest see `sendCreate`.
 */
export async function requestCertificate(
  agent: AgentRequest,
  services: CertificateServices,
  limit: TimeLimit,
): Promise<IssuedCertificate> {
  const first = await sendCreate(agent, services, limit);
  if (first.kind === 'issued') return first.certificate;
  const unknown = (...sentences: readonly string[]) => outcomeUnknown(agent, first, sentences);
  const found = await lookUp(agent, services);
  if (found !== undefined) throw unknown(found, 'The request was not sent again.', advice(agent));

  const none = `Looked up twice, no agent with client id ${agent.expectedClientId} was there`;
  const second = await sendCreate(agent, services, limit).catch((error: unknown) => {
    const { code, message, mayBeDone } = asFailure(error);
    // What the second create itself left behind is told best by its own words.
    if (mayBeDone) throw error;
    throw unknown(`${none}.`, `Creating it again failed: [${code}] ${message}`, advice(agent));
  });
  if (second.kind === 'unclear') {
    const seen = (await lookUp(agent, services)) ?? `${none} even then.`;
    throw unknown(`${none}.`, `Creating it again: ${second.why}.`, seen, advice(agent));
  }
  services.warn(
    `Agent ${agent.name} was created by a second request: the first one had no whole answer (${first.why}), and the agent was proved to be absent after it. A certificate that nobody uses may exist at Insights Hub.`,
  );
  return second.certificate;
}

/**
 * Makes sure that an agent is not there before it is created, so that what is there afterwards is
 * the step's own. Throws `agent-exists`, or why nobody can say.
 */
export async function refuseExisting(
  { name, expectedClientId }: AgentRequest,
  services: ApiServices,
  limit: TimeLimit,
): Promise<void> {
  const sighting = await lookUpAgent(expectedClientId, services, limit);
  switch (sighting.kind) {
    case 'absent':
      return;
    case 'present':
      throw new Failure(
        'agent-exists',
        `Agent ${name} exists already (client id ${expectedClientId}). With \`ephemeral\` it would be ended after the job, so nothing was created. Choose another name, or end that agent first.`,
      );
    case 'unclear':
      throw new Failure(
        'response-invalid',
        `Nobody can say whether agent ${name} exists already: the look-up of client id ${expectedClientId} found ${sighting.found}. With \`ephemeral\` nothing is created then.`,
      );
  }
}

/** What the look-up shows, as a sentence; nothing when the agent is proved to be absent. */
async function lookUp(
  { expectedClientId: clientId }: AgentRequest,
  services: CertificateServices,
): Promise<string | undefined> {
  const limit = new TimeLimit(LOOK_UP_TIME, services.interruption);
  try {
    const sighting = await lookUpTwice(clientId, services, limit);
    switch (sighting.kind) {
      case 'absent':
        return undefined;
      case 'present':
        return `An agent with client id ${clientId} is there now (agent id ${sighting.agent.id}).`;
      case 'unclear':
        return `The look-up of client id ${clientId} found ${sighting.found}, which proves nothing.`;
    }
  } catch (error) {
    const { code, message } = asFailure(error);
    return `The agent with client id ${clientId} could not be looked up: [${code}] ${message}`;
  } finally {
    limit.end();
  }
}

function outcomeUnknown(
  { name }: AgentRequest,
  { why, call }: Extract<Creation, { kind: 'unclear' }>,
  sentences: readonly string[],
): Failure {
  const message = `Nobody can say whether agent ${name} was created: ${why}. ${sentences.join(' ')}`;
  return new Failure('outcome-unknown', message, { call, mayBeDone: true });
}

function advice({ expectedClientId, ephemeral }: AgentRequest): string {
  return ephemeral
    ? 'If it is there, the post step ends it. Run this step again.'
    : `If an agent with client id ${expectedClientId} is there that was not there before, its private key is lost: end it (the delete action does). Then run this step again.`;
}
