import { describe, expect, test, vi } from 'vitest';
import type { Throttle } from '../../src/http/throttle.ts';
import type { Limit } from '../../src/http/time-limit.ts';
import {
  hubQuotas,
  quotaOf,
  timeFor,
  WINDOWS,
  type Window,
} from '../../src/insights-hub/quotas.ts';
import { job, modelOf, type ServiceModel, VirtualTime } from './quota-model.ts';

const XS: Window = { count: 10, seconds: 30 };
const XXS: Window = { count: 1, seconds: 30 };

const services = [true, false].flatMap((countsRefused) =>
  [true, false].map((saysWhen) => ({ countsRefused, saysWhen })),
);

/** The same numbers from 0 to 1 in each run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

interface Jobs {
  readonly own?: Window;
  /** when each job begins, and how long its requests take, in milliseconds */
  readonly begins?: readonly number[];
  readonly latencies?: readonly number[];
}

async function simulate(
  model: ServiceModel,
  jobs: readonly number[],
  { own = model.window, begins = [], latencies = [] }: Jobs = {},
) {
  const time = new VirtualTime();
  const service = modelOf(model, time);
  const all = jobs.map(async (agents, index) => {
    await time.sleep(begins[index] ?? 0);
    const quota = quotaOf([own], { clock: time, countsWaiting: false });
    return job(agents, quota, service, time, { latency: latencies[index] ?? 400 });
  });
  const failed = (await time.run(Promise.all(all))).reduce((sum, count) => sum + count, 0);
  return { failed, seconds: time.now() / 1000, refusals: service.refusals };
}

describe.each(services)(
  'a service that counts rejections: $countsRefused, says how long to wait: $saysWhen',
  (how) => {
    test('1,000 agents in one job take the time of the quota, and none is rejected', async () => {
      const { failed, seconds, refusals } = await simulate({ window: XS, ...how }, [1000]);
      expect({ failed, refusals }).toEqual({ failed: 0, refusals: 0 });
      expect(seconds).toBeLessThan(timeFor(1000, [XS]) * 1.05);
    });

    test('200 agents in 4 parallel jobs: no agent fails', async () => {
      const { failed, seconds } = await simulate({ window: XS, ...how }, [50, 50, 50, 50]);
      expect(failed).toBe(0);
      expect(seconds).toBeLessThan(timeFor(200, [XS]) * 1.3);
    });

    test('200 agents in 4 jobs that start at any moment: no agent fails', async () => {
      const random = seeded(4);
      const ratios: number[] = [];
      for (let run = 0; run < 20; run++) {
        const begins = [0, 1, 2, 3].map(() => random() * 5_000);
        const latencies = begins.map(() => 300 + random() * 900);
        const ran = await simulate({ window: XS, ...how }, [50, 50, 50, 50], { begins, latencies });
        expect(ran.failed).toBe(0);
        ratios.push(ran.seconds / timeFor(200, [XS]));
      }
      const mean = ratios.reduce((sum, ratio) => sum + ratio) / ratios.length;
      expect(mean).toBeLessThan(1.3);
      expect(Math.max(...ratios)).toBeLessThan(1.5);
    });

    test('20 agents on the smallest tenant', async () => {
      const { failed, seconds } = await simulate({ window: XXS, ...how }, [20]);
      expect(failed).toBe(0);
      expect(seconds).toBeLessThan(timeFor(20, [XXS]) * 1.05);
    });

    test('20 agents on the smallest tenant with the default of larger ones', async () => {
      const { failed } = await simulate({ window: XXS, ...how }, [20], { own: XS });
      expect(failed).toBe(0);
    });
  },
);

/** A limit that notes when it is paused. */
function limitOf(remaining = Number.POSITIVE_INFINITY) {
  const abort = new AbortController();
  const resume = vi.fn();
  const limit = {
    ...{ seconds: 300, cancelled: false, signal: abort.signal, graceSignal: abort.signal },
    remaining: () => remaining,
    pause: vi.fn(() => resume),
  } satisfies Limit;
  return { limit, resume, end: () => abort.abort() };
}

