import type { Socket } from 'node:net';
import { Agent, buildConnector, type Dispatcher, util } from 'undici';
import { errorCode, Failure } from '../failure.ts';
import type { Secret } from '../secret.ts';
import { USER_AGENT } from '../version.ts';
import {
  type Answer,
  type CallContext,
  explainNetworkError,
  isSuccess,
  type Trouble,
} from './errors.ts';
import type { Preconnections } from './preconnect.ts';
import { type HttpProxy, type ProxySettings, portOf, proxyFor } from './proxy.ts';

/** The time that one attempt may take, in milliseconds. */
const ATTEMPT_TIMEOUT = 30_000;

/** The attempt's own time limit rules: undici's must not. */
const NO_TIMEOUTS = { headersTimeout: 0, bodyTimeout: 0 };

const MIB = 1024 * 1024;

/** Headers in which services, and what stands before them, name an exchange. */
const REFERENCE_HEADER = /^x-(?:request-id|correlation-id|amzn-requestid|github-request-id)$/;
/** What such a name looks like: nothing that could be a sentence, a command or an escape. */
const REFERENCE = /^\w[\w.:-]{0,63}$/;

/** The same of a success: before that is read, nobody knows which keys it holds. */
const SUCCESS_REFERENCE = /^\w(?:[\w.:-]{0,14}|[\da-f-]{0,35})$/;

export interface HttpRequest extends Pick<CallContext, 'what' | 'service' | 'adviceWhenUnknown'> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | Authorization>>;
  readonly body?: string;
  /** Answers of up to so many MiB are read; 1 if not given. */
  readonly largestAnswer?: number;
  /** Its status says all: a success that is too large is fine. */
  readonly ignoresBody?: boolean;
}

/** The value of a header that proves who is calling, e.g. `Bearer …`. */
export interface Authorization {
  readonly scheme: 'Basic' | 'Bearer';
  readonly secret: Secret;
}

/** What ends an attempt early: one signal until the request is sent, the other from then on. */
export interface Until {
  readonly signal: AbortSignal;
  readonly sentSignal: AbortSignal;
}

export interface HttpOptions {
  readonly proxies: ProxySettings;
  /** Gets a line for each attempt, without what it carried. */
  readonly debug: (line: string) => void;
  /** used first where there is no proxy; closed with the client */
  readonly preconnections?: Preconnections | undefined;
  /** the time that one attempt may take, in milliseconds; 30 s if not given */
  readonly attemptTimeout?: number;
}

/** All HTTP, with limits on time and size. Redirects are not followed, TLS is verified. */
export class HttpClient {
  readonly #options: HttpOptions;
  readonly #closing = new AbortController();
  readonly #pools = new Map<string, Agent>();

  constructor(options: HttpOptions) {
    this.#options = options;
  }

  /**
   * Makes one attempt, and returns the answer, whatever its status. `tries` counts from 1. Throws
   * `unavailable` when no whole answer came, and `response-invalid` for a success that is too large;
   * `Failure.mayBeDone` says whether any of the request may have reached the server.
   */
  async send(request: HttpRequest, until: Until, tries = 1): Promise<Answer> {
    const { method, url, headers, body = null, service } = request;
    const { proxies, debug, attemptTimeout = ATTEMPT_TIMEOUT } = this.#options;
    const started = performance.now();
    const proxy = proxyFor(url, proxies);
    const attempt = new Attempt(request, until, attemptTimeout, proxy);
    const options = {
      origin: url.origin,
      path: url.pathname + url.search,
      method,
      headers: { 'user-agent': USER_AGENT, ...revealAll(headers) },
      body,
    };
    // undici would open a connection before it asks.
    if (!attempt.isOver) this.#poolFor(proxy, request).dispatch(options, attempt);
    const result = await attempt.result;
    const time = Math.round(performance.now() - started);
    const outcome = result instanceof Failure ? result.call?.reason : `HTTP ${result.status}`;
    debug(
      `${method} ${url.origin}${url.pathname}: ${outcome}, attempt ${tries}, ${time} ms${referencesOf(service, result)}`,
    );
    if (result instanceof Failure) throw result;
    return result;
  }

  /** Closes every connection, also those that are still being made. */
  close(): void {
    for (const pool of this.#pools.values()) void pool.destroy();
    this.#closing.abort();
    this.#options.preconnections?.close();
  }

  /** One pool for each way out, directly or through a proxy, and each limit on the size. */
  #poolFor(proxy: HttpProxy | undefined, { largestAnswer = 1 }: HttpRequest): Agent {
    const key = `${largestAnswer} ${proxy?.url}`;
    const known = this.#pools.get(key);
    if (known !== undefined) return known;
    const maxResponseSize = largestAnswer * MIB;
    const connect = this.#connectorFor(proxy);
    const pool = new Agent({ ...NO_TIMEOUTS, maxResponseSize, connect });
    this.#pools.set(key, pool);
    return pool;
  }

  /** Connects through the proxy, or takes a connection that was opened ahead, or makes a new one. */
  #connectorFor(proxy: HttpProxy | undefined): buildConnector.connector {
    const { preconnections, attemptTimeout: timeout = ATTEMPT_TIMEOUT } = this.#options;
    // When undici closes, it lets connections go on that are still being made.
    const { signal } = this.#closing;
    // Said outright, so that NODE_TLS_REJECT_UNAUTHORIZED can't switch verification off.
    const connector = buildConnector({ timeout, signal, rejectUnauthorized: true });
    const open = async (url: URL) =>
      proxy === undefined ? preconnections?.take(url.origin) : tunnelTo(url, proxy, signal);
    return (options, callback) => {
      const url = new URL(`${options.protocol}//${options.host}`);
      open(url)
        .then((socket) => {
          if (socket === undefined) connector(options, callback);
          else if (proxy !== undefined) connector({ ...options, httpSocket: socket }, callback);
          else callback(null, socket);
        })
        .catch((error: Error) => callback(error, null));
    };
  }
}

