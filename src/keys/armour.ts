/** One block of PEM (RFC 7468). */
export interface PemBlock {
  /** such as `RSA PRIVATE KEY` */
  readonly label: string;
  /** nothing when its body is not base64 */
  readonly der: Buffer | undefined;
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]{1,40})-----([^-]*)-----END \1-----/g;
const ONLY_BLOCK =
  /^\s*-----BEGIN ([A-Z0-9 ]{1,40})-----\r?\n(?:[A-Za-z0-9+/=]+\r?\n)+-----END \1-----\s*$/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Characters in a line of PEM (RFC 7468, section 2). */
const COLUMNS = 64;

/** The blocks in a text, however they are wrapped, and nothing of what is around them. */
export function readBlocks(text: string): readonly PemBlock[] {
  return [...normalisePem(text).matchAll(BLOCK)].map(([, label = '', body = '']) => {
    const base64 = body.replace(/\s/g, '');
    const isWhole = BASE64.test(base64) && base64.length % 4 === 0;
    return { label, der: isWhole ? Buffer.from(base64, 'base64') : undefined };
  });
}

/** The one block that a file consists of, in lines: what every client can read. */
export function readOnlyBlock(text: string): PemBlock | undefined {
  return ONLY_BLOCK.test(text) ? readBlocks(text)[0] : undefined;
}

/** PEM in its canonical form: lines of 64 characters, LF line ends, one of them at the end. */
export function writeBlock(label: string, der: Buffer): string {
  const lines = inLines(der.toString('base64'), COLUMNS);
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

export function inLines(text: string, columns: number): readonly string[] {
  return text.match(new RegExp(`.{1,${columns}}`, 'g')) ?? [];
}

/** PEM with LF line ends. In JSON they may be CRLF, or escaped twice (a backslash and an n). */
export function normalisePem(text: string): string {
  const lines = text
    .replace(/\\r\\n|\\r|\\n|\r\n?/g, '\n')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return `${lines.join('\n')}\n`;
}
