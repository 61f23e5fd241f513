import { randomUUID } from 'node:crypto';
import { readdir, unlink } from 'node:fs/promises';
import path from 'node:path';
import { errorCode, Failure } from '../failure.ts';
import type { AgentRequest, IssuedCertificate } from '../insights-hub/certificates.ts';
import type { Broker } from '../mqtt/broker.ts';
import type { Secret } from '../secret.ts';
import {
  agentFiles,
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
  /** what connection files name: a broker, and the CAs that vouch for it, as PEM */
  readonly connection: { readonly broker: Broker; readonly authorities: () => Promise<string> };
  /** whether connection files are written, too */
  readonly withConnection: boolean;
  /** whether key and certificate are written also where others can read them */
  readonly isLastResort?: boolean;
}

/** Files in a directory: key and certificate, and perhaps a connection file that names both. */
export class Workspace implements Destination {
  readonly #options: WorkspaceOptions;
  #brokerCa: Promise<string> | undefined;

  constructor(options: WorkspaceOptions) {
    this.#options = options;
  }

  async prepare(agents: readonly AgentRequest[]): Promise<void> {
    makeDirectory(this.#options);
    // Without agents it is the last resort for a key: any place is better than none.
    if (agents.length === 0) return;
    await this.#refuseExisting(agents);
    await this.#rehearse(agents);
    // Reading the system's CAs blocks, so it is done while the first requests are under way.
    const { withConnection, connection } = this.#options;
    if (withConnection) setImmediate(() => void connection.authorities().catch(() => {}));
  }

  async deliver(issued: IssuedCertificate): Promise<Delivery> {
    const { directory, withConnection } = this.#options;
    let files: Files = {};
    try {
      checkDirectory(this.#options);
      const base = this.#writeEssentials(issued);
      files = Object.fromEntries(
        agentFiles('essential').map(({ kind, ending }) => [kind, `${base}${ending}`]),
      );
      if (withConnection) files = await this.#writeHelpful(issued, base, files);
      return { files, settings: [], keepsKey: true };
    } catch (error) {
      // Key and certificate are there or not, whatever became of the rest.
      const keepsKey = files.privateKey !== undefined;
      const what = keepsKey ? 'The connection file' : 'The files';
      const message = `${what} could not be written to ${directory} (${errorCode(error)}).`;
      const why = error instanceof Failure ? error.message : message;
      const failure = new Failure('delivery-failed', why, { cause: error });
      return { files, settings: [], keepsKey, failure };
    }
  }

  keep({ files }: Delivery): void {
    for (const file of Object.values(files)) this.#options.made.note({ kind: 'kept', path: file });
  }

  /** Writes all of them under the first name that is free; returns their path without ending. */
  #writeEssentials(issued: IssuedCertificate): string {
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
    return makeUnderFreeName(bases, filesAt, this.#options);
  }

  /** Adds what helps to connect. */
  async #writeHelpful(issued: IssuedCertificate, base: string, essential: Files): Promise<Files> {
    const { broker, authorities } = this.#options.connection;
    const trusted = await authorities();
    this.#brokerCa ??= this.#makeBrokerCa(trusted).catch((error: unknown) => {
      // The next agent tries again.
      this.#brokerCa = undefined;
      throw error;
    });
    let files: Files = { ...essential, brokerCa: await this.#brokerCa };
    for (const { kind, contentOf } of agentFiles('helpful')) {
      const content = contentOf({ issued, files, broker });
      files = { ...files, [kind]: this.#makeFree(kind, base, content) };
    }
    return files;
  }

  /** Makes the file that all connection files name, unless another step has made the same. */
  async #makeBrokerCa(content: string): Promise<string> {
    const base = path.join(this.#options.directory, 'broker-ca');
    const file = `${base}${FILE_KINDS.brokerCa.ending}`;
    const isThere = await hasContent(file, content);
    return isThere ? file : this.#makeFree('brokerCa', base, content);
  }

  /** Makes a file under its own name, or under one that nobody else has where that is taken. */
  #makeFree(kind: FileKind, base: string, content: string | Secret): string {
    const { ending, mode, role } = FILE_KINDS[kind];
    const rest = { content, mode, ...(role === 'shared' ? { kind: role } : {}) };
    const filesAt = (name: string) => [{ path: `${name}${ending}`, ...rest }];
    const names = [base, `${base}-${randomUUID()}`];
    return `${makeUnderFreeName(names, filesAt, this.#options)}${ending}`;
  }

  async #refuseExisting(agents: readonly AgentRequest[]): Promise<void> {
    const { directory, withConnection } = this.#options;
    const kinds = [...agentFiles('essential'), ...(withConnection ? agentFiles('helpful') : [])];
    const names = await readdir(directory).catch((error: unknown) => {
      throw cannot('look into', directory, error);
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
      `Files of these agents are there already and are never overwritten: ${found.join(', ')}. Remove them, choose another \`output-directory\`, or set \`if-exists\` to skip.`,
    );
  }

  /**
   * Makes files of every kind as a delivery does, with other content, and removes them: quotas, modes
   * and links that a mount does not have, names that are too long. Throws `destination-invalid`.
   */
  async #rehearse(agents: readonly AgentRequest[]): Promise<void> {
    const { directory, temporary, withConnection } = this.#options;
    const longest = Math.max(
      ...agents.map(({ expectedClientId }) => safeFileName(expectedClientId).length),
    );
    const kinds = fileKinds.filter(
      (kind) => withConnection || FILE_KINDS[kind].role === 'essential',
    );
    const files = kinds.map((kind): NewFile => {
      const { ending, mode } = FILE_KINDS[kind];
      // Begins as all temporary files do, so that the post step of a killed step knows it.
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

/** About as much as the key of a device. */
const REHEARSAL = '-'.repeat(4096);

/** Whether a file, and no link, holds just this. */
async function hasContent(file: string, content: string): Promise<boolean> {
  const wanted = Buffer.from(content);
  try {
    return wanted.equals(await readRegularFile(file, { most: wanted.length }));
  } catch {
    return false;
  }
}

/** The client id. Should its files be there against expectation, names that are the key's own. */
function namesFor({ clientId, certificateId, fingerprint }: IssuedCertificate): readonly string[] {
  const name = safeFileName(clientId);
  const id = safeFileName(certificateId ?? fingerprint.replaceAll(':', ''));
  return [name, `${name}-${id.slice(0, 64)}`, `${name}-${randomUUID()}`];
}
