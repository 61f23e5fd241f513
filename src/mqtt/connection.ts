import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  connect as connectTls,
  createSecureContext,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import { generate, type Packet, parser } from 'mqtt-packet';
import { Failure } from '../failure.ts';
import { ProxyError } from '../http/network-error.ts';
import { type HttpProxy, type ProxySettings, proxyFor } from '../http/proxy.ts';
import type { Clock } from '../http/retry.ts';
import type { TimeLimit } from '../http/time-limit.ts';
import type { Secret } from '../secret.ts';
import { alpnOf, authorityOf, type Broker, urlOf } from './broker.ts';
import {
  closed,
  connackRefusal,
  noMqtt,
  proxyRefusal,
  type Refusal,
  silent,
  socketRefusal,
  unusable,
} from './reasons.ts';

/** What a device needs to prove who it is. */
export interface Device {
  readonly clientId: string;
  readonly certificate: string;
  readonly privateKey: Secret;
  /** of an encrypted private key */
  readonly passphrase: Secret | undefined;
}

/** How the broker is reached, and who vouches for it. */
export interface BrokerAccess {
  readonly broker: Broker;
  /** PEM */
  readonly authorities: string;
  readonly proxies: ProxySettings;
}

export interface VerifyServices {
  readonly clock: Clock;
  readonly limit: TimeLimit;
  /** Learns of each attempt, in words for the debug log. */
  readonly debug: (line: string) => void;
}

/** The time that one attempt may take, in milliseconds. */
const ATTEMPT = 10_000;

/** A fresh certificate may take some seconds to be accepted: so long it is tried, in milliseconds. */
const PATIENCE = 60_000;

/** A CONNACK has 4 bytes; what is much longer is none. */
const LONGEST_ANSWER = 1024;

const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 8_000;

/**
 * Connects to the broker once with the device's certificate and disconnects: TLS with client
 * authentication, MQTT 3.1.1 CONNECT with the client id (clean session), CONNACK, DISCONNECT.
 * Nothing is published. A refusal is tried again within 60 s and the time limit.
 *
 * Throws `connection-failed` with the last refusal.
 */
export async function verifyConnection(
  device: Device,
  access: BrokerAccess,
  { clock, limit, debug }: VerifyServices,
): Promise<void> {
  const end = clock.now() + Math.min(PATIENCE, limit.remaining());
  const context = contextOf(device, access);
  let attempts = 0;
  const attemptAndTell = async () => {
    attempts += 1;
    const began = clock.now();
    const refusal = await attempt(device, access, context, limit);
    const outcome = refusal?.reason ?? 'connected';
    const spent = clock.now() - began;
    debug(`MQTT ${urlOf(access.broker)}: ${outcome}, attempt ${attempts}, ${spent} ms`);
    return refusal;
  };
  let refusal = await attemptAndTell();
  for (let wait = FIRST_WAIT; refusal !== undefined; wait = Math.min(wait * 2, LONGEST_WAIT)) {
    const isOver = refusal.isFinal || clock.now() + wait >= end || limit.remaining() <= wait;
    if (!isOver && !limit.cancelled) await clock.sleep(wait, limit.signal);
    if (isOver || limit.cancelled) throw connectionFailed(device, access.broker, refusal);
    const next = await attemptAndTell();
    refusal = next?.isCut ? refusal : next;
  }
}

function connectionFailed({ clientId }: Device, broker: Broker, refusal: Refusal): Failure {
  const advice = refusal.advice === '' ? '' : ` ${refusal.advice}`;
  return new Failure(
    'connection-failed',
    `The certificate was issued and delivered, but client id ${clientId} could not connect to ${urlOf(broker)}: ${refusal.reason}.${advice}`,
  );
}

