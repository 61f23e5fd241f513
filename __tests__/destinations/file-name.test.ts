import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { safeFileName } from '../../src/destinations/file-name.ts';

describe('safeFileName', () => {
  test.each([
    ['mqtt1_device001', 'mqtt1_device001'],
    ['A-b.c_9', 'A-b.c_9'],
    ['a b', 'a_b'],
    ['a/b', 'a_b'],
    ['a\\b', 'a_b'],
    ['a:b*c?d"e<f>g|h', 'a_b_c_d_e_f_g_h'],
    ['größe', 'gr__e'],
    ['😀', '_'],
    ['a\u0000b\n', 'a_b_'],
    ['.', '_'],
    ['..', '__'],
    ['../../etc/passwd', '___.._etc_passwd'],
    ['.hidden', '_hidden'],
    ['%2e%2e', '_2e_2e'],
    ['~root', '_root'],
    ['CON', '_CON'],
    ['nul.x', '_nul.x'],
    ['Com1', '_Com1'],
    ['lpt9.key', '_lpt9.key'],
    ['console', 'console'],
    ['com12', 'com12'],
    ['a.con', 'a.con'],
  ])('of %j is %j', (clientId, name) => {
    expect(safeFileName(clientId)).toBe(name);
  });

  /** Names that Windows gives to devices, whatever follows the first dot. */
  const DEVICE = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i;

  test('is a safe name for whatever comes', () => {
    const hostile = fc.constantFrom(
      '.',
      '..',
      '/',
      '\\',
      'con',
      'NUL',
      'com1',
      ':',
      '\u0000',
      '~',
      '-',
    );
    const clientId = fc.oneof(
      fc.string({ minLength: 1, unit: 'binary', maxLength: 300 }),
      fc.array(fc.oneof(hostile, fc.string()), { minLength: 1 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(
        clientId.filter((id) => id !== ''),
        (id) => {
          const name = safeFileName(id);
          expect(name).toMatch(/^[A-Za-z0-9_-][A-Za-z0-9._-]*$/);
          expect(name).not.toMatch(DEVICE);
          // With an extension and a suffix of 64 it still has to fit into 255.
          expect(name.length).toBeLessThan(150);
          expect(safeFileName(name)).toBe(name);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('changes no safe client id', () => {
    const safe = fc
      .stringMatching(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$/)
      .filter((id) => !DEVICE.test(id));
    fc.assert(
      fc.property(safe, (id) => {
        expect(safeFileName(id)).toBe(id);
      }),
    );
  });
});
