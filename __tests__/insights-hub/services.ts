import { onTestFinished, vi } from 'vitest';
import { Failure, type Warning } from '../../src/failure.ts';
import { HttpClient, type HttpRequest, type Until } from '../../src/http/client.ts';
import type { Answer } from '../../src/http/errors.ts';
import { TimeLimit } from '../../src/http/time-limit.ts';
import { hubApi } from '../../src/insights-hub/api.ts';
import type { AgentRequest } from '../../src/insights-hub/certificates.ts';
import { hubQuotas } from '../../src/insights-hub/quotas.ts';
import type { Credentials } from '../../src/insights-hub/urls.ts';
import { KnownSecrets, Secret } from '../../src/secret.ts';

type Headers = Readonly<Record<string, string>>;

/** The result of a request: an answer, or the failure that the client throws. */
export type Reply = (request: HttpRequest) => Answer;

/** An answer, whose body is JSON unless it is a text. */
export const answer = (status: number, body: unknown = '', headers: Headers = {}): Reply => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return ({ method, url }) => ({ method, url, status, headers, body: text });
};

const failing =
  (code: 'unavailable' | 'response-invalid', reason: string, status?: number, sent = true): Reply =>
  ({ what, method, url }) => {
    const call = { method, url, reason, ...(status !== undefined && { status }) };
    const message =
      code === 'unavailable'
        ? `${what} failed: ${reason}.`
        : `${what} got an answer that can't be used.`;
    throw new Failure(code, message, { call, mayBeDone: sent });
  };
export const noAnswer = ({ sent }: { readonly sent: boolean }): Reply =>
  failing('unavailable', 'hub.invalid is away (EX)', undefined, sent);
export const cutShort: Reply = failing('unavailable', 'the answer was cut short: it broke', 200);
export const tooLarge: Reply = failing('response-invalid', 'the answer is larger than 1 MiB', 200);

/** A request as it was sent, with its secrets. */
interface Sent extends Until {
  /** e.g. `GET /agentmanagement/agents?filter={…}` */
  readonly call: string;
  readonly headers: Headers;
  readonly body: string | undefined;
}

/** Returns the replies in turn, and fails when none is left. */
class ScriptedHttp extends HttpClient {
  readonly sent: Sent[] = [];
  readonly #script: Reply[];
  /** called with each request, before it is answered */
  onSend: () => void = () => {};

  constructor(script: readonly Reply[]) {
    const proxies = { proxy: undefined, direct: [] };
    super({ proxies, debug: () => {} });
    this.#script = [...script];
  }

  get calls(): readonly string[] {
    return this.sent.map(({ call }) => call);
  }

  override async send(request: HttpRequest, until: Until): Promise<Answer> {
    const { method, url, headers, body } = request;
    const revealed = Object.entries(headers).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : `${value.scheme} ${value.secret.reveal()}`,
    ]);
    const call = `${method} ${decodeURIComponent(`${url.pathname}${url.search}`)}`;
    this.sent.push({ call, headers: Object.fromEntries(revealed), body, ...until });
    this.onSend();
    const reply = this.#script.shift();
    if (reply === undefined) throw new Error(`nothing is left to answer ${call} with`);
    return reply(request);
  }
}

/** The request to use where any agent will do. */
export const agent: AgentRequest = {
  name: 'a',
  owner: undefined,
  expectedClientId: 'mqtt1_a',
  keyFormat: 'issued',
  passphrase: undefined,
  ephemeral: false,
};

export const urls = {
  tenant: 'mqtt1',
  region: 'eu1',
  apiUrl: 'https://hub.invalid/{api}',
  tokenUrl: 'https://hub.invalid/{tenant}/token',
};

const given: Credentials = { kind: 'token', token: new Secret('given-token') };
export const technicalUser: Credentials = {
  kind: 'technical-user',
  basic: new Secret('aWQ6c2VjcmV0'),
};

/**
 * Services with a script instead of a network, and a clock that advances only when somebody waits.
 */
export const start = (...script: readonly Reply[]) => startAs(given, ...script);

export function startAs(credentials: Credentials, ...script: readonly Reply[]) {
  const http = new ScriptedHttp(script);
  const time = { now: 0, waits: [] as number[] };
  const clock = {
    now: () => time.now,
    random: () => 0,
    sleep: async (milliseconds: number) => {
      time.waits.push(milliseconds);
      time.now += milliseconds;
    },
  };
  const masked: string[] = [];
  const secrets = new KnownSecrets((values) => masked.push(...values));
  const warnings: string[] = [];
  const cancel = new AbortController();
  const interruption = { cancelled: cancel.signal, graceOver: new AbortController().signal };
  /** A time limit in seconds, of which some are always left. */
  const limitOf = (seconds: number, left = seconds) => {
    const limit = new TimeLimit(seconds, interruption);
    vi.spyOn(limit, 'remaining').mockReturnValue(left * 1000);
    onTestFinished(() => limit.end());
    return limit;
  };
  const hubServices = { http, clock, secrets };
  const quotas = hubQuotas({ clock, countsWaiting: false });
  const api = hubApi(credentials, urls, quotas, hubServices);
  const words = { cleanUp: 'the post step', deleteAction: 'the delete action', saveFiles: '' };
  const warn = ({ text }: Warning) => void warnings.push(text);
  const services = { api, words, interruption, warn };
  const limit = limitOf(300);
  return {
    ...{ http, time, clock, masked, secrets, warnings, cancel, limitOf, limit },
    ...{ hubServices, quotas, api, services },
  };
}