/** A quota in virtual time. */
function begin({ windows = [XS], countsWaiting = false } = {}) {
  const time = new VirtualTime();
  const quota = quotaOf(windows, { clock: time, countsWaiting });
  const turn = (limit: Limit = limitOf().limit, leastTime = 0) => quota.turn(limit, leastTime);
  /** Sends so many requests, one after the other. Returns when they were sent, in seconds. */
  const send = async (count: number, after: (throttle: Throttle) => void = () => {}) => {
    const times: number[] = [];
    for (let sent = 0; sent < count; sent++) {
      await turn();
      times.push(time.now() / 1000);
      quota.returned();
      after(quota);
    }
    return times;
  };
  const succeed = (count: number) => time.run(send(count, () => quota.succeeded()));
  return { time, quota, turn, send, succeed };
}

/** So many requests at a time, in seconds. */
const at = (seconds: number, count: number) => Array.from({ length: count }, () => seconds);

describe('a quota', () => {
  test('lets only so many requests through in so many seconds', async () => {
    const { succeed } = begin();
    expect(await succeed(21)).toEqual([...at(0, 10), ...at(30, 10), 60]);
  });

  test('keeps to all of its windows', async () => {
    const windows = [XS, { count: 15, seconds: 180 }];
    const { succeed } = begin({ windows });
    expect(await succeed(16)).toEqual([...at(0, 10), ...at(30, 5), 180]);
  });

  test('counts a request from when it came back, and those still under way', async () => {
    const { time, quota, turn } = begin({ windows: [{ count: 2, seconds: 30 }] });
    await Promise.all([turn(), turn()]);
    const started: number[] = [];
    const third = turn().then(() => started.push(time.now()));
    await time.run(time.sleep(100_000));
    expect(started).toEqual([]);
    quota.returned();
    await time.run(third);
    expect(started).toEqual([130_000]);
  });

  test.each([
    ['as long as it is asked to', 7_000, 7],
    ['30 s when it is not told how long', undefined, 30],
    ['a moment when it is asked for none', 0, 1],
  ])('pauses %s', async (_, asked, seconds) => {
    const { time, quota, send } = begin();
    expect(quota.postpone(asked, 250)).toBe('again');
    expect(await time.run(send(1))).toEqual([seconds]);
  });

  test('continues at half the rate after a pause, however many are rejected together', async () => {
    const { time, quota, turn, send } = begin();
    await Promise.all(Array.from({ length: 10 }, () => turn()));
    for (let times = 0; times < 10; times++) {
      quota.returned();
      expect(quota.postpone(40_000, 250)).toBe('again');
    }
    expect(await time.run(send(11))).toEqual([...at(40, 5), ...at(70, 5), 100]);
  });

  test('accepts a longer pause while it pauses, and no shorter one', async () => {
    const { time, quota, send } = begin();
    for (const asked of [7_000, 20_000, 5_000]) quota.postpone(asked, 250);
    expect(await time.run(send(1))).toEqual([20]);
  });

  test('also pauses those that already have their turn but still wait for it', async () => {
    const { time, quota, send, turn } = begin();
    await time.run(send(10));
    const late = turn().then(() => time.now());
    quota.postpone(50_000, 250);
    expect(await time.run(late)).toBe(50_000);
  });

  test('recovers with successes, but leaves others a tenth', async () => {
    const { time, quota, succeed } = begin();
    quota.postpone(1_000, 250);
    await succeed(15);
    await time.run(time.sleep(60_000));
    const start = time.now() / 1000;
    expect(await succeed(10)).toEqual([...at(start, 9), start + 30]);
  });

  test('sends one request at a time after a pause, until a window of them succeeded', async () => {
    const { time, quota, turn } = begin();
    quota.postpone(1_000, 250);
    let current = turn();
    for (let sent = 0; sent < 10; sent++) {
      await time.run(current);
      const next = vi.fn();
      current = turn().finally(next);
      await time.run(time.sleep(100_000));
      expect(next).not.toHaveBeenCalled();
      quota.succeeded();
      quota.returned();
    }
    await time.run(Promise.all([current, turn(), turn()]));
  });

  test.each([
    ['ten', XS, 60],
    ['one', XXS, 240],
    ['one in an hour', { count: 1, seconds: 3600 }, 3810],
  ])('of %s slows down only so far', async (_, window, seconds) => {
    const { time, quota, turn, send } = begin({ windows: [window], countsWaiting: true });
    for (let times = 0; times < 10; times++) {
      await time.run(turn());
      quota.returned();
      quota.postpone(1_000, 250);
    }
    const before = time.now() / 1000;
    expect(await time.run(send(1))).toEqual([before + seconds]);
  });

  test('for a call that has no window only pauses', async () => {
    const { time, quota, send } = begin({ windows: [] });
    expect(await time.run(send(100))).toEqual(at(0, 100));
    quota.postpone(9_000, 250);
    expect(await time.run(send(100))).toEqual(at(9, 100));
  });
});

