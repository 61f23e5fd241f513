import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { errorCode, Failure } from '../failure.ts';
import type { Secret } from '../secret.ts';
import { ReceivedBody, UnusableBody } from './body.ts';
import { systemError } from './connect.ts';
import {
  type Answer,
  type CallContext,
  explainNetworkError,
  isSuccess,
  type Trouble,
} from './errors.ts';
import type { HttpProxy } from './proxy.ts';

export interface HttpRequest extends Pick<CallContext, 'what' | 'service' | 'adviceWhenUnknown'> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | Authorization>>;
  readonly body?: string;
  /** The largest answer that is read, in MiB; 1 by default. */
  readonly largestAnswer?: number;
  /** Only the status matters: a success whose body can't be used is still a success. */
  readonly ignoresBody?: boolean;
}

/** The value of an Authorization header, for example `Bearer …`. */
export interface Authorization {
  readonly scheme: 'Basic' | 'Bearer';
  readonly secret: Secret;
}

/** Stops an attempt early: `signal` until the request is sent, `sentSignal` at any time. */
export interface Until {
  readonly signal: AbortSignal;
  readonly sentSignal: AbortSignal;
}

/** One request and its answer. */
export class Attempt {
  readonly #request: HttpRequest;
  readonly #until: Until;
  readonly #proxy: HttpProxy | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #settled = Promise.withResolvers<Answer | Failure>();
  #sending: ClientRequest | undefined;
  /** set as soon as the request is being written to a connection */
  #body: ReceivedBody | undefined;
  #response: IncomingMessage | undefined;
  #head: Omit<Answer, 'body'> | undefined;
  isOver = false;
  /** settles as soon as the attempt ends, even while a connection is still being opened */
  readonly result = this.#settled.promise;

  /** `time` is the longest that the attempt may take, in milliseconds. */
  constructor(request: HttpRequest, until: Until, time: number, proxy: HttpProxy | undefined) {
    this.#request = request;
    this.#until = until;
    this.#proxy = proxy;
    this.#timer = setTimeout(() => this.#end(`no answer came within ${time / 1000} s`), time);
    until.signal.addEventListener('abort', this.#onAbort);
    until.sentSignal.addEventListener('abort', this.#onAbort);
    this.#onAbort();
  }

  /** Sends the request that `begin` creates. If `begin` throws, the attempt fails. */
  send(begin: () => ClientRequest): void {
    const { body, largestAnswer = 1 } = this.#request;
    try {
      this.#sending = begin()
        // The connection is ready, and the request is about to be written to it.
        .on('socket', (socket: Socket) => {
          this.#body = new ReceivedBody(socket, largestAnswer);
        })
        // Interim answers (1xx) mean nothing here, but their number is limited.
        .on('information', () => this.#check((received) => received.checkFraming()))
        .on('response', (response) => this.#onResponse(response))
        .on('error', this.#onError)
        .on('close', () => {
          if (this.#response === undefined) this.#onError(systemError('ECONNRESET'));
        })
        .end(body);
    } catch (error) {
      this.#onError(error);
    }
  }

  #onResponse(response: IncomingMessage): void {
    const { method, url } = this.#request;
    const { statusCode: status = 0, headers } = response;
    this.#head = { method, url, status, headers };
    this.#response = response
      .on('data', (chunk: Buffer) => this.#check((received) => received.add(chunk)))
      .on('end', () => void this.#onEnd())
      .on('error', this.#onError);
  }

  /** The answer is complete: the time limit no longer applies. */
  async #onEnd(): Promise<void> {
    if (this.isOver || this.#head === undefined || this.#body === undefined) return;
    this.#stopWaiting();
    try {
      const body = await this.#body.text(this.#head.headers['content-encoding']);
      this.#settled.resolve({ ...this.#head, body });
    } catch (error) {
      this.#onError(error);
    }
  }

  #check(look: (received: ReceivedBody) => void): void {
    if (this.isOver || this.#body === undefined) return;
    try {
      look(this.#body);
    } catch (error) {
      this.#onError(error);
      this.#sending?.destroy();
    }
  }

  readonly #onError = (error: unknown) => {
    if (error instanceof UnusableBody)
      this.#fail('response-invalid', `the answer ${error.message}`);
    else if (errorCode(error) === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') {
      this.#fail('response-invalid', 'a chunk of the answer has an extension of more than 16 KiB');
    }
    // Nothing after a complete answer makes it fail.
    else if (this.#response?.complete !== true) {
      const trouble = explainNetworkError(error, this.#request, this.#proxy);
      this.#fail('unavailable', trouble.reason, trouble);
    }
  };

  readonly #onAbort = () => {
    const { signal, sentSignal } = this.#until;
    const isSent = this.#body !== undefined;
    if (sentSignal.aborted || (signal.aborted && !isSent)) {
      this.#end('the request was stopped before an answer came');
    }
  };

  #end(why: string): void {
    this.#fail('unavailable', why);
    this.#sending?.destroy();
  }

  #fail(
    code: 'unavailable' | 'response-invalid',
    why: string,
    { advice = '', isFinal = false }: Partial<Trouble> = {},
  ): void {
    const { what, method, url, ignoresBody = false } = this.#request;
    const head = this.#head;
    const isUnusable = code === 'response-invalid';
    this.#stopWaiting();
    if (head !== undefined && (!isSuccess(head) || (isUnusable && ignoresBody))) {
      // The status is enough.
      this.#settled.resolve({ ...head, body: '' });
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
    const mayBeDone = this.#body !== undefined;
    // The first result counts.
    const text = `${what} ${message}. ${advice}`.trim();
    this.#settled.resolve(new Failure(code, text, { call, mayBeDone }));
  }

  #stopWaiting(): void {
    this.isOver = true;
    clearTimeout(this.#timer);
    this.#until.signal.removeEventListener('abort', this.#onAbort);
    this.#until.sentSignal.removeEventListener('abort', this.#onAbort);
  }
}
