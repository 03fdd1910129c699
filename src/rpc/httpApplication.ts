import express, { type Express } from 'express';
import helmet from 'helmet';
import { errorMessage } from '../core/errors';
import type { Logger } from '../core/ports';

/** A page beside the RPC: health, metrics. */
export interface ExtraRoute {
  /** Starts with `/`; not `/` itself. `:name` stands for a part that `handle` is given. */
  path: string;
  /** Answers GET. Must not reject for what a caller sends. */
  handle(parameters?: Record<string, string>): Promise<ExtraResponse> | ExtraResponse;
}

export interface ExtraResponse {
  status: number;
  contentType: string;
  body: string | Uint8Array;
}

/**
 * Everything the port answers but `POST /`, which `RpcServer` takes before express: at thousands of requests a second the router's share shows.
 * @param version told at `GET /`
 */
export function createHttpApplication(extraRoutes: ExtraRoute[], version: string, logger: Logger): Express {
  const application = express();
  application.use(helmet({ crossOriginResourcePolicy: { policy: 'cross-origin' } }));
  application.get('/', (_request, response) => {
    response.json({ name: 'tributary', version, usage: 'POST JSON-RPC 2.0 here, or open a WebSocket' });
  });
  application.all('/', (_request, response) => {
    response.status(405).set('Allow', 'POST, GET, HEAD, OPTIONS').json({ error: 'expected POST or GET' });
  });
  for (const route of extraRoutes) {
    application.get(route.path, async (request, response) => {
      const { status, contentType, body } = await route.handle(request.params as Record<string, string>);
      response
        .status(status)
        .type(contentType)
        .send(typeof body === 'string' ? body : Buffer.from(body));
    });
  }
  application.use((request, response) => {
    response.status(404).json({ error: `nothing at ${request.method} ${request.path.slice(0, 80)}` });
  });
  const onError: express.ErrorRequestHandler = (error: unknown, request, response, _next) => {
    logger.error({ path: request.path, error: errorMessage(error) }, 'a page met a fault of this node');
    response.status(500).json({ error: 'internal error' });
  };
  application.use(onError);
  return application;
}
