import type { GitHubEndpoint, HubEndpoint, OrderedFault } from '../../sandbox/faults.ts';
import type { Sandbox } from '../action/sandbox.ts';
import type { Endpoint } from './row.ts';

type Inputs = Readonly<Record<string, string>>;

/** How to make the action send the requests of a section. */
export interface Scenario {
  /** the requests that are counted, and that a server's fault hits */
  readonly at: HubEndpoint | GitHubEndpoint;
  readonly action: 'create' | 'delete';
  readonly inputs?: (sandbox: Sandbox) => Inputs;
  /** whether the key goes to secrets, or the delete action deletes them; the default is files */
  readonly secrets?: true;
  /** what leads there, for faults of the address */
  readonly address?: 'token-url' | 'api-url' | 'GITHUB_API_URL';
  /** after this the service is gone, so that connections are refused from then on */
  readonly goneAfter?: OrderedFault;
  /** what goes wrong in any case */
  readonly given?: readonly OrderedFault[];
  /** seconds, as the input `timeout` */
  readonly timeout?: number;
}

const goneAfter = (at: OrderedFault['at'], answers = true): OrderedFault => ({
  at,
  fault: { kind: 'down', answers },
  times: 1,
});

/** The first create, which creates no agent, or creates one. */
const BROKEN_OFF: OrderedFault = { at: 'create', fault: { kind: 'reset-before' }, times: 1 };
const BROKEN_OFF_LATE: OrderedFault = { at: 'create', fault: { kind: 'reset-after' }, times: 1 };

/** Look-ups do not show the existing agent. */
const NO_AGENT: OrderedFault = {
  at: 'find-agent',
  fault: { kind: 'change', change: (answer) => ({ ...answer, content: [], totalElements: 0 }) },
};

export const scenarios: Readonly<Record<Endpoint, Scenario>> = {
  token: { at: 'token', action: 'create', address: 'token-url' },
  'application-token': {
    at: 'token',
    action: 'create',
    inputs: ({ applicationInputs }) => applicationInputs,
    address: 'api-url',
  },
  create: { at: 'create', action: 'create', address: 'api-url' },
  'look-up': {
    at: 'find-agent',
    action: 'create',
    given: [BROKEN_OFF],
  },
  'look-up-found': {
    at: 'find-agent',
    action: 'create',
    goneAfter: goneAfter('create', false),
    given: [BROKEN_OFF_LATE],
  },
  list: { at: 'list-certificates', action: 'create', given: [BROKEN_OFF] },
  'list-found': {
    at: 'list-certificates',
    action: 'create',
    given: [BROKEN_OFF_LATE, NO_AGENT],
  },
  ephemeral: {
    at: 'find-agent',
    action: 'create',
    inputs: () => ({ ephemeral: 'true' }),
    address: 'api-url',
  },
  'public-key': { at: 'public-key', action: 'create', secrets: true, address: 'GITHUB_API_URL' },
  names: {
    at: 'secrets',
    action: 'create',
    secrets: true,
    inputs: () => ({ ephemeral: 'true' }),
  },
  secret: { at: 'secret', action: 'create', secrets: true, goneAfter: goneAfter('public-key') },
  files: { at: 'create', action: 'create' },
  rescue: {
    at: 'secret',
    action: 'create',
    secrets: true,
    given: [{ at: 'secret', fault: { kind: 'status', status: 422 } }],
  },
  'list-to-delete': { at: 'list-certificates', action: 'delete', secrets: true },
  'delete-certificate': { at: 'delete-certificate', action: 'delete', secrets: true },
  'delete-certificate-by-id': {
    at: 'delete-certificate',
    action: 'delete',
    secrets: true,
    inputs: ({ hub }) => ({
      'certificate-id': [...hub.certificates.keys()].join('\n'),
      'delete-certificate': 'false',
    }),
  },
  find: { at: 'find-agent', action: 'delete', secrets: true, address: 'api-url' },
  // An agent that stays onboarded is waited for as long as time allows.
  offboard: {
    at: 'offboard',
    action: 'delete',
    secrets: true,
    goneAfter: goneAfter('find-agent'),
    timeout: 10,
  },
  'delete-agent': {
    at: 'delete-agent',
    action: 'delete',
    secrets: true,
    goneAfter: goneAfter('offboard'),
  },
  'delete-asset': {
    at: 'delete-asset',
    action: 'delete',
    secrets: true,
    goneAfter: goneAfter('read-asset'),
  },
  'delete-secret': {
    at: 'delete-secret',
    action: 'delete',
    secrets: true,
    goneAfter: goneAfter('public-key'),
  },
};
