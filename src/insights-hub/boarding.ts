import { Failure } from '../failure.ts';
import { cancelled, refusal } from '../http/refusal.ts';
import { isSuccess, statusOf } from '../http/retry.ts';
import type { TimeLimit } from '../http/time-limit.ts';
import { asText, parseJsonObject } from '../json.ts';
import { type ApiServices, type Called, callApi } from './call.ts';
import { endingContext, isNotThere, readObject } from './management.ts';

/** Offboarding that takes longer than this is not waited for, in milliseconds. */
const LONGEST_OFFBOARDING = 60_000;

/** How long to wait between two looks at the status, in milliseconds: longer each time. */
const FIRST_WAIT = 500;
const LONGEST_WAIT = 5_000;

interface Boarded {
  readonly id: string;
  readonly clientId: string;
}

/**
 * Offboards an agent (Agent Management v3, `POST /agents/{id}/boarding/offboard`) and waits until
 * its status is `NOT_ONBOARDED`. An agent that has no boarding (404) or refuses to be offboarded
 * because it is not onboarded is fine. Throws `not-ended` when it stays onboarded.
 */
export async function offboardAgent(
  agent: Boarded,
  services: ApiServices,
  limit: TimeLimit,
): Promise<void> {
  const { clock } = services;
  const end = clock.now() + LONGEST_OFFBOARDING;
  let status = await offboard(agent, services, limit);
  for (let wait = FIRST_WAIT; status !== 'NOT_ONBOARDED'; wait = Math.min(wait * 2, LONGEST_WAIT)) {
    if (clock.now() + wait > end || wait >= limit.remaining()) throw staysOnboarded(agent, status);
    await clock.sleep(wait, limit.signal);
    if (limit.cancelled) throw cancelled(`Offboarding the agent with client id ${agent.clientId}`);
    status = await readStatus(agent, services, limit);
  }
}

/** The status that the agent is said to have afterwards. */
async function offboard(
  agent: Boarded,
  services: ApiServices,
  limit: TimeLimit,
): Promise<string | undefined> {
  const path = `agents/${agent.id}/boarding/offboard`;
  const call = { method: 'POST', api: 'agentmanagement', path } as const;
  const called = await callApi(call, services, limit);
  const { request, outcome } = called;
  if (isNotThere(called)) return 'NOT_ONBOARDED';
  if (!outcome.ended && isSuccess(outcome.exchange)) return statusIn(called);
  if (isRefusedForItsState(called)) {
    const status = await readStatus(agent, services, limit);
    // A conflict may also say that it is being offboarded already.
    if (status === 'NOT_ONBOARDED' || statusOf(outcome.exchange) === 409) return status;
  }
  const what = `Offboarding the agent with client id ${agent.clientId}`;
  throw refusal(endingContext(what), request, outcome, limit);
}

/** Whether the refusal may only say that there is nothing to offboard. */
function isRefusedForItsState({ outcome }: Called): boolean {
  return [400, 409, 422].includes(statusOf(outcome.exchange) ?? 0);
}

async function readStatus(
  agent: Boarded,
  services: ApiServices,
  limit: TimeLimit,
): Promise<string | undefined> {
  const path = `agents/${agent.id}/boarding/status`;
  const called = await callApi({ method: 'GET', api: 'agentmanagement', path }, services, limit);
  if (isNotThere(called)) return 'NOT_ONBOARDED';
  const what = `Reading whether the agent with client id ${agent.clientId} is onboarded`;
  return asText(readObject(called, endingContext(what), limit)['status']);
}

function statusIn({ outcome: { exchange } }: Called): string | undefined {
  return exchange.kind === 'answer'
    ? asText(parseJsonObject(exchange.body)?.['status'])
    : undefined;
}

function staysOnboarded({ clientId }: Boarded, status: string | undefined): Failure {
  const known = ['ONBOARDED', 'ONBOARDING'].find((word) => word === status);
  return new Failure(
    'not-ended',
    `The agent with client id ${clientId} is still ${known ?? 'not offboarded'} after it was asked to be offboarded, so it was not deleted. Disconnect the device, and run this step again later.`,
  );
}
