/** What must not be readable anywhere: single values, and private keys in PEM. */
export interface KnownSecrets {
  readonly values: readonly string[];
  readonly keys: readonly string[];
}

/** So many characters of a key in a row are a leak. */
const WINDOW = 16;

/** Every secret that can be read in a text, in any form that common tools and encodings give it. */
export function leaksIn(text: string, { values, keys }: KnownSecrets): readonly string[] {
  const decoded = text.replace(/%2[BF]|%3D/gi, decodeURIComponent);
  // A person who reads or copies does not notice invisible characters.
  const visible = text.replace(/\p{Cf}/gu, '');
  const joined = visible.replace(/\\n|\s/g, '');
  const texts = visible === text ? [text] : [text, visible];
  const found = values.filter((value) =>
    [value, ...Object.values(partsOf(value))]
      .flatMap(formsOf)
      .some((form) => texts.some((one) => one.includes(form))),
  );
  const foundKeys = keys.filter((key) => {
    const pieces = piecesOf(key);
    return (
      haveCommonRun(text, pieces, WINDOW) ||
      haveCommonRun(decoded, pieces, WINDOW) ||
      // Two parts around a line end may each be shorter than what is a leak.
      haveCommonRun(joined, pieces, 2 * WINDOW)
    );
  });
  return [...found, ...foundKeys.map(() => 'a private key')];
}

/**
 * The same in a file. A certificate has much in common with its key: the modulus, which is no
 * secret.
 */
export function leaksInFile(text: string, known: KnownSecrets): readonly string[] {
  const isCertificate = text.startsWith('-----BEGIN CERTIFICATE-----');
  if (!isCertificate || text.includes('PRIVATE KEY')) return leaksIn(text, known);
  return leaksIn(text, { ...known, keys: [] });
}

/** A shorter part of a secret may be a word, in characters. */
const LEAST_PART = 8;

/** Large parts of a secret, which give it away as well. */
export function partsOf(value: string): Readonly<Record<string, string>> {
  const signs = [...value];
  const half = Math.floor(signs.length / 2);
  const parts = {
    'all but the last sign': signs.slice(0, -1),
    'first half': signs.slice(0, half),
    'second half': signs.slice(half),
  };
  const least = Math.max(LEAST_PART, Math.floor(value.length / 2));
  return Object.fromEntries(
    Object.entries(parts)
      .map(([name, part]) => [name, part.join('')] as const)
      .filter(([, part]) => part.length >= least),
  );
}

function formsOf(value: string): readonly string[] {
  const bytes = Buffer.from(value);
  const base64 = [0, 1, 2].map((skip) => {
    const whole = bytes.subarray(skip);
    return whole.subarray(0, whole.length - (whole.length % 3)).toString('base64');
  });
  return [
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value),
    ...base64.filter(({ length }) => length >= 8),
  ];
}

/** The parts of a key that are searched for. */
interface Pieces {
  readonly texts: readonly string[];
  /** all runs of BLOCK characters: of a text, only every such block has to be looked up */
  readonly blocks: ReadonlySet<string>;
}

/** Every run that is a leak contains a whole block, wherever blocks begin. */
const BLOCK = WINDOW / 2;

/** Every key is searched for in many texts, and a long test has more keys than memory. */
const known = new Map<string, Pieces>();
const MOST_KNOWN = 32;

/** The pieces of a key's body, and of base64 of its file. */
function piecesOf(pem: string): Pieces {
  const pieces = known.get(pem) ?? makePieces(pem);
  // The latest one is last; the one that was not used for longest is dropped.
  known.delete(pem);
  known.set(pem, pieces);
  const [oldest = ''] = known.keys();
  if (known.size > MOST_KNOWN) known.delete(oldest);
  return pieces;
}

function makePieces(pem: string): Pieces {
  const body = pem.replace(/-----.*?-----|\s/g, '');
  const file = Buffer.from(pem);
  const texts = [
    body,
    ...[0, 1, 2].map((skip) => file.subarray(skip).toString('base64').slice(60, -60)),
  ];
  return { texts, blocks: new Set(texts.flatMap(blocksIn)) };
}

function blocksIn(text: string): readonly string[] {
  return Array.from({ length: Math.max(0, text.length - BLOCK + 1) }, (_, at) =>
    text.slice(at, at + BLOCK),
  );
}

function haveCommonRun(text: string, { texts, blocks }: Pieces, length: number): boolean {
  for (let at = 0; at + BLOCK <= text.length; at += BLOCK) {
    if (!blocks.has(text.slice(at, at + BLOCK))) continue;
    for (let from = Math.max(0, at + BLOCK - length); from <= at; from++) {
      const run = text.slice(from, from + length);
      if (run.length === length && texts.some((known) => known.includes(run))) return true;
    }
  }
  return false;
}
