/** What must not be readable anywhere: single values, and private keys in PEM. */
export interface KnownSecrets {
  readonly values: readonly string[];
  readonly keys: readonly string[];
}

/** So many characters of a key in a row are a leak. */
const WINDOW = 16;

/** Every secret that can be read in a text, in any form that common tools and encodings give it. */
export function leaksIn(text: string, { values, keys }: KnownSecrets): readonly string[] {
  const plain = [text, text.replace(/\\n|\s/g, '')];
  const found = values.filter((value) => formsOf(value).some((form) => text.includes(form)));
  const foundKeys = keys.filter((key) => {
    const pieces = windowsOf(key);
    return plain.some((haystack) => haveCommonWindow(haystack, pieces));
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

/** Every key is looked for in many texts. */
const known = new Map<string, ReadonlySet<string>>();

/** All runs of WINDOW characters of a key's body, of base64 of its file and of URI-encoded text. */
function windowsOf(pem: string): ReadonlySet<string> {
  const windows = known.get(pem) ?? makeWindows(pem);
  known.set(pem, windows);
  return windows;
}

function makeWindows(pem: string): ReadonlySet<string> {
  const body = pem.replace(/-----.*?-----|\s/g, '');
  const file = Buffer.from(pem);
  const texts = [
    body,
    encodeURIComponent(body),
    ...[0, 1, 2].map((skip) => file.subarray(skip).toString('base64').slice(60, -60)),
  ];
  const windows = texts.flatMap((text) =>
    Array.from({ length: Math.max(0, text.length - WINDOW + 1) }, (_, at) =>
      text.slice(at, at + WINDOW),
    ),
  );
  return new Set(windows);
}

function haveCommonWindow(text: string, windows: ReadonlySet<string>): boolean {
  for (let at = 0; at + WINDOW <= text.length; at++) {
    if (windows.has(text.slice(at, at + WINDOW))) return true;
  }
  return false;
}
