import type { Broker } from './broker/broker.ts';
import type { SeenRequest } from './embedded-server.ts';
import type { GitHub } from './github/github.ts';
import type { InsightsHub } from './insights-hub/insights-hub.ts';
import type { Screen } from './screen.ts';

/** The longest text of a client that is shown, in characters. */
const LONGEST = 300;

interface Services {
  readonly hub: InsightsHub;
  readonly github: GitHub | undefined;
  readonly broker: Broker;
}

/** Prints a line for every request, connection and message that arrives. */
export function showArrivals(screen: Screen, { hub, github, broker }: Services): void {
  const show = (text: string) => {
    screen.line({ label: `${new Date().toTimeString().slice(0, 8)}  `, text: printable(text) });
  };
  const showRequest = ({ method, path }: SeenRequest<string>) => show(`${method} ${decode(path)}`);
  hub.onRequest = showRequest;
  if (github !== undefined) github.onRequest = showRequest;
  broker.onConnect = ({ clientId }, code) => {
    show(`MQTT connection from ${clientId}: ${MEANINGS.get(code) ?? `rejected with code ${code}`}`);
  };
  broker.onMessage = ({ clientId, topic, payload }) => {
    show(`MQTT message from ${clientId} to ${topic}: ${payload}`);
  };
}

const MEANINGS: ReadonlyMap<number | undefined, string> = new Map([
  [0, 'accepted'],
  [undefined, 'not answered'],
]);

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Shortens a text, and replaces characters that a terminal could interpret as commands. */
function printable(text: string): string {
  const line = text.replace(/\p{C}/gu, '\ufffd');
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}
