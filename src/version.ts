/** The version of package.json. */
export const VERSION = '1.0.0';

export const USER_AGENT = `insights-hub-agent-certificate/${VERSION}`;
