/** A sample id, as long as the random ids that it replaces. */
const SAMPLE = '9eyf37799b5949099a5287a547f8e001';

/**
 * Replaces what differs from run to run with fixed values: directories, ids, fingerprints, ports,
 * times and sizes. Every line keeps its length, so that the layout stays the same.
 */
export function stable(transcript: string): string {
  const ports = new Map<string, string>();
  const portOf = (port: string) => {
    const known = ports.get(port) ?? String(50_001 + ports.size).padEnd(port.length, '0');
    ports.set(port, known);
    return known.slice(0, port.length);
  };
  return transcript
    .replace(/(?:[0-9A-F]{2}:)+[0-9A-F]{2}\b|(?:[0-9A-F]{2}:){2,}/g, fingerprint)
    .replace(/\brunner-\w{6}(?=[/\\])/g, 'runner-a1b2c3')
    .replace(/\b(?=[a-z]*\d)[0-9a-z]{32}\b/g, SAMPLE)
    .replace(/\b[0-9A-HJKMNP-TV-Z]{26}\b/g, '01G16QJSRNKA3JD4DQE2Z7KPEK')
    .replace(/(localhost:|127\.0\.0\.1:|-p )(\d+)/g, (_, host, port) => host + portOf(port))
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, (time) =>
      time.startsWith('2049') ? time : '2026-01-01T08:00:00.000Z',
    )
    .replace(/\w{3} [ \d]\d [\d:]{8} (?!2049)\d{4} GMT/g, 'Jan  1 08:00:00 2026 GMT')
    .replace(/\b\d\.\d s\b/g, '0.4 s')
    .replace(/\d{4}(?= {2}\S+\.key\b)/g, '1675')
    .replace(/\d{4}(?= {2}\S+_device001\.pem\b)/g, '1216')
    .replace(/\d{3}(?= {2}\S+\.mqttx\.json\b)/g, '807');
}

const BYTES = ['AB', 'CD', 'EF', '01', '23', '45', '67', '89'];

/** Replaces a fingerprint's bytes; leaves times such as 12:34:56, which look similar. */
function fingerprint(text: string): string {
  if (/^\d\d:\d\d(:\d\d)?$/.test(text)) return text;
  let index = 0;
  return text.replace(/[0-9A-F]{2}/g, () => BYTES[index++ % BYTES.length] ?? '');
}
