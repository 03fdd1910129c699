import type { z } from 'zod';
import { describeValue, invalidParams } from './rpcErrors';
import type { WebSocketConnection } from './webSocketConnection';

/** Where a request came from. */
export interface RequestContext {
  /** `Origin` header: set by browsers. */
  origin: string | undefined;
  /** `Host` header. */
  host: string | undefined;
  /** Only for requests over WebSocket: subscriptions live on it. */
  connection: WebSocketConnection | undefined;
}

export interface Parameter<Value> {
  name: string;
  schema: z.ZodType<Value>;
}

/** One JSON-RPC method with its parameters checked. */
export interface Method {
  /**
   * Checks `params` and runs.
   * @throws Rpc.InvalidParams naming the parameter, and the method's own errors
   */
  call(params: unknown[], context: RequestContext): unknown;
}

/** Method name → method; one per file of `methods/`. */
export type MethodGroup = Record<string, Method>;

export function parameter<Value>(name: string, schema: z.ZodType<Value>): Parameter<Value> {
  return { name, schema };
}

type Values<Parameters extends readonly Parameter<unknown>[]> = {
  [Index in keyof Parameters]: Parameters[Index] extends Parameter<infer Value> ? Value : never;
};

/** A method with positional parameters. A parameter left out reaches its schema as undefined, and so does `null`. */
export function method<const Parameters extends readonly Parameter<unknown>[]>(
  parameters: Parameters,
  handle: (values: Values<Parameters>, context: RequestContext) => unknown,
): Method {
  return {
    call(params, context) {
      if (params.length > parameters.length) {
        throw invalidParams(`expected at most ${parameters.length} parameters, got ${params.length}`);
      }
      const values = parameters.map((parameter, index) => parse(parameter, params[index]));
      return handle(values as Values<Parameters>, context);
    },
  };
}

function parse<Value>(parameter: Parameter<Value>, value: unknown): Value {
  const parsed = parameter.schema.safeParse(value ?? undefined);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = [parameter.name, ...issue.path].join('.');
  const problem = issue.message || `unexpected value, got ${describeValue(value)}`;
  throw invalidParams(`${path}: ${problem}`);
}
