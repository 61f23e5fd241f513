import { expect, test } from 'vitest';
import { countLog } from '../../bench/log/count.ts';

test('mask commands, masks and lines are told apart', () => {
  const printed = [
    '::add-mask::one',
    '::add-mask::two%0Athree%0D%0Afour%0A',
    '::debug::unseen',
    'Created agent a',
    '::group::Details',
    'Agent a',
    '::endgroup::',
    '::warning::odd',
    '',
  ];
  expect(countLog(printed.join('\n'))).toEqual({ commands: 2, masks: 4, lines: 4 });
  expect(countLog(printed.join('\r\n'))).toEqual({ commands: 2, masks: 4, lines: 4 });
  expect(countLog('')).toEqual({ commands: 0, masks: 0, lines: 0 });
});
