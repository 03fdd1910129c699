import { isIP } from 'node:net';
import { TributaryError } from '../core/errors';
import type { Method, RequestContext } from './method';
import { describeValue } from './rpcErrors';

const LOCAL_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * A method that uses keys or steers the chain: refused to web pages from elsewhere (`Origin`) and to names that a foreign DNS server could
 * point at this machine (`Host`, DNS rebinding). Programs send no `Origin` and are served.
 */
export function localOnly(method: Method): Method {
  return {
    call(params, context) {
      requireLocal(context);
      return method.call(params, context);
    },
  };
}

/** @throws Rpc.NotAuthorized */
function requireLocal({ origin, host }: RequestContext): void {
  if (origin !== undefined && !isLocalOrigin(origin)) {
    throw notAuthorized(`pages of this machine and browser extensions; Origin is ${describeValue(origin)}`);
  }
  if (host !== undefined && !isUnspoofableHost(host)) {
    throw notAuthorized(`an IP address or a name without a dot; Host is ${describeValue(host)}`);
  }
}

function isLocalOrigin(origin: string): boolean {
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  if (!url) return false;
  return url.protocol.endsWith('-extension:') || LOCAL_HOSTS.has(url.hostname) || url.hostname.endsWith('.localhost');
}

/** Names without a dot (localhost, a container's name) are no one's to register. */
function isUnspoofableHost(host: string): boolean {
  const url = URL.canParse(`http://${host}`) ? new URL(`http://${host}`) : undefined;
  if (!url) return false;
  const name = url.hostname.replace(/^\[|\]$/g, '');
  return isIP(name) !== 0 || !name.includes('.') || name.endsWith('.localhost');
}

function notAuthorized(expected: string): TributaryError {
  return new TributaryError('Rpc.NotAuthorized', `this method answers only ${expected}`);
}
