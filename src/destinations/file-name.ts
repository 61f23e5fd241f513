/** Leaves room for an extension and a suffix within the 255 bytes of common file systems. */
const LONGEST = 128;

/** Names that Windows keeps for devices, whatever their extension. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/i;

/** A client id as a file name: what is not safe on every system becomes `_`. */
export function safeFileName(clientId: string): string {
  const name = clientId.replace(/[^A-Za-z0-9._-]/gu, '_').slice(0, LONGEST);
  return name.replace(/^\.+/, (dots) => '_'.repeat(dots.length)).replace(RESERVED, '_$1');
}
