/**
 * Inputs of the actions that are not ours, as far as workflows and recipes use them: a new one is
 * looked up in the action's own file before it comes here.
 */
export const theirInputs: Readonly<Record<string, readonly string[]>> = {
  'actions/attest': ['subject-path', 'sbom-path'],
  'actions/checkout': ['persist-credentials', 'fetch-depth'],
  'actions/create-github-app-token': ['client-id', 'private-key', 'permission-environments'],
  'actions/dependency-review-action': ['fail-on-scopes'],
  'actions/download-artifact': ['name', 'pattern', 'path', 'merge-multiple', 'github-token'],
  'actions/setup-node': ['node-version', 'package-manager-cache'],
  'actions/upload-artifact': ['name', 'path', 'if-no-files-found', 'overwrite', 'retention-days'],
  'github/codeql-action/analyze': ['category'],
  'github/codeql-action/init': ['languages', 'build-mode', 'queries', 'config'],
  'github/codeql-action/upload-sarif': ['sarif_file'],
  'ossf/scorecard-action': ['results_file', 'results_format', 'publish_results'],
};
