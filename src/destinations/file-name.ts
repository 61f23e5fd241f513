/** Leaves room for an extension and a suffix within the 255 bytes of common file systems. */
const LONGEST = 128;

/** Names that Windows keeps for devices, whatever their extension. */
const RESERVED = /^(con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[\d\xb2\xb3\xb9])(?= *(\.|$))/i;

/** A client id as a file name: what is not safe on every system becomes `_`. */
export function safeFileName(clientId: string): string {
  const name = clientId.replace(/[^A-Za-z0-9._-]/gu, '_').slice(0, LONGEST);
  return name.replace(/^\.+/, (dots) => '_'.repeat(dots.length)).replace(RESERVED, '_$1');
}

/** Whether Windows takes a name to the letter: no device, no stream, nothing that it cuts off. */
export function isWindowsName(name: string): boolean {
  return !RESERVED.test(name) && !/[<>:"|?*]|[. ]$/.test(name);
}
