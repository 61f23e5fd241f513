import { Secret } from '../secret.ts';

/** Shorter pieces would blank unrelated text of the log. */
const SHORTEST = 16;

const ARMOUR = /-----[^-]*-----/g;

/** The width at which `base64` wraps by default: 76 characters. */
const WRAPPED = /.{1,76}/g;

/**
 * The strings that must be masked so that a private key (normalised PEM) can't be read in a log in
 * any of the forms that tools commonly print: the file, its body in one line or wrapped anew, its
 * JSON, and base64 of the file. Armour lines are left out, because their masks would blank every
 * other PEM file of the job.
 */
export function masksOfPrivateKey(privateKey: Secret): readonly Secret[] {
  const pem = privateKey.reveal();
  const trimmed = pem.replace(/\n$/, '');
  const lines = trimmed.replace(ARMOUR, '').split(/\s/).filter(isBase64);
  const pieces = new Set(lines);
  for (const text of [lines.join(''), toBase64(pem), toBase64(trimmed)]) {
    pieces.add(text);
    for (const line of text.match(WRAPPED) ?? []) pieces.add(line);
  }
  pieces.add(JSON.stringify(trimmed).slice(1, -1));
  const masks: Secret[] = [];
  for (const piece of pieces) {
    if (piece.length >= SHORTEST) masks.push(new Secret(piece));
  }
  return masks;
}

function isBase64(piece: string): boolean {
  return /^[A-Za-z0-9+/=]+$/.test(piece);
}

function toBase64(text: string): string {
  return Buffer.from(text).toString('base64');
}
