// Checks what the create action left behind for one agent: its outputs, given as variables of the
// same names in capitals, and its files. Exits with 1 and prints a line for each problem.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { lstatSync, readFileSync } from 'node:fs';
import path from 'node:path';

const problems: string[] = [];

function expect(what: string, holds: boolean): void {
  console.log(`${holds ? 'ok    ' : 'NOT OK'}  ${what}`);
  if (!holds) problems.push(what);
}

const given = (name: string) => process.env[name] ?? '';
const clientId = given('CLIENT_ID');
const [keyFile, certificateFile, connectionFile] = [
  given('PRIVATE_KEY_PATH'),
  given('CERTIFICATE_PATH'),
  given('MQTTX_PATH'),
];

expect('the client id is tenant and name', clientId === given('EXPECTED_CLIENT_ID'));
expect('the agent has an id', given('AGENT_ID') !== '');
expect('the certificate has an id', given('CERTIFICATE_ID') !== '');
for (const [file, end] of [
  [keyFile, '.key'],
  [certificateFile, '.pem'],
  [connectionFile, '.mqttx.json'],
] as const) {
  expect(`the path of ${end} is absolute`, path.isAbsolute(file));
  expect(`the file is called ${clientId}${end}`, path.basename(file) === `${clientId}${end}`);
  expect(`${end} is a file`, isFile(file));
}

if (problems.length === 0) {
  checkPair(readFileSync(keyFile, 'utf8'), readFileSync(certificateFile, 'utf8'));
  checkDirectory(path.dirname(keyFile));
  checkAgents(given('AGENTS'));
}
if (problems.length > 0) process.exitCode = 1;

function isFile(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}

function checkPair(key: string, pem: string): void {
  const certificate = new X509Certificate(pem);
  expect('key and certificate belong together', certificate.checkPrivateKey(createPrivateKey(key)));
  expect(
    'the fingerprint matches the certificate',
    certificate.fingerprint256 === given('FINGERPRINT'),
  );
  const expiry = certificate.validToDate.toISOString();
  expect('the expiry matches the certificate', expiry === given('EXPIRES_AT'));
  expect('the files have line feeds only', !(key + pem).includes('\r'));
  expect('the key file ends in one line feed', /[^\n]\n$/.test(key));
}

/** On Windows, a mode does not say who may read a file. */
function checkDirectory(directory: string): void {
  const ignored = readFileSync(path.join(directory, '.gitignore'), 'utf8');
  expect('Git ignores the directory', ignored.trim() === '*');
  if (process.platform === 'win32') return;
  const modeOf = (file: string) => (lstatSync(file).mode & 0o777).toString(8);
  expect('only the owner can enter the directory', modeOf(directory) === '700');
  expect('only the owner can read the key', modeOf(keyFile) === '600');
}

function checkAgents(json: string): void {
  const agents = JSON.parse(json) as readonly Readonly<Record<string, string>>[];
  expect('`agents` has one agent', agents.length === 1);
  expect('`agents` has the same path of the key', agents[0]?.['privateKeyPath'] === keyFile);
  expect('`agents` contains no key', !json.includes('PRIVATE KEY'));
}
