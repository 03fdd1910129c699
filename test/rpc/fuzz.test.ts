import { expect } from 'chai';
import fc from 'fast-check';
import { type RunningRpc, startRpc } from './startRpc';

const SEED = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000);

/** Values that are almost right: the parts that parameters are made of, whole and broken. */
const almost = fc.oneof(
  fc.constantFrom(
    'latest',
    'pending',
    'earliest',
    'safe',
    'finalized',
    '0x',
    '0x0',
    '0x1',
    '0xzz',
    '',
    '0x00000000000000000001',
  ),
  fc.constantFrom(null, true, false, 0, 1, -1, 1.5, 2 ** 53, Number.MAX_VALUE),
  fc.integer({ min: 0, max: 70 }).map((length) => `0x${'f'.repeat(length)}`),
  fc.constant('0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266'),
  fc.constant('0x4200000000000000000000000000000000000015'),
);
const keys = fc.constantFrom(
  'from',
  'to',
  'data',
  'input',
  'gas',
  'gasPrice',
  'value',
  'address',
  'topics',
  'fromBlock',
  'toBlock',
  'blockHash',
  'blockNumber',
  '__proto__',
  'constructor',
  'accessList',
  'balance',
  'code',
  'state',
  'stateDiff',
  '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266',
);
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    almost,
    fc.string(),
    fc.array(tie('any'), { maxLength: 4 }),
    fc
      .array(fc.tuple(keys, tie('any')), { maxLength: 5 })
      .map((entries) => `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${asJson(each)}`).join(',')}}`)
      .map((json) => ({ json })),
  ),
})).any;

/** `{ json }` stands for text that is JSON already: only text can carry an own key `__proto__`. */
function asJson(each: unknown): string {
  if (Array.isArray(each)) return `[${each.map(asJson).join(',')}]`;
  if (typeof each === 'object' && each !== null && 'json' in each) return String(each.json);
  return JSON.stringify(each) ?? 'null';
}

describe('JSON-RPC under garbage', () => {
  let rpc: RunningRpc;

  before(async () => {
    rpc = await startRpc({ limits: { callGasMax: 100_000n } });
    console.log(`    seed ${SEED}: repeat with FUZZ_SEED=${SEED}`);
  });

  after(() => rpc.stop());

  it("answers every method with a result or the client's error, whatever the parameters", async () => {
    const names = rpc.server.methodNames.filter((name) => !name.endsWith('_mine'));
    const params = fc.array(value, { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom(...names), params), { minLength: 1, maxLength: 40 }),
        async (asked) => {
          const batch = asked.map(
            ([name, given], id) => `{"jsonrpc":"2.0","id":${id},"method":"${name}","params":${asJson(given)}}`,
          );
          const { status, reply } = await rpc.post(`[${batch.join(',')}]`);
          expect(status).to.equal(200);
          const replies = reply as { id: unknown; result?: unknown; error?: { code: number; message: string } }[];
          expect(replies.map(({ id }) => id)).to.deep.equal(asked.map((_, id) => id));
          for (const { result, error } of replies) {
            expect((result === undefined) !== (error === undefined)).to.equal(true);
            if (!error) continue;
            expect(error.code).to.be.oneOf([-32602, -32601, -32005, -32000, 3]);
            expect(error.message.length).to.be.within(1, 1200);
          }
          expect(rpc.errors).to.deep.equal([]);
        },
      ),
      { seed: SEED, numRuns: 60 },
    );
  });

  it('answers any text at all', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string({ unit: 'binary' }), fc.json(), value.map(asJson)), async (text) => {
        const { status, reply } = await rpc.post(text);
        expect(status).to.equal(200);
        const replies = Array.isArray(reply) ? reply : [reply];
        for (const each of replies)
          expect((each as { error: { code: number } }).error.code).to.be.oneOf([-32700, -32600]);
        expect(rpc.errors).to.deep.equal([]);
      }),
      { seed: SEED, numRuns: 200 },
    );
  });
});
