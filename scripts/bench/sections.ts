import { blocks } from './sections/blocks';
import { breakdown } from './sections/breakdown';
import { callLoops } from './sections/callLoops';
import { endToEnd } from './sections/endToEnd';
import { execution } from './sections/execution';
import { payload } from './sections/payload';
import { stateRoot } from './sections/stateRoot';
import { verify } from './sections/verify';
import { workers } from './sections/workers';

/** In the order in which they run. */
export const sections = {
  loops: callLoops,
  blocks,
  execution,
  workers,
  root: stateRoot,
  e2e: endToEnd,
  verify,
  breakdown,
  payload,
};

export type SectionName = keyof typeof sections;
