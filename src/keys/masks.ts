import { Secret, type SecretKeeper } from '../secret.ts';
import { normalisePem } from './pem.ts';

/** A longer text is no key: one of 16,384 bits takes less, in characters. */
export const LONGEST_KEY = 16 * 1024;

/** A shorter mask would blank unrelated text of the log, in characters. */
const SHORTEST_MASK = 16;

const ARMOUR = /-----[^-]*-----/g;

/** Makes a private key (PEM) a Secret and masks it. This is the only way in for private keys. */
export function keepPrivateKey(text: string, secrets: SecretKeeper): Secret {
  const pem = normalisePem(text);
  const key = new Secret(pem);
  const masks = masksOf(pem).map((mask) => new Secret(mask));
  // Only base64 can be found by its pieces later; anything else is masked like other secrets.
  if (isBase64(pem.replace(ARMOUR, '').replace(/\s/g, '')))
    secrets.maskKey(key, masks, new Secret(text));
  else secrets.mask(masks);
  return key;
}

/**
 * All forms of a private key that tools commonly print: the file, its body in one line or
 * re-wrapped, its JSON, and base64 of the file. Armour lines are left out, because their masks would
 * blank every other PEM file of the job.
 */
function masksOf(pem: string): readonly string[] {
  const trimmed = pem.replace(/\n$/, '');
  const lines = trimmed.replace(ARMOUR, '').split(/\s/).filter(isBase64);
  const file = Buffer.from(pem).toString('base64');
  const trimmedFile = Buffer.from(trimmed).toString('base64');
  const wrapped = [lines.join(''), file, trimmedFile].flatMap((form) => [form, ...wrap(form)]);
  const json = JSON.stringify(trimmed).slice(1, -1);
  return [...new Set([...lines, ...wrapped, json])].filter(({ length }) => length >= SHORTEST_MASK);
}

/** Lines of 76 characters, as `base64` makes them by default. */
function wrap(text: string): readonly string[] {
  return text.match(/.{1,76}/g) ?? [];
}

function isBase64(text: string): boolean {
  return /^[A-Za-z0-9+/=]+$/.test(text);
}
