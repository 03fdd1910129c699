const TIMEOUT_MS = 5_000;

/** Whether a JSON-RPC server answers at this URL. */
export async function answersRpc(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return response.ok && typeof ((await response.json()) as { result?: unknown }).result === 'string';
  } catch {
    // Nobody listens, or it is no JSON-RPC server: both are a no.
    return false;
  }
}
