import { randomUUID } from 'node:crypto';
import type { Failure } from '../failure.ts';
import type { Setting } from '../github/scopes.ts';
import type { TimeLimit } from '../http/time-limit.ts';
import type { AgentRequest, IssuedCertificate } from '../insights-hub/certificates.ts';
import type { Authorities } from '../mqtt/authorities.ts';
import { type Broker, mqttxConnection } from '../mqtt/broker.ts';
import type { Secret } from '../secret.ts';

/** Where certificates and private keys are kept. */
export interface Destination {
  /** Checks that it can take the certificates. Throws `destination-invalid`, or a call's failure. */
  prepare(agents: readonly AgentRequest[], limit: TimeLimit): Promise<void>;
  /** Delivers a certificate and its private key. Part of it may fail: the result says which. */
  deliver(issued: IssuedCertificate, limit: TimeLimit): Promise<Delivery>;
  /** Adds what was unknown at its own delivery, as far as it is known now. */
  complete?(issued: IssuedCertificate, delivery: DeliveredTo): Promise<Delivery>;
  /** Keeps what would be deleted with the job, because another destination did not take it. */
  keep?(delivery: DeliveredTo): void;
}

/** Where a certificate went. */
export interface DeliveredTo {
  readonly files: Files;
  readonly settings: readonly Setting[];
  /** what the CA file contains, if there is one */
  readonly authorities?: Omit<Authorities, 'content'>;
  /** whether files that help to connect are missing until their content is known */
  readonly isPartial?: boolean;
}

/** The same, with what went wrong. */
export interface Delivery extends DeliveredTo {
  /** whether the destination now has certificate and private key */
  readonly keepsKey: boolean;
  readonly failure?: Failure;
}

export type FileKind = 'privateKey' | 'certificate' | 'brokerCa' | 'mqttx';

/** Absolute paths of what was written. */
export type Files = Readonly<Partial<Record<FileKind, string>>>;

interface FileDefinition {
  /** the end of the file name, after the agent's part */
  readonly ending: string;
  readonly mode: number;
  /** its name in log and summary; nothing if they don't mention it */
  readonly titles?: { readonly log: string; readonly summary: string };
  /** whether its path is the output `<kind>Path` */
  readonly isOutput: boolean;
}

interface AgentFile extends FileDefinition {
  /** `essential` files are written all or none; `helpful` ones after them, if wanted */
  readonly role: 'essential' | 'helpful';
  /** `files` are those already written */
  readonly contentOf: (context: {
    readonly issued: IssuedCertificate;
    readonly files: Files;
    readonly broker: Broker;
  }) => string | Secret;
}

/** One file for all agents, including those of other steps. */
type SharedFile = FileDefinition & { readonly role: 'shared' };

/** Every kind of file, in the order of writing and listing. */
export const FILE_KINDS: Readonly<Record<FileKind, AgentFile | SharedFile>> = {
  privateKey: {
    role: 'essential',
    ending: '.key',
    mode: 0o600,
    titles: { log: 'private key', summary: 'Private key' },
    isOutput: true,
    contentOf: ({ issued }) => issued.privateKey,
  },
  certificate: {
    role: 'essential',
    ending: '.pem',
    mode: 0o644,
    titles: { log: 'certificate', summary: 'Certificate' },
    isOutput: true,
    contentOf: ({ issued }) => issued.certificate,
  },
  brokerCa: {
    role: 'shared',
    ending: '.pem',
    mode: 0o644,
    titles: { log: 'CA file', summary: 'CA file' },
    isOutput: true,
  },
  mqttx: {
    role: 'helpful',
    ending: '.mqttx.json',
    mode: 0o644,
    titles: { log: 'connection for MQTTX', summary: 'File for MQTTX' },
    isOutput: true,
    contentOf: ({ issued: { clientId }, broker, files }) => {
      const { brokerCa: authorities = '', certificate = '', privateKey = '' } = files;
      const paths = { authorities, certificate, privateKey };
      return mqttxConnection({ id: randomUUID(), clientId, broker, files: paths });
    },
  },
};

export const fileKinds = Object.keys(FILE_KINDS) as readonly FileKind[];

/** The kinds of files of each agent with a role. */
export function agentFiles(role: AgentFile['role']) {
  return fileKinds.flatMap((kind) => {
    const definition = FILE_KINDS[kind];
    return definition.role === role ? { ...definition, kind } : [];
  });
}
