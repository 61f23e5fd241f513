/** A topic of an agent, and what it is for. */
export interface Topic {
  readonly topic: string;
  readonly purpose: string;
}

export interface Topics {
  /** what the agent publishes to */
  readonly publish: readonly Topic[];
  /** what it subscribes to */
  readonly subscribe: readonly Topic[];
}

/** The topics of an agent (MindConnect MQTT): each is its own, below its tenant and client id. */
export function topicsOf(tenant: string, clientId: string): Topics {
  const base = `tc/${tenant}/${clientId}`;
  return {
    publish: [
      { topic: timeSeriesTopic(tenant, clientId), purpose: 'time series' },
      { topic: `${base}/o/mc_v3/e`, purpose: 'events' },
      { topic: `${base}/o/mc_v3/f`, purpose: 'files' },
      { topic: `${base}/o/cmd_v3/u`, purpose: 'status of commands' },
    ],
    subscribe: [{ topic: `${base}/i/cmd_v3/c`, purpose: 'commands' }],
  };
}

export function timeSeriesTopic(tenant: string, clientId: string): string {
  return `tc/${tenant}/${clientId}/o/mc_v3/ts`;
}

/** A first message for the time series topic, in the form that its documentation shows. */
export function sampleTimeSeries(time: Date): string {
  const values = [{ dataPointId: 'dataPoint1', value: '1', qualityCode: '0' }];
  return JSON.stringify({ timeseries: [{ timestamp: time.toISOString(), values }] });
}
