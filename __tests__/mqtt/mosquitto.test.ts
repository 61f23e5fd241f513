import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mosquittoPub } from '../../src/mqtt/mosquitto.ts';

const publication = {
  broker: { host: 'broker.invalid', port: 8883 },
  clientId: 'mqtt1_a',
  authorities: '/w/broker-ca.pem',
  certificate: '/w/mqtt1_a.pem',
  privateKey: '/w/mqtt1_a.key',
  topic: 'tc/mqtt1/mqtt1_a/o/mc_v3/ts',
  message: '{"timeseries":[]}',
};

describe('the line for mosquitto_pub', () => {
  test('holds all that is needed, and no secret', () => {
    expect(mosquittoPub(publication)).toBe(
      `mosquitto_pub -h broker.invalid -p 8883 -i mqtt1_a --cafile /w/broker-ca.pem --cert /w/mqtt1_a.pem --key /w/mqtt1_a.key -t tc/mqtt1/mqtt1_a/o/mc_v3/ts -m '{"timeseries":[]}'`,
    );
  });

  test('names the protocol for port 443', () => {
    const line = mosquittoPub({ ...publication, broker: { host: 'b', port: 443 } });
    expect(line).toContain(' --tls-alpn x-amzn-mqtt-ca ');
  });

  test('takes the CAs of the system where no file has others', () => {
    const line = mosquittoPub({ ...publication, authorities: undefined });
    expect(line).toContain(' --tls-use-os-certs ');
    expect(line).not.toContain('--cafile');
  });

  test.skipIf(process.platform === 'win32')('gives a shell the words to the letter', () => {
    const word = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => !/\0/.test(text));
    fc.assert(
      fc.property(word, word, word, (clientId, certificate, message) => {
        const line = mosquittoPub({ ...publication, clientId, certificate, message });
        const script = line.replace(/^mosquitto_pub/, `printf '%s\\0'`);
        const { stdout } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
        const words = stdout.split('\0');
        expect(words[5]).toBe(clientId);
        expect(words[9]).toBe(certificate);
        expect(words[15]).toBe(message);
      }),
      { numRuns: 50 },
    );
  });
});
