import type { ServerResponse } from 'node:http';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import type { Reply } from './embedded-server.ts';
import type { Fault } from './faults.ts';

/**
 * Sends a response in an unusual way that HTTP allows, or one without an end. Returns false if the
 * fault is of another kind.
 */
export function sendOddly(response: ServerResponse, reply: Reply, fault: Fault): boolean {
  const { status, body } = reply;
  const headers = { ...contentOf(reply), ...reply.headers };
  switch (fault.kind) {
    case 'encode': {
      const encoded = fault.codings.reduce(encode, Buffer.from(body));
      const names = fault.codings.map((name) => name.replace('raw-', '')).join(', ');
      response.writeHead(status, { ...headers, 'content-encoding': names });
      response.end(status === 204 ? undefined : encoded);
      return true;
    }
    case 'large-headers':
      // Several of 8,000 bytes each, which Node's own parser accepts too.
      response.writeHead(status, {
        ...headers,
        'x-padding': Array.from({ length: fault.kilobytes / 8 }, () => 'x'.repeat(8_000)),
      });
      response.end(body);
      return true;
    case 'interim':
      for (const interim of fault.statuses) {
        response.socket?.write(`HTTP/1.1 ${interim} Not Yet\r\nlink: </>; rel=preload\r\n\r\n`);
      }
      response.writeHead(status, headers).end(body);
      return true;
    case 'pieces': {
      // A 204 has no content, so no chunks either.
      if (status === 204) return false;
      const pieces = Array.from(Buffer.from(body), (byte) =>
        Buffer.from([...Buffer.from('1;a=b\r\n'), byte, ...Buffer.from('\r\n')]),
      );
      const end = Buffer.from('0\r\n\r\n');
      response.socket?.write(Buffer.concat([chunkedHead(reply), ...pieces, end]));
      response.socket?.end();
      return true;
    }
    case 'padding':
      sendWithoutEnd(response, reply);
      return true;
    default:
      return false;
  }
}

function contentOf({ status, type }: Reply): Readonly<Record<string, string>> {
  // A 204 has no content.
  return status === 204 ? {} : { 'content-type': type };
}

function encode(bytes: Buffer, coding: string): Buffer {
  switch (coding) {
    case 'gzip':
      return gzipSync(bytes);
    case 'br':
      return brotliCompressSync(bytes);
    case 'deflate':
      return deflateSync(bytes);
    case 'raw-deflate':
      return deflateRawSync(bytes);
    default:
      // A coding that only this service knows.
      return Buffer.from(bytes).reverse();
  }
}

/** The head of a response in chunks of odd forms, which Node's own server can't write. */
function chunkedHead({ status, type, headers }: Reply): Buffer {
  const framing = status === 204 ? {} : { 'content-type': type, 'transfer-encoding': 'chunked' };
  const lines = Object.entries({ ...framing, connection: 'close', ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return Buffer.from(`HTTP/1.1 ${status} Odd\r\n${lines.join('')}\r\n`, 'latin1');
}

/**
 * Sends bytes one by one, each with a long chunk extension (RFC 9112, 7.1.1), until the client stops
 * reading. After a 204, they aren't part of the response.
 */
function sendWithoutEnd({ socket }: ServerResponse, reply: Reply): void {
  const chunk = Buffer.from(`1;padding=${'x'.repeat(8_000)}\r\n \r\n`);
  socket?.write(chunkedHead(reply));
  const more = () => {
    while (socket?.writable && socket.write(chunk));
  };
  socket?.on('error', () => {}).on('drain', more);
  more();
}
