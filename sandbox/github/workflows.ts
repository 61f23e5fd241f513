import type { Reply } from '../embedded-server.ts';

/** A run of a workflow, with what GitHub's API says about it (a small part of the real answer). */
export interface WorkflowRun {
  readonly id: number;
  readonly run_attempt: number;
  readonly status: 'queued' | 'in_progress' | 'completed';
  readonly conclusion: 'success' | 'failure' | 'cancelled' | null;
  readonly created_at: string;
  readonly updated_at: string;
}

/** A repository's workflows by file name: their runs, and how often each was enabled. */
export interface Workflows {
  readonly runs: Map<string, readonly WorkflowRun[]>;
  readonly enabled: string[];
}

interface WorkflowCall {
  readonly method: string;
  readonly path: string;
  /** whether the token has this permission for Actions */
  readonly level: 'none' | 'read' | 'write';
}

/** Answers calls below `/actions/workflows/FILE`; undefined for any other path. */
export function answerOfWorkflows(workflows: Workflows, call: WorkflowCall): Reply | undefined {
  const { pathname, searchParams } = new URL(call.path, 'http://127.0.0.1');
  const [, file = '', what] = /\/actions\/workflows\/([^/]+)\/(runs|enable)$/.exec(pathname) ?? [];
  if (what === undefined) return undefined;
  const isWrite = what === 'enable';
  if (call.method !== (isWrite ? 'PUT' : 'GET')) return reply(404, { message: 'Not Found' });
  if (call.level === 'none' || (isWrite && call.level !== 'write')) {
    return reply(403, { message: 'Resource not accessible by integration' });
  }
  if (isWrite) {
    workflows.enabled.push(file);
    return { status: 204, type: 'application/json', body: '' };
  }
  const runs = workflows.runs.get(file);
  return runs === undefined ? reply(404, { message: 'Not Found' }) : pageOf(runs, searchParams);
}

/** A page of runs, newest first, filtered by `status` and by `created=>=DATE`. */
function pageOf(all: readonly WorkflowRun[], query: URLSearchParams): Reply {
  const since = query.get('created')?.replace(/^>=/, '') ?? '';
  const status = query.get('status');
  const runs = all
    .filter((run) => run.created_at >= since && (status === null || run.status === status))
    .sort((one, other) => other.id - one.id);
  const size = Math.min(Number(query.get('per_page') ?? 30), 100);
  const start = (Number(query.get('page') ?? 1) - 1) * size;
  return reply(200, {
    total_count: runs.length,
    workflow_runs: runs.slice(start, start + size),
  });
}

function reply(status: number, value: object): Reply {
  return { status, type: 'application/json', body: JSON.stringify(value) };
}
