import type { Reply, SeenRequest } from '../embedded-server.ts';
import type { HubEndpoint } from '../faults.ts';
import type { Books, HubAgent } from './books.ts';
import { refuseByTag } from './conditions.ts';
import { readFilter } from './filters.ts';
import { pageOf, readPage, springPage } from './pages.ts';
import { errorReply, json, NO_CONTENT } from './replies.ts';
import { idOf, queryOf } from './routes.ts';

type Seen = SeenRequest<HubEndpoint>;

const FILTERABLE = ['mqttClientId', 'name', 'id', 'entityId', 'securityProfile'];
const USUAL_PAGE = 20;

/** Agent Management: answers a call about agents. */
export function answerAgentCall(seen: Seen, books: Books): Reply {
  if (seen.endpoint === 'find-agent') return find(seen.path, books);
  const id = idOf(seen.path);
  const agent = [...books.agents.values()].find((candidate) => candidate.id === id);
  if (agent === undefined) return refuse(404);
  switch (seen.endpoint) {
    case 'read-agent':
      return json(200, recordOf(agent, books));
    case 'boarding-status':
      return readStatus(agent, books);
    case 'offboard':
      return offboard(agent, books);
    case 'delete-agent':
      return remove(agent, seen, books);
    default:
      return refuse(404);
  }
}

const refuse = (status: number) => errorReply(status, 'agentmanagement');

function find(path: string, books: Books): Reply {
  const query = queryOf(path);
  const filter = readFilter(query, { fields: FILTERABLE, refusesOthers: true });
  if (filter === undefined) return refuse(400);
  const found = [...books.agents.values()].filter((agent) => filter(fieldsOf(agent)));
  const request = readPage(query, { usual: USUAL_PAGE });
  const { elements, ...page } = pageOf(found, fieldsOf, request);
  const records = elements.map((agent) => recordOf(agent, books));
  return json(200, springPage({ ...page, elements: records }, request));
}

/** Agents are found by their client ids even if these aren't returned. */
function fieldsOf({ id, entityId, name, securityProfile, clientId }: HubAgent) {
  return { id, entityId, name, securityProfile, mqttClientId: clientId };
}

function recordOf(agent: HubAgent, { tellsClientIds }: Books) {
  const { mqttClientId, ...fields } = fieldsOf(agent);
  return { ...fields, ...(tellsClientIds && { mqttClientId }), eTag: agent.eTag };
}

function readStatus(agent: HubAgent, books: Books): Reply {
  const { boarding: status, readsUntilOffboarded: reads } = agent;
  if (reads !== undefined) continueOffboarding(agent, reads - 1, books);
  return json(200, { status });
}

function offboard(agent: HubAgent, books: Books): Reply {
  if (agent.boarding !== 'NOT_ONBOARDED') {
    continueOffboarding(agent, agent.readsUntilOffboarded ?? books.offboarding, books);
  }
  return json(200, { status: agent.boarding });
}

function continueOffboarding(
  agent: HubAgent,
  reads: number,
  { offboardingChangesTag }: Books,
): void {
  if (reads > 0) {
    agent.readsUntilOffboarded = reads;
    return;
  }
  agent.readsUntilOffboarded = undefined;
  agent.boarding = 'NOT_ONBOARDED';
  if (offboardingChangesTag) agent.eTag += 1;
}

function remove(agent: HubAgent, { headers }: Seen, { agents }: Books): Reply {
  const refusal = refuseByTag(headers, agent.eTag);
  if (refusal !== undefined) return refuse(refusal);
  if (agent.boarding !== 'NOT_ONBOARDED') return refuse(409);
  agents.delete(agent.clientId);
  return NO_CONTENT;
}
