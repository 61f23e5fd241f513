/** One block of PEM (RFC 7468). */
export interface PemBlock {
  /** such as `RSA PRIVATE KEY` */
  readonly label: string;
  /** nothing if the body is not base64 */
  readonly der: Buffer | undefined;
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]{1,40})-----([^-]*)-----END \1-----/g;
const ONLY_BLOCK =
  /^\s*-----BEGIN ([A-Z0-9 ]{1,40})-----\r?\n(?:[A-Za-z0-9+/=]+\r?\n)+-----END \1-----\s*$/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Characters in a line of PEM (RFC 7468, section 2). */
const COLUMNS = 64;

/** The blocks in a text, with any line length, without the text around them. */
export function readBlocks(text: string): readonly PemBlock[] {
  return [...normalisePem(text).matchAll(BLOCK)].map(([, label = '', body = '']) => {
    const base64 = body.replace(/\s/g, '');
    const isWhole = BASE64.test(base64) && base64.length % 4 === 0;
    return { label, der: isWhole ? Buffer.from(base64, 'base64') : undefined };
  });
}

/** The only block of a file, in lines, as every client can read it; nothing if there is anything else. */
export function readOnlyBlock(text: string): PemBlock | undefined {
  return ONLY_BLOCK.test(text) ? readBlocks(text)[0] : undefined;
}

/** Canonical PEM: lines of 64 characters with LF line ends, including the last one. */
export function writeBlock(label: string, der: Buffer): string {
  const lines = inLines(der.toString('base64'), COLUMNS);
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

export function inLines(text: string, columns: number): readonly string[] {
  return text.match(new RegExp(`.{1,${columns}}`, 'g')) ?? [];
}

/** PEM with LF line ends. In JSON, they may be CRLF or escaped twice (a backslash and an n). */
export function normalisePem(text: string): string {
  const lines = text
    .replace(/\\r\\n|\\r|\\n|\r\n?/g, '\n')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return `${lines.join('\n')}\n`;
}
