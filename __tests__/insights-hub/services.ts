import { onTestFinished } from 'vitest';
import { HttpClient, type HttpRequest } from '../../src/http/client.ts';
import type { Exchange } from '../../src/http/exchange.ts';
import { paceOf } from '../../src/http/pace.ts';
import { TimeLimit } from '../../src/http/time-limit.ts';
import type { AgentRequest } from '../../src/insights-hub/agent-certificates.ts';
import type { TokenSource } from '../../src/insights-hub/tokens.ts';
import { RunnerSecrets } from '../../src/runner/secrets.ts';
import { Secret } from '../../src/secret.ts';

type Headers = Readonly<Record<string, string>>;

/** An answer, whose body is JSON unless it is a text. */
export const answer = (status: number, body: unknown = '', headers: Headers = {}): Exchange => ({
  kind: 'answer',
  status,
  headers,
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
export const broken = (status: number, why: 'cut-off' | 'too-large'): Exchange => ({
  kind: 'broken-answer',
  status,
  headers: {},
  why,
  reason: 'the answer broke',
});
export const noAnswer = (sent: boolean): Exchange => ({
  kind: 'no-answer',
  sent,
  reason: 'hub.invalid is away (EX)',
});

/** A request as it was sent, with its secrets. */
interface Sent {
  /** e.g. `GET /agentmanagement/agents?filter={…}` */
  readonly call: string;
  readonly headers: Headers;
  readonly body: string | undefined;
  readonly signals: readonly AbortSignal[];
}

/** Gives the exchanges in turn, and fails when none is left. */
class ScriptedHttp extends HttpClient {
  readonly sent: Sent[] = [];
  readonly #script: Exchange[];
  /** called with the number of each request, from 1 */
  onSend: (count: number) => void = () => {};

  constructor(script: readonly Exchange[]) {
    super({
      proxies: { http: undefined, https: undefined, direct: [] },
      userAgent: '',
      attemptTimeout: 1,
      onAttempt: () => {},
    });
    this.#script = [...script];
  }

  get calls(): readonly string[] {
    return this.sent.map(({ call }) => call);
  }

  override async send(
    request: HttpRequest,
    signal: AbortSignal,
    sentSignal = signal,
  ): Promise<Exchange> {
    const { method, url, headers, body } = request;
    const revealed = Object.entries(headers).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : `${value.scheme} ${value.secret.reveal()}`,
    ]);
    const call = `${method} ${decodeURIComponent(`${url.pathname}${url.search}`)}`;
    this.sent.push({
      call,
      headers: Object.fromEntries(revealed),
      body,
      signals: [signal, sentSignal],
    });
    this.onSend(this.sent.length);
    const next = this.#script.shift();
    if (next === undefined) throw new Error(`nothing is left to answer ${call} with`);
    return next;
  }
}

/** Tokens `token-1`, `token-2` and so on: the next one when one was discarded. */
function countingTokens(): TokenSource {
  let current = new Secret('token-1');
  let count = 1;
  return {
    renewable: true,
    get: async () => current,
    discard(token) {
      if (token === current) current = new Secret(`token-${++count}`);
    },
  };
}

/** What is asked for where any agent will do. */
export const agent: AgentRequest = {
  name: 'a',
  owner: undefined,
  expectedClientId: 'mqtt1_a',
  passphrase: undefined,
  ephemeral: false,
};

export const endpoints = {
  tenant: 'mqtt1',
  region: 'eu1',
  apiUrl: 'https://hub.invalid/{api}',
  tokenUrl: 'https://hub.invalid/{tenant}/token',
};

/** Services of which the network is a script, and the time passes only when somebody waits. */
export function start(...script: readonly Exchange[]) {
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
  const warnings: string[] = [];
  const cancel = new AbortController();
  const interruption = { cancelled: cancel.signal, graceOver: new AbortController().signal };
  const limitOf = (seconds: number, spent = 0) => {
    const limit = new TimeLimit(seconds, interruption, spent);
    onTestFinished(() => limit.end());
    return limit;
  };
  const services = {
    http,
    clock,
    endpoints,
    interruption,
    secrets: new RunnerSecrets((values) => masked.push(...values)),
    tokens: countingTokens(),
    pace: paceOf(clock),
    warn: (message: string) => void warnings.push(message),
  };
  return { http, time, clock, masked, warnings, cancel, services, limitOf, limit: limitOf(300) };
}