/** One attempt; gives why it came to nothing. What is under way may finish when the job is cancelled. */
async function attempt(
  { clientId }: Device,
  { broker, proxies }: BrokerAccess,
  context: SecureContext,
  limit: TimeLimit,
): Promise<Refusal | undefined> {
  const signal = AbortSignal.any([AbortSignal.timeout(ATTEMPT), limit.graceSignal]);
  const proxy = proxyFor(new URL(`https://${authorityOf(broker)}`), proxies);
  let tunnel: Duplex | undefined;
  try {
    tunnel = proxy && (await tunnelTo(broker, proxy, signal));
    return await shakeHands(open(broker, context, tunnel), clientId, signal);
  } catch (error) {
    if (signal.aborted) return silent('no tunnel through the proxy came about', signal.reason);
    if (error instanceof ProxyError) {
      return proxyRefusal(`the proxy that ${proxy?.variable} names ${error.reason}`, error.status);
    }
    return socketRefusal(error);
  } finally {
    tunnel?.destroy();
  }
}

/** undici comes with it, which the step has loaded already. */
async function tunnelTo(broker: Broker, proxy: HttpProxy, signal: AbortSignal): Promise<Duplex> {
  const { openTunnel } = await import('../http/tunnel.ts');
  return openTunnel(proxy, authorityOf(broker), signal);
}

/** Who the device is, and whom it trusts. Throws `connection-failed` for what TLS can't use. */
function contextOf(device: Device, { broker, authorities }: BrokerAccess): SecureContext {
  const { certificate, privateKey, passphrase } = device;
  try {
    return createSecureContext({
      ca: authorities,
      cert: certificate,
      key: privateKey.reveal(),
      ...(passphrase && { passphrase: passphrase.reveal() }),
      minVersion: 'TLSv1.2',
    });
  } catch (error) {
    throw connectionFailed(device, broker, unusable(error));
  }
}

function open(broker: Broker, context: SecureContext, tunnel: Duplex | undefined): TLSSocket {
  const alpn = alpnOf(broker);
  return connectTls({
    ...(tunnel ? { socket: tunnel } : { host: broker.host, port: broker.port }),
    // A name is told the broker (SNI); an address can't be.
    ...(isIP(broker.host) === 0 ? { servername: broker.host } : { host: broker.host }),
    secureContext: context,
    ...(alpn !== undefined && { ALPNProtocols: [alpn] }),
    // Said outright, so that NODE_TLS_REJECT_UNAUTHORIZED can't switch verification off.
    rejectUnauthorized: true,
  });
}

/** CONNECT, CONNACK, DISCONNECT. The socket is gone afterwards, whatever came of it. */
async function shakeHands(
  socket: TLSSocket,
  clientId: string,
  signal: AbortSignal,
): Promise<Refusal | undefined> {
  let isSecure = false;
  const refusal = await new Promise<Refusal | undefined>((resolve) => {
    const packets = parser({ protocolVersion: 4 });
    packets.on('packet', (packet: Packet) => {
      if (packet.cmd !== 'connack') resolve(noMqtt());
      else resolve(packet.returnCode === 0 ? undefined : connackRefusal(packet.returnCode ?? -1));
    });
    packets.on('error', () => resolve(noMqtt()));
    socket.on('secureConnect', () => {
      isSecure = true;
      socket.write(generate(connectPacket(clientId)));
    });
    let length = 0;
    socket.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > LONGEST_ANSWER) resolve(noMqtt());
      else packets.parse(chunk);
    });
    socket.on('error', (error) => resolve(socketRefusal(error)));
    socket.on('close', () => resolve(closed()));
    const missing = () => (isSecure ? 'no CONNACK came' : 'no TLS connection came about');
    const onAbort = () => resolve(silent(missing(), signal.reason));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  if (refusal === undefined) await disconnect(socket, signal);
  socket.destroy();
  return refusal;
}

function connectPacket(clientId: string): Packet {
  return {
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: true,
    clientId,
    keepalive: 60,
  };
}

/** Says goodbye, and waits a moment for the broker to hear it. */
function disconnect(socket: TLSSocket, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
    socket.once('close', () => resolve());
    setTimeout(resolve, 1_000).unref();
    socket.end(generate({ cmd: 'disconnect' }));
  });
}
