import { asFailure, type FailedCall, Failure } from '../failure.ts';
import type { Exchange } from '../http/exchange.ts';
import { type CallContext, failedCall, refusal } from '../http/refusal.ts';
import { type Clock, isRateLimited, isSuccess, mayHaveActed, retryAfter } from '../http/retry.ts';
import type { TimeLimit } from '../http/time-limit.ts';
import { asObject, asText, parseJsonObject } from '../json.ts';
import { masksOfPrivateKey } from '../key-pair/masks.ts';
import { encryptPrivateKey, type KeyPair, normalisePem, readKeyPair } from '../key-pair/pem.ts';
import { isTraceable, tracesOf } from '../key-pair/traces.ts';
import { once } from '../once.ts';
import { Secret, type SecretKeeper } from '../secret.ts';
import { hideOpaque, showIdentifier } from '../shown.ts';
import { type ApiServices, callApi } from './call.ts';
import { insightsHub } from './refusals.ts';

/** One agent to be made. */
export interface AgentRequest {
  readonly name: string;
  readonly owner: string | undefined;
  /** `<tenant>_<name>`: the client id that Insights Hub is expected to give it */
  readonly expectedClientId: string;
  /** encrypts its private key */
  readonly passphrase: Secret | undefined;
  /** whether it is ended when the job ends, and so must not be there before */
  readonly ephemeral: boolean;
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

/**
 * A create that has less time than this is not sent, in milliseconds: cut off by the time limit,
 * it could leave an agent behind whose key nobody has. Of a short time limit it is a fifth.
 */
const LEAST_TIME = 5_000;

/** AWS IoT's limit for client ids is 128 bytes; what is much longer is no identifier. */
const LONGEST_ID = 256;

/** A key of 16,384 bits takes less, in characters; what is longer is not even redacted: that takes too long. */
const LONGEST_KEY = 16 * 1024;

/** What one create came to. */
export type Creation =
  | { readonly kind: 'issued'; readonly certificate: IssuedCertificate }
  /** it may have been processed, and no whole answer came; `why` follows a colon */
  | { readonly kind: 'unclear'; readonly why: string; readonly call: FailedCall };

/**
 * Sends one create (MindConnect MQTT API v3, `POST /agentCertificates`), again only while it surely
 * was not processed. The answer holds certificate and private key, which exist nowhere else; the
 * key is masked before it is looked at.
 *
 * Throws `response-invalid` or `key-mismatch` when the agent was made but its key can't be used.
 * After every other failure nothing was made.
 */
export async function sendCreate(
  agent: AgentRequest,
  services: ApiServices,
  limit: TimeLimit,
): Promise<Creation> {
  const { name, owner } = agent;
  const { request, outcome } = await callApi(
    {
      method: 'POST',
      api: 'mindconnectmqtt',
      path: 'agentCertificates',
      body: { name, ...(owner !== undefined && { owner }) },
    },
    services,
    limit,
    {
      mayRepeat: (exchange) => wasNotProcessed(exchange, services.clock),
      finishes: true,
      leastTime: Math.min(LEAST_TIME, (limit.seconds * 1000) / 5),
    },
  );
  const { exchange } = outcome;
  const call = failedCall(insightsHub, request, exchange);
  if (mayBeWithoutKey(exchange, services.clock)) {
    return { kind: 'unclear', why: reasonOf(exchange), call };
  }
  if (outcome.ended || !isSuccess(exchange)) {
    throw refusal(contextOf(agent), request, outcome, limit);
  }
  try {
    return { kind: 'issued', certificate: readCertificate(agent, exchange, services.secrets) };
  } catch (error) {
    const { code, message, cause } = asFailure(error);
    throw new Failure(
      code,
      `${message} Agent ${name} exists now, and its private key is lost. ${howToEnd(agent)}`,
      { call, cause, mayBeDone: true },
    );
  }
}

/** What is to be done about an agent whose key is lost. */
function howToEnd({ expectedClientId, ephemeral }: AgentRequest): string {
  return ephemeral
    ? 'The post step ends it. Run this step again.'
    : `End the agent with client id ${expectedClientId} (the delete action does) before you create it again.`;
}

/** The certificate of a whole answer, its private key encrypted where that is asked for. */
function readCertificate(
  agent: AgentRequest,
  exchange: Exchange,
  secrets: SecretKeeper,
): IssuedCertificate {
  const issued = readAnswer(agent, exchange, secrets);
  if (agent.passphrase === undefined) return issued;
  const privateKey = encryptPrivateKey(issued.privateKey, agent.passphrase);
  maskKeys([privateKey], secrets);
  return { ...issued, privateKey };
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
function mayBeWithoutKey(exchange: Exchange, clock: Clock): boolean {
  const isWhole =
    exchange.kind === 'answer' ||
    (exchange.kind === 'broken-answer' && exchange.why === 'too-large');
  return mayHaveActed(exchange, clock.now()) && !(isSuccess(exchange) && isWhole);
}

function reasonOf(exchange: Exchange): string {
  return exchange.kind === 'answer' ? `the service answered ${exchange.status}` : exchange.reason;
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
    if (raw.length > LONGEST_KEY) return undefined;
    const shown = showIdentifier(raw, (unsafe) => secrets.redact(unsafe));
    // A key of another agent, which is not known any more, would be a long run of base64.
    const text = shown === agent.expectedClientId ? shown : hideOpaque(shown);
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

/** Masks every key of the answer, then gives the first one, normalised. Throws for what is no key. */
function keepSecret(
  keys: readonly (string | undefined)[],
  secrets: SecretKeeper,
): Secret | undefined {
  const given = keys.filter((key) => key !== undefined);
  if (given.some(({ length }) => length > LONGEST_KEY))
    throw unusable('its private key is too long');
  const found = given.map((key) => new Secret(normalisePem(key)));
  maskKeys(found, secrets);
  return found[0];
}

function maskKeys(keys: readonly Secret[], secrets: SecretKeeper): void {
  for (const key of keys) {
    const pieces = masksOfPrivateKey(key);
    if (isTraceable(key)) secrets.maskKey({ pieces, traces: once(() => tracesOf(key)) });
    else secrets.mask(pieces);
  }
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
