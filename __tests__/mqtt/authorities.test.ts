import { describe, expect, test, vi } from 'vitest';
import {
  type AuthorityOptions,
  BrokerAuthorities,
  type Proof,
} from '../../src/mqtt/authorities.ts';
import { trustedAuthorities } from '../../src/mqtt/broker.ts';

const ONE = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
const BROKER = 'mqtts://broker.invalid:8883';
const NOT_NOW: Proof = { why: 'it hung up', isFinal: false };
const NEVER: Proof = { why: 'nobody signed it', isFinal: true };
const FOUND: Proof = { authority: ONE };

const known = await trustedAuthorities();
const trusted = { content: known.join(''), count: known.length, kind: 'trusted', broker: BROKER };
const proved = { content: ONE, count: 1, kind: 'proved', broker: BROKER };

function authoritiesWith(options: Partial<AuthorityOptions> = {}) {
  const tell = vi.fn();
  const broker = { host: 'broker.invalid', port: 8883 };
  const authorities = new BrokerAuthorities({
    ...{ broker, given: undefined, awaitsProof: true, tell },
    ...options,
  });
  return { authorities, tell };
}

describe('the CAs in a file', () => {
  test('are all trusted ones, if no connection is verified', async () => {
    const { authorities, tell } = authoritiesWith({ awaitsProof: false });
    expect(await authorities.toWrite()).toEqual(trusted);
    await authorities.prove(() => expect.unreachable());
    await authorities.endProofs();
    expect(tell).not.toHaveBeenCalled();
  });

  test('are those that were given, and nothing is proved', async () => {
    const { authorities, tell } = authoritiesWith({ given: ONE + ONE });
    const given = { content: ONE + ONE, count: 2, kind: 'given', broker: BROKER };
    expect(await authorities.toVerify()).toEqual(given);
    expect(await authorities.toWrite()).toEqual(given);
    await authorities.prove(() => expect.unreachable());
    await authorities.endProofs();
    expect(tell).not.toHaveBeenCalled();
  });

  test('are unknown before the first proof, and then the one that was proved', async () => {
    const { authorities, tell } = authoritiesWith();
    expect(await authorities.toWrite()).toBeUndefined();
    expect(await authorities.toVerify()).toEqual(trusted);
    await authorities.prove(async (all) => {
      expect(all).toEqual(known);
      return FOUND;
    });
    expect(await authorities.toWrite()).toEqual(proved);
    await authorities.prove(() => expect.unreachable());
    await authorities.endProofs();
    expect(await authorities.toWrite()).toEqual(proved);
    expect(await authorities.toVerify()).toEqual(trusted);
    expect(tell).not.toHaveBeenCalled();
  });

  test('can be proved by a later connection', async () => {
    const { authorities, tell } = authoritiesWith();
    await authorities.prove(async () => NOT_NOW);
    expect(await authorities.toWrite()).toBeUndefined();
    await authorities.prove(async () => FOUND);
    expect(await authorities.toWrite()).toEqual(proved);
    await authorities.endProofs();
    expect(tell).not.toHaveBeenCalled();
  });

  test('are all trusted ones if no proof comes, and the log says why', async () => {
    const { authorities, tell } = authoritiesWith();
    await authorities.prove(async () => NOT_NOW);
    await authorities.endProofs();
    await authorities.endProofs();
    expect(await authorities.toWrite()).toEqual(trusted);
    expect(tell.mock.calls).toEqual([
      [
        `The CA file contains all ${known.length} trusted CAs. It could not be proved which of them is enough for ${BROKER}: it hung up.`,
      ],
    ]);
  });

  test('are immediately all trusted ones if none can be proved', async () => {
    const { authorities, tell } = authoritiesWith();
    await authorities.prove(async () => NEVER);
    expect(await authorities.toWrite()).toEqual(trusted);
    await authorities.prove(() => expect.unreachable());
    await authorities.endProofs();
    expect(tell).toHaveBeenCalledOnce();
  });

  test('are all trusted ones, without a log line, if no connection was accepted', async () => {
    const { authorities, tell } = authoritiesWith();
    await authorities.endProofs();
    expect(await authorities.toWrite()).toEqual(trusted);
    expect(tell).not.toHaveBeenCalled();
  });

  test('are proved once for several parallel connections', async () => {
    const { authorities } = authoritiesWith();
    const search = vi.fn(async () => FOUND);
    await Promise.all([authorities.prove(search), authorities.prove(search)]);
    expect(search).toHaveBeenCalledOnce();
    expect(await authorities.toWrite()).toEqual(proved);
  });
});
