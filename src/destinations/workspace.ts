import { randomUUID } from 'node:crypto';
import { readdir, unlink } from 'node:fs/promises';
import path from 'node:path';
import { errorCode, Failure } from '../failure.ts';
import type { AgentRequest, IssuedCertificate } from '../insights-hub/certificates.ts';
import type { Authorities, BrokerAuthorities } from '../mqtt/authorities.ts';
import type { Broker } from '../mqtt/broker.ts';
import type { Secret } from '../secret.ts';
import {
  agentFiles,
  type DeliveredTo,
  type Delivery,
  type Destination,
  FILE_KINDS,
  type FileKind,
  type Files,
  fileKinds,
} from './destination.ts';
import {
  cannot,
  checkDirectory,
  type FileLogs,
  makeDirectory,
  makeFiles,
  makeUnderFreeName,
  type NewFile,
  type Place,
  readRegularFile,
  safeFileName,
} from './files.ts';
import { noLog } from './journal.ts';

export interface WorkspaceOptions extends Place, FileLogs {
  /** what connection files name: a broker, and the CAs that verify it */
  readonly connection: {
    readonly broker: Broker;
    readonly authorities: Pick<BrokerAuthorities, 'toVerify' | 'toWrite'>;
  };
  /** the kinds of files to write that help to connect */
  readonly helpful: readonly FileKind[];
  /** whether key and certificate are written even where others can read them */
  readonly isLastResort?: boolean;
}

/** Files in a directory: key, certificate, and files that help to connect. */
export class Workspace implements Destination {
  readonly #options: WorkspaceOptions;
  #brokerCa: Promise<string> | undefined;

  constructor(options: WorkspaceOptions) {
    this.#options = options;
  }

  async prepare(agents: readonly AgentRequest[]): Promise<void> {
    makeDirectory(this.#options);
    // Without agents, it is the last resort for a key: any place is better than none.
    if (agents.length === 0) return;
    await this.#refuseExisting(agents);
    await this.#rehearse(agents);
    // Reading the system's CAs blocks, so it happens while the first requests are under way.
    const { helpful, connection } = this.#options;
    const read = () => connection.authorities.toVerify();
    if (helpful.length > 0) setImmediate(() => void read().catch(() => {}));
  }

  async deliver(issued: IssuedCertificate): Promise<Delivery> {
    let files: Files;
    try {
      checkDirectory(this.#options);
      files = this.#writeEssentials(issued);
    } catch (error) {
      const failure = this.#failed('The files', error);
      return { files: {}, settings: [], keepsKey: false, failure };
    }
    return this.complete(issued, { files, settings: [] });
  }

  async complete(issued: IssuedCertificate, { files, settings }: DeliveredTo): Promise<Delivery> {
    const { helpful, connection } = this.#options;
    // Key and certificate are written, even if the rest fails.
    let delivery: Delivery = { files, settings, keepsKey: true };
    try {
      for (const kind of helpful) {
        const authorities = await connection.authorities.toWrite();
        if (authorities === undefined) return { ...delivery, isPartial: true };
        checkDirectory(this.#options);
        const file = await this.#makeHelpful(kind, issued, delivery.files, authorities);
        const { content: _, ...facts } = authorities;
        delivery = {
          ...delivery,
          files: { ...delivery.files, [kind]: file },
          authorities: facts,
        };
      }
      return delivery;
    } catch (error) {
      const what = helpful.includes('mqttx') ? 'The connection file' : 'The CA file';
      return { ...delivery, failure: this.#failed(what, error) };
    }
  }

  #failed(what: string, error: unknown): Failure {
    const message = `${what} could not be written to ${this.#options.directory} (${errorCode(error)}).`;
    const why = error instanceof Failure ? error.message : message;
    return new Failure('delivery-failed', why, { cause: error });
  }

  keep({ files }: DeliveredTo): void {
    for (const file of Object.values(files)) this.#options.made.note({ kind: 'kept', path: file });
  }

  /** Writes all of them under the first free name. */
  #writeEssentials(issued: IssuedCertificate): Files {
    const { directory, connection, isLastResort = false } = this.#options;
    const context = { issued, files: {}, broker: connection.broker };
    const filesAt = (base: string): readonly NewFile[] =>
      agentFiles('essential').map(({ ending, mode, contentOf }) => ({
        path: `${base}${ending}`,
        content: contentOf(context),
        mode,
        isLastResort,
      }));
    const bases = namesFor(issued).map((name) => path.join(directory, name));
    const base = makeUnderFreeName(bases, filesAt, this.#options);
    return Object.fromEntries(
      agentFiles('essential').map(({ kind, ending }) => [kind, `${base}${ending}`]),
    );
  }

  /** Creates a file that helps to connect, beside the others, and returns its path. */
  async #makeHelpful(
    kind: FileKind,
    issued: IssuedCertificate,
    files: Files,
    authorities: Authorities,
  ): Promise<string> {
    const definition = FILE_KINDS[kind];
    if (definition.role === 'shared') {
      this.#brokerCa ??= this.#makeBrokerCa(authorities.content).catch((error: unknown) => {
        // The next agent tries again.
        this.#brokerCa = undefined;
        throw error;
      });
      return this.#brokerCa;
    }
    const { broker } = this.#options.connection;
    const { privateKey = '' } = files;
    const base = privateKey.slice(0, -FILE_KINDS.privateKey.ending.length);
    return this.#makeFree(kind, base, definition.contentOf({ issued, files, broker }));
  }

