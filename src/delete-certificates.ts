import pMap from 'p-map';
import { asFailure, type Failure, type Warning } from './failure.ts';
import { cancelled } from './http/errors.ts';
import { type Interruption, TimeLimit } from './http/time-limit.ts';
import type { HubApi } from './insights-hub/api.ts';
import { deleteCertificate, listCertificates } from './insights-hub/certificate-list.ts';
import { warnOfLeft } from './report/left.ts';
import type { CertificateResult, CertificateState } from './report/result.ts';
import { describeFailure } from './text.ts';

export interface CertificateOptions {
  /** seconds that all network work of one agent, of the list, or of one certificate may take */
  readonly timeout: number;
  readonly concurrency: number;
  readonly dryRun: boolean;
}

export interface CertificateServices {
  readonly api: HubApi;
  readonly interruption: Interruption;
  readonly warn: (warning: Warning) => void;
  /** deletes one by its id; the same id twice is deleted once */
  readonly deleteCertificate: ReturnType<typeof certificateDeleter>;
}

/** A certificate may both belong to an agent and be given by its id: both get its result. */
export function certificateDeleter(api: HubApi) {
  const begun = new Map<string, ReturnType<typeof deleteCertificate>>();
  return (id: string, limit: TimeLimit): ReturnType<typeof deleteCertificate> => {
    const deleted = begun.get(id) ?? deleteCertificate(id, api, limit);
    begun.set(id, deleted);
    return deleted;
  };
}

/** An agent whose certificates should be deleted. */
export interface Owner {
  readonly name: string;
  readonly clientId: string;
  /** for an agent that this job created: only the certificate from its create is its own */
  readonly own?: { readonly certificateId: string | undefined };
}

/** Deletes the certificates of an agent. Never throws: it warns of each certificate that stays. */
export type CertificateEraser = (owner: Owner) => Promise<CertificateState>;

/**
 * Makes the eraser for a step. Reads the list of certificates once, and only if the certificate of
 * some agent is unknown. Neither the list nor the certificates use up the agents' time.
 */
export async function certificateEraser(
  owners: readonly Owner[],
  { timeout, dryRun }: CertificateOptions,
  { api, interruption, warn, deleteCertificate: erase }: CertificateServices,
): Promise<CertificateEraser> {
  const unknown = owners.filter(({ own }) => own?.certificateId === undefined);
  const list = unknown.length > 0 ? await listWithin(timeout, api, interruption) : undefined;
  if (list?.problem !== undefined) {
    const why = describeFailure(list.problem, api.secrets);
    warnOfUnread(list.isBegun ? 'not be read completely' : 'not be read', why, unknown, warn);
  }
  return async ({ name, clientId, own }) => {
    const listed = list?.ids.get(clientId) ?? [];
    const ids = own?.certificateId === undefined ? listed : [own.certificateId];
    if (own?.certificateId === undefined && list?.unusable.has(clientId)) {
      warn({
        text: `A certificate of agent ${name} has no usable id, so it was not deleted.`,
        about: { name: clientId, kind: NO_USABLE_ID },
      });
    }
    if (ids.length === 0) {
      const isThere = list?.ids.has(clientId) === true;
      return isThere || list?.problem !== undefined || dryRun ? 'unknown' : 'absent';
    }
    if (own !== undefined && own.certificateId === undefined) {
      const why =
        'There is no proof that this step created them. To delete them, use the delete action with `certificate-id`.';
      warn({
        text: `These certificates of agent ${name} were not deleted: ${ids.join(', ')}. ${why}`,
        about: { name: ids.join(', '), kind: `Certificates were not deleted. ${why}` },
      });
      return 'unknown';
    }
    if (dryRun) return 'would-delete';
    const states: CertificateState[] = [];
    const limit = new TimeLimit(timeout, interruption);
    for (const id of ids) {
      const deleted = await erase(id, limit).catch(asFailure);
      if (typeof deleted === 'string') {
        states.push(deleted);
        continue;
      }
      states.push('failed');
      const why = describeFailure(deleted, api.secrets);
      const text = `Certificate ${id} of agent ${name} was not deleted. ${why}`;
      warn({ text, about: { name: id, kind: `Certificates were not deleted. [${deleted.code}]` } });
    }
    limit.end();
    const worst = (['failed', 'deleted', 'absent'] as const).find((one) => states.includes(one));
    return worst ?? 'unknown';
  };
}

function warnOfUnread(
  read: string,
  why: string,
  owners: readonly Owner[],
  warn: CertificateServices['warn'],
): void {
  const tell = (text: string) => warn({ text });
  warnOfLeft(
    { warn: tell, info: tell },
    `The list of certificates could ${read}, so certificates of these agents may be left. ${why} Agents:`,
    owners.map(({ clientId }) => clientId),
  );
}

const NO_USABLE_ID =
  'Certificates without a usable id were not deleted. These are their client ids.';

async function listWithin(timeout: number, api: HubApi, interruption: Interruption) {
  const limit = new TimeLimit(timeout, interruption);
  try {
    return await listCertificates(api, limit);
  } finally {
    limit.end();
  }
}

/** Deletes certificates by their ids; a failure of one does not affect the others. */
export async function deleteCertificates(
  ids: readonly string[],
  { timeout, concurrency, dryRun }: CertificateOptions,
  { interruption, deleteCertificate: erase }: CertificateServices,
  finished: (result: CertificateResult) => void,
): Promise<readonly CertificateResult[]> {
  const deleteOne = async (certificateId: string): Promise<CertificateResult> => {
    if (dryRun) return { certificateId, state: 'would-delete' };
    const limit = new TimeLimit(timeout, interruption);
    try {
      if (limit.cancelled) throw cancelled(`Deleting certificate ${certificateId}`);
      return { certificateId, state: await erase(certificateId, limit) };
    } catch (error) {
      return { certificateId, state: 'failed', failure: asFailure(error) };
    } finally {
      limit.end();
    }
  };
  const deleteAndTell = async (id: string) => {
    const result = await deleteOne(id);
    finished(result);
    return result;
  };
  return pMap(ids, deleteAndTell, { concurrency });
}

/** The results of certificates that all fail with one failure, before any of them was worked on. */
export function allCertificatesFailed(
  ids: readonly string[],
  failure: Failure,
): readonly CertificateResult[] {
  return ids.map((certificateId) => ({ certificateId, state: 'failed', failure }));
}