/** Loads the tunnel only for a proxy: an import of node:http makes Node load its own undici. */
async function tunnelTo(url: URL, proxy: HttpProxy, signal: AbortSignal): Promise<Socket> {
  const { openTunnel } = await import('./tunnel.ts');
  return openTunnel(proxy, `${url.hostname}:${portOf(url)}`, signal);
}

/** One request and its answer, as undici reports them. */
class Attempt implements Dispatcher.DispatchHandlers {
  readonly #request: HttpRequest;
  readonly #until: Until;
  readonly #proxy: HttpProxy | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #settled = Promise.withResolvers<Answer | Failure>();
  readonly #chunks: Buffer[] = [];
  #head: Omit<Answer, 'body'> | undefined;
  /** undici's way to end it, once the request is sent */
  #abort: (() => void) | undefined;
  isOver = false;
  /** known as soon as something ends the attempt, also while undici still connects */
  readonly result = this.#settled.promise;

  constructor(request: HttpRequest, until: Until, timeout: number, proxy: HttpProxy | undefined) {
    this.#request = request;
    this.#until = until;
    this.#proxy = proxy;
    this.#timer = setTimeout(() => this.#end(`no answer came within ${timeout / 1000} s`), timeout);
    until.signal.addEventListener('abort', this.#onAbort);
    until.sentSignal.addEventListener('abort', this.#onAbort);
    this.#onAbort();
  }

  /** The request is about to be written to a connection that is ready. */
  onConnect(abort: () => void): void {
    if (this.isOver) abort();
    else this.#abort = abort;
  }

  onHeaders(status: number, headers: Buffer[]): boolean {
    // What comes before the answer proper (1xx) says nothing here.
    if (status < 200) return true;
    const { method, url } = this.#request;
    this.#head = { method, url, status, headers: util.parseHeaders(headers) };
    return true;
  }

  onData(chunk: Buffer): boolean {
    this.#chunks.push(chunk);
    return true;
  }

  onComplete(): void {
    // Drops a byte order mark, too.
    const body = new TextDecoder().decode(Buffer.concat(this.#chunks));
    if (this.#head !== undefined) this.#settle({ ...this.#head, body });
  }

  onError(error: Error): void {
    if (errorCode(error) === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
      const { largestAnswer = 1 } = this.#request;
      this.#fail('response-invalid', `the answer is larger than ${largestAnswer} MiB`);
    } else {
      const trouble = explainNetworkError(error, this.#request, this.#proxy);
      this.#fail('unavailable', trouble.reason, trouble);
    }
  }

  readonly #onAbort = () => {
    const { signal, sentSignal } = this.#until;
    const isSent = this.#abort !== undefined;
    if (sentSignal.aborted || (signal.aborted && !isSent)) {
      this.#end('it was ended before an answer came');
    }
  };

  #end(why: string): void {
    this.#fail('unavailable', why);
    this.#abort?.();
  }

  #fail(
    code: 'unavailable' | 'response-invalid',
    why: string,
    { advice = '', isFinal = false }: Partial<Trouble> = {},
  ): void {
    const { what, method, url, ignoresBody = false } = this.#request;
    const head = this.#head;
    const isUnusable = code === 'response-invalid';
    if (head !== undefined && (!isSuccess(head) || (isUnusable && ignoresBody))) {
      // The status says enough.
      this.#settle({ ...head, body: '' });
      return;
    }
    const reason = head && !isUnusable ? `the answer was cut short: ${why}` : why;
    const message = isUnusable ? "got an answer that can't be used" : `failed: ${reason}`;
    const call = {
      method,
      url,
      reason,
      ...(isFinal && { isFinal }),
      ...(head && { status: head.status }),
    };
    const mayBeDone = this.#abort !== undefined;
    this.#settle(new Failure(code, `${what} ${message}. ${advice}`.trim(), { call, mayBeDone }));
  }

  /** The first result counts. */
  #settle(result: Answer | Failure): void {
    this.isOver = true;
    clearTimeout(this.#timer);
    this.#until.signal.removeEventListener('abort', this.#onAbort);
    this.#until.sentSignal.removeEventListener('abort', this.#onAbort);
    this.#settled.resolve(result);
  }
}

function revealAll(headers: HttpRequest['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : `${value.scheme} ${value.secret.reveal()}`,
    ]),
  );
}

/** How the service calls an exchange in its own log, which its support asks for. */
function referencesOf({ readError }: HttpRequest['service'], result: Answer | Failure): string {
  if (result instanceof Failure) return '';
  const pattern = isSuccess(result) ? SUCCESS_REFERENCE : REFERENCE;
  const named = Object.entries(result.headers)
    .filter(([name]) => REFERENCE_HEADER.test(name))
    .flatMap(([, value]) => value ?? []);
  const { reference = '' } = result.status >= 400 ? readError(result) : {};
  const known = [...named, reference].filter((value) => pattern.test(value));
  return [...new Set(known)].map((value) => `, reference ${value}`).join('');
}
