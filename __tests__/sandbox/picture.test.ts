import { describe, expect, test } from 'vitest';
import { stable } from '../../sandbox/picture/stable.ts';
import { terminalAsSvg } from '../../sandbox/picture/svg.ts';

describe('what differs from run to run', () => {
  test.each([
    ['agent id wjs8m2l19sgiqed60w4faruq293misp3', 'agent id 9eyf37799b5949099a5287a547f8e001'],
    ['id 8HNR72BC49AW3S2FWREV4HAY61,', 'id 01G16QJSRNKA3JD4DQE2Z7KPEK,'],
    ['53:97:D8:AA', 'AB:CD:EF:01'],
    [
      'http://127.0.0.1:38177/ mqtts://localhost:40089',
      'http://127.0.0.1:50001/ mqtts://localhost:50002',
    ],
    ['"2026-11-25T22:14:51.527Z"', '"2026-01-01T08:00:00.000Z"'],
    ['Nov 25 22:09:10 2026 GMT', 'Jan  1 08:00:00 2026 GMT'],
    ['broker, 1.3 s', 'broker, 0.4 s'],
    ['0600   1679  a/b.key', '0600   1675  a/b.key'],
  ])('is replaced, at the same length: %s', (line, expected) => {
    expect(stable(line)).toBe(expected);
    expect(expected).toHaveLength(line.length);
  });

  test('is all that is replaced', () => {
    const line = 'Dec 31 23:59:59 2049 GMT, 2049-12-31T23:59:59.000Z, 0700   4096  .insights-hub';
    expect(stable(line)).toBe(line);
  });
});

test('a picture holds the text, escaped and in its colours', () => {
  const svg = terminalAsSvg('\u001b[1m\u001b[32m<ok>\u001b[39m\u001b[22m & plain', {
    title: 'npm start',
    columns: 20,
  });
  expect(svg).toMatch(/class="b g">&lt;ok&gt;<\/tspan><tspan x="[\d.]+" [^>]*"> &amp; plain</);
  expect(svg).toContain('aria-label="npm start"');
  expect(svg).not.toContain('\u001b');
});
