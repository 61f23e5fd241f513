import type { Files } from '../destinations/destination.ts';
import type { Inputs } from '../inputs/create.ts';
import { alpnOf, type Broker, urlOf } from '../mqtt/broker.ts';
import { escapeInvisible } from '../text.ts';
import type { AgentResult } from './result.ts';

/** A POSIX shell command that publishes with Mosquitto's client; nothing without key files, or for names with invisible characters. */
export function mosquittoPub(
  broker: Broker,
  clientId: string,
  { brokerCa, certificate, privateKey }: Files,
  { topic, message }: { readonly topic: string; readonly message: string },
): string | undefined {
  if (certificate === undefined || privateKey === undefined) return undefined;
  const alpn = alpnOf(broker);
  const words = [
    'mosquitto_pub',
    ...['-h', broker.host, '-p', String(broker.port), '-i', clientId],
    ...(brokerCa === undefined ? ['--tls-use-os-certs'] : ['--cafile', brokerCa]),
    ...['--cert', certificate, '--key', privateKey],
    ...(alpn === undefined ? [] : ['--tls-alpn', alpn]),
    ...['-t', topic, '-m', message],
  ];
  const command = words.map(quote).join(' ');
  // A line to copy must not differ from what a reader sees.
  return escapeInvisible(command) === command ? command : undefined;
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** The data point of the sample message: Siemens' sample asset model maps one with this name. */
export const SAMPLE_DATA_POINT = 'temperature';

/** A message with one value, in the form that Siemens documents for the time series topic. */
export function sampleMessage(now: Date): string {
  const values = [{ dataPointId: SAMPLE_DATA_POINT, value: '21.5', qualityCode: '0' }];
  return JSON.stringify({ timeseries: [{ timestamp: now.toISOString(), values }] });
}

/** How a device, or a person, connects as one of the agents: paths only, no secret. */
export type HowToConnect = NonNullable<ReturnType<typeof howToConnect>>;

/**
 * How to connect as the first agent that did not fail, if any; `now` is in the sample message.
 * Once a connection has failed, only an agent that the broker accepted is offered.
 */
export function howToConnect(
  results: readonly Pick<AgentResult, 'ids' | 'delivery' | 'state' | 'failure'>[],
  { clientIdPrefix, broker, brokerCa }: Pick<Inputs, 'clientIdPrefix' | 'broker' | 'brokerCa'>,
  now: Date,
) {
  const isRefused = results.some(({ failure }) => failure?.code === 'connection-failed');
  const first = results.find(({ ids, state }) => {
    return ids !== undefined && (isRefused ? state === 'connected' : state !== 'failed');
  });
  if (first?.ids === undefined) return undefined;
  const { clientId } = first.ids;
  // MindConnect MQTT: each agent has its own topics, below its tenant and client id. After a tenant
  // has moved, they probably keep the old name, as client ids do.
  const base = `tc/${clientIdPrefix}/${clientId}`;
  const topic = `${base}/o/mc_v3/ts`;
  const files: Files = { ...(brokerCa && { brokerCa: brokerCa.path }), ...first.delivery?.files };
  const message = sampleMessage(now);
  return {
    broker: urlOf(broker),
    clientId,
    topics: {
      publish: [
        { topic, purpose: 'time series' },
        { topic: `${base}/o/mc_v3/e`, purpose: 'events' },
        { topic: `${base}/o/mc_v3/f`, purpose: 'files' },
        { topic: `${base}/o/cmd_v3/u`, purpose: 'status of commands' },
      ],
      subscribe: [{ topic: `${base}/i/cmd_v3/c`, purpose: 'commands' }],
    },
    /** absolute path of a file to import, if one was written */
    mqttxPath: files.mqttx,
    /** if key and certificate are in files */
    mosquittoPub: mosquittoPub(broker, clientId, files, { topic, message }),
  };
}

/** The same as log lines. */
export function connectLines({ mosquittoPub, mqttxPath }: HowToConnect): readonly string[] {
  return [
    mosquittoPub ? `To publish a first message: ${mosquittoPub}` : '',
    mqttxPath ? `To connect with MQTTX: import ${mqttxPath}` : '',
  ].filter(Boolean);
}
