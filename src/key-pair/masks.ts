import { Secret } from '../secret.ts';

/** Shorter pieces would blank unrelated text of the log. */
const SHORTEST = 16;

const ARMOUR = /-----[^-]*-----/g;

/** The width at which `base64` wraps by default, in characters. */
const WRAPPED = 76;

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
  const body = lines.join('');
  const file = toBase64(pem);
  // Wrapped, it differs from the file's base64 in its last line only.
  const unended = toBase64(trimmed);
  const pieces = [
    ...lines,
    ...[body, ...wrap(body)],
    ...[file, ...wrap(file)],
    ...[unended, ...wrap(unended).slice(-1)],
    JSON.stringify(trimmed).slice(1, -1),
  ];
  return pieces.filter(({ length }) => length >= SHORTEST).map((piece) => new Secret(piece));
}

function wrap(text: string): readonly string[] {
  const lines: string[] = [];
  for (let at = 0; at < text.length; at += WRAPPED) lines.push(text.slice(at, at + WRAPPED));
  return lines;
}

function isBase64(piece: string): boolean {
  return /^[A-Za-z0-9+/=]+$/.test(piece);
}

function toBase64(text: string): string {
  return Buffer.from(text).toString('base64');
}
