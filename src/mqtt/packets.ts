/*
 * The packets of MQTT 3.1.1 that test whether a client may connect. The numbers are sections of
 * https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html.
 */

/**
 * A CONNECT (3.1) that asks for a clean session, without a will, a user name or a password.
 * Throws RangeError for a client id of more than 65,535 bytes.
 */
export function connectPacket(clientId: string): Buffer {
  const content = Buffer.concat([
    utf8String('MQTT'), // 3.1.2.1: protocol name
    Buffer.of(4), // 3.1.2.2: protocol level, 4 for MQTT 3.1.1
    Buffer.of(0b0000_0010), // 3.1.2.3: connect flags, of which only clean session is set
    Buffer.of(0, 60), // 3.1.2.10: keep-alive, in seconds
    utf8String(clientId), // 3.1.3.1: client identifier
  ]);
  // 3.1.1: packet type 1
  return Buffer.concat([Buffer.of(0x10, ...remainingLength(content.length)), content]);
}

/** 3.14.1: packet type 14, and nothing after it */
export const DISCONNECT = Buffer.of(0xe0, 0);

const CONNACK = [
  0x20, // 3.2.1: packet type 2
  2, // 3.2.1: remaining length
  0, // 3.2.2.1: flags; 3.2.2.2: session present is 0 for a clean session and for a refusal
];

/**
 * Reads the return code of a CONNACK (3.2.2.3) from all bytes received so far: 0 if the broker accepts
 * the connection. `other` means that this is not a CONNACK, whatever follows.
 */
export function readConnack(received: Uint8Array): number | 'incomplete' | 'other' {
  const isOther = CONNACK.some((byte, index) => byte !== (received[index] ?? byte));
  return isOther ? 'other' : (received[CONNACK.length] ?? 'incomplete');
}

/** 2.2.3: seven bits per byte, the lowest first; the eighth says that another byte follows */
function remainingLength(length: number): readonly number[] {
  return length < 0x80 ? [length] : [(length % 0x80) | 0x80, ...remainingLength(length >> 7)];
}

/** 1.5.3: the length in two bytes, the higher one first, then the text in UTF-8 */
function utf8String(text: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(Buffer.byteLength(text));
  return Buffer.concat([length, Buffer.from(text)]);
}
