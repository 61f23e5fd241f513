import fc from 'fast-check';
import { generate, type Packet, parser } from 'mqtt-packet';
import { describe, expect, test } from 'vitest';
import { connectPacket, DISCONNECT, readConnack } from '../../src/mqtt/packets.ts';

/** The packets that the codec of MQTT.js reads in the bytes; undefined when it refuses them. */
function packetsIn(bytes: Uint8Array): readonly Packet[] | undefined {
  const packets: Packet[] = [];
  let isRefused = false;
  const reader = parser({ protocolVersion: 4 });
  reader.on('packet', (packet) => packets.push(packet));
  reader.on('error', () => {
    isRefused = true;
  });
  const left = reader.parse(Buffer.from(bytes));
  return isRefused || left > 0 ? undefined : packets;
}

const connackOf = (returnCode: number, sessionPresent = false) =>
  generate({ cmd: 'connack', returnCode, sessionPresent });

const text = fc
  .string({ unit: 'grapheme', maxLength: 300 })
  .filter((value) => !value.includes('\0') && value.isWellFormed());

describe('CONNECT', () => {
  test('has the bytes of MQTT 3.1.1', () => {
    expect(connectPacket('ab').toString('hex')).toBe('100e00044d5154540402003c00026162');
  });

  test('contains the client id and nothing else, as another codec reads it', () => {
    fc.assert(
      fc.property(text, (clientId) => {
        const [packet, ...others] = packetsIn(connectPacket(clientId)) ?? [];
        expect(packet).toMatchObject({
          cmd: 'connect',
          protocolId: 'MQTT',
          protocolVersion: 4,
          clean: true,
          keepalive: 60,
          clientId,
        });
        for (const absent of ['username', 'password', 'will', 'bridgeMode']) {
          expect(packet).not.toHaveProperty(absent);
        }
        expect(others).toEqual([]);
      }),
    );
  });

  // A second byte of the length begins at 128, a third at 16,384.
  test.each([1, 23, 115, 116, 128, 16_371, 16_372, 65_535])(
    'is what another codec writes for a client id of %i bytes',
    (length) => {
      const clientId = 'a'.repeat(length);
      const theirs = generate({
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: 4,
        clean: true,
        keepalive: 60,
        clientId,
      });
      expect(connectPacket(clientId).equals(theirs)).toBe(true);
    },
  );

  test('can’t contain a longer client id', () => {
    expect(() => connectPacket('a'.repeat(65_536))).toThrow(RangeError);
  });
});

test('DISCONNECT is the same as that of another codec', () => {
  expect(packetsIn(DISCONNECT)).toMatchObject([{ cmd: 'disconnect', length: 0 }]);
  expect(DISCONNECT.equals(generate({ cmd: 'disconnect' }))).toBe(true);
});

/** A byte that is often the given one. */
const nearly = (byte: number) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant(byte) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 255 }) },
  );

/** Any bytes, many of them a CONNACK or nearly one. */
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 8 }),
  fc
    .tuple(nearly(0x20), nearly(2), nearly(0), nearly(0), fc.uint8Array(), fc.nat({ max: 8 }))
    .map(([a, b, c, d, rest, length]) => Uint8Array.of(a, b, c, d, ...rest).subarray(0, length)),
);

describe('CONNACK', () => {
  test.each([0, 1, 2, 3, 4, 5, 6, 0x80, 0xff])('is read with return code %i', (returnCode) => {
    const packet = connackOf(returnCode);
    expect(readConnack(packet)).toBe(returnCode);
    for (let length = 0; length < packet.length; length += 1) {
      expect(readConnack(packet.subarray(0, length))).toBe('incomplete');
    }
  });

  test('is read whatever follows it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 255 }), fc.uint8Array(), (returnCode, rest) => {
        const received = Buffer.concat([connackOf(returnCode), rest]);
        expect(readConnack(received)).toBe(returnCode);
      }),
    );
  });

  test.each([
    ['a session, though a clean one was asked for', connackOf(0, true), 3],
    ['a session and a refusal', connackOf(5, true), 3],
    ['a reserved flag', Buffer.of(0x20, 2, 0x80, 0), 3],
    ['a reserved bit in its first byte', Buffer.of(0x21, 2, 0, 0), 1],
    ['another length', Buffer.of(0x20, 3, 0, 0, 0), 2],
    ['the length of MQTT 5 with properties', Buffer.of(0x20, 6, 0, 0, 3, 0x21, 0, 10), 2],
    ['its length in two bytes', Buffer.of(0x20, 0x82, 0, 0, 0), 2],
  ])('can’t have %s', (_, packet, wrongAt) => {
    for (let length = 0; length <= packet.length; length += 1) {
      const answer = length < wrongAt ? 'incomplete' : 'other';
      expect(readConnack(packet.subarray(0, length))).toBe(answer);
    }
  });

  test.each([
    ['another packet', generate({ cmd: 'pingresp' })],
    ['a packet that only clients send', connectPacket('a')],
    ['an answer of a web server', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['noise', new Uint8Array(64).fill(0xff)],
  ])('is not confused with %s, which differs in the first byte', (_, received) => {
    expect(readConnack(received)).toBe('other');
    expect(readConnack(received.subarray(0, 1))).toBe('other');
  });

  test('is decided once: further bytes change nothing', () => {
    fc.assert(
      fc.property(bytes, fc.uint8Array({ maxLength: 8 }), (received, rest) => {
        const answer = readConnack(received);
        const more = readConnack(Buffer.concat([received, rest]));
        if (answer === 'incomplete') expect(received.length).toBeLessThan(4);
        else expect(more).toBe(answer);
      }),
      { numRuns: 1000 },
    );
  });

  test('is what another codec accepts as one, without a session and with the shortest length', () => {
    fc.assert(
      fc.property(bytes, (received) => {
        const packet = packetsIn(received.subarray(0, 4))?.[0];
        const isConnack =
          packet?.cmd === 'connack' && !packet.sessionPresent && received[1] === packet.length;
        const isWhole = isConnack && packet.length === 2;
        const answer = readConnack(received);
        if (isWhole) expect(answer).toBe(packet.returnCode);
        else expect(['incomplete', 'other']).toContain(answer);
      }),
      { numRuns: 1000 },
    );
  });
});
