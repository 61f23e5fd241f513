import { createCipheriv, createHmac } from 'node:crypto';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { createSecureContext, TLSSocket, type TlsOptions } from 'node:tls';

/** The only cipher suites that are offered: `encryptedAlert` implements no others. */
const CIPHERS = 'TLS_AES_128_GCM_SHA256:ECDHE-ECDSA-AES128-GCM-SHA256';
const ALERT = 0x15;
const APPLICATION_DATA = 0x17;
const FATAL = 2;

/**
 * Runs the TLS handshake until the client has sent its certificate, and then rejects it with an
 * alert, like servers that leave verification to OpenSSL. In TLS 1.3, the client considers the
 * connection established by then. Node's own servers close the connection without an alert.
 */
export function rejectCertificate(socket: Socket, options: TlsOptions, description: number): void {
  let secret: Buffer | undefined;
  let answered = false;
  const side = new Duplex({
    read: () => {},
    write: (chunk, _, done) => {
      answered = true;
      socket.write(chunk, done);
    },
  });
  const server = new TLSSocket(side, {
    isServer: true,
    requestCert: true,
    secureContext: createSecureContext({ ...options, ciphers: CIPHERS }),
    ...(options.ALPNProtocols && { ALPNProtocols: options.ALPNProtocols }),
  });
  server.on('error', () => {});
  server.on('keylog', (line) => {
    const [label, , hex = ''] = line.toString().trim().split(' ');
    if (label === 'SERVER_TRAFFIC_SECRET_0') secret = Buffer.from(hex, 'hex');
  });
  socket.on('close', () => server.destroy());
  const listener = (chunk: Buffer) => {
    if (!answered) {
      side.push(chunk);
      return;
    }
    socket.off('data', listener).resume();
    socket.end(secret ? encryptedAlert(secret, description) : plainAlert(description));
  };
  socket.on('data', listener);
}

/** TLS 1.2: https://www.rfc-editor.org/rfc/rfc5246#section-7.2 */
function plainAlert(description: number): Buffer {
  return Buffer.from([ALERT, 3, 3, 0, 2, FATAL, description]);
}

/** TLS 1.3, the first record after the handshake: https://www.rfc-editor.org/rfc/rfc8446#section-5.2 */
function encryptedAlert(secret: Buffer, description: number): Buffer {
  const content = Buffer.from([FATAL, description, ALERT]);
  const header = Buffer.from([APPLICATION_DATA, 3, 3, 0, content.length + 16]);
  const cipher = createCipheriv(
    'aes-128-gcm',
    expand(secret, 'key', 16),
    expand(secret, 'iv', 12),
  ).setAAD(header);
  const sealed = Buffer.concat([cipher.update(content), cipher.final()]);
  return Buffer.concat([header, sealed, cipher.getAuthTag()]);
}

/** HKDF-Expand-Label of one block: https://www.rfc-editor.org/rfc/rfc8446#section-7.1 */
function expand(secret: Buffer, name: string, length: number): Buffer {
  const label = Buffer.from(`tls13 ${name}`);
  const info = Buffer.concat([Buffer.from([0, length, label.length]), label, Buffer.from([0, 1])]);
  return createHmac('sha256', secret).update(info).digest().subarray(0, length);
}
