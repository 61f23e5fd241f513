import { expect, onTestFinished, test } from 'vitest';
import { countLog, countsOf, RUNNERS } from '../../bench/log/log-run.ts';
import { InsightsHub } from '../../sandbox/insights-hub/insights-hub.ts';
import { makePairs } from '../../sandbox/insights-hub/pairs.ts';

test('commands, masks and shown lines of a log are counted', () => {
  const lines = ['::add-mask::a%0Ab', '::add-mask::c', '::debug::d', '::warning::e', 'f'];
  const group = ['::group::g', 'h', '::endgroup::', ''];
  expect(countsOf([...lines, ...group].join('\r\n'))).toEqual({
    commands: 2,
    masks: 3,
    most: 2,
    warnings: 1,
    lines: 4,
  });
});

test("a key costs one command on GitHub's own runner, and at most 120 masks", async () => {
  const pairs = await makePairs(1);
  const hub = await InsightsHub.start({ pairs });
  const other = await InsightsHub.start({ pairs });
  onTestFinished(async () => {
    await hub.stop();
    await other.stop();
  });
  const [one, two] = await Promise.all([
    countLog(hub, 1, RUNNERS.GitHub),
    countLog(other, 2, RUNNERS.GitHub),
  ]);
  expect(two.commands - one.commands).toBe(1);
  expect(two.masks - one.masks).toBe(one.most);
  expect(one.most).toBeGreaterThan(50);
  expect(one.most).toBeLessThanOrEqual(120);
});

test('on other runners it costs as many commands as masks', async () => {
  const hub = await InsightsHub.start({ pairs: await makePairs(1) });
  onTestFinished(() => hub.stop());
  const { commands, masks, most } = await countLog(hub, 1, RUNNERS.others);
  expect([commands, most]).toEqual([masks, 1]);
  expect(masks).toBeGreaterThan(50);
});
