/**
 * The runner's protocol, as the toolkit speaks it. Its parts are imported one by one: the entry of
 * `@actions/core` loads its client for OpenID Connect, and undici with it, at every start.
 */
export { issue } from '../../node_modules/@actions/core/lib/command.js';
export {
  issueFileCommand,
  prepareKeyValueMessage,
} from '../../node_modules/@actions/core/lib/file-command.js';
export { summary } from '../../node_modules/@actions/core/lib/summary.js';
