/** One section in this process; its result goes to the parent. */
import type { SectionOptions } from './section';
import { type SectionName, sections } from './sections';

async function main(): Promise<void> {
  const [name, options] = process.argv.slice(2);
  const result = await sections[name as SectionName].measure(JSON.parse(options) as SectionOptions);
  process.send?.(result, () => process.exit(0));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
