import type { Reply, SeenRequest } from '../embedded-server.ts';
import type { Fault } from '../faults.ts';
import { type Books, newAgent } from './books.ts';
import { type AnswerForm, certificateAnswer } from './certificate-answer.ts';
import type { Issuer } from './issuer.ts';
import { errorReply, json, objectIn } from './replies.ts';

/** The longest client id that the brokers accept, in bytes. */
const LONGEST_CLIENT_ID = 128;

/** Characters that no client id may contain, because it is also a level of topics. */
const NO_TOPIC_LEVEL = /[/+#\s\p{Cc}]/u;

interface Desk {
  readonly books: Books;
  readonly issuer: Issuer;
  readonly form: AnswerForm;
}

/** MindConnect MQTT: creates an agent and its certificate. */
export async function answerCreate(
  { body }: SeenRequest<string>,
  fault: Fault | undefined,
  { books, issuer, form }: Desk,
): Promise<Reply> {
  const { name, owner } = objectIn(body) ?? {};
  if (typeof name !== 'string' || name === '') return refuse(400);
  const clientId = clientIdOf(name, books);
  if (!canBeClientId(clientId)) return refuse(400);
  if (books.agents.has(clientId)) return refuse(409);
  const pair = await issuer.pair(fault);
  // Another create of the same name may have finished in the meantime.
  if (books.agents.has(clientId)) return refuse(409);
  const agent = newAgent(clientId, typeof owner === 'string' ? owner : undefined, pair);
  books.agents.set(clientId, agent);
  const certificate = issuer.enter(agent, pair, books);
  const handedOut = fault?.kind === 'wrong-pair' ? await issuer.mismatch(pair) : pair;
  return json(201, certificateAnswer(certificate, handedOut, form));
}

const refuse = (status: number) => errorReply(status, 'mindconnectmqtt');

export function clientIdOf(name: string, { tenant }: Pick<Books, 'tenant'>): string {
  return `${tenant}_${name}`;
}

function canBeClientId(text: string): boolean {
  return Buffer.byteLength(text) <= LONGEST_CLIENT_ID && !NO_TOPIC_LEVEL.test(text);
}
