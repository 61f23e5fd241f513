import { describe, expect, test } from 'vitest';
import type { Exchange } from '../../src/http/exchange.ts';
import { offboardAgent } from '../../src/insights-hub/boarding.ts';
import { answer, broken, noAnswer, start } from './services.ts';

const agent = { id: 'a1', clientId: 'mqtt1_a' };
const OFFBOARD = 'POST /agentmanagement/agents/a1/boarding/offboard';
const STATUS = 'GET /agentmanagement/agents/a1/boarding/status';
const isStatus = (status: string) => answer(200, { status });
const done = isStatus('NOT_ONBOARDED');
const onboarded = isStatus('ONBOARDED');

describe('offboarding', () => {
  test.each<[string, readonly Exchange[], readonly string[]]>([
    ['that is done at once', [done], [OFFBOARD]],
    ['of an agent that has no boarding', [answer(404)], [OFFBOARD]],
    ['that takes a while', [onboarded, onboarded, done], [OFFBOARD, STATUS, STATUS]],
    ['that is answered without a status', [answer(204), done], [OFFBOARD, STATUS]],
    ['of an agent whose boarding is gone meanwhile', [onboarded, answer(404)], [OFFBOARD, STATUS]],
    ['refused, because there is nothing to offboard', [answer(400), done], [OFFBOARD, STATUS]],
    ['refused by its state', [answer(422), done], [OFFBOARD, STATUS]],
    [
      'refused, because it is under way',
      [answer(409), onboarded, done],
      [OFFBOARD, STATUS, STATUS],
    ],
  ])('%s', async (_, script, calls) => {
    const { http, services, limit } = start(...script);
    await offboardAgent(agent, services, limit);
    expect(http.calls).toEqual(calls);
  });

  const what = 'Offboarding the agent with client id mqtt1_a';
  const rejected = `${what} was rejected. Check the inputs against what the server says.`;
  const reading = 'Reading whether the agent with client id mqtt1_a is onboarded';
  test.each<[string, readonly Exchange[], string, string]>([
    [
      'a refusal of an agent that is onboarded',
      [answer(400), onboarded],
      'request-rejected',
      rejected,
    ],
    ['another refusal', [answer(405)], 'request-rejected', rejected],
    [
      'a status that is no JSON',
      [onboarded, answer(200, 'x')],
      'response-invalid',
      `${reading} got an answer that can't be used.`,
    ],
  ])('fails with %s', async (_, script, code, message) => {
    const { services, limit } = start(...script);
    await expect(offboardAgent(agent, services, limit)).rejects.toMatchObject({ code, message });
  });

  test.each([noAnswer(true), broken(200, 'cut-off')])(
    'fails when time runs out, after %j',
    async (exchange) => {
      const { http, services, limit } = start(exchange);
      http.onSend = () => limit.end();
      await expect(offboardAgent(agent, services, limit)).rejects.toMatchObject({
        code: 'timeout',
      });
    },
  );

  const stays = (status: string) =>
    `The agent with client id mqtt1_a is still ${status} after it was asked to be offboarded, so it was not deleted. Disconnect the device, and run this step again later.`;

  test.each([
    ['ONBOARDED', 'ONBOARDED'],
    ['ONBOARDING', 'ONBOARDING'],
    ['::error::x', 'not offboarded'],
  ])('waits longer and longer, a minute at most, while the status is %s', async (status, shown) => {
    const { http, services, limit, time } = start(
      ...Array.from({ length: 20 }, () => isStatus(status)),
    );
    await expect(offboardAgent(agent, services, limit)).rejects.toMatchObject({
      code: 'not-ended',
      message: stays(shown),
    });
    const waits = [500, 1000, 2000, 4000, ...Array.from({ length: 10 }, () => 5000)];
    expect(time.waits).toEqual(waits);
    expect(http.calls).toHaveLength(1 + waits.length);
  });

  test('waits no longer than there is time', async () => {
    const { services, limitOf, time } = start(onboarded);
    await expect(offboardAgent(agent, services, limitOf(0.4))).rejects.toMatchObject({
      code: 'not-ended',
      message: stays('ONBOARDED'),
    });
    expect(time.waits).toEqual([]);
  });

  test('ends with a job that is cancelled', async () => {
    const { http, services, limit, clock, cancel } = start(onboarded);
    const sleep = async () => cancel.abort();
    const end = offboardAgent(agent, { ...services, clock: { ...clock, sleep } }, limit);
    await expect(end).rejects.toMatchObject({
      code: 'cancelled',
      message: `The job was cancelled. ${what} was given up.`,
    });
    expect(http.calls).toEqual([OFFBOARD]);
  });
});