describe('the patience of a quota', () => {
  test('is 10 minutes of pauses without a success', async () => {
    const { time, quota, send } = begin({ windows: [] });
    const heard: string[] = [];
    const refuse = () => void heard.push(quota.postpone(undefined, 250));
    await time.run(send(21, refuse));
    expect(heard).toEqual([...Array.from({ length: 20 }, () => 'again'), 'give-up']);
    expect(time.now()).toBe(600_000);
  });

  test('does not start a wait that is longer', async () => {
    const { time, quota, send } = begin();
    expect(quota.postpone(600_000, 250)).toBe('again');
    expect(quota.postpone(600_001, 250)).toBe('give-up');
    expect(await time.run(send(1))).toEqual([600]);
  });

  test('lets others try when it is exhausted, and abandons them when they are rejected', async () => {
    const { time, quota, send } = begin();
    const heard: string[] = [];
    const refuse = () => void heard.push(quota.postpone(86_400_000, 250));
    quota.postpone(10_000, 250);
    // At the full rate again.
    expect(await time.run(send(11, refuse))).toEqual([...at(10, 10), 40]);
    expect(new Set(heard)).toEqual(new Set(['give-up']));
  });

  test('counts the pause of requests that are rejected together once', () => {
    const { quota } = begin();
    for (let times = 0; times < 100; times++) expect(quota.postpone(500_000, 250)).toBe('again');
  });

  test('starts again with each success', async () => {
    const { time, quota, send } = begin({ windows: [] });
    for (let times = 0; times < 5; times++) {
      expect(quota.postpone(500_000, 250)).toBe('again');
      await time.run(send(1));
      quota.succeeded();
    }
  });

  test.each([0, 5_000])('counts a pause of %i ms like the usual one', async (asked) => {
    const { time, quota, send } = begin();
    const heard: string[] = [];
    await time.run(send(21, () => void heard.push(quota.postpone(asked, 250))));
    expect(heard).toEqual([...Array.from({ length: 20 }, () => 'again'), 'give-up']);
  });

  test('does not count the wait that the quota itself asks for', async () => {
    const windows = [{ count: 1, seconds: 3600 }];
    const { time, quota, send } = begin({ windows });
    await time.run(send(1));
    expect(quota.postpone(500_000, 250)).toBe('again');
    await time.run(send(1));
    expect(time.now()).toBe(3_810_000);
    expect(quota.postpone(100_000, 250)).toBe('again');
    expect(quota.postpone(100_001, 250)).toBe('give-up');
  });

  test('never ends if waiting counts towards the time limit', () => {
    const { quota } = begin({ countsWaiting: true });
    for (const asked of [undefined, 700_000, 86_400_000]) {
      expect(quota.postpone(asked, 250)).toBe('again');
    }
  });
});

