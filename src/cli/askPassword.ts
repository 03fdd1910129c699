import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

/** Asks at the terminal and shows nothing of the answer. @returns undefined where there is no terminal */
export function passwordPrompt(): ((question: string) => Promise<string>) | undefined {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  return (question) => {
    process.stderr.write(question);
    // readline would echo to its output.
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
    const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
    return new Promise((resolve, reject) => {
      lines.once('line', (line) => {
        lines.close();
        process.stderr.write('\n');
        resolve(line);
      });
      lines.once('SIGINT', () => {
        lines.close();
        process.stderr.write('\n');
        reject(new DOMException('no password was given', 'AbortError'));
      });
    });
  };
}
