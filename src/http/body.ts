import type { Socket } from 'node:net';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';

const MIB = 1024 * 1024;

/** In MiB: enough for the headers, chunk headers and trailers of an ordinary answer. */
const LEAST_ROOM = 2;

/** The name of a content coding; short, because messages show it and it comes from the server. */
const CODING = /^[a-z][a-z\d-]{0,14}$/;

/** Servers need only one, and each takes memory. */
const MOST_CODINGS = 4;

/** An answer whose body can't be used. The message says why and follows "the answer". */
export class UnusableBody extends Error {
  override readonly name = 'UnusableBody';
}

/**
 * The body of one answer as it arrives. Copies the bytes, because a chunk is often a small piece of a
 * large buffer, which it would keep in memory.
 */
export class ReceivedBody {
  readonly #socket: Socket;
  readonly #readBefore: number;
  readonly #largest: number;
  #buffer = Buffer.alloc(0);
  #length = 0;

  /** Counts what `socket` receives from now on. The body may have up to `largest` MiB. */
  constructor(socket: Socket, largest: number) {
    this.#socket = socket;
    this.#readBefore = socket.bytesRead;
    this.#largest = largest;
  }

  /** Throws UnusableBody when too much has arrived as body, headers or chunk framing. */
  checkFraming(): void {
    const room = Math.max(LEAST_ROOM, this.#largest);
    if (this.#socket.bytesRead - this.#readBefore <= room * MIB) return;
    throw new UnusableBody(`is larger than ${room} MiB with its framing`);
  }

  /** Throws UnusableBody when the body becomes too large. */
  add(chunk: Buffer): void {
    this.checkFraming();
    const length = this.#length + chunk.length;
    if (length > this.#largest * MIB) throw tooLarge(this.#largest);
    if (length > this.#buffer.length) {
      const larger = Buffer.alloc(
        Math.min(this.#largest * MIB, Math.max(length, 2 * this.#length)),
      );
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    chunk.copy(this.#buffer, this.#length);
    this.#length = length;
  }

  /**
   * Decodes the content codings that `Content-Encoding` lists (RFC 9110, 8.4) and returns the text,
   * without a byte order mark. Throws UnusableBody, also if the text would become too large.
   */
  async text(contentEncoding = ''): Promise<string> {
    if (this.#length === 0) return '';
    let bytes: Buffer = this.#buffer.subarray(0, this.#length);
    for (const decode of decodersOf(contentEncoding).reverse()) {
      bytes = await decode(bytes, this.#largest);
    }
    return new TextDecoder().decode(bytes);
  }
}

function tooLarge(largest: number): UnusableBody {
  return new UnusableBody(`is larger than ${largest} MiB`);
}

type Decoder = (bytes: Buffer, largest: number) => Promise<Buffer>;

/** The decoders of the codings, in the order in which the codings were applied. */
function decodersOf(contentEncoding: string): Decoder[] {
  const names = contentEncoding
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity');
  if (names.length > MOST_CODINGS)
    throw new UnusableBody(`has more than ${MOST_CODINGS} content codings`);
  return names.map(decoderOf);
}

function decoderOf(name: string): Decoder {
  switch (name) {
    case 'gzip':
    case 'x-gzip':
      return decoder(name, promisify(gunzip));
    case 'br':
      return decoder(name, promisify(brotliDecompress));
    case 'deflate':
      return decoder(name, (bytes, options) =>
        // Some servers leave out zlib's header (RFC 9110, 8.4.1.2).
        promisify(hasZlibHeader(bytes) ? inflate : inflateRaw)(bytes, options),
      );
    default: {
      const named = CODING.test(name) ? ` (${name})` : '';
      throw new UnusableBody(`has an unknown content coding${named}`);
    }
  }
}

/** RFC 1950, 2.2: method 8, and a check of both bytes. */
function hasZlibHeader(bytes: Buffer): boolean {
  const [method = 0, flags = 0] = bytes;
  return (method & 0x0f) === 8 && (method * 256 + flags) % 31 === 0;
}

type Decompress = (bytes: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>;

/** Stops as soon as the output becomes too large. */
function decoder(name: string, decompress: Decompress): Decoder {
  return (bytes, largest) =>
    decompress(bytes, { maxOutputLength: largest * MIB }).catch((error: unknown) => {
      const isTooLarge =
        error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
      throw isTooLarge
        ? tooLarge(largest)
        : new UnusableBody(`is not complete, valid ${name} data`);
    });
}
