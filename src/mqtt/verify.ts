import type { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import * as tls from 'node:tls';
import { Failure } from '../failure.ts';
import type { Clock } from '../http/clock.ts';
import { ProxyError } from '../http/errors.ts';
import { type ProxySettings, proxyFor } from '../http/proxy.ts';
import type { TimeLimit } from '../http/time-limit.ts';
import { openTunnel } from '../http/tunnel.ts';
import type { Secret } from '../secret.ts';
import { alpnOf, authorityOf, type Broker, urlOf } from './broker.ts';
import * as errors from './errors.ts';
import { connectPacket, DISCONNECT, readConnack } from './packets.ts';

/** What a device needs to authenticate. */
export interface Device {
  readonly clientId: string;
  /** PEM */
  readonly certificate: string;
  /** not encrypted */
  readonly privateKey: Secret;
}

/** How the broker is reached and verified. */
export interface BrokerAccess {
  readonly broker: Broker;
  /** the CA certificates to trust, as PEM */
  readonly authorities: string;
  readonly proxies: ProxySettings;
}

export interface VerifyServices {
  readonly clock: Clock;
  readonly limit: TimeLimit;
  /** gets a line after each attempt */
  readonly debug: (line: string) => void;
}

/** How long one attempt may take, in milliseconds. */
const ATTEMPT = 10_000;

/** How long to retry, in milliseconds. A broker may take some seconds to accept a new certificate. */
const PATIENCE = 60_000;

const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 8_000;

/** How long a broker may take to close the connection after a DISCONNECT, in milliseconds. */
const GOODBYE = 1_000;

/**
 * Connects to the broker once with the device's certificate and disconnects: TLS with client
 * authentication, MQTT 3.1.1 CONNECT with the client id (clean session), CONNACK, DISCONNECT.
 * Publishes nothing. Retries for up to 60 s, within the time limit. Returns the certificates that the
 * broker sent, its own first. Throws `connection-failed`, which says why the last attempt failed.
 */
export async function verifyConnection(
  device: Device,
  access: BrokerAccess,
  { clock, limit, debug }: VerifyServices,
): Promise<readonly X509Certificate[]> {
  const end = clock.now() + Math.min(PATIENCE, limit.remaining());
  const context = contextOf(device, access);
  let failed: errors.FailedAttempt | undefined;
  let wait = FIRST_WAIT;
  for (let attempts = 1; ; attempts += 1) {
    const began = clock.now();
    let sent: readonly X509Certificate[] = [];
    const latest = await connectOnce(access, context, limit.graceSignal, (socket, signal) => {
      socket.once('secureConnect', () => {
        sent = sentBy(socket);
      });
      return introduce(device.clientId, socket, signal);
    });
    const outcome = `${latest?.reason ?? 'connected'}, attempt ${attempts}`;
    debug(`MQTT ${urlOf(access.broker)}: ${outcome}, ${clock.now() - began} ms`);
    if (latest === undefined) return sent;
    if (failed === undefined || !latest.isInterrupted) failed = latest;
    const isOver = failed.isFinal || clock.now() + wait >= end || limit.remaining() <= wait;
    if (!isOver && !limit.cancelled) await clock.sleep(wait, limit.signal);
    if (isOver || limit.cancelled) throw connectionFailed(device, access.broker, failed);
    wait = Math.min(wait * 2, LONGEST_WAIT);
  }
}

function connectionFailed(
  { clientId }: Device,
  broker: Broker,
  failed: errors.FailedAttempt,
): Failure {
  return new Failure(
    'connection-failed',
    `The certificate was issued and delivered, but client id ${clientId} could not connect to ${urlOf(broker)}: ${failed.reason}. ${failed.advice}`,
  );
}

/** The device's credentials and trusted CAs. Throws `connection-failed` if TLS can't use them. */
export function contextOf(
  device: Device,
  { broker, authorities }: BrokerAccess,
): tls.SecureContext {
  const { certificate, privateKey } = device;
  try {
    return tls.createSecureContext({
      ca: authorities,
      cert: certificate,
      key: privateKey.reveal(),
      minVersion: 'TLSv1.2',
    });
  } catch (error) {
    throw connectionFailed(device, broker, errors.unusableCertificate(error));
  }
}

/**
 * Opens one TLS connection, through a proxy if there is one, and closes it when `talk` is done, which
 * gets the socket before it is connected. Takes at most 10 s. Returns why it failed, if it did.
 */
export async function connectOnce(
  { broker, proxies }: Omit<BrokerAccess, 'authorities'>,
  context: tls.SecureContext,
  end: AbortSignal,
  talk: (socket: tls.TLSSocket, signal: AbortSignal) => Promise<errors.FailedAttempt | undefined>,
): Promise<errors.FailedAttempt | undefined> {
  const signal = AbortSignal.any([AbortSignal.timeout(ATTEMPT), end]);
  const authority = authorityOf(broker);
  const proxy = proxyFor(new URL(`https://${authority}`), proxies);
  let tunnel: Duplex | undefined;
  let socket: tls.TLSSocket | undefined;
  try {
    if (proxy !== undefined) {
      // Most runs don't need it.
      tunnel = await openTunnel(proxy, authority, signal);
    }
    socket = connectTo(broker, context, tunnel);
    return await talk(socket, signal);
  } catch (error) {
    if (signal.aborted)
      return errors.timedOut('no tunnel through the proxy was established', signal.reason);
    if (!(error instanceof ProxyError)) return errors.socketFailed(error);
    return errors.proxyFailed(error, proxy?.variable);
  } finally {
    socket?.destroy();
    tunnel?.destroy();
  }
}

function connectTo(broker: Broker, secureContext: tls.SecureContext, tunnel: Duplex | undefined) {
  const { host } = broker;
  const alpn = alpnOf(broker);
  return tls.connect({
    ...(tunnel ? { socket: tunnel } : broker),
    // A name is sent to the broker (SNI); an address can't be.
    ...(isIP(host) === 0 ? { servername: host } : { host }),
    secureContext,
    ...(alpn !== undefined && { ALPNProtocols: [alpn] }),
    // Explicit, so that NODE_TLS_REJECT_UNAUTHORIZED can't switch verification off.
    rejectUnauthorized: true,
  });
}

/** The certificates that the broker sent, its own first. They may lead past a trusted CA. */
function sentBy(socket: tls.TLSSocket): readonly X509Certificate[] {
  const sent: X509Certificate[] = [];
  let next = socket.getPeerX509Certificate();
  for (; next !== undefined; next = next.issuerCertificate) sent.push(next);
  return sent;
}

/** CONNECT, CONNACK, DISCONNECT. */
async function introduce(clientId: string, socket: tls.TLSSocket, signal: AbortSignal) {
  const failed = await answerTo(connectPacket(clientId), socket, signal);
  if (failed === undefined) await disconnect(socket, signal);
  return failed;
}

/** Sends the CONNECT when TLS is established, and reads the CONNACK. */
function answerTo(
  packet: Buffer,
  socket: tls.TLSSocket,
  signal: AbortSignal,
): Promise<errors.FailedAttempt | undefined> {
  return new Promise((resolve) => {
    let missing = 'no TLS connection was established';
    socket.on('secureConnect', () => {
      missing = 'no CONNACK arrived';
      socket.write(packet);
    });
    let received = Buffer.alloc(0);
    const onData = (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const answer = readConnack(received);
      if (answer === 'incomplete') return;
      // Keep reading without storing anything, so that the connection can be closed.
      socket.off('data', onData).resume();
      if (answer === 'other') resolve(errors.notMqtt());
      else resolve(answer === 0 ? undefined : errors.connackRefused(answer));
    };
    socket.on('data', onData);
    socket.on('error', (error) => resolve(errors.socketFailed(error)));
    socket.on('close', () => resolve(errors.connectionClosed()));
    const onAbort = () => resolve(errors.timedOut(missing, signal.reason));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** Sends the DISCONNECT, and gives the broker time to read it. */
async function disconnect(socket: tls.TLSSocket, signal: AbortSignal): Promise<void> {
  socket.end(DISCONNECT);
  const patience = AbortSignal.any([signal, AbortSignal.timeout(GOODBYE)]);
  // The broker has accepted the device, so errors no longer matter.
  await once(socket, 'close', { signal: patience }).catch(() => {});
}
