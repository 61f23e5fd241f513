import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { follow } from '../../src/http/follow.ts';

test('everyone who follows hears of an abort, once and in order', () => {
  const { signal, ...controller } = started();
  const heard: string[] = [];
  for (const name of ['a', 'b', 'c']) follow(signal, () => heard.push(name));
  // However many follow it.
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  controller.abort();
  controller.abort();
  expect(heard).toEqual(['a', 'b', 'c']);
});

test('whoever has stopped following hears nothing, the others do', () => {
  const { signal, ...controller } = started();
  const heard: string[] = [];
  const [stop] = ['a', 'b'].map((name) => follow(signal, () => heard.push(name)));
  stop?.();
  controller.abort();
  expect(heard).toEqual(['b']);
});

test('one may stop, and another one begin, while an abort is told', () => {
  const { signal, ...controller } = started();
  const heard: string[] = [];
  const stops: (() => void)[] = [];
  stops.push(
    follow(signal, () => {
      for (const stop of stops) stop();
      follow(signal, () => heard.push('late'));
    }),
    follow(signal, () => heard.push('stopped')),
  );
  controller.abort();
  expect(heard).toEqual(['late']);
});

test('a signal that has aborted is told of at once', () => {
  const heard: string[] = [];
  follow(AbortSignal.abort(), () => heard.push('a'))();
  expect(heard).toEqual(['a']);
});

function started() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}
