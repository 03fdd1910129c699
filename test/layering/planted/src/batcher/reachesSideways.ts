// Planted: a service that imports another service. The layering check must catch it.
import { sequencerThing } from '../sequencer/sequencerThing';

export const planted = sequencerThing;
