import { Secret, type SecretKeeper } from '../secret.ts';
import {
  inLines,
  normalisePem,
  type PemBlock,
  readBlocks,
  readOnlyBlock,
  writeBlock,
} from './armour.ts';
import { decryptKey, type KeyLock } from './pbes2.ts';
import {
  isPrivateKey,
  PKCS8,
  type PrivateKey,
  readKeyBlock,
  readPrivateKey,
} from './private-key.ts';

/** A shorter mask would blank unrelated text of the log, in characters. */
const SHORTEST_MASK = 16;

/** As `base64` wraps by default, in characters. */
const BASE64_COLUMNS = 76;

const ARMOUR = /-----[^-]*-----/g;
const ENCRYPTED = 'ENCRYPTED PRIVATE KEY';

/** As the service gives a private key, or always as PKCS#8. */
export type KeyFormat = 'issued' | 'pkcs8';

/** A private key that is masked. */
export interface KeptKey {
  /** in canonical PEM, without encryption; as it came when it is none that is accepted */
  readonly privateKey: Secret;
  /** the form in which it is stored */
  readonly stored: Secret;
}

/**
 * Makes a private key (PEM) Secrets and masks it: as it is, and as it is stored, which is encrypted
 * where there is a lock. The functions of this file are the only way in for private keys. Until a
 * key is masked, they do nothing with it but read and convert it.
 */
export function keepIssuedKey(
  text: string,
  { format, lock }: { readonly format: KeyFormat; readonly lock: KeyLock | undefined },
  secrets: SecretKeeper,
): KeptKey {
  const key = readPrivateKey(text);
  if (key === undefined) return keepUnknown(text, secrets);
  const privateKey = new Secret(key.pem);
  const plain = format === 'pkcs8' ? key.pkcs8 : key.pem;
  const encrypted = lock && encryptKey(key, lock);
  const masks = encrypted ? [encrypted, ...key.forms].flatMap(linesOf) : masksOf(plain, key.forms);
  maskKey(privateKey, masks, text, secrets);
  return { privateKey, stored: new Secret(encrypted ?? plain) };
}

function encryptKey({ object }: PrivateKey, lock: KeyLock): string {
  return writeBlock(ENCRYPTED, lock.encrypt(object.export({ type: 'pkcs8', format: 'der' })));
}

/**
 * Masks a private key that was found in a file, and returns it without encryption. With a
 * passphrase it must be encrypted and open with it, without one it must be plain, and of the wanted
 * format. Nothing else may be in the file: else nothing is returned. What can be read of a key is
 * masked in any case.
 */
export async function keepFoundKey(
  text: string,
  { format, passphrase }: { readonly format: KeyFormat; readonly passphrase: Secret | undefined },
  secrets: SecretKeeper,
): Promise<Secret | undefined> {
  if (!readBlocks(text).some(isPrivateKey)) return undefined;
  const only = readOnlyBlock(text);
  const isEncrypted = only?.label === ENCRYPTED;
  const key = isEncrypted && passphrase ? await openKey(only, passphrase) : readPrivateKey(text);
  const forms = key?.forms ?? [];
  const masks = isEncrypted || !key ? [text, ...forms].flatMap(linesOf) : masksOf(text, forms);
  const privateKey = new Secret(key?.pem ?? '');
  maskKey(privateKey, masks, text, secrets);
  const isForm = isEncrypted === (passphrase !== undefined);
  // An encrypted key is always PKCS#8.
  const isFormat = isEncrypted || format === 'issued' || only?.label === PKCS8;
  return key && only && isForm && isFormat ? privateKey : undefined;
}

async function openKey({ der }: PemBlock, passphrase: Secret): Promise<PrivateKey | undefined> {
  const plain = der && (await decryptKey(der, passphrase));
  return plain && readKeyBlock({ label: PKCS8, der: plain });
}

/** Masks what should have been a key. It may be one of another kind, or in another format. */
function keepUnknown(text: string, secrets: SecretKeeper): KeptKey {
  const pem = normalisePem(text);
  const privateKey = new Secret(pem);
  const body = linesOf(pem).join('');
  const isBase64 = body === pem.replace(ARMOUR, '').replace(/\s/g, '');
  const blocks = readBlocks(text).map(({ label, der }) => der && writeBlock(label, der));
  const lines = [pem, ...blocks].flatMap((block = '') => linesOf(block));
  // Only base64 can be found by its pieces later; anything else is masked like other secrets.
  if (isBase64) maskKey(privateKey, [...lines, body], text, secrets);
  else secrets.mask([...lines, toJson(pem)].filter(isLong).map((mask) => new Secret(mask)));
  return { privateKey, stored: privateKey };
}

/** `sent` is the key as it came: a server may repeat it so. */
function maskKey(key: Secret, masks: readonly string[], sent: string, secrets: SecretKeeper): void {
  const long = [...new Set(masks)].filter(isLong).map((mask) => new Secret(mask));
  secrets.maskKey(key, long, new Secret(sent));
}

/**
 * What hides a key whose file is not encrypted, however tools print it: its lines, in every format
 * that they convert it to, and the file as JSON and base64, whole and wrapped. Armour lines are left
 * out, because their masks would blank every other PEM file of the job.
 */
function masksOf(file: string, forms: readonly string[]): readonly string[] {
  const encoded = [file, file.trimEnd()].map(toBase64);
  const body = linesOf(file).join('');
  const wrapped = [body, ...encoded].flatMap((text) => inLines(text, BASE64_COLUMNS));
  const others = forms.filter((form) => form !== file);
  const lines = [file, ...others].flatMap(linesOf);
  return [...lines, ...wrapped, ...encoded, toJson(file), ...others.map(toBase64)];
}

/** The lines of a PEM file, without its armour. */
function linesOf(pem: string): readonly string[] {
  const lines = pem.replace(ARMOUR, '\n').split(/\s+/);
  return lines.filter((line) => /^[A-Za-z0-9+/=]+$/.test(line));
}

/** As in a text of JSON, without its last line end. */
function toJson(text: string): string {
  return JSON.stringify(text.trimEnd()).slice(1, -1);
}

function toBase64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function isLong({ length }: string): boolean {
  return length >= SHORTEST_MASK;
}
