/** What a part of the benchmark returns: figures beside a peer's, in words and as JSON. */

export interface SectionOptions {
  /** Transactions of one end-to-end run. */
  transactionCount: number;
  /** Transactions of one block. */
  blockTransactionCount: number;
  /** Interleaved repetitions, of which the median counts. */
  rounds: number;
}

export interface Section {
  title: string;
  /** What is in the times and what is not. */
  about: string;
  measure(options: SectionOptions): Promise<SectionResult>;
}

export interface Row {
  work: string;
  unit: 'ms' | '/s' | 'bytes' | 'gas';
  own: number;
  /** Who or what the figure is set beside. */
  peer?: { name: string; value: number };
  /** How many times better the own figure is than the peer's; for a cost that is to stay near a floor, how many times the floor. */
  ratio?: number;
  goal?: { atLeast: number } | { atMost: number };
}

export interface SectionResult {
  rows: Row[];
  /** Peak resident memory by process, MiB. */
  memoryMebibytes: Record<string, number>;
  /** Versions of the peers as they name themselves. */
  versions: Record<string, string>;
  /** What a reader must know to judge the figures. */
  notes: string[];
}

/** A row of two times or two rates. */
export function compare(work: string, unit: Row['unit'], own: number, peer: Row['peer'], goal?: Row['goal']): Row {
  if (!peer) return { work, unit, own, goal };
  const ratio = unit === '/s' ? own / peer.value : peer.value / own;
  return { work, unit, own, peer, ratio, goal };
}

export function isMet({ ratio, goal }: Row): boolean | undefined {
  if (ratio === undefined || !goal) return undefined;
  return 'atLeast' in goal ? ratio >= goal.atLeast : ratio <= goal.atMost;
}
