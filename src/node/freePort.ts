import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { TributaryError } from '../core/errors';

/**
 * Below what systems take for outgoing connections (Linux: from 32,768 on; IANA: from 49,152): between the look and its use no connection of anybody's
 * takes the port, as it can one that the system itself has picked.
 */
const [FIRST_PORT, END_PORT] = [20_000, 32_768];
const ATTEMPTS_MAX = 100;

/** A TCP port on 127.0.0.1 on which nobody listens, for a process that is about to be started. @throws Node.NoFreePort */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const port = randomInt(FIRST_PORT, END_PORT);
    if (await isFree(port)) return port;
  }
  const range = `${FIRST_PORT} to ${END_PORT - 1}`;
  throw new TributaryError('Node.NoFreePort', `expected a free port among ${ATTEMPTS_MAX} from ${range}, found none`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