  /**
   * Creates the CA file that all connection files name, unless another step has created the same.
   */
  async #makeBrokerCa(content: string): Promise<string> {
    const base = path.join(this.#options.directory, 'broker-ca');
    const file = `${base}${FILE_KINDS.brokerCa.ending}`;
    const isThere = await hasContent(file, content);
    return isThere ? file : this.#makeFree('brokerCa', base, content);
  }

  /** Creates a file under its own name, or, if that is taken, under a unique one. */
  #makeFree(kind: FileKind, base: string, content: string | Secret): string {
    const { ending, mode, role } = FILE_KINDS[kind];
    const rest = { content, mode, ...(role === 'shared' ? { kind: role } : {}) };
    const filesAt = (name: string) => [{ path: `${name}${ending}`, ...rest }];
    const names = [base, `${base}-${randomUUID()}`];
    return `${makeUnderFreeName(names, filesAt, this.#options)}${ending}`;
  }

  async #refuseExisting(agents: readonly AgentRequest[]): Promise<void> {
    const { directory, helpful } = this.#options;
    const wanted = agentFiles('helpful').filter(({ kind }) => helpful.includes(kind));
    const kinds = [...agentFiles('essential'), ...wanted];
    const names = await readdir(directory).catch((error: unknown) => {
      throw cannot('read', directory, error);
    });
    const taken = new Set(names);
    const found = agents
      .map(({ expectedClientId }) => safeFileName(expectedClientId))
      .flatMap((base) => kinds.map(({ ending }) => `${base}${ending}`))
      .filter((name) => taken.has(name))
      .map((name) => path.join(directory, name));
    if (found.length === 0) return;
    throw new Failure(
      'destination-invalid',
      `Files of these agents already exist and are never overwritten: ${found.join(', ')}. Delete them, choose another \`output-directory\`, or set \`if-exists: skip\`.`,
    );
  }

  /**
   * Creates files of every kind as a delivery does, with other content, and deletes them. Finds
   * exceeded quotas, missing modes and links of a mount, and names that are too long. Throws
   * `destination-invalid`.
   */
  async #rehearse(agents: readonly AgentRequest[]): Promise<void> {
    const { directory, temporary, helpful } = this.#options;
    const longest = Math.max(
      ...agents.map(({ expectedClientId }) => safeFileName(expectedClientId).length),
    );
    const kinds = fileKinds.filter(
      (kind) => helpful.includes(kind) || FILE_KINDS[kind].role === 'essential',
    );
    const files = kinds.map((kind): NewFile => {
      const { ending, mode } = FILE_KINDS[kind];
      // Begins like all temporary files, so that the post step of a killed step knows it.
      const name = temporary(directory).padEnd(path.join(directory, ending).length + longest, '-');
      return { path: name, content: REHEARSAL, mode };
    });
    try {
      checkDirectory(this.#options);
      makeFiles(files, { ...this.#options, made: noLog });
      for (const file of files) await unlink(file.path);
    } catch (error) {
      throw cannot('write to', directory, error);
    }
  }
}

/** About as long as a private key. */
const REHEARSAL = '-'.repeat(4096);

/** Whether a regular file, not a link, contains exactly this. */
async function hasContent(file: string, content: string): Promise<boolean> {
  const wanted = Buffer.from(content);
  try {
    return wanted.equals(await readRegularFile(file, { most: wanted.length }));
  } catch {
    return false;
  }
}

/** The client id. If its files unexpectedly exist, names that only this key has. */
function namesFor({ clientId, certificateId, fingerprint }: IssuedCertificate): readonly string[] {
  const name = safeFileName(clientId);
  const id = safeFileName(certificateId ?? fingerprint.replaceAll(':', ''));
  return [name, `${name}-${id.slice(0, 64)}`, `${name}-${randomUUID()}`];
}
