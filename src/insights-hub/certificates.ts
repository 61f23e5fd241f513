import { asFailure, type FailedCall, Failure } from '../failure.ts';
import type { HostWords } from '../host/host.ts';
import type { Answer } from '../http/errors.ts';
import type { TimeLimit } from '../http/time-limit.ts';
import { asObject, asText, type JsonObject, parseJsonObject } from '../json.ts';
import { type KeyFormat, keepIssuedKey } from '../keys/masks.ts';
import { deriveLock, type KeyLock } from '../keys/pbes2.ts';
import { type KeyPair, readKeyPair } from '../keys/pem.ts';
import { LONGEST_KEY } from '../keys/private-key.ts';
import type { Secret, SecretKeeper } from '../secret.ts';
import { cleanIdentifier } from '../text.ts';
import { type ApiCall, type HubApi, TOKEN_REFUSED } from './api.ts';

/** An agent to be created. */
export interface AgentRequest {
  readonly name: string;
  readonly owner: string | undefined;
  /** `<prefix>_<name>`: the client id that Insights Hub should give it */
  readonly expectedClientId: string;
  /** of its private key, if that is not encrypted */
  readonly keyFormat: KeyFormat;
  /** encrypts its private key, if given */
  readonly passphrase: Secret | undefined;
  /** whether it is deleted when the job ends, and so must not exist before */
  readonly ephemeral: boolean;
}

/** What Insights Hub issued. Everything but the private key may be shown. */
export interface IssuedCertificate extends KeyPair {
  /** as it is stored, perhaps in another format or encrypted */
  readonly privateKey: Secret;
  /** as it was issued, for use in this program only */
  readonly plainKey: Secret;
  readonly name: string;
  readonly clientId: string;
  readonly agentId: string | undefined;
  readonly agentName: string | undefined;
  readonly certificateId: string | undefined;
  /** fields that were altered, because they contained a secret or control characters */
  readonly altered: readonly string[];
}

export interface CertificateServices {
  readonly api: HubApi;
  readonly words: HostWords;
}

/** With less time left (ms), a create could be cut off and leave an agent whose key is lost. */
const LEAST_TIME = 5_000;

/** In characters. AWS IoT's limit for client ids is 128 bytes. */
const LONGEST_ID = 256;

/** The same before cleaning: it may contain a whole token, in base64. */
const LONGEST_RAW_ID = 4096;

/**
 * Creates an agent (MindConnect MQTT API v3, `POST /agentCertificates`). Only the answer contains the
 * private key, so the request is retried only if it was certainly not processed.
 *
 * Throws `response-invalid` or `key-mismatch` if the agent was created but its key can't be used,
 * and `unavailable` with `mayBeDone` if no complete answer says whether it was created. After any
 * other failure, nothing was created.
 */
export async function createCertificate(
  agent: AgentRequest,
  { api, words }: CertificateServices,
  limit: TimeLimit,
): Promise<IssuedCertificate> {
  // Before the create: a failure here costs no certificate, and the key can be encrypted immediately.
  const lock = agent.passphrase && (await lockFor(agent.passphrase, limit));
  const answer = await api.call(createCall(agent, limit, words), limit).catch((error: unknown) => {
    const { code, call, mayBeDone } = asFailure(error);
    // The transport refuses a successful answer that is too large or that it can't decode.
    if (code !== 'response-invalid' || !mayBeDone) throw error;
    const why = call?.reason?.replace(/^the answer /, 'it ') ?? 'it could not be read';
    throw keyLost(agent, unusable(why), call, words);
  });
  try {
    return readCertificate(agent, answer, lock, api.secrets);
  } catch (error) {
    const { method, url, status } = answer;
    throw keyLost(agent, asFailure(error), { method, url, status, said: {} }, words);
  }
}

/** Encrypting is not network work, and may have to wait for other agents. */
async function lockFor(passphrase: Secret, limit: TimeLimit): Promise<KeyLock> {
  const resume = limit.pause();
  try {
    return await deriveLock(passphrase);
  } finally {
    resume();
  }
}

