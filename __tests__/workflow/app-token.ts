import type { GitHub, Permissions } from '../../sandbox/github/github.ts';
import type { Values } from './workflow-file.ts';

/**
 * Plays actions/create-github-app-token for an App that has all permissions: the token gets all of
 * them, or only those that `permission-` inputs name. Without id or key there is none. Throws for
 * inputs that don't exist.
 */
export function issueAppToken(github: GitHub, inputs: Values): string | undefined {
  const { 'client-id': id = '', 'private-key': key = '', ...asked } = inputs;
  if (id === '' || key === '') return undefined;
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

// The action has no input for variables.
const PERMISSIONS: Readonly<Record<string, keyof Permissions>> = {
  'permission-secrets': 'secrets',
  'permission-environments': 'environments',
};

const NOTHING: Permissions = {
  ...{ secrets: 'none', environments: 'none' },
  ...{ variables: 'none', actions: 'none' },
};
