/**
 * What this project uses of undici, part by part: its entry loads fetch, WebSocket, caches and mocks
 * as well, at every start. Only this file knows where undici keeps its parts.
 */
export { default as connect } from 'undici/lib/api/api-connect.js';
export { default as buildConnector } from 'undici/lib/core/connect.js';
export { parseHeaders } from 'undici/lib/core/util.js';
export { default as Agent } from 'undici/lib/dispatcher/agent.js';
export { default as Client } from 'undici/lib/dispatcher/client.js';
export type { default as Dispatcher } from 'undici/lib/dispatcher/dispatcher.js';
export { default as Pool } from 'undici/lib/dispatcher/pool.js';
export { default as ProxyAgent } from 'undici/lib/dispatcher/proxy-agent.js';
