import { isMet, type Row, type Section, type SectionResult } from './section';

/** A section as Markdown. */
export function renderSection(section: Section, { rows, memoryMebibytes, versions, notes }: SectionResult): string {
  const memory = Object.entries(memoryMebibytes).map(([name, mebibytes]) => `${name} ${mebibytes}`);
  const named = Object.entries(versions).map(([name, version]) => `${name}: ${version}`);
  return [
    `\n## ${section.title}\n`,
    `${section.about}\n`,
    '| work | tributary | beside | ratio | to reach | |',
    '|---|---|---|---|---|---|',
    ...rows.map(renderRow),
    '',
    ...(memory.length > 0 ? [`- Peak memory, MiB: ${memory.join(', ')}.`] : []),
    ...(named.length > 0 ? [`- Versions: ${named.join(', ')}.`] : []),
    ...notes.map((note) => `- ${note}`),
  ].join('\n');
}

function renderRow(row: Row): string {
  const figure = (value: number) => `${figureOf(row.unit, value)} ${row.unit}`;
  const goal = row.goal && ('atLeast' in row.goal ? `≥ ${row.goal.atLeast}×` : `≤ ${row.goal.atMost}×`);
  const met = isMet(row);
  const cells = [
    row.work,
    figure(row.own),
    row.peer ? `${row.peer.name} ${figure(row.peer.value)}` : '',
    row.ratio === undefined ? '' : `${row.ratio.toFixed(2)}×`,
    goal ?? '',
    met === undefined ? '' : met ? 'met' : 'missed',
  ];
  return `| ${cells.join(' | ')} |`;
}

function figureOf(unit: Row['unit'], value: number): string {
  if (unit === 'ms') return value.toPrecision(3);
  return unit === 'bytes' ? value.toFixed(1) : String(Math.round(value));
}
