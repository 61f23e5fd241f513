/** A workflow command, as the runner reads it from a line of standard output. */
export interface Command {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly message: string;
}

/**
 * Parses the command in a line: `::name key=value,key=value::message` after any white space, or
 * `##[name key=value]message` anywhere in the line.
 */
export function parseCommand(line: string): Command | undefined {
  const match =
    /^::([\w-]+)(?: ([^:]*))?::(.*)$/s.exec(line.trimStart()) ??
    /##\[([\w-]+)(?: ([^\]]*))?\](.*)$/s.exec(line);
  if (match === null) return undefined;
  const [, name = '', properties = '', message = ''] = match;
  const pairs = properties
    .split(',')
    .filter(Boolean)
    .map((pair) => pair.split(/=(.*)/s, 2).map((part) => unescapeProperty(part)));
  return { name, properties: Object.fromEntries(pairs), message: unescapeData(message) };
}

function unescapeData(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
}

function unescapeProperty(text: string): string {
  return unescapeData(text.replaceAll('%3A', ':').replaceAll('%2C', ','));
}

/**
 * Parses a file of outputs, state or variables: `NAME=VALUE`, or `NAME<<DELIMITER` with the value
 * in the lines up to the delimiter. Throws if the runner would fail the step.
 */
export function parseFileCommands(text: string): Readonly<Record<string, string>> {
  const values: Record<string, string> = {};
  const lines = text.split(process.platform === 'win32' ? /\r?\n/ : '\n');
  if (text !== '' && lines.pop() !== '') throw new Error('the last line does not end');
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? '';
    if (line === '') continue;
    const heredoc = /^([^=]+?)<<(.+)$/.exec(line);
    if (heredoc !== null) {
      const [, name = '', delimiter = ''] = heredoc;
      const end = lines.indexOf(delimiter, index + 1);
      if (end < 0) throw new Error(`no line ends the value of ${name}`);
      values[name] = lines.slice(index + 1, end).join('\n');
      index = end;
      continue;
    }
    const equals = line.indexOf('=');
    if (equals < 1) throw new Error('a line contains no name and value');
    values[line.slice(0, equals)] = line.slice(equals + 1);
  }
  return values;
}
