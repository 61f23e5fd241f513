import { getEventListeners } from 'node:events';
import { describe, expect, test, vi } from 'vitest';
import { attempt } from '../../src/http/attempt.ts';
import type { Dispatcher } from '../../src/http/undici.ts';

type Handlers = Required<
  Pick<Dispatcher.DispatchHandlers, 'onConnect' | 'onHeaders' | 'onData' | 'onComplete' | 'onError'>
>;

/** An attempt whose dispatcher is the test: it calls as undici would. */
function start({ sentAborted = false } = {}) {
  const caller = new AbortController();
  const sent = new AbortController();
  if (sentAborted) sent.abort();
  let handlers: Handlers | undefined;
  const dispatch = (_: unknown, given: unknown) => {
    handlers = given as Handlers;
    return true;
  };
  const exchange = attempt(
    { dispatch } as unknown as Dispatcher,
    { path: '/', method: 'POST' },
    { signal: caller.signal, sentSignal: sent.signal, timeout: 60_000 },
    ({ message }) => message,
  );
  if (handlers === undefined) throw new Error('nothing was dispatched');
  return { ...bound(handlers), exchange, caller, sent, abort: vi.fn() };
}

/** Handlers that can be called without their object. */
function bound(handlers: Handlers) {
  return {
    connect: (abort: () => void) => handlers.onConnect(abort),
    head: (status: number) => handlers.onHeaders(status, [], () => {}, ''),
    data: (text: string) => handlers.onData(Buffer.from(text)),
    complete: () => handlers.onComplete(null),
    fail: (error: Error) => handlers.onError(error),
  };
}

const tooLarge = Object.assign(new Error('too large'), { code: 'UND_ERR_RES_EXCEEDED_MAX_SIZE' });
const ended = 'it was ended before an answer came';

describe('an attempt', () => {
  test('that is over is not sent when its connection is ready at last', async () => {
    const { connect, caller, exchange, abort } = start();
    caller.abort();
    expect(await exchange).toEqual({ kind: 'no-answer', sent: false, reason: ended });
    connect(abort);
    expect(abort).toHaveBeenCalledOnce();
  });

  test('is not sent when nothing may be sent any more', async () => {
    const { connect, exchange, abort } = start({ sentAborted: true });
    connect(abort);
    expect(abort).toHaveBeenCalledOnce();
    expect(await exchange).toEqual({ kind: 'no-answer', sent: false, reason: ended });
  });

  test('once sent, is ended by the second signal only', async () => {
    const { connect, caller, sent, exchange, abort } = start();
    connect(abort);
    caller.abort();
    expect(abort).not.toHaveBeenCalled();
    sent.abort();
    expect(abort).toHaveBeenCalledOnce();
    expect(await exchange).toEqual({ kind: 'no-answer', sent: true, reason: ended });
  });

  test('takes what comes before the answer for no answer', async () => {
    const { connect, head, fail, exchange, abort } = start();
    connect(abort);
    head(103);
    fail(new Error('gone'));
    expect(await exchange).toEqual({ kind: 'no-answer', sent: true, reason: 'gone' });
  });

  test('knows a head that is too large from an answer that is', async () => {
    const { connect, fail, exchange, abort } = start();
    connect(abort);
    fail(tooLarge);
    expect(await exchange).toEqual({ kind: 'no-answer', sent: true, reason: 'too large' });
    const other = start();
    other.connect(abort);
    other.head(200);
    other.fail(tooLarge);
    expect(await other.exchange).toMatchObject({ kind: 'broken-answer', why: 'too-large' });
  });

  test('has one result, and leaves nothing behind', async () => {
    const { connect, head, data, complete, fail, caller, sent, exchange, abort } = start();
    connect(abort);
    head(201);
    data('\ufeffgrü');
    data('ße');
    complete();
    fail(new Error('late'));
    expect(await exchange).toEqual({ kind: 'answer', status: 201, headers: {}, body: 'grüße' });
    for (const { signal } of [caller, sent]) expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
