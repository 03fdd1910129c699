import { z } from 'zod';
import { l1FeeParameters } from '../../chain/l1Attributes';
import { toHex } from '../../core/bytes';
import type { AccountProof } from '../../state/accountProof';
import { accountCode } from '../accountCode';
import { requireBlock } from '../blockLookup';
import { callArguments, stateOverrides, toCallRequest } from '../callArguments';
import { requireSuccess } from '../callOutcome';
import type { RpcDependencies } from '../dependencies';
import { estimateGas } from '../gasEstimation';
import { quantity } from '../json/quantity';
import type { RpcLimits } from '../limits';
import { type MethodGroup, method, parameter } from '../method';
import { address, type BlockSelector, block, expected, optional, proofSlot, slot } from '../parameters';

const account = parameter('address', address);
const atBlock = parameter('block', block);
const transaction = parameter('transaction', callArguments);
const overrides = parameter('stateOverrides', optional(stateOverrides));
/** geth's fourth parameter of `eth_call`: refused rather than passed over. */
const blockOverrides = parameter('blockOverrides', z.undefined({ error: 'not supported' }));

type Dependencies = Pick<RpcDependencies, 'chain' | 'executor' | 'config' | 'mempool'>;

export function stateMethods({ chain, executor, config, mempool }: Dependencies, limits: RpcLimits): MethodGroup {
  const stateAt = (selector: BlockSelector) => chain.stateAt(requireBlock(chain, selector).header.number);
  const slots = z.array(proofSlot, { error: expected('a list of storage slots') }).max(limits.proofSlotCountMax);

  return {
    eth_getBalance: method([account, atBlock], ([of, at]) => quantity(stateAt(at).account(of)?.balance ?? 0n)),
    eth_getTransactionCount: method([account, atBlock], ([of, at]) => {
      if (mempool && 'tag' in at && at.tag === 'pending') return quantity(mempool.pendingNonce(of));
      return quantity(stateAt(at).account(of)?.nonce ?? 0n);
    }),
    eth_getCode: method([account, atBlock], ([of, at]) => toHex(accountCode(stateAt(at), of))),
    eth_getStorageAt: method([account, parameter('slot', slot), atBlock], ([of, at, selector]) =>
      toHex(stateAt(selector).storage(of, at)),
    ),
    eth_getProof: method([account, parameter('storageKeys', slots), atBlock], async ([of, keys, selector]) =>
      proofJson(
        await chain.proof(
          requireBlock(chain, selector).header.number,
          of,
          keys.map((key) => key.slot),
        ),
        keys.map((key) => key.written),
      ),
    ),
    eth_call: method([transaction, atBlock, overrides, blockOverrides], async ([call, selector, replaced]) => {
      const at = requireBlock(chain, selector).header;
      const result = await executor.call(toCallRequest(call, at, limits.callGasMax), at, replaced);
      return toHex(requireSuccess(result).output);
    }),
    eth_estimateGas: method([transaction, atBlock, overrides, blockOverrides], async ([call, selector, replaced]) => {
      const { header: at, transactions } = requireBlock(chain, selector);
      const request = toCallRequest(call, at, limits.callGasMax);
      const context = {
        executor,
        config,
        at,
        l1FeeParameters: l1FeeParameters(transactions[0]),
        state: chain.stateAt(at.number),
        overrides: replaced,
        callGasMax: limits.callGasMax,
      };
      return quantity(await estimateGas(request, call.gas, context));
    }),
  };
}

/** @param keys the slots as the client wrote them */
function proofJson({ address: of, account: found, nodes, storage }: AccountProof, keys: string[]) {
  return {
    address: toHex(of),
    accountProof: nodes.map(toHex),
    balance: quantity(found.balance),
    codeHash: toHex(found.codeHash),
    nonce: quantity(found.nonce),
    storageHash: toHex(found.storageRoot),
    storageProof: storage.map((proof, index) => ({
      key: keys[index],
      value: quantity(proof.value),
      proof: proof.nodes.map(toHex),
    })),
  };
}
