import path from 'node:path';
import type { DeviceServices } from './device-services.ts';
import { ROOT } from './services.ts';

/** What an NVS image says, by namespace and key. */
export type Nvs = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** How the images of the stand-in begin: they are JSON, which no real image is. */
const MAGIC = 'NVS ';

/** Reads an image of the stand-in. */
export function readNvs(image: Buffer): Nvs {
  return JSON.parse(image.toString().replace(MAGIC, '')) as Nvs;
}

/**
 * Espressif's generator, as far as the recipes use it: it reads the same CSV, refuses what the
 * real one and NVS refuse (keys of more than 15 characters, strings of more than 4,000 bytes with
 * their NUL), and writes JSON.
 */
const GENERATOR = `
const fs = require('node:fs');
const [m, name, command, csv, image, size, ...more] = process.argv.slice(2);
const expected = [m, name, command].join(' ') === '-m esp_idf_nvs_partition_gen generate';
if (!expected || Number(size) < 0x3000 || more.length > 0) throw new Error('other words');
const [head, ...lines] = fs.readFileSync(csv, 'utf8').trimEnd().split('\\n');
if (head !== 'key,type,encoding,value') throw new Error('no header');
const values = {};
let space;
for (const line of lines) {
  const [key, type, encoding, value] = line.split(',');
  if (key.length > 15) throw new Error('the key ' + key + ' is too long');
  if (type === 'namespace') values[key] = space = {};
  else if (encoding !== 'string') throw new Error('the encoding of ' + key);
  else space[key] = type === 'file' ? fs.readFileSync(value, 'utf8') : value;
  if (Buffer.byteLength(space[key] ?? '') >= 4000) throw new Error(key + ' is too long');
}
fs.writeFileSync(image, '${MAGIC}' + JSON.stringify(values));
`;

const shebang = `#!${process.execPath}\n`;

/** Puts a `python3` on the PATH whose virtual environments have Espressif's generator. */
export async function addGenerator(devices: DeviceServices): Promise<void> {
  await devices.addTool(
    'python3',
    `${shebang}
const fs = require('node:fs');
const [m, venv, place] = process.argv.slice(2);
if (m !== '-m' || venv !== 'venv') throw new Error('other words');
const add = (name, text) => fs.writeFileSync(place + '/bin/' + name, text, { mode: 0o755 });
fs.mkdirSync(place + '/bin', { recursive: true });
add('pip', '#!/bin/sh\\n[ "$*" = "install --quiet esp-idf-nvs-partition-gen==0.3.0" ]\\n');
add('python', ${JSON.stringify(`#!${process.execPath}\n${GENERATOR}`)});
`,
  );
}

/**
 * Puts an `esptool` on the PATH, with a board behind it: what is flashed is kept in the file
 * `flash`, and the board connects to the broker with it and says so on its serial line.
 */
export async function addBoard(devices: DeviceServices): Promise<void> {
  const { broker } = devices;
  const known = { flash: devices.file('flash'), url: broker.url, line: devices.file('board') };
  await devices.addTool('stty', '#!/bin/sh\nexit 0\n');
  await devices.addTool(
    'esptool',
    `${shebang}
const fs = require('node:fs');
const { connectAsync } = require(${JSON.stringify(path.join(ROOT, 'node_modules/mqtt'))});
const { flash, url, line } = ${JSON.stringify(known)};
const words = process.argv.slice(2);
if (words[0] !== '--port' || words[1] !== line) throw new Error('another port');
if (words.slice(2).join(' ') === 'erase-region 0x9000 0x6000') fs.rmSync(flash, { force: true });
else if (words[2] !== 'write-flash' || words[3] !== '0x9000') throw new Error('other words');
else run(fs.copyFileSync(words[4], flash));
async function run() {
  const { agent } = JSON.parse(fs.readFileSync(flash, 'utf8').replace('${MAGIC}', ''));
  const { client_id: clientId, root_ca: ca, certificate: cert, private_key: key } = agent;
  const options = { clientId, ca, cert, key, protocolVersion: 4, reconnectPeriod: 0 };
  const client = await connectAsync(url, options);
  await client.endAsync();
  fs.writeFileSync(line, 'connected as ' + clientId + '\\n');
}
`,
  );
}
