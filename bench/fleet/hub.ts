import path from 'node:path';
import { Helper } from '../processes/helper.ts';
import type { HubOrders } from './hub-process.ts';

/** Insights Hub in a separate process. */
export type RemoteHub = Helper<HubOrders>;

export function startHub(): RemoteHub {
  return new Helper(path.join(import.meta.dirname, 'hub-process.ts'));
}
