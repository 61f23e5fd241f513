import { describe, expect, test } from 'vitest';
import { agentOf, allFailed } from '../../src/create/fate.ts';
import { Failure } from '../../src/failure.ts';
import type { IssuedCertificate } from '../../src/insights-hub/agent-certificates.ts';
import { Secret } from '../../src/secret.ts';

const issued: IssuedCertificate = {
  name: 'device001',
  clientId: 'mqtt1_device001',
  agentId: '9eyf37799b5949099a5287a547f8e001',
  agentName: 'mqtt1_device001',
  certificateId: '01G16QJSRNKA3JD4DQE2Z7KPEK',
  altered: [],
  privateKey: new Secret('the key'),
  certificate: 'the certificate',
  fingerprint: 'AB:CD',
  expiresAt: new Date('2049-12-31T23:59:59Z'),
};

describe('agentOf', () => {
  const known = {
    name: 'device001',
    clientId: 'mqtt1_device001',
    agentId: '9eyf37799b5949099a5287a547f8e001',
    agentName: 'mqtt1_device001',
    certificateId: '01G16QJSRNKA3JD4DQE2Z7KPEK',
    fingerprint: 'AB:CD',
    expiresAt: '2049-12-31T23:59:59.000Z',
  };

  test('tells what is known, and neither key nor certificate', () => {
    expect(agentOf(issued)).toEqual(known);
    expect(JSON.stringify(agentOf(issued))).not.toMatch(/\*\*\*|the key|the certificate/);
  });

  test('tells where it went', () => {
    const delivery = { certificatePath: '/w/a.pem', privateKeyPath: '/w/a.key' };
    expect(agentOf(issued, delivery)).toEqual({ ...known, ...delivery });
  });

  test('leaves out what the answer did not hold', () => {
    const bare = { ...issued, agentId: undefined, agentName: undefined, certificateId: undefined };
    expect(Object.keys(JSON.parse(JSON.stringify(agentOf(bare)))).sort()).toEqual([
      'clientId',
      'expiresAt',
      'fingerprint',
      'name',
    ]);
  });
});

test('allFailed gives each agent of the list the one failure', () => {
  const failure = new Failure('forbidden', 'No.');
  expect(allFailed([{ name: 'a' }, { name: 'b' }], failure)).toEqual([
    { agent: { name: 'a' }, failure },
    { agent: { name: 'b' }, failure },
  ]);
});
