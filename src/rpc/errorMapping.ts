import { TributaryError } from '../core/errors';

/** The `error` member of a JSON-RPC reply. */
export interface JsonRpcError {
  code: number;
  message: string;
  data?: unknown;
}

/** Codes of our own errors. -32603 is left for faults that may pass: viem and others send such a request again. */
const codeByError: ReadonlyMap<string, number> = new Map([
  ['Rpc.ParseError', -32700],
  ['Rpc.InvalidRequest', -32600],
  ['Rpc.BodyTooLarge', -32600],
  ['Rpc.BatchTooLarge', -32600],
  ['Rpc.MethodNotFound', -32601],
  ['Rpc.InvalidParams', -32602],
  ['Rpc.ExecutionReverted', 3],
  ['Rpc.ReceiptTimeout', 4],
  ['Rpc.TimedOut', -32002],
  ['Rpc.ResponseTooLarge', -32003],
  ['Rpc.LimitExceeded', -32005],
  ['Rpc.NotAuthorized', 4100],
  ['Relayer.LimitExceeded', -32005],
]);

/** Rooms whose refusals of a transaction, call or read are worded for the client (RPC table: -32000). */
const CLIENT_WORDED = /^(Rpc|Mempool|Sequencer|Execution|Codec|State|Chain|Relayer)\./;

/**
 * The one place where errors become JSON-RPC's. A fault of ours is told as "internal error" without its inside: the caller logs it.
 */
export function toJsonRpcError(error: unknown): JsonRpcError {
  if (!(error instanceof TributaryError) || error.recovery === 'halt')
    return { code: -32603, message: 'internal error' };
  const code = codeByError.get(error.code);
  if (code !== undefined) return withData({ code, message: error.shortMessage }, error.details.data);
  if (error.recovery === 'reject' && CLIENT_WORDED.test(error.code)) {
    return { code: -32000, message: error.shortMessage };
  }
  return { code: -32603, message: error.recovery === 'retry' ? error.shortMessage : 'internal error' };
}

/** Whether the error is a fault of this node, to be logged, and not the client's. */
export function isInternalFault(error: unknown): boolean {
  return toJsonRpcError(error).code === -32603;
}

function withData(error: JsonRpcError, data: unknown): JsonRpcError {
  return data === undefined ? error : { ...error, data };
}
