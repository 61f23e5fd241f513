import type { Reply, SeenRequest } from '../embedded-server.ts';
import type { HubEndpoint } from '../faults.ts';
import type { Books, HubAgent } from './books.ts';
import { readFilter, refuseByTag } from './conditions.ts';
import { errorReply, json, NO_CONTENT } from './replies.ts';
import { idOf } from './routes.ts';

type Seen = SeenRequest<HubEndpoint>;

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
      return readStatus(agent);
    case 'offboard':
      return offboard(agent, books);
    case 'delete-agent':
      return remove(agent, seen, books);
    default:
      return refuse(404);
  }
}

const refuse = (status: number) => errorReply(status, 'agentmanagement');

/** Returns all matches on one page, however many there are. */
function find(path: string, books: Books): Reply {
  const filter = readFilter(path, ['mqttClientId', 'name', 'id']);
  if (filter === undefined) return refuse(400);
  const content = [...books.agents.values()]
    .filter(({ clientId, name, id }) => filter({ mqttClientId: clientId, name, id }))
    .map((agent) => recordOf(agent, books));
  return json(200, {
    content,
    totalElements: content.length,
    totalPages: Math.min(1, content.length),
    size: Math.max(20, content.length),
    number: 0,
    first: true,
    last: true,
  });
}

function recordOf(agent: HubAgent, { tellsClientIds }: Books) {
  const { id, entityId, name, securityProfile, clientId, eTag } = agent;
  const mqttClientId = tellsClientIds ? clientId : undefined;
  return { id, entityId, name, securityProfile, mqttClientId, eTag };
}

function readStatus(agent: HubAgent): Reply {
  const { boarding: status, readsUntilOffboarded: reads } = agent;
  if (reads !== undefined) continueOffboarding(agent, reads - 1);
  return json(200, { status });
}

function offboard(agent: HubAgent, { offboarding }: Books): Reply {
  if (agent.boarding !== 'NOT_ONBOARDED') {
    continueOffboarding(agent, agent.readsUntilOffboarded ?? offboarding);
  }
  return json(200, { status: agent.boarding });
}

function continueOffboarding(agent: HubAgent, reads: number): void {
  if (reads > 0) {
    agent.readsUntilOffboarded = reads;
    return;
  }
  agent.readsUntilOffboarded = undefined;
  agent.boarding = 'NOT_ONBOARDED';
  agent.eTag += 1;
}

function remove(agent: HubAgent, { headers }: Seen, { agents }: Books): Reply {
  const refusal = refuseByTag(headers, agent.eTag);
  if (refusal !== undefined) return refuse(refusal);
  if (agent.boarding !== 'NOT_ONBOARDED') return refuse(409);
  agents.delete(agent.clientId);
  return NO_CONTENT;
}
