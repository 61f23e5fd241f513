import { asFailure, Failure } from '../failure.ts';
import type { Exchange, HttpClient, HttpRequest } from '../http/client.ts';
import { type CallContext, failedCall, refusal } from '../http/refusal.ts';
import {
  type Clock,
  isRateLimited,
  isSuccess,
  type Outcome,
  retryAfter,
  sendWithRetries,
  statusOf,
} from '../http/retry.ts';
import type { TimeLimit } from '../http/time-limit.ts';
import { asObject, asText, parseJsonObject } from '../json.ts';
import { masksOfPrivateKey } from '../key-pair/masks.ts';
import { encryptPrivateKey, type KeyPair, normalisePem, readKeyPair } from '../key-pair/pem.ts';
import { Secret, type SecretKeeper } from '../secret.ts';
import { showIdentifier } from '../shown.ts';
import { apiEndpoint, type EndpointSettings } from './endpoints.ts';
import { insightsHub } from './refusals.ts';
import type { TokenSource } from './tokens.ts';

/** One agent to be made. */
export interface AgentRequest {
  readonly name: string;
  readonly owner: string | undefined;
  /** `<tenant>_<name>`: the client id that Insights Hub is expected to give it */
  readonly expectedClientId: string;
  /** encrypts its private key */
  readonly passphrase: Secret | undefined;
}

/** What Insights Hub issued; fit to be shown but for the private key. */
export interface IssuedCertificate extends KeyPair {
  readonly name: string;
  readonly clientId: string;
  readonly agentId: string | undefined;
  readonly agentName: string | undefined;
  readonly certificateId: string | undefined;
  /** fields that are not shown to the letter, because they hold a secret or control characters */
  readonly altered: readonly string[];
}

export interface CertificateServices {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly secrets: SecretKeeper;
  readonly tokens: TokenSource;
  readonly endpoints: EndpointSettings;
}

/**
 * A create that has less time than this is not sent, in milliseconds: cut off by the time limit,
 * it could leave an agent behind whose key nobody has. Of a short time limit it is a fifth.
 */
const LEAST_TIME = 5_000;

/** AWS IoT's limit for client ids is 128 bytes; what is much longer is no identifier. */
const LONGEST_ID = 256;

/**
 * Creates an agent and gets its certificate and private key, which exist in this one answer only
 * (MindConnect MQTT API v3, `POST /agentCertificates`). The key is masked before it is looked at.
 *
 * Throws `outcome-unknown` when the request may have been processed without a whole answer: it is
 * not sent again then. Throws `response-invalid` or `key-mismatch` when the agent was made but its
 * key can't be used. After every other failure nothing was made.
 */
export async function requestCertificate(
  agent: AgentRequest,
  services: CertificateServices,
  limit: TimeLimit,
): Promise<IssuedCertificate> {
  const { request, outcome } = await create(agent, services, limit);
  const { exchange } = outcome;
  if (mayHaveBeenProcessed(exchange, services.clock)) {
    throw outcomeUnknown(agent, request, exchange);
  }
  if (outcome.ended || !isSuccess(exchange)) {
    throw refusal(contextOf(agent), request, outcome, limit);
  }
  try {
    const issued = readAnswer(agent, exchange, services.secrets);
    return agent.passphrase === undefined
      ? issued
      : protectPrivateKey(issued, agent.passphrase, services.secrets);
  } catch (error) {
    const { code, message, cause } = asFailure(error);
    throw new Failure(
      code,
      `${message} Agent ${agent.name} exists now, and its private key is lost. End the agent with client id ${agent.expectedClientId} in Insights Hub before you create it again.`,
      { call: failedCall(insightsHub, request, exchange), cause },
    );
  }
}

/** The same certificate with its private key encrypted; the new form is masked too. */
function protectPrivateKey(
  issued: IssuedCertificate,
  passphrase: Secret,
  secrets: SecretKeeper,
): IssuedCertificate {
  const privateKey = encryptPrivateKey(issued.privateKey, passphrase);
  secrets.mask(masksOfPrivateKey(privateKey));
  return { ...issued, privateKey };
}

/** Sends the create; a refused token is replaced by a fresh one, once. */
async function create(
  agent: AgentRequest,
  { http, clock, tokens, endpoints }: CertificateServices,
  limit: TimeLimit,
): Promise<{ readonly request: HttpRequest; readonly outcome: Outcome }> {
  for (let mayRenew = tokens.renewable; ; mayRenew = false) {
    const token = await tokens.get(limit);
    const request = createRequest(agent, endpoints, token);
    const outcome = await sendWithRetries(request, {
      http,
      clock,
      limit,
      mayRepeat: (exchange) => wasNotProcessed(exchange, clock),
      finishes: true,
      leastTime: Math.min(LEAST_TIME, (limit.seconds * 1000) / 5),
    });
    const refused = statusOf(outcome.exchange) === 401;
    if (!refused || !mayRenew || limit.signal.aborted) return { request, outcome };
    tokens.discard(token);
  }
}

