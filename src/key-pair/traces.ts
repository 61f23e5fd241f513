import { once } from '../once.ts';
import { Secret, type Traces } from '../secret.ts';

/** A piece of a key that is shorter than this is no secret. */
const SHORTEST = 16;

/** Each piece that is no shorter holds a whole block of this length, wherever blocks begin. */
const BLOCK = SHORTEST / 2;

/** For longer runs an index of the traces' blocks is made. */
const LONG = 256;

/** Whether a private key is plain PEM, which leaves traces as they are looked for here. */
export function isTraceable(privateKey: Secret): boolean {
  return /^[A-Za-z0-9+/=]+$/.test(bodyOf(privateKey));
}

/**
 * Everything that a server may send instead of a private key, in one string: its body, and base64
 * of file, JSON and body from each of three offsets, and base64 of that.
 */
export function tracesOf(privateKey: Secret): Traces {
  const pem = privateKey.reveal();
  const body = bodyOf(privateKey);
  const file = Buffer.from(pem).toString('base64');
  const text = [body, ...[pem, JSON.stringify(pem), body, file].flatMap(shifted)].join('\n');
  return { text: new Secret(text), blocks: once(() => new Set(blocksOf(text, BLOCK))) };
}

function bodyOf(privateKey: Secret): string {
  return privateKey.reveal().replace(/-----[^-]*-----|\s/g, '');
}

function shifted(text: string): readonly string[] {
  const bytes = Buffer.from(text);
  return [0, 1, 2].map((skip) => bytes.subarray(skip).toString('base64'));
}

/** What runs are made of; a class alone is found much faster. */
const SIGNS = /[A-Za-z0-9+/=%]{16,}/g;

/** Runs that could be a piece of a key; what holds anything else is in no trace. */
const RUN = /(?:[A-Za-z0-9+/=]|%2[BbFf]|%3[Dd]){16,}/g;

/** Of short runs, no more than this are remembered. */
const MOST_RUNS = 1_000;

/**
 * The text with every longer piece that it shares with the traces of a key replaced by `***`.
 * `known` remembers what runs came to with these keys: long lists name a directory over and over.
 */
export function hideTraces(
  text: string,
  keys: readonly (() => Traces)[],
  known = new Map<string, string>(),
): string {
  if (keys.length === 0) return text;
  const hide = (signs: string): string => {
    // Ids and words are of one case; no longer piece of a key is.
    if (!/[a-z]/.test(signs) || !/[A-Z]/.test(signs)) return signs;
    const hidden = known.get(signs) ?? hideInRuns(signs, keys);
    if (signs.length <= LONG && known.size < MOST_RUNS) known.set(signs, hidden);
    return hidden;
  };
  return text.replace(SIGNS, hide);
}

/** Runs may be there to the letter, or with the escapes of a URL. */
function hideInRuns(signs: string, keys: readonly (() => Traces)[]): string {
  return signs.replace(RUN, (run) => {
    if (!run.includes('%')) return hideKeys(run, keys);
    const plain = decodeURIComponent(run);
    return hideKeys(plain, keys) === plain ? run : '***';
  });
}

function hideKeys(run: string, keys: readonly (() => Traces)[]): string {
  const isLong = run.length > LONG;
  const blocks = blocksOf(run, isLong ? 1 : BLOCK);
  let hidden = run;
  for (const key of keys) {
    const traces = key();
    const known = isLong ? traces.blocks() : undefined;
    const text = traces.text.reveal();
    const isThere = (block: string) => known?.has(block) ?? text.includes(block);
    if (blocks.some(isThere)) hidden = hideInRun(hidden, traces);
  }
  return hidden;
}

/** The whole blocks of a text that begin every so many signs. */
function blocksOf(text: string, every: number): readonly string[] {
  const found: string[] = [];
  for (let at = 0; at + BLOCK <= text.length; at += every) found.push(text.slice(at, at + BLOCK));
  return found;
}

function hideInRun(run: string, traces: Traces): string {
  const text = traces.text.reveal();
  const blocks = traces.blocks();
  let hidden = '';
  let done = 0;
  for (let at = 0; at + BLOCK <= run.length; at++) {
    if (!blocks.has(run.slice(at, at + BLOCK))) continue;
    const [from, to] = commonPiece(run, at, text);
    if (to - from < SHORTEST) continue;
    hidden += `${run.slice(done, Math.max(done, from))}***`;
    done = to;
    at = to - 1;
  }
  return hidden + run.slice(done);
}

/** Where the longest common piece begins and ends that holds the block at a position. */
function commonPiece(run: string, at: number, all: string): readonly [number, number] {
  const block = run.slice(at, at + BLOCK);
  let piece: readonly [number, number] = [at, at];
  for (let found = all.indexOf(block); found >= 0; found = all.indexOf(block, found + 1)) {
    let before = 0;
    while (at > before && run[at - before - 1] === all[found - before - 1]) before++;
    let length = BLOCK;
    while (at + length < run.length && run[at + length] === all[found + length]) length++;
    if (before + length > piece[1] - piece[0]) piece = [at - before, at + length];
  }
  return piece;
}
