import type { Section } from './row.ts';
import { create, ephemeral, list, listFound, lookUp, lookUpFound } from './rows/create.ts';
import {
  deleteAgent,
  deleteAsset,
  deleteCertificate,
  deleteCertificateById,
  deleteSecret,
  find,
  listToDelete,
  offboard,
} from './rows/delete.ts';
import { files, names, publicKey, rescue, secret } from './rows/deliver.ts';
import { applicationToken, token } from './rows/token.ts';

/** The fault matrix: what happens to a step when a request or the disk fails. */
export const creating: readonly Section[] = [
  token,
  applicationToken,
  create,
  lookUp,
  lookUpFound,
  list,
  listFound,
  ephemeral,
];
export const delivering: readonly Section[] = [publicKey, names, secret, files, rescue];
export const deleting: readonly Section[] = [
  listToDelete,
  deleteCertificate,
  deleteCertificateById,
  find,
  offboard,
  deleteAgent,
  deleteAsset,
  deleteSecret,
];

export const matrix: readonly Section[] = [...creating, ...delivering, ...deleting];
