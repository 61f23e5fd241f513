import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { BrokerAuthorities, Proof } from './authorities.ts';
import { urlOf } from './broker.ts';
import * as errors from './errors.ts';
import { vouchingAuthorities } from './roots.ts';
import {
  type BrokerAccess,
  connectOnce,
  contextOf,
  type Device,
  type VerifyServices,
  verifyConnection,
} from './verify.ts';

export interface Evidence {
  /** the certificates that the broker sent, its own first */
  readonly sent: readonly X509Certificate[];
  /** the CAs that it was verified with, as PEM */
  readonly trusted: readonly string[];
}

/**
 * Connects once with a device's certificate. If files need it, then proves which CA is enough. Throws
 * `connection-failed`. A missing proof is not a failure.
 */
export async function verifyAndProve(
  device: Device,
  access: Omit<BrokerAccess, 'authorities'>,
  authorities: BrokerAuthorities,
  services: VerifyServices,
): Promise<void> {
  const { content } = await authorities.toVerify();
  const sent = await verifyConnection(device, { ...access, authorities: content }, services);
  await authorities.prove((trusted) => proveAuthority(device, access, { sent, trusted }, services));
}

/**
 * Finds the trusted CA that is enough to verify a broker. The certificates that the broker sent may
 * lead to several, or past them, and nothing says which chain was verified. So this tries each CA that
 * may be enough, the nearest first, in a TLS handshake that trusts nothing else, without MQTT.
 */
export async function proveAuthority(
  device: Device,
  access: Omit<BrokerAccess, 'authorities'>,
  { sent, trusted }: Evidence,
  { clock, limit, debug }: VerifyServices,
): Promise<Proof> {
  const candidates = vouchingAuthorities(sent, trusted);
  let why = 'no trusted CA signed a certificate that the broker sent';
  let isFinal = true;
  for (const [index, authority] of candidates.entries()) {
    if (limit.cancelled) return { why: 'the job was cancelled', isFinal: false };
    const began = clock.now();
    const context = contextOf(device, { ...access, authorities: authority });
    const failed = await connectOnce(access, context, limit.signal, secured);
    const outcome = failed?.reason ?? 'enough';
    const which = `CA ${index + 1} of ${candidates.length} alone`;
    debug(`TLS ${urlOf(access.broker)}: ${which}: ${outcome}, ${clock.now() - began} ms`);
    if (failed === undefined) return { authority };
    why = `none of the trusted CAs that signed a certificate that the broker sent (${candidates.length}) was enough alone: ${failed.reason}`;
    isFinal &&= failed.isFinal;
  }
  return { why, isFinal };
}

/** Waits until the broker is verified. */
function secured(
  socket: TLSSocket,
  signal: AbortSignal,
): Promise<errors.FailedAttempt | undefined> {
  return new Promise((resolve) => {
    socket.on('secureConnect', () => resolve(undefined));
    socket.on('error', (error) => resolve(errors.socketFailed(error)));
    const closed = { ...errors.connectionClosed(), reason: 'the broker closed the connection' };
    socket.on('close', () => resolve(closed));
    const onAbort = () =>
      resolve(errors.timedOut('no TLS connection was established', signal.reason));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}
