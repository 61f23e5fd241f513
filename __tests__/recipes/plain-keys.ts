import { createPrivateKey } from 'node:crypto';
import { gunzipSync } from 'node:zlib';

/** How many of some private keys can be read in a file: as PEM or DER of any form, also in a .gz. */
export function plainKeysIn(file: Buffer, keys: readonly string[]): number {
  const isCompressed = file[0] === 0x1f && file[1] === 0x8b;
  const content = isCompressed ? gunzipSync(file) : file;
  const text = content.toString('latin1').replaceAll(/\s|\\n/g, '');
  return keys.filter((key) => {
    const { der, base64 } = endOf(key);
    return content.includes(der) || base64.some((form) => text.includes(form));
  }).length;
}

/** The last bytes of a key, which are secret and in all its forms, with their forms in base64. */
function endOf(key: string) {
  const der = createPrivateKey(key).export({ type: 'pkcs8', format: 'der' }).subarray(-96);
  const base64 = [0, 1, 2].map((skip) => der.subarray(skip, skip + 48).toString('base64'));
  return { der: der.subarray(0, 48), base64 };
}
