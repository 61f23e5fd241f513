import { errorCode } from '../failure.ts';
import type { Answer, Exchange } from './exchange.ts';
import { type Dispatcher, parseHeaders } from './undici.ts';

/** What ends an attempt early. */
export interface AttemptEnds {
  /** ends it until the request is sent */
  readonly signal: AbortSignal;
  /** ends it from then on */
  readonly sentSignal: AbortSignal;
  /** in milliseconds */
  readonly timeout: number;
}

/** Undoes a BOM as well. */
const utf8 = new TextDecoder();

/**
 * Sends a request once, and collects its answer. The result is there as soon as something ends the
 * attempt, also while undici still opens a connection. `explain` says why there is no answer.
 */
export function attempt(
  dispatcher: Dispatcher,
  request: Dispatcher.DispatchOptions,
  ends: AttemptEnds,
  explain: (error: Error) => string,
): Promise<Exchange> {
  return new Promise((resolve) => {
    const running = new Attempt(ends, explain, resolve);
    // undici would open a connection before it asks.
    if (!running.isOver) dispatcher.dispatch(request, running);
  });
}

/** What undici tells of one request: its methods have the names that undici calls. */
class Attempt implements Dispatcher.DispatchHandlers {
  readonly #ends: AttemptEnds;
  readonly #explain: (error: Error) => string;
  readonly #resolve: (exchange: Exchange) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #chunks: Buffer[] = [];
  #followed: AbortSignal;
  #head: Pick<Answer, 'status' | 'headers'> | undefined;
  /** undici's way to end it, once the request is sent */
  #abort: (() => void) | undefined;
  #isOver = false;

  constructor(
    ends: AttemptEnds,
    explain: (error: Error) => string,
    resolve: (exchange: Exchange) => void,
  ) {
    const { signal, timeout } = ends;
    this.#ends = ends;
    this.#explain = explain;
    this.#resolve = resolve;
    this.#timer = setTimeout(() => this.#end(`no answer came within ${timeout / 1000} s`), timeout);
    this.#followed = signal;
    this.#follow(signal);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The request is about to be written to a connection that is ready. */
  onConnect(abort: () => void): void {
    if (!this.#isOver) this.#follow(this.#ends.sentSignal);
    if (this.#isOver) abort();
    else this.#abort = abort;
  }

  onHeaders(status: number, headers: readonly Buffer[]): boolean {
    // What comes before the answer proper (1xx) says nothing here.
    if (status >= 200) this.#head = { status, headers: parseHeaders(headers) };
    return true;
  }

  onData(chunk: Buffer): boolean {
    this.#chunks.push(chunk);
    return true;
  }

  onComplete(): void {
    const body = utf8.decode(Buffer.concat(this.#chunks));
    if (this.#head !== undefined) this.#settle({ kind: 'answer', ...this.#head, body });
  }

  onError(error: Error): void {
    if (errorCode(error) !== 'UND_ERR_RES_EXCEEDED_MAX_SIZE' || this.#head === undefined) {
      this.#settle(this.#without(this.#explain(error)));
      return;
    }
    const reason = 'the answer is larger than 1 MiB';
    this.#settle({ kind: 'broken-answer', ...this.#head, why: 'too-large', reason });
  }

  /** From now on this signal ends the attempt, and no other. */
  #follow(signal: AbortSignal): void {
    this.#followed.removeEventListener('abort', this.#onAbort);
    this.#followed = signal;
    if (signal.aborted) this.#onAbort();
    else signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  readonly #onAbort = () => this.#end('it was ended before an answer came');

  #end(reason: string): void {
    this.#settle(this.#without(reason));
    this.#abort?.();
  }

  /** What there is when no whole answer came. */
  #without(why: string): Exchange {
    if (this.#head === undefined) {
      return { kind: 'no-answer', sent: this.#abort !== undefined, reason: why };
    }
    const reason = `the answer was cut short: ${why}`;
    return { kind: 'broken-answer', ...this.#head, why: 'cut-off', reason };
  }

  /** The first result counts. */
  #settle(exchange: Exchange): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#followed.removeEventListener('abort', this.#onAbort);
    this.#resolve(exchange);
  }
}
