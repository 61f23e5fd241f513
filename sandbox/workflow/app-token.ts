import type { GitHub, Permissions } from '../github/github.ts';
import type { Values } from './workflow-file.ts';

/**
 * Plays actions/create-github-app-token: the token of an App that was granted everything, or, with
 * `permission-` inputs, only what they name. Throws for an input that the action does not have.
 */
export function issueAppToken(github: GitHub, inputs: Values): string {
  const { 'client-id': id = '', 'private-key': key = '', ...asked } = inputs;
  if (id === '' || key === '') throw new Error('an App needs client-id and private-key');
  const granted = Object.entries(asked).map(([name, level]) => {
    const permission = PERMISSIONS[name];
    if (permission === undefined) throw new Error(`there is no input ${name} for an App's token`);
    if (level !== 'read' && level !== 'write') throw new Error(`${name} can't be ${level}`);
    return [permission, level] as const;
  });
  return granted.length === 0
    ? github.issueToken()
    : github.issueToken({ ...NOTHING, ...Object.fromEntries(granted) });
}

// There is none for variables.
const PERMISSIONS: Readonly<Record<string, keyof Permissions>> = {
  'permission-secrets': 'secrets',
  'permission-environments': 'environments',
};

const NOTHING: Permissions = { secrets: 'none', environments: 'none', variables: 'none' };