describe('waiting for a quota', () => {
  test('that counts does not start when the turn would come after the limit', async () => {
    const { time, quota, turn } = begin({ countsWaiting: true });
    quota.postpone(20_000, 250);
    expect(await turn(limitOf(20_000).limit)).toBe(false);
    expect(await turn(limitOf(21_000).limit, 1_000)).toBe(false);
    expect(time.now()).toBe(0);
    const { limit } = limitOf(21_001);
    expect(await time.run(turn(limit, 1_000))).toBe(true);
    expect(time.now()).toBe(20_000);
    expect(limit.pause).not.toHaveBeenCalled();
  });

  test('that counts does not start behind others either', async () => {
    const { time, quota, turn } = begin({ countsWaiting: true });
    quota.postpone(20_000, 250);
    const first = turn();
    expect(await turn(limitOf(15_000).limit)).toBe(false);
    expect(time.now()).toBe(0);
    expect(await time.run(first)).toBe(true);
  });

  test('that counts waits for a request that is under way', async () => {
    const { quota, turn } = begin({ windows: [XXS], countsWaiting: true });
    await turn();
    const { limit, end } = limitOf(40_000);
    const second = turn(limit);
    quota.postpone(1_000, 250);
    const heard = vi.fn();
    void second.then(heard);
    await new Promise(setImmediate);
    expect(heard).not.toHaveBeenCalled();
    end();
    expect(await second).toBe(false);
  });

  test('that does not count pauses the limit until the turn comes', async () => {
    const { time, quota, turn } = begin();
    quota.postpone(20_000, 250);
    const { limit, resume } = limitOf(1);
    const waiting = turn(limit, 5_000);
    expect(limit.pause).toHaveBeenCalledOnce();
    await time.run(time.sleep(19_999));
    expect(resume).not.toHaveBeenCalled();
    expect(await time.run(waiting)).toBe(true);
    expect(resume).toHaveBeenCalledOnce();
  });

  test('pauses the limit also while others wait before it', async () => {
    const { time, quota, turn } = begin();
    quota.postpone(20_000, 250);
    const limits = [limitOf(), limitOf(), limitOf()];
    const waiting = limits.map(({ limit }) => turn(limit));
    for (const { limit } of limits) expect(limit.pause).toHaveBeenCalledOnce();
    for (const each of waiting) {
      await time.run(each);
      quota.returned();
    }
    for (const { resume } of limits) expect(resume).toHaveBeenCalledOnce();
  });

  test.each([true, false])('ends when the signal aborts (waiting counts: %s)', async (counts) => {
    const { quota, turn } = begin({ windows: [XXS], countsWaiting: counts });
    await turn();
    const [first, second] = [limitOf(), limitOf()];
    const waiting = [turn(first.limit), turn(second.limit)];
    // Not only the one that is next.
    second.end();
    expect(await waiting[1]).toBe(false);
    first.end();
    expect(await waiting[0]).toBe(false);
    quota.returned();
    expect(first.resume).toHaveBeenCalledTimes(counts ? 0 : 1);
    expect(second.resume).toHaveBeenCalledTimes(counts ? 0 : 1);
  });

  test('uses up nothing when it was ended', async () => {
    const { time, quota, turn, send } = begin();
    const { limit, end } = limitOf();
    end();
    for (let times = 0; times < 20; times++) expect(await turn(limit)).toBe(false);
    expect(await time.run(send(10))).toEqual(at(0, 10));
    quota.postpone(20_000, 250);
    expect(await turn(limit)).toBe(false);
    expect(time.now()).toBe(0);
  });
});

test('a number of calls takes at least as long as the slowest window allows', () => {
  expect(timeFor(0, [XS])).toBe(0);
  expect(timeFor(10, [XS])).toBe(0);
  expect(timeFor(11, [XS])).toBe(30);
  expect(timeFor(1000, [XS])).toBe(99 * 30);
  expect(timeFor(20, [XXS])).toBe(19 * 30);
  expect(timeFor(41, WINDOWS['find-agent'])).toBe(180);
  expect(timeFor(40, WINDOWS['find-agent'])).toBe(90);
  expect(timeFor(1000, [])).toBe(0);
});

test('each kind of call has its own quota, and that for creating can be given', async () => {
  const time = new VirtualTime();
  const quotas = hubQuotas({ clock: time, countsWaiting: true }, [XXS]);
  const { limit } = limitOf(10_000);
  const fill = async (throttle: Throttle) => {
    let count = 0;
    for (; count < 100 && (await throttle.turn(limit, 0)); count++) throttle.returned();
    return count;
  };
  expect(await fill(quotas.create)).toBe(1);
  expect(await fill(quotas['find-agent'])).toBe(10);
  expect(await fill(quotas['delete-agent'])).toBe(10);
  expect(await fill(quotas['list-certificates'])).toBe(30);
  expect(await fill(quotas['delete-certificate'])).toBe(5);
  expect(await fill(quotas.other)).toBe(100);
});
