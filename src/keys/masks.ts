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

/** In characters: a shorter mask would hide unrelated text in the log. */
const SHORTEST_MASK = 16;

/** The default line length of `base64`, in characters. */
const BASE64_COLUMNS = 76;

const ARMOUR = /-----[^-]*-----/g;
const ENCRYPTED = 'ENCRYPTED PRIVATE KEY';

/** A private key as the service issues it, or always as PKCS#8. */
export type KeyFormat = 'issued' | 'pkcs8';

/** A private key that is masked. */
export interface KeptKey {
  /** canonical PEM, not encrypted; as received, with LF line ends, if it is not an accepted key */
  readonly privateKey: Secret;
  /** the form that is stored */
  readonly stored: Secret;
}

/**
 * Turns a private key (PEM) into Secrets and masks it, both as it is and as it is stored, which is
 * encrypted if there is a lock. All private keys come in through the functions of this file. Until a
 * key is masked, they only read and convert it.
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
 * Masks a private key that was found in a file, and returns it decrypted. With a passphrase, the key
 * must be encrypted with it; without one, it must be unencrypted and have the wanted format. Returns
 * nothing if this is not so, or if the file contains anything else. In any case, masks every part of a
 * key that can be read.
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

/** Masks what should have been a private key: it may be one of another kind or format. */
function keepUnknown(text: string, secrets: SecretKeeper): KeptKey {
  const pem = normalisePem(text);
  const privateKey = new Secret(pem);
  const body = linesOf(pem).join('');
  const isBase64 = body === pem.replace(ARMOUR, '').replace(/\s/g, '');
  const blocks = readBlocks(text).map(({ label, der }) => der && writeBlock(label, der));
  const lines = [pem, ...blocks].flatMap((block = '') => linesOf(block));
  // Only base64 can be recognised by its pieces later. Anything else is masked like other secrets.
  if (isBase64) maskKey(privateKey, [...lines, body], text, secrets);
  else secrets.mask([...lines, toJson(pem)].filter(isLong).map((mask) => new Secret(mask)));
  return { privateKey, stored: privateKey };
}

/** `sent` is the key as received: a server may repeat it in that form. */
function maskKey(key: Secret, masks: readonly string[], sent: string, secrets: SecretKeeper): void {
  const long = [...new Set(masks)].filter(isLong).map((mask) => new Secret(mask));
  secrets.maskKey(key, long, new Secret(sent));
}

/**
 * The masks that hide an unencrypted key file, however tools print it: its lines, in every format that
 * they convert it to, and the file as JSON and base64, whole and wrapped. Armour lines are left out,
 * because masking them would hide parts of every other PEM file of the job.
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

/** As inside a JSON string, without the last line end. */
function toJson(text: string): string {
  return JSON.stringify(text.trimEnd()).slice(1, -1);
}

function toBase64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function isLong({ length }: string): boolean {
  return length >= SHORTEST_MASK;
}
