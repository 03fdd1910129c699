import type { LocalAccount, TypedDataDefinition } from 'viem';
import { z } from 'zod';
import { type Address, equalBytes, fromHex, type Hash, toHex } from '../../core/bytes';
import { errorMessage, TributaryError } from '../../core/errors';
import { keccak256 } from '../../core/keccak';
import { type CallArguments, callArguments } from '../callArguments';
import type { MempoolView, RpcDependencies, TransactionSubmitter } from '../dependencies';
import type { DevAccounts } from '../devAccounts';
import type { RpcLimits } from '../limits';
import { localOnly } from '../localAccess';
import { type MethodGroup, method, parameter } from '../method';
import { address, bytes, expected } from '../parameters';
import { invalidParams } from '../rpcErrors';
import { fillTransaction } from '../transactionFilling';
import { TurnQueue } from '../turnQueue';

const ofAccount = parameter('address', address);
const message = parameter('message', bytes);
const transaction = parameter('transaction', callArguments);

const typedDataObject = z.looseObject(
  {
    types: z.record(z.string(), z.array(z.object({ name: z.string(), type: z.string() }))),
    primaryType: z.string({ error: expected('a type name') }),
    domain: z.record(z.string(), z.unknown()),
    message: z.record(z.string(), z.unknown()),
  },
  { error: expected('typed data (EIP-712)') },
);

/** EIP-712 data, as an object or as its JSON text. */
const typedData = z.union(
  [
    z
      .string()
      .transform((text, context) => {
        try {
          return JSON.parse(text) as unknown;
        } catch {
          context.addIssue({ code: 'custom', message: 'expected typed data (EIP-712), got text that is not JSON' });
          return z.NEVER;
        }
      })
      .pipe(typedDataObject),
    typedDataObject,
  ],
  { error: expected('typed data (EIP-712), an object or its JSON text') },
);

/** `eth_accounts`, and what the dev accounts' keys allow where there are any. */
export function accountMethods(dependencies: RpcDependencies, limits: RpcLimits): MethodGroup {
  const { devAccounts, mempool, submitter } = dependencies;
  const accounts = method([], () => devAccounts?.addresses ?? []);
  if (!devAccounts || !mempool || !submitter) return { eth_accounts: accounts };
  return {
    eth_accounts: accounts,
    eth_requestAccounts: accounts,
    ...signingMethods(devAccounts),
    ...sendingMethods({ ...dependencies, devAccounts, mempool, submitter }, limits),
  };
}

function signingMethods(devAccounts: DevAccounts): MethodGroup {
  const signMessage = (from: Address, raw: Uint8Array) =>
    requireAccount(devAccounts, from).signMessage({ message: { raw } });
  return {
    eth_sign: localOnly(method([ofAccount, message], ([from, raw]) => signMessage(from, raw))),
    personal_sign: localOnly(method([message, ofAccount], ([raw, from]) => signMessage(from, raw))),
    eth_signTypedData_v4: localOnly(
      method([ofAccount, parameter('typedData', typedData)], async ([from, data]) => {
        const account = requireAccount(devAccounts, from);
        try {
          // viem checks what it signs: its static type needs the schema that only arrives at run time.
          return await account.signTypedData(data as unknown as TypedDataDefinition);
        } catch (error) {
          throw invalidParams(`typedData: ${errorMessage(error)}`);
        }
      }),
    ),
  };
}

type SendingDependencies = RpcDependencies & {
  devAccounts: DevAccounts;
  mempool: MempoolView;
  submitter: TransactionSubmitter;
};

function sendingMethods(dependencies: SendingDependencies, limits: RpcLimits): MethodGroup {
  const { devAccounts, mempool, submitter } = dependencies;
  const turns = new TurnQueue();

  const sign = async (call: CallArguments): Promise<Uint8Array> => {
    if (!call.from) throw invalidParams('transaction.from: expected an address (0x and 40 hex digits), got nothing');
    const account = requireAccount(devAccounts, call.from);
    const filled = await fillTransaction(call, call.from, dependencies, limits);
    try {
      return fromHex(await account.signTransaction(filled));
    } catch (error) {
      throw invalidParams(`transaction: ${errorMessage(error)}`);
    }
  };
  /** An account's transactions take turns until they are in the mempool, so that each gets its own nonce. */
  const send = async (call: CallArguments) => {
    const submission = await turns.run(call.from ? toHex(call.from) : '', async () => {
      const raw = await sign(call);
      const admitted = untilAdmitted(mempool, keccak256(raw));
      const submitted = submitter.submit(raw);
      await Promise.race([submitted, admitted.promise]).finally(admitted.stop);
      return { submitted };
    });
    return toHex(await submission.submitted);
  };
  return {
    eth_sendTransaction: localOnly(method([transaction], ([call]) => send(call))),
    eth_signTransaction: localOnly(method([transaction], async ([call]) => ({ raw: toHex(await sign(call)) }))),
  };
}

function untilAdmitted(mempool: MempoolView, hash: Hash): { promise: Promise<void>; stop: () => void } {
  let stop: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => {
    stop = mempool.added.on((transaction) => {
      if (equalBytes(transaction.hash, hash)) resolve();
    });
  });
  return { promise, stop };
}

/** @throws Rpc.UnknownAccount */
function requireAccount(devAccounts: DevAccounts, from: Address): LocalAccount {
  const account = devAccounts.get(from);
  if (!account) throw new TributaryError('Rpc.UnknownAccount', `unknown account ${toHex(from)}`);
  return account;
}
