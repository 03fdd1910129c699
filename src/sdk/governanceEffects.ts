import {
  type Abi,
  type AbiFunction,
  type Address,
  decodeEventLog,
  decodeFunctionData,
  type Hex,
  type PublicClient,
  toHex as quantityHex,
  toEventSelector,
} from 'viem';
import { errorMessage } from '../core/errors';
import { MODULE_KINDS, RISK_CLASSES, STAGES } from '../governance/moduleOverview';
import { revertReason } from '../l1/revertReason';
import { CONTRACT_ABIS, contractName, type GovernanceUser, KNOWN_ERRORS, KNOWN_EVENTS } from './governance';
import type { ProposedCall } from './governanceProposals';

/** A call, in words. */
export interface DecodedCall {
  /** E.g. `inbox.setSilencePeriodSeconds`, or the address and selector. */
  name: string;
  args: { name: string; value: string }[];
  /** Getter with the parameter's name, where the contract has one. */
  getter: AbiFunction | undefined;
}

/** Names the contract, the function and its parameters, as far as they are known. @param signature of a function that is not in the bindings */
export function decodeCall(user: GovernanceUser, { target, data }: ProposedCall, signature?: AbiFunction): DecodedCall {
  const contract = contractName(user.deployment, target);
  const abi: Abi = [...((contract && CONTRACT_ABIS[contract]) || []), ...(signature ? [signature] : [])];
  try {
    const { functionName, args = [] } = decodeFunctionData({ abi, data });
    const functions = abi.filter((item): item is AbiFunction => item.type === 'function');
    const item = functions.find(({ name, inputs }) => name === functionName && inputs.length === args.length);
    const noun = functionName.replace(/^(set|update)/, '');
    const wanted = noun.charAt(0).toLowerCase() + noun.slice(1);
    return {
      name: `${contract ?? target}.${functionName}`,
      args: args.map((value, index) => ({ name: item?.inputs[index]?.name || `#${index + 1}`, value: inWords(value) })),
      getter: functions.find(({ name, inputs }) => name === wanted && inputs.length === 0),
    };
  } catch {
    return {
      name: `${contract ?? target} ${data.slice(0, 10)}`,
      args: [{ name: 'data', value: data }],
      getter: undefined,
    };
  }
}

/** What a call does. */
export interface CallEffect {
  call: DecodedCall;
  /** Undefined: it goes through. */
  failure: string | undefined;
  /** What the parameter's getter says; undefined where there is none, or nothing was executed. */
  before: string | undefined;
  after: string | undefined;
  /** Of all contracts that it reaches, in order. */
  events: string[];
}

/** Asks L1 whether the timelock could make the calls now (`eth_call`, each on its own). Tells nothing of what would follow. */
export async function tryCalls(
  user: GovernanceUser,
  calls: ProposedCall[],
  signature?: AbiFunction,
): Promise<CallEffect[]> {
  const effects: CallEffect[] = [];
  for (const call of calls) {
    const decoded = decodeCall(user, call, signature);
    const { target: to, value, data } = call;
    const before = await readGetter(user.l1, to, decoded);
    let failure: string | undefined;
    try {
      await user.l1.call({ account: user.contracts.timelock, to, value, data });
    } catch (error) {
      failure = inOneLine(error);
    }
    effects.push({ call: decoded, failure, before, after: undefined, events: [] });
  }
  return effects;
}

/** Makes the calls on a fork, one after the other, as the timelock. @param fork a client of a chain that nobody else uses */
export async function executeOnFork(
  user: GovernanceUser,
  fork: PublicClient,
  calls: ProposedCall[],
  signature?: AbiFunction,
): Promise<CallEffect[]> {
  const effects: CallEffect[] = [];
  for (const call of calls) {
    const decoded = decodeCall(user, call, signature);
    const before = await readGetter(fork, call.target, decoded);
    const { failure, events } = await sendAs(user, fork, user.contracts.timelock, call);
    effects.push({ call: decoded, failure, before, after: await readGetter(fork, call.target, decoded), events });
  }
  return effects;
}

/** Sends a transaction from any account on a fork. @returns why it failed, or what it logged */
export async function sendAs(
  user: GovernanceUser,
  fork: PublicClient,
  from: Address,
  { target, value, data }: ProposedCall,
): Promise<{ failure: string | undefined; events: string[] }> {
  try {
    await devMethod(fork, 'hardhat_impersonateAccount', [from]);
    await devMethod(fork, 'hardhat_setBalance', [from, quantityHex(10n ** 20n)]);
    const transaction = { from, to: target, value: quantityHex(value), data };
    const hash = (await devMethod(fork, 'eth_sendTransaction', [transaction])) as Hex;
    const { logs, status } = await fork.waitForTransactionReceipt({ hash });
    const failure = status === 'success' ? undefined : 'it fails';
    return { failure, events: logs.map((log) => eventInWords(user, log)) };
  } catch (error) {
    return { failure: inOneLine(error), events: [] };
  }
}

/** A method of dev nodes, which viem's types don't know. */
export function devMethod(client: PublicClient, method: string, params: unknown[]): Promise<unknown> {
  const request = client.request as (request: { method: string; params: unknown[] }) => Promise<unknown>;
  return request({ method, params });
}

async function readGetter(
  client: PublicClient,
  address: Address,
  { getter }: DecodedCall,
): Promise<string | undefined> {
  if (!getter) return undefined;
  try {
    return inWords(await client.readContract({ address, abi: [getter], functionName: getter.name }));
  } catch {
    return undefined;
  }
}

function eventInWords({ deployment }: GovernanceUser, log: { address: Address; topics: Hex[]; data: Hex }): string {
  const contract = contractName(deployment, log.address) ?? log.address;
  const abi = KNOWN_EVENTS.filter((item) => item.type === 'event' && toEventSelector(item) === log.topics[0]);
  try {
    const [signature, ...rest] = log.topics;
    const { eventName, args } = decodeEventLog({ abi, data: log.data, topics: [signature, ...rest] });
    return `${contract}: ${eventName} ${inWords(contract === 'moduleRegistry' ? registryWords(args) : args)}`;
  } catch {
    return `${contract}: ${log.topics[0] ?? 'an event without a name'}`;
  }
}

/** The registry's numbers by their names; without the manifest, which is shown by itself. */
function registryWords(args: object): object {
  const names: Record<string, readonly string[]> = {
    kind: MODULE_KINDS,
    from: STAGES,
    to: STAGES,
    riskClass: RISK_CLASSES,
  };
  const shown = Object.entries(args).filter(([name]) => name !== 'manifest');
  return Object.fromEntries(shown.map(([name, value]) => [name, names[name]?.[Number(value)] ?? value]));
}

/** Any value that a contract gives or takes. */
export function inWords(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inWords).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([name, member]) => `${name}: ${inWords(member)}`)
      .join(', ')}}`;
  }
  return typeof value === 'string' ? value : String(value);
}

function inOneLine(error: unknown): string {
  return (revertReason(error, KNOWN_ERRORS)?.sentence ?? errorMessage(error)).split('\n', 1)[0];
}
