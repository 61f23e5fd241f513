import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Failure, type FailureCode } from '../../src/failure.ts';
import { connectLines, howToConnect, mosquittoPub } from '../../src/report/connect.ts';
import { escapeInvisible } from '../../src/text.ts';

const broker = { host: 'broker.invalid', port: 8883 };
const files = { certificate: '/w/mqtt1_a.pem', privateKey: '/w/mqtt1_a.key' };
const withCa = { ...files, brokerCa: '/w/broker-ca.pem' };
const publication = { topic: 'tc/mqtt1/mqtt1_a/o/mc_v3/ts', message: '{"timeseries":[]}' };

describe('the command for mosquitto_pub', () => {
  test('contains everything that is needed, and no secret', () => {
    expect(mosquittoPub(broker, 'mqtt1_a', withCa, publication)).toBe(
      `mosquitto_pub -h broker.invalid -p 8883 -i mqtt1_a --cafile /w/broker-ca.pem --cert /w/mqtt1_a.pem --key /w/mqtt1_a.key -t tc/mqtt1/mqtt1_a/o/mc_v3/ts -m '{"timeseries":[]}'`,
    );
  });

  test('is missing for a client id that looks like another one', () => {
    for (const sign of ['\u202e', '\u200b']) {
      expect(mosquittoPub(broker, `mqtt1_${sign}a`, withCa, publication)).toBeUndefined();
    }
  });

  test('names the protocol for port 443', () => {
    const line = mosquittoPub({ host: 'b', port: 443 }, 'mqtt1_a', withCa, publication);
    expect(line).toContain(' --tls-alpn x-amzn-mqtt-ca ');
  });

  test('uses the CAs of the system if no file has others', () => {
    const line = mosquittoPub(broker, 'mqtt1_a', files, publication);
    expect(line).toContain(' --tls-use-os-certs ');
    expect(line).not.toContain('--cafile');
  });

  test.skipIf(process.platform === 'win32')('quotes words that a shell reads verbatim', () => {
    // For invisible characters there is no command.
    const word = fc
      .string({ minLength: 1, unit: 'grapheme' })
      .filter((text) => !/\0/.test(text) && escapeInvisible(text) === text);
    fc.assert(
      fc.property(word, word, word, (clientId, certificate, message) => {
        const paths = { ...withCa, certificate };
        const line = mosquittoPub(broker, clientId, paths, { ...publication, message }) ?? '';
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

describe('how to connect', () => {
  const inputs = { clientIdPrefix: 'mqtt1', broker, brokerCa: undefined };
  const connectAs = (results: Parameters<typeof howToConnect>[0]) =>
    howToConnect(results, inputs, new Date(0));
  const resultOf = (clientId: string, paths = {}) => ({
    state: 'created' as const,
    ids: { clientId },
    delivery: { files: paths, settings: [] },
  });
  const failedOf = (clientId: string, code: FailureCode) => ({
    ...resultOf(clientId, files),
    state: 'failed' as const,
    failure: new Failure(code, 'It failed.'),
  });
  const checked = { state: 'checked' } as const;

  test('is shown for the first agent that has a certificate', () => {
    const results = [checked, resultOf('mqtt1_a', files), resultOf('mqtt1_b', files)];
    expect(connectAs(results)).toEqual({
      broker: 'mqtts://broker.invalid:8883',
      clientId: 'mqtt1_a',
      topics: {
        publish: [
          { topic: 'tc/mqtt1/mqtt1_a/o/mc_v3/ts', purpose: 'time series' },
          { topic: 'tc/mqtt1/mqtt1_a/o/mc_v3/e', purpose: 'events' },
          { topic: 'tc/mqtt1/mqtt1_a/o/mc_v3/f', purpose: 'files' },
          { topic: 'tc/mqtt1/mqtt1_a/o/cmd_v3/u', purpose: 'status of commands' },
        ],
        subscribe: [{ topic: 'tc/mqtt1/mqtt1_a/i/cmd_v3/c', purpose: 'commands' }],
      },
      mqttxPath: undefined,
      mosquittoPub: mosquittoPub(broker, 'mqtt1_a', files, {
        ...publication,
        message:
          '{"timeseries":[{"timestamp":"1970-01-01T00:00:00.000Z","values":[{"dataPointId":"temperature","value":"21.5","qualityCode":"0"}]}]}',
      }),
    });
  });

  test('is not shown when no agent has one', () => {
    expect(connectAs([])).toBeUndefined();
    expect(connectAs([checked])).toBeUndefined();
  });

  test('is not shown for an agent that failed', () => {
    for (const code of ['connection-failed', 'delivery-failed', 'cancelled'] as const) {
      expect(connectAs([failedOf('mqtt1_a', code)])).toBeUndefined();
    }
    const results = [failedOf('mqtt1_a', 'delivery-failed'), resultOf('mqtt1_b', files)];
    expect(connectAs(results)).toMatchObject({ clientId: 'mqtt1_b' });
  });

  test('is only shown for an agent that the broker accepted after a connection failed', () => {
    const refused = failedOf('mqtt1_a', 'connection-failed');
    const skipped = { ...resultOf('mqtt1_b', files), state: 'skipped' } as const;
    const accepted = { ...resultOf('mqtt1_c', files), state: 'connected' } as const;
    expect(connectAs([skipped, refused])).toBeUndefined();
    expect(connectAs([skipped, refused, accepted])).toMatchObject({ clientId: 'mqtt1_c' });
  });

  test('names the CAs that were written beside the key, or else those that were given', () => {
    const given = { ...inputs, brokerCa: { path: '/w/given.pem', content: '' } };
    const written = { ...files, brokerCa: '/w/out/broker-ca.pem' };
    const commandOf = (paths: object) =>
      howToConnect([resultOf('mqtt1_a', paths)], given, new Date(0))?.mosquittoPub;
    expect(commandOf(written)).toContain(' --cafile /w/out/broker-ca.pem ');
    expect(commandOf(files)).toContain(' --cafile /w/given.pem ');
  });

  test.each([
    ['only secrets', {}],
    ['only a key', { privateKey: '/w/mqtt1_a.key' }],
    ['only a certificate', { certificate: '/w/mqtt1_a.pem' }],
  ])('has no command if there is %s', (_, paths) => {
    const connect = connectAs([resultOf('mqtt1_a', paths)]);
    expect(connect).toMatchObject({ clientId: 'mqtt1_a', mosquittoPub: undefined });
    expect(connect && connectLines(connect)).toEqual([]);
    const pushed = connectAs([{ state: 'created', ids: { clientId: 'mqtt1_a' } }]);
    expect(pushed).toMatchObject({ clientId: 'mqtt1_a', mosquittoPub: undefined });
  });

  test('is a command and a file to import in the log', () => {
    const paths = { ...files, mqttx: '/w/mqtt1_a.mqttx.json' };
    const connect = connectAs([resultOf('mqtt1_a', paths)]);
    expect(connect && connectLines(connect)).toEqual([
      `To publish a first message: ${connect?.mosquittoPub}`,
      'To connect with MQTTX: import /w/mqtt1_a.mqttx.json',
    ]);
  });
});