function createCall(
  { name, owner }: AgentRequest,
  { seconds }: TimeLimit,
  { deleteAction }: HostWords,
): ApiCall {
  return {
    what: `Creating agent ${name}`,
    method: 'POST',
    api: 'mindconnectmqtt',
    path: 'agentCertificates',
    body: { name, owner },
    quota: 'create',
    repeat: 'if-unprocessed',
    finishes: true,
    // A fifth of a short time limit.
    leastTime: Math.min(LEAST_TIME, (seconds * 1000) / 5),
    meanings: {
      401: { code: 'unauthorized', message: TOKEN_REFUSED },
      403: {
        code: 'forbidden',
        message:
          'Insights Hub does not allow these credentials to create agent certificates. Ask an administrator of the tenant to check their roles: mdsp:core:mindconnect.fullaccess may be missing. Also check that no proxy removes the Authorization header: without a token, the answer can be the same.',
      },
      409: {
        code: 'agent-exists',
        message: `Agent ${name} already exists. Choose another name, or delete that agent first with ${deleteAction}.`,
      },
    },
  };
}

function keyLost(
  { name, expectedClientId, ephemeral }: AgentRequest,
  { code, message, cause }: Failure,
  call: FailedCall | undefined,
  { cleanUp, deleteAction }: HostWords,
): Failure {
  const advice = ephemeral
    ? `${cleanUp.replace(/^./, (first) => first.toUpperCase())} deletes it. Run this step again.`
    : `Delete the agent with client id ${expectedClientId} with ${deleteAction}, then run this step again.`;
  const text = `${message} Agent ${name} now exists, and its private key is lost. ${advice}`;
  return new Failure(code, text, { call, cause, mayBeDone: true });
}

/**
 * Reads a complete answer. Two shapes are known: `privateKey` and `publicKey` (which contains the
 * certificate) at the top level, or `privateKey` and `certificatePem` under `credentials`.
 */
function readCertificate(
  { name, keyFormat: format }: AgentRequest,
  { body }: Answer,
  lock: KeyLock | undefined,
  secrets: SecretKeeper,
): IssuedCertificate {
  const answer = parseJsonObject(body);
  if (answer === undefined) throw unusable('it is not a JSON object');
  const nested = asObject(answer['credentials']);
  const keys = [answer['privateKey'], nested?.['privateKey']].flatMap((key) => asText(key) ?? []);
  const isTooLong = keys.some(({ length }) => length > LONGEST_KEY);
  if (isTooLong) throw unusable('its private key is too long');
  // All of them are masked, although only the first one is used.
  const [key] = [...new Set(keys)].map((text) => keepIssuedKey(text, { format, lock }, secrets));
  const certificate = asText(answer['publicKey']) ?? asText(nested?.['certificatePem']);
  if (key === undefined) throw unusable('it contains no private key');
  if (certificate === undefined) throw unusable('it contains no certificate');
  if (asText(answer['clientId']) === undefined) throw unusable('it contains no client id');
  // Checked first: something that is not a key can slow down the search for its pieces in the ids.
  const pair = readKeyPair(key.privateKey, certificate);
  const { clientId, ...ids } = readIds(answer, secrets);
  if (clientId === undefined) throw unusable('it contains no client id');
  return { name, clientId, ...ids, ...pair, privateKey: key.stored, plainKey: key.privateKey };
}

/** Identifiers fit to be shown, and the fields that had to be altered for that. */
function readIds(answer: JsonObject, secrets: SecretKeeper) {
  const altered: string[] = [];
  const identifier = (field: string) => {
    const raw = asText(answer[field]) ?? '';
    // Redacting a long text takes time.
    if (raw.length > LONGEST_RAW_ID) return undefined;
    const text = cleanIdentifier(raw, secrets);
    if (text !== raw) altered.push(field);
    return text !== '' && text.length <= LONGEST_ID ? text : undefined;
  };
  return {
    clientId: identifier('clientId'),
    agentId: identifier('agentId'),
    agentName: identifier('agentName'),
    certificateId: identifier('id'),
    altered,
  };
}

function unusable(why: string): Failure {
  return new Failure('response-invalid', `The answer to the create request can't be used: ${why}.`);
}
