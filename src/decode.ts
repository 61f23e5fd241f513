/** Decodes the escapes of URLs, HTML and JSON, in which a secret would not be recognised. */
export function decode(text: string): string {
  return text
    .replace(/(?:%[0-9a-f]{2})+/gi, (bytes) =>
      Buffer.from(bytes.replaceAll('%', ''), 'hex').toString(),
    )
    .replace(/&#(\d{1,6});|&#x([0-9a-f]{1,5});|\\u([0-9a-f]{4})/gi, (_, decimal, hex, json) =>
      String.fromCodePoint(
        decimal === undefined ? Number.parseInt(hex ?? json, 16) : Number(decimal),
      ),
    )
    .replace(/&(amp|lt|gt|quot|apos);|\\(["\\/])/g, (_, name, sign) => sign ?? ENTITIES[name]);
}

type Entities = Readonly<Record<string, string>>;
const ENTITIES: Entities = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