function createRequest(
  { name, owner }: AgentRequest,
  endpoints: EndpointSettings,
  token: Secret,
): HttpRequest {
  return {
    method: 'POST',
    url: apiEndpoint(endpoints, 'mindconnectmqtt', 'agentCertificates'),
    headers: {
      authorization: { scheme: 'Bearer', secret: token },
      'content-type': 'application/json',
      accept: 'application/json',
    },
    body: JSON.stringify({ name, ...(owner !== undefined && { owner }) }),
  };
}

/** Whether the service surely did nothing, and may do it a moment later. */
function wasNotProcessed(exchange: Exchange, clock: Clock): boolean {
  if (exchange.kind === 'no-answer') return !exchange.sent;
  const { status } = exchange;
  return (
    status === 408 ||
    status === 425 ||
    isRateLimited(exchange) ||
    (status === 503 && retryAfter(exchange, clock.now()) !== undefined)
  );
}

/** Whether an agent may exist without anyone holding its key. */
function mayHaveBeenProcessed(exchange: Exchange, clock: Clock): boolean {
  if (exchange.kind === 'no-answer') return exchange.sent;
  if (isSuccess(exchange)) return exchange.kind === 'broken-answer' && exchange.why === 'cut-off';
  return exchange.status >= 500 && !wasNotProcessed(exchange, clock);
}

function outcomeUnknown(agent: AgentRequest, request: HttpRequest, exchange: Exchange): Failure {
  const why =
    exchange.kind === 'answer' ? `the service answered ${exchange.status}` : exchange.reason;
  return new Failure(
    'outcome-unknown',
    `Nobody can say whether agent ${agent.name} was created: ${why}. The request was not sent again, because an agent and a certificate may exist. Look for client id ${agent.expectedClientId} in Insights Hub; if it is there, end that agent, because its key is lost. Then run this step again.`,
    { call: failedCall(insightsHub, request, exchange) },
  );
}

/**
 * Reads a whole answer. Two shapes are known: `privateKey` and `publicKey` (which holds the
 * certificate) at the top, or `privateKey` and `certificatePem` under `credentials`.
 */
function readAnswer(
  agent: AgentRequest,
  exchange: Exchange,
  secrets: SecretKeeper,
): IssuedCertificate {
  if (exchange.kind !== 'answer') throw unusable('it is larger than 1 MiB');
  const answer = parseJsonObject(exchange.body);
  if (answer === undefined) throw unusable('it is not a JSON object');
  const nested = asObject(answer['credentials']);
  const privateKey = keepSecret(
    [answer['privateKey'], nested?.['privateKey']].map(asText),
    secrets,
  );
  const certificate = asText(answer['publicKey']) ?? asText(nested?.['certificatePem']);
  const altered: string[] = [];
  const identifier = (field: string) => {
    const raw = asText(answer[field]) ?? '';
    const text = showIdentifier(raw, (unsafe) => secrets.redact(unsafe));
    if (text !== raw) altered.push(field);
    return text !== '' && text.length <= LONGEST_ID ? text : undefined;
  };
  const clientId = identifier('clientId');
  if (privateKey === undefined) throw unusable('it holds no private key');
  if (certificate === undefined) throw unusable('it holds no certificate');
  if (clientId === undefined) throw unusable('it holds no client id');
  return {
    name: agent.name,
    clientId,
    agentId: identifier('agentId'),
    agentName: identifier('agentName'),
    certificateId: identifier('id'),
    altered,
    ...readKeyPair(privateKey, normalisePem(certificate)),
  };
}

/** Masks every key of the answer, then gives the first one, normalised. */
function keepSecret(
  keys: readonly (string | undefined)[],
  secrets: SecretKeeper,
): Secret | undefined {
  const found = keys.filter((key) => key !== undefined).map((key) => new Secret(normalisePem(key)));
  secrets.mask(found.flatMap(masksOfPrivateKey));
  return found[0];
}

function unusable(why: string): Failure {
  return new Failure('response-invalid', `The answer to the create can't be used: ${why}.`);
}

function contextOf(agent: AgentRequest): CallContext {
  return {
    ...insightsHub,
    what: `Creating agent ${agent.name}`,
    meanings: {
      401: {
        code: 'unauthorized',
        message:
          'Insights Hub did not accept the token. Check that it was issued for this tenant and has not expired: tokens live for about 30 minutes.',
      },
      403: {
        code: 'forbidden',
        message:
          'Insights Hub does not allow these credentials to create agent certificates. Ask an administrator of the tenant to look at their roles; a candidate is mdsp:core:mindconnect.fullaccess.',
      },
      409: {
        code: 'agent-exists',
        message: `Agent ${agent.name} exists already. Choose another name, or end that agent first.`,
      },
    },
  };
}
