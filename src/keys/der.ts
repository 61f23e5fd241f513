/** An element of DER (ITU-T X.690): its tag byte and its content. */
export interface Element {
  readonly tag: number;
  readonly content: Buffer;
}

export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const NULL = 0x05;
export const OBJECT_IDENTIFIER = 0x06;
export const SEQUENCE = 0x30;

/**
 * The elements that bytes consist of, without the elements inside them. Throws for anything else than
 * DER, including indefinite lengths, lengths in too many bytes, and tags of several bytes.
 */
export function readElements(bytes: Buffer): readonly Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes.readUInt8(at);
    const { length, size } = readLength(bytes, at + 1);
    const start = at + 1 + size;
    const end = start + length;
    if ((tag & 0x1f) === 0x1f || end > bytes.length) throw new Error('not DER');
    elements.push({ tag, content: bytes.subarray(start, end) });
    at = end;
  }
  return elements;
}

/** The elements of a single sequence. Throws for anything else. */
export function readSequence(bytes: Buffer): readonly Element[] {
  const [sequence, ...rest] = readElements(bytes);
  if (rest.length > 0) throw new Error('more than one element');
  return readElements(contentOf(sequence, SEQUENCE));
}

/** The content of an element with this tag. Throws for another tag or a missing element. */
export function contentOf(element: Element | undefined, tag: number): Buffer {
  if (element?.tag !== tag) throw new Error('another element');
  return element.content;
}

/** The content of a non-negative integer, without a sign byte. Throws for a negative one. */
export function readUnsigned(element: Element | undefined): Buffer {
  const content = contentOf(element, INTEGER);
  const first = content.readUInt8(0);
  if (first > 0x7f) throw new Error('negative');
  return first === 0 ? content.subarray(1) : content;
}

/** A small integer. Throws if it has more than 4 bytes. */
export function readNumber(element: Element | undefined): number {
  const bytes = readUnsigned(element);
  if (bytes.length > 4) throw new Error('too large');
  return bytes.length === 0 ? 0 : bytes.readUIntBE(0, bytes.length);
}

/** Encodes an element from its tag and the parts of its content. */
export function writeElement(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.of(tag), writeLength(content.length), content]);
}

/** Encodes a non-negative integer of at most 4 bytes. */
export function writeNumber(value: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes.writeUInt32BE(value, 1);
  const first = bytes.findIndex((byte) => byte !== 0);
  // The first bit is the sign, so a zero byte may be needed before it.
  const from = first < 0 ? 4 : first - ((bytes[first] ?? 0) >> 7);
  return writeElement(INTEGER, bytes.subarray(from));
}

function writeLength(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length);
  const used = bytes.subarray(bytes.findIndex((byte) => byte !== 0));
  return Buffer.concat([Buffer.of(0x80 + used.length), used]);
}

/** The length of a content, and the number of bytes that encode it. */
function readLength(bytes: Buffer, at: number): { readonly length: number; readonly size: number } {
  const first = bytes.readUInt8(at);
  if (first < 0x80) return { length: first, size: 1 };
  const more = first - 0x80;
  if (more < 1 || more > 4) throw new Error('not a length');
  const length = bytes.readUIntBE(at + 1, more);
  if (length < 0x80 || length < 2 ** (8 * (more - 1)))
    throw new Error('a length in too many bytes');
  return { length, size: 1 + more };
}
