/** Every bound of the RPC server. */
export interface RpcLimits {
  /** Of one HTTP body or WebSocket message; above it HTTP 413, or WebSocket close code 1009. */
  bodySizeBytesMax: number;
  /** Requests in one batch. */
  batchCountMax: number;
  /** Replies of one batch together; requests after it is reached are answered with an error. */
  batchResponseSizeBytesMax: number;
  /** From reading a request to its reply. */
  requestTimeoutMs: number;
  /** Milliseconds of synchronous work after which a batch or log search lets others run. */
  sliceMs: number;
  /** How long `close` waits for requests in flight. */
  closeTimeoutMs: number;
  /** TCP connections, WebSockets among them; more are not accepted. */
  connectionCountMax: number;
  webSocketCountMax: number;
  /** Unsent bytes at which a slow WebSocket client is cut off. */
  webSocketBufferedBytesMax: number;
  /** Messages of one WebSocket connection that are worked on at the same time; more cut it off. */
  webSocketMessagesInFlightMax: number;
  /** A connection that does not answer a ping within this time is closed. */
  webSocketPingIntervalMs: number;
  subscriptionsPerConnectionMax: number;
  filterCountMax: number;
  /** A filter that is not polled for so long is forgotten. */
  filterIdleMs: number;
  /** Hashes that a pending-transaction filter keeps between two polls; with more it is forgotten. */
  pendingFilterHashCountMax: number;
  /** Blocks in one `eth_getLogs`. */
  logBlockCountMax: number;
  logResultCountMax: number;
  /** Addresses, topic positions' alternatives: of each list in a log filter. */
  logFilterItemCountMax: number;
  /** Cap on the gas of `eth_call` and `eth_estimateGas`. */
  callGasMax: bigint;
  /** Calls that the executor works on at the same time; 1 where it runs them on the thread of the RPC itself. */
  callConcurrencyMax: number;
  /** Calls that wait for it. */
  callQueueCountMax: number;
  /** Transactions that `txpool_content` shows; with more it refuses. */
  txpoolContentCountMax: number;
  feeHistoryBlockCountMax: number;
  feeHistoryPercentileCountMax: number;
  /** Slots in one `eth_getProof`. */
  proofSlotCountMax: number;
  /** Wait of `eth_sendRawTransactionSync` when the client names none, and the longest it may name. */
  syncSendTimeoutMs: number;
  syncSendTimeoutMsMax: number;
  /** Of an encoded access list that `tributary_blockAccessList` decodes; with more it refuses. */
  accessListSizeBytesMax: number;
}

export const defaultRpcLimits: RpcLimits = {
  bodySizeBytesMax: 5 * 1024 * 1024,
  batchCountMax: 1000,
  batchResponseSizeBytesMax: 25 * 1024 * 1024,
  requestTimeoutMs: 30_000,
  sliceMs: 25,
  closeTimeoutMs: 5_000,
  connectionCountMax: 5_000,
  webSocketCountMax: 1000,
  webSocketBufferedBytesMax: 16 * 1024 * 1024,
  webSocketMessagesInFlightMax: 1000,
  webSocketPingIntervalMs: 30_000,
  subscriptionsPerConnectionMax: 100,
  filterCountMax: 1000,
  filterIdleMs: 5 * 60_000,
  pendingFilterHashCountMax: 10_000,
  logBlockCountMax: 10_000,
  logResultCountMax: 10_000,
  logFilterItemCountMax: 1000,
  callGasMax: 50_000_000n,
  callConcurrencyMax: 1,
  callQueueCountMax: 10_000,
  txpoolContentCountMax: 5_000,
  feeHistoryBlockCountMax: 1024,
  feeHistoryPercentileCountMax: 100,
  proofSlotCountMax: 1024,
  syncSendTimeoutMs: 20_000,
  syncSendTimeoutMsMax: 25_000,
  accessListSizeBytesMax: 2 * 1024 * 1024,
};
