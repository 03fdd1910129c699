import { createServer } from 'node:net';
import { TributaryError } from '../../core/errors';

/** @param flag the option that chooses another port @throws Node.PortInUse */
export async function requirePortFree(port: number, flag: string): Promise<void> {
  if (port === 0) return;
  await new Promise<void>((resolve, reject) => {
    const server = createServer();
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const problem = cause.code === 'EADDRINUSE' ? 'is in use by another program' : `cannot be used (${cause.code})`;
      reject(
        new TributaryError('Node.PortInUse', `port ${port} ${problem}: choose another with ${flag}`, {
          recovery: 'halt',
          cause,
        }),
      );
    });
    server.listen(port, '127.0.0.1', () => server.close(() => resolve()));
  });
}
