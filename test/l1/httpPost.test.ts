import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { httpPost } from '../../src/l1/httpPost';

describe('httpPost', () => {
  /** Posts `{}` to a server that answers so. */
  async function answerOf(listener: RequestListener, timeoutMs = 5_000) {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      return await httpPost(`http://127.0.0.1:${port}/`, { 'x-key': 'k' }, '{}', timeoutMs);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }

  it('sends JSON with the headers given, and gives status and text back', async () => {
    const { status, text } = await answerOf((request, response) => {
      const { 'content-type': type, 'content-length': length, 'x-key': key } = request.headers;
      response.writeHead(418).end(JSON.stringify([request.method, type, length, key]));
    });
    expect([status, JSON.parse(text)]).to.deep.equal([418, ['POST', 'application/json', '2', 'k']]);
  });

  it('reads compressed answers', async () => {
    const { text } = await answerOf((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('ä'.repeat(100_000)));
    });
    expect(text).to.equal('ä'.repeat(100_000));
  });

  it('fails on what only says that it is compressed', async () => {
    const error = await answerOf((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end('plain');
    }).catch((cause) => cause);
    expect(error).to.have.property('code', 'Z_DATA_ERROR');
  });

  it('gives up an answer that does not end', async () => {
    const error = await answerOf((_, response) => {
      response.write('{');
    }, 100).catch((cause) => cause);
    expect(error).to.have.property('name', 'TimeoutError');
  });
});
