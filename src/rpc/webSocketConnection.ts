/** One client's connection: where its subscriptions live. */
export interface WebSocketConnection {
  /** Subscription id → what ends it. All end with the connection. */
  readonly subscriptions: Map<string, () => void>;
  /** Queues one message; a client with too many bytes unread is cut off instead. */
  send(text: string): void;
}
