import { Secret } from '../secret.ts';

/** A piece of a key that is shorter than this is no secret. */
const SHORTEST = 16;

/** A text is probed every so many characters: each longer piece holds a whole probe then. */
const PROBE = SHORTEST / 2;

/**
 * Everything that a server may send instead of a private key, in one string: its body, base64 of
 * file, JSON and body from each of three offsets, base64 of that, and all of it as in a URL. Nothing
 * for what is no plain PEM.
 */
export function tracesOf(privateKey: Secret): Secret | undefined {
  const pem = privateKey.reveal();
  const body = pem.replace(/-----[^-]*-----|\s/g, '');
  if (!/^[A-Za-z0-9+/=]+$/.test(body)) return undefined;
  const file = Buffer.from(pem).toString('base64');
  const texts = [body, ...[pem, JSON.stringify(pem), body, file].flatMap(shifted)];
  return new Secret([...texts, ...texts.map(encodeURIComponent)].join('\n'));
}

function shifted(text: string): readonly string[] {
  const bytes = Buffer.from(text);
  return [0, 1, 2].map((skip) => bytes.subarray(skip).toString('base64'));
}

/** The text with every longer piece that it shares with the traces replaced by `***`. */
export function hideTraces(text: string, traces: Secret): string {
  const all = traces.reveal();
  let hidden = '';
  let done = 0;
  let at = 0;
  while (at + PROBE <= text.length) {
    const [from, to] = commonPiece(text, at, all);
    if (to - from < SHORTEST) {
      at += to > at ? 1 : PROBE;
      continue;
    }
    hidden += `${text.slice(done, Math.max(done, from))}***`;
    done = to;
    at = to;
  }
  return hidden + text.slice(done);
}

/** Where the longest common piece begins and ends that holds the probe at a position; empty if none. */
function commonPiece(text: string, at: number, all: string): readonly [number, number] {
  const probe = text.slice(at, at + PROBE);
  let piece: readonly [number, number] = [at, at];
  // What holds anything else is in no trace.
  if (!/^[A-Za-z0-9+/=%]+$/.test(probe)) return piece;
  for (let found = all.indexOf(probe); found >= 0; found = all.indexOf(probe, found + 1)) {
    let before = 0;
    while (at > before && text[at - before - 1] === all[found - before - 1]) before++;
    let length = PROBE;
    while (at + length < text.length && text[at + length] === all[found + length]) length++;
    if (before + length > piece[1] - piece[0]) piece = [at - before, at + length];
  }
  return piece;
}
