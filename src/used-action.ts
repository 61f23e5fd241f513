/** An action as a workflow names it after `uses:`. */
export interface UsedAction {
  /** for example `octo/agents` */
  readonly repository: string;
  /** a tag, a branch or a commit */
  readonly ref: string;
}

/**
 * Where the action in use comes from, as GitHub's runner says it: also in a composite action, for each
 * action that it uses. Nothing for an action in the job's own workspace, and for what could be more
 * than a name in a sentence or a URL.
 */
export function usedAction({
  GITHUB_ACTION_REPOSITORY: repository = '',
  GITHUB_ACTION_REF: ref = '',
}: NodeJS.ProcessEnv): UsedAction | undefined {
  const isKnown = /^[\w.-]{1,100}\/[\w.-]{1,100}$/.test(repository) && /^[\w./-]{1,255}$/.test(ref);
  return isKnown ? { repository, ref } : undefined;
}
