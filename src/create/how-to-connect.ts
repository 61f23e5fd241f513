import { type Broker, urlOf } from '../mqtt/broker.ts';
import { mosquittoPub } from '../mqtt/mosquitto.ts';
import { sampleTimeSeries, type Topics, timeSeriesTopic, topicsOf } from '../mqtt/topics.ts';
import type { Fate } from './fate.ts';

export interface ConnectOptions {
  readonly tenant: string;
  readonly broker: Broker;
  /** absolute path of the CAs that were given for the broker */
  readonly brokerCa: string | undefined;
  /** the time in the sample message */
  readonly now: Date;
}

/** How a device, or a person, connects as one of the agents: paths only, no secret. */
export interface HowToConnect {
  readonly broker: string;
  readonly clientId: string;
  readonly topics: Topics;
  /** a line for a shell; nothing where there are no files */
  readonly mosquittoPub: string | undefined;
  /** a file to import; nothing where there is none */
  readonly mqttxPath: string | undefined;
}

/** How to connect as the first agent that has its certificate; nothing when none has. */
export function howToConnect(
  fates: readonly Fate[],
  { tenant, broker, brokerCa, now }: ConnectOptions,
): HowToConnect | undefined {
  const first = fates.find(({ agent }) => agent.clientId !== undefined);
  const clientId = first?.agent.clientId;
  if (first === undefined || clientId === undefined) return undefined;
  const { certificatePath, privateKeyPath, mqttxPath } = first.agent;
  return {
    broker: urlOf(broker),
    clientId,
    topics: topicsOf(tenant, clientId),
    mqttxPath,
    mosquittoPub:
      certificatePath && privateKeyPath
        ? mosquittoPub({
            broker,
            clientId,
            authorities: first.brokerCaPath ?? brokerCa,
            certificate: certificatePath,
            privateKey: privateKeyPath,
            topic: timeSeriesTopic(tenant, clientId),
            message: sampleTimeSeries(now),
          })
        : undefined,
  };
}

/** The same as lines of the log. */
export function connectLines(connect: HowToConnect): readonly string[] {
  const { mosquittoPub: line, mqttxPath } = connect;
  return [
    ...(line === undefined ? [] : [`To publish a first message: ${line}`]),
    ...(mqttxPath === undefined ? [] : [`To connect with MQTTX: import ${mqttxPath}`]),
  ];
}
