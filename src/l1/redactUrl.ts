/** A URL fit for logs: credentials, path and query, where providers keep their keys, are cut. */
export function redactUrl(url: string): string {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return '(not a URL)';
  }
  const hidden = parsed.username || parsed.password || parsed.pathname.length > 1 || parsed.search || parsed.hash;
  return `${parsed.protocol}//${parsed.host}${hidden ? '/…' : ''}`;
}
