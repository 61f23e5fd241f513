import {
  AGENT_GONE,
  ALL_GONE,
  ASSET_GONE,
  ONLY_ASSET_LEFT,
  type Section,
  UNTOUCHED,
} from '../row.ts';

export const find: Section = {
  endpoint: 'find',
  title: 'Delete: finding the agent',
  about: 'The agent is looked up by its client id. A 404 proves nothing.',
  rows: [
    [['slowStart', 'slowEnd'], 'always', 'success', 1, ALL_GONE],
    [['reset', 'resetLate', 'cut', 'silence', 'stall', 401], 'once', 'success', 2, ALL_GONE],
    [
      [408, 425, 429, '429 date', '403 wait', 500, 502, 503, '503 wait', 504],
      'once',
      'success',
      2,
      ALL_GONE,
    ],
    [
      ['unresolved', 'refused', 'untrusted', 'reset', 500, 503],
      'always',
      'unavailable',
      5,
      UNTOUCHED,
    ],
    [[429, '403 wait'], 'always', 'rate-limited', 5, UNTOUCHED],
    [['silence'], 'always', 'timeout', 2, UNTOUCHED],
    [[401], 'always', 'unauthorized', 2, UNTOUCHED],
    [[403], 'always', 'forbidden', 1, UNTOUCHED],
    [[409], 'always', 'not-ended', 1, UNTOUCHED],
    [[400, 404, 412, 422, 'redirect'], 'always', 'request-rejected', 1, UNTOUCHED],
    [
      ['page', 'empty', 'half', 'types', 'fields', 'large'],
      'always',
      'response-invalid',
      1,
      UNTOUCHED,
    ],
  ],
};

export const offboard: Section = {
  endpoint: 'offboard',
  title: 'Delete: offboarding the agent',
  about: 'An agent is deleted only when it is offboarded.',
  rows: [
    [['slowStart', 'slowEnd', 'empty', 'half'], 'always', 'success', 1, ALL_GONE],
    [
      ['reset', 'resetLate', 'silence', 401, 408, 429, 500, 502, '503 wait', 504],
      'once',
      'success',
      2,
      ALL_GONE,
    ],
    [['refused', 'reset', 500, 503], 'always', 'unavailable', 5, UNTOUCHED],
    [[429], 'always', 'rate-limited', 5, UNTOUCHED],
    [['silence'], 'always', 'timeout', 2, UNTOUCHED],
    [[401], 'always', 'unauthorized', 2, UNTOUCHED],
    [[403], 'always', 'forbidden', 1, UNTOUCHED],
    [[404, 409, 'page'], 'always', 'not-ended', 1, UNTOUCHED],
    [[400, 412, 422, 'redirect'], 'always', 'request-rejected', 1, UNTOUCHED],
  ],
};

export const deleteAgent: Section = {
  endpoint: 'delete-agent',
  title: 'Delete: deleting the agent',
  about:
    'The request carries the tag that was read just before. After a 412 the tag is read anew, once; after a 404 the agent is looked up.',
  rows: [
    [['slowStart'], 'always', 'success', 1, ALL_GONE],
    [
      ['reset', 'resetLate', '500 late', 'silence', 401, 408, 412, 429, 500, 502, '503 wait', 504],
      'once',
      'success',
      2,
      ALL_GONE,
    ],
    [['refused', 'reset', 500, 503], 'always', 'unavailable', 5, UNTOUCHED],
    [['resetLate', '503 late'], 'always', 'unavailable', 5, AGENT_GONE],
    [[429], 'always', 'rate-limited', 5, UNTOUCHED],
    [['silence'], 'always', 'timeout', 2, UNTOUCHED],
    [[401], 'always', 'unauthorized', 2, UNTOUCHED],
    [[403], 'always', 'forbidden', 1, UNTOUCHED],
    [[404, 409], 'always', 'not-ended', 1, UNTOUCHED],
    [[412], 'always', 'not-ended', 2, UNTOUCHED],
    [[400, 422, 'redirect'], 'always', 'request-rejected', 1, UNTOUCHED],
    [['page'], 'always', 'response-invalid', 1, UNTOUCHED],
  ],
};

export const deleteAsset: Section = {
  endpoint: 'delete-asset',
  title: 'Delete: deleting the asset of the agent',
  about:
    'The agent is gone by then. Of an asset, a 404 is taken for its end: nothing else depends on it. One that is locked (409) is tried again.',
  rows: [
    [['slowStart'], 'always', 'success', 1, ALL_GONE],
    [
      ['reset', 'resetLate', 'silence', 401, 408, 409, 412, 429, 500, 502, '503 wait', 504],
      'once',
      'success',
      2,
      ALL_GONE,
    ],
    [[404], 'always', 'success', 1, ONLY_ASSET_LEFT],
    [['refused', 'reset', 500, 503], 'always', 'unavailable', 5, AGENT_GONE],
    [[429], 'always', 'rate-limited', 5, AGENT_GONE],
    [['silence'], 'always', 'timeout', 2, AGENT_GONE],
    [[401], 'always', 'unauthorized', 2, AGENT_GONE],
    [[403], 'always', 'forbidden', 1, AGENT_GONE],
    [[409], 'always', 'not-ended', 5, AGENT_GONE],
    [[412], 'always', 'not-ended', 2, AGENT_GONE],
    [[400, 422, 'redirect'], 'always', 'request-rejected', 1, AGENT_GONE],
    [['page'], 'always', 'response-invalid', 1, AGENT_GONE],
  ],
};

export const deleteSecret: Section = {
  endpoint: 'delete-secret',
  title: 'Delete: removing GitHub’s secrets',
  about:
    'The secrets go last, one after the other, so without a fault there are two requests. The first that can’t be removed ends it. A 404 counts as removed, because the same token has seen the place.',
  rows: [
    [['slowStart'], 'always', 'success', 2, ALL_GONE],
    [
      ['reset', 'resetLate', 'silence', 408, 429, '403 wait', 500, 502, '503 wait', 504],
      'once',
      'success',
      3,
      ALL_GONE,
    ],
    [[404], 'always', 'success', 2, ASSET_GONE],
    [['refused', 'reset', 500, 503], 'always', 'unavailable', 5, ASSET_GONE],
    [[429, '403 wait'], 'always', 'rate-limited', 5, ASSET_GONE],
    [['silence'], 'always', 'timeout', 2, ASSET_GONE],
    [[401, 403], 'always', 'destination-invalid', 1, ASSET_GONE],
    [[400, 409, 412, 422, 'redirect'], 'always', 'request-rejected', 1, ASSET_GONE],
    [['page'], 'always', 'response-invalid', 1, ASSET_GONE],
  ],
};
